/* SPDX-License-Identifier: MIT */
/*
 * config_schema.c - JSON Schema of the file, from the tables that read it.
 *
 * An editor sees a scalar as YAML types it, we as its key does: so each type
 * is the text that we read, or the number or word that an editor takes it for.
 * ${VAR} may stand for any scalar.
 */
#include "supervisor/config_show.h"

#include "supervisor/config_fill.h"
#include "supervisor/config_words.h"
#include "supervisor/emit.h"

#include <string.h>

#define ANY_TEXT "[\"string\", \"number\", \"boolean\", \"null\"]"

struct schema {
	struct emit emit;
	const struct config_extension *extensions;
	size_t count;
};

static void put_table(struct schema *schema, const struct conf_table *table);

static void
put(struct schema *schema, const char *key, const char *raw)
{
	emit_key(&schema->emit, key);
	emit_raw(&schema->emit, raw);
}

static void
put_text(struct schema *schema, const char *key, const char *value)
{
	emit_key(&schema->emit, key);
	emit_string(&schema->emit, value);
}

/* {"type": ..., "pattern": ...} around nothing more */
static void
put_scalar(struct schema *schema, const char *types, const char *pattern)
{
	put(schema, "type", types);
	if (pattern != NULL)
		put_text(schema, "pattern", pattern);
}

static void
open_any_of(struct schema *schema)
{
	emit_key(&schema->emit, "anyOf");
	emit_list(&schema->emit);
}

static void
open_case(struct schema *schema)
{
	emit_item(&schema->emit);
	emit_open(&schema->emit);
}

static void
close_case(struct schema *schema)
{
	emit_close(&schema->emit);
}

static void
put_text_case(struct schema *schema)
{
	open_case(schema);
	put(schema, "type", ANY_TEXT);
	close_case(schema);
}

static void
put_words_case(struct schema *schema)
{
	open_case(schema);
	put(schema, "type", "\"array\"");
	put(schema, "items", "{\"type\": " ANY_TEXT "}");
	close_case(schema);
}

static void
put_choice(struct schema *schema, const struct conf_key *key)
{
	open_any_of(schema);
	open_case(schema);
	emit_key(&schema->emit, "enum");
	emit_list(&schema->emit);
	for (size_t i = 0; key->choices[i] != NULL; i++) {
		emit_item(&schema->emit);
		emit_string(&schema->emit, key->choices[i]);
	}
	emit_list_end(&schema->emit);
	close_case(schema);
	open_case(schema);
	put_scalar(schema, "[\"string\", \"boolean\", \"null\"]",
	    "[$]|^(no|yes|on|off)$");
	close_case(schema);
	emit_list_end(&schema->emit);
}

static void
put_map(struct schema *schema, const struct conf_key *key)
{
	open_any_of(schema);
	open_case(schema);
	put(schema, "type", "[\"object\", \"null\"]");
	put(schema, "additionalProperties",
	    (key->flags & CONF_SECRETS) != 0
	        ? "{\"anyOf\": [{\"type\": " ANY_TEXT
	          "}, {\"type\": \"object\", \"properties\": {\"secret\": "
	          "{\"type\": \"string\"}}, \"required\": [\"secret\"], "
	          "\"additionalProperties\": false}]}"
	        : "{\"type\": " ANY_TEXT "}");
	close_case(schema);
	put_words_case(schema);
	emit_list_end(&schema->emit);
}

/* A struct: its mapping, or what is short for it. */
static void
put_struct(struct schema *schema, const struct conf_table *table)
{
	open_any_of(schema);
	open_case(schema);
	put_table(schema, table);
	close_case(schema);
	open_case(schema);
	put(schema, "type", table->scalar_key == NULL ? "\"null\"" : ANY_TEXT);
	close_case(schema);
	if (table->sequence_key != NULL)
		put_words_case(schema);
	emit_list_end(&schema->emit);
}

static void
put_tables(struct schema *schema, const struct conf_table *table)
{
	open_any_of(schema);
	open_case(schema);
	put(schema, "type", "\"array\"");
	emit_key(&schema->emit, "items");
	emit_open(&schema->emit);
	put_struct(schema, table);
	emit_close(&schema->emit);
	close_case(schema);
	open_case(schema);
	put(schema, "type", table->scalar_key == NULL ? "\"null\"" : ANY_TEXT);
	close_case(schema);
	emit_list_end(&schema->emit);
}

static void
put_named(struct schema *schema, const struct conf_key *key)
{
	open_any_of(schema);
	open_case(schema);
	put(schema, "type", "[\"object\", \"null\"]");
	put_text(schema, "propertyNames", "");
	schema->emit.out->size -= 2;
	text_add(schema->emit.out,
	    "{\"pattern\": \"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$\"}");
	emit_key(&schema->emit, "additionalProperties");
	emit_open(&schema->emit);
	put_struct(schema, key->table);
	emit_close(&schema->emit);
	close_case(schema);
	if ((key->flags & CONF_NAMES) != 0)
		put_words_case(schema);
	emit_list_end(&schema->emit);
}

static void
put_limits(struct schema *schema, const struct conf_key *key)
{
	if (key->min == 0 && key->max == 0)
		return;
	emit_key(&schema->emit, "minimum");
	emit_number(&schema->emit, key->min);
	emit_key(&schema->emit, "maximum");
	emit_number(&schema->emit, key->max);
}

static void
put_type(struct schema *schema, const struct conf_key *key)
{
	switch ((enum conf_type)key->type) {
	case CONF_STRING:
	case CONF_CUSTOM:
		put_scalar(schema, ANY_TEXT, NULL);
		return;
	case CONF_BOOL:
		put_scalar(schema, "[\"boolean\", \"string\", \"null\"]",
		    "[$]|^([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)$");
		return;
	case CONF_INT:
		put_scalar(schema, "[\"integer\", \"string\", \"null\"]",
		    "[$]|^-?[0-9]+$");
		put_limits(schema, key);
		return;
	case CONF_DURATION:
		put_scalar(schema, "[\"string\", \"integer\", \"null\"]",
		    "[$]|^0$|^([0-9]+([.][0-9]+)?(us|ms|s|m|h))+$");
		put(schema, "maximum", "0");
		return;
	case CONF_SIZE:
		put_scalar(schema, "[\"string\", \"number\", \"null\"]",
		    "[$]|^[0-9]+([.][0-9]+)?([bB]|[kmgtKMGT]([iI]?[bB])?)?$");
		return;
	case CONF_OCTAL:
		put_scalar(schema, "[\"string\", \"integer\", \"null\"]",
		    "[$]|^[0-7]+$");
		return;
	case CONF_DECIMAL:
		put_scalar(schema, "[\"string\", \"number\", \"null\"]",
		    "[$]|^[0-9]+([.][0-9]+)?$");
		return;
	case CONF_SIGNAL:
		put_scalar(schema, "[\"string\", \"integer\", \"null\"]", NULL);
		return;
	case CONF_CHOICE:
		put_choice(schema, key);
		return;
	case CONF_STRINGS:
	case CONF_COMMAND:
		open_any_of(schema);
		put_text_case(schema);
		put_words_case(schema);
		emit_list_end(&schema->emit);
		return;
	case CONF_MAP:
		put_map(schema, key);
		return;
	case CONF_TABLE:
	case CONF_OPTIONAL:
		put_struct(schema, key->table);
		return;
	case CONF_TABLES:
		put_tables(schema, key->table);
		return;
	case CONF_NAMED:
		put_named(schema, key);
		return;
	case CONF_INLINE:
	case CONF_SHARED:
		return;
	}
}

static void
put_keys(struct schema *schema, const struct conf_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i];

		if (key->type == CONF_INLINE || key->type == CONF_SHARED) {
			put_keys(schema, key->table);
			continue;
		}
		emit_key(&schema->emit, key->name);
		emit_open(&schema->emit);
		if (key->help != NULL)
			put_text(schema, "description", key->help);
		if (key->fallback != NULL)
			put_text(schema, "default", key->fallback);
		put_type(schema, key);
		emit_close(&schema->emit);
	}
}

static void
put_extensions(struct schema *schema, const struct conf_table *table)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct config_extension *e = &schema->extensions[i];

		if (table == &service_table &&
		    (e->places & CONFIG_IN_SERVICE) != 0) {
			emit_key(&schema->emit, e->name);
			emit_open(&schema->emit);
			put_struct(schema, e->table);
			emit_close(&schema->emit);
		}
		if (table == &dependency_table &&
		    (e->places & CONFIG_IN_DEPENDENCY) != 0) {
			put_keys(schema, e->table);
			return;
		}
	}
}

static void
put_ignored(struct schema *schema, const struct conf_table *table)
{
	for (const char *word = config_ignored(table); *word != '\0';
	     word += strlen(word) + 1)
		put(schema, word,
		    "{\"description\": \"no meaning inside a container: "
		    "ignored\"}");
}

static void
put_required(struct schema *schema, const struct conf_table *table)
{
	bool any = false;

	for (size_t i = 0; i < table->count; i++) {
		if ((table->keys[i].flags & CONF_REQUIRED) == 0)
			continue;
		if (!any) {
			emit_key(&schema->emit, "required");
			emit_list(&schema->emit);
		}
		any = true;
		emit_item(&schema->emit);
		emit_string(&schema->emit, table->keys[i].name);
	}
	if (any)
		emit_list_end(&schema->emit);
}

static void
put_table(struct schema *schema, const struct conf_table *table)
{
	put(schema, "type", "\"object\"");
	emit_key(&schema->emit, "properties");
	emit_open(&schema->emit);
	put_keys(schema, table);
	put_extensions(schema, table);
	put_ignored(schema, table);
	emit_close(&schema->emit);
	put_required(schema, table);
	put(schema, "patternProperties", "{\"^x-\": {}}");
	put(schema, "additionalProperties", "false");
}

void
config_schema(
    struct text *out, const struct config_extension *extensions, size_t count)
{
	struct schema schema = { .emit = { .out = out, .json = true },
		.extensions = extensions,
		.count = count };

	emit_open(&schema.emit);
	put_text(&schema, "$schema", "http://json-schema.org/draft-07/schema#");
	put_text(&schema, "title", "hale.yaml");
	put_table(&schema, &config_table);
	emit_close(&schema.emit);
	text_char(out, '\n');
}
