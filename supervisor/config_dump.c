/* SPDX-License-Identifier: MIT */
/* config_dump.c - a config back to YAML or JSON, by the tables that read it. */
#include "supervisor/config_show.h"

#include "supervisor/config_words.h"
#include "supervisor/emit.h"

#include <string.h>

struct dump {
	struct emit emit;
	const struct config_source *source;
};

static void dump_keys(
    struct dump *dump, const void *owner, const struct conf_table *table);
static void put_value(
    struct dump *dump, const void *field, const struct conf_key *key);

/* $ is written twice, so that the text can be read again. */
static void
put_string(struct dump *dump, const char *value)
{
	struct text doubled = { 0 };

	if (strchr(value, '$') == NULL) {
		emit_string(&dump->emit, value);
		return;
	}
	for (; *value != '\0'; value++) {
		text_char(&doubled, *value);
		if (*value == '$')
			text_char(&doubled, '$');
	}
	emit_string(&dump->emit, doubled.data == NULL ? "" : doubled.data);
	text_finish(&doubled);
}

/* The words for yes and no are no text where no text is meant. */
static void
put_custom(struct dump *dump, const char *value)
{
	if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
		emit_raw(&dump->emit, value);
	else
		put_string(dump, value);
}

static void
put_list(struct dump *dump, const struct conf_list *list)
{
	emit_list(&dump->emit);
	for (size_t i = 0; i < list->count; i++) {
		emit_item(&dump->emit);
		put_string(dump, list->items[i]);
	}
	emit_list_end(&dump->emit);
}

static void
put_map(struct dump *dump, const struct conf_map *map)
{
	emit_open(&dump->emit);
	for (size_t i = 0; i < map->count; i++) {
		const struct conf_pair *pair = &map->pairs[i];

		emit_key(&dump->emit, pair->name);
		if (pair->value == NULL) {
			emit_raw(&dump->emit, "null");
		} else if (pair->secret) {
			emit_open(&dump->emit);
			emit_key(&dump->emit, "secret");
			put_string(dump, pair->value);
			emit_close(&dump->emit);
		} else {
			put_string(dump, pair->value);
		}
	}
	emit_close(&dump->emit);
}

/* What one word says is shown as that word; its key comes first. */
static bool
put_word(struct dump *dump, const char *owner, const struct conf_table *table)
{
	if (table->scalar_key == NULL ||
	    !conf_is_given(owner + table->keys[0].offset, &table->keys[0]))
		return false;
	for (size_t i = 1; i < table->count; i++)
		if (conf_is_given(
		        owner + table->keys[i].offset, &table->keys[i]))
			return false;
	put_value(dump, owner + table->keys[0].offset, &table->keys[0]);
	return true;
}

static void
put_mapping(
    struct dump *dump, const void *owner, const struct conf_table *table)
{
	if (put_word(dump, owner, table))
		return;
	emit_open(&dump->emit);
	dump_keys(dump, owner, table);
	emit_close(&dump->emit);
}

static const void *const *
extensions_of(const void *owner, const struct conf_table *table)
{
	void **extensions = NULL;

	if (table == &service_table)
		extensions = ((const struct service_config *)owner)->extensions;
	if (table == &dependency_table)
		extensions =
		    ((const struct config_dependency *)owner)->extensions;
	return (const void *const *)extensions;
}

/* A dependency is its probe; a service has each by name. */
static void
put_extensions(
    struct dump *dump, const void *owner, const struct conf_table *table)
{
	const void *const *extensions = extensions_of(owner, table);

	for (size_t i = 0; extensions && i < dump->source->extension_count;
	     i++) {
		const struct config_extension *e = &dump->source->extensions[i];

		if (extensions[i] == NULL)
			continue;
		if (table == &dependency_table) {
			dump_keys(dump, extensions[i], e->table);
			continue;
		}
		emit_key(&dump->emit, e->name);
		put_mapping(dump, extensions[i], e->table);
	}
}

static void
put_named(struct dump *dump, const struct conf_array *array,
    const struct conf_table *table)
{
	const char *owner = array->items, *name;

	emit_open(&dump->emit);
	for (size_t i = 0; i < array->count; i++, owner += table->size) {
		memcpy(&name, owner, sizeof(name));
		emit_key(&dump->emit, name);
		emit_open(&dump->emit);
		dump_keys(dump, owner, table);
		put_extensions(dump, owner, table);
		emit_close(&dump->emit);
	}
	emit_close(&dump->emit);
}

static void
put_tables(struct dump *dump, const struct conf_array *array,
    const struct conf_table *table)
{
	const char *owner = array->items;

	emit_list(&dump->emit);
	for (size_t i = 0; i < array->count; i++, owner += table->size) {
		emit_item(&dump->emit);
		put_mapping(dump, owner, table);
		dump->emit.some = true;
	}
	emit_list_end(&dump->emit);
}

static void
put_decimal(struct dump *dump, int64_t thousandths)
{
	struct text number = { 0 };

	text_format(&number, "%lld.%03lld", (long long)thousandths / 1000,
	    (long long)thousandths % 1000);
	emit_raw(&dump->emit, number.data == NULL ? "0" : number.data);
	text_finish(&number);
}

static void
put_number(struct dump *dump, const struct conf_key *key, int64_t value)
{
	char shown[CONF_SHOWN];

	if (key->type == CONF_BOOL) {
		emit_raw(&dump->emit, value != 0 ? "true" : "false");
	} else if (key->type == CONF_CHOICE) {
		emit_string(&dump->emit, key->choices[value]);
	} else if (key->type == CONF_SIGNAL) {
		emit_string(&dump->emit, conf_signal_name((int)value, shown));
	} else if (key->type == CONF_DURATION) {
		conf_show_duration(shown, value);
		if (dump->emit.json || dump->emit.lists > 0)
			emit_string(&dump->emit, shown);
		else
			emit_raw(&dump->emit, shown);
	} else if (key->type == CONF_OCTAL) {
		struct text octal = { 0 };

		text_format(&octal, "%04llo", (unsigned long long)value);
		emit_string(&dump->emit, octal.data == NULL ? "0" : octal.data);
		text_finish(&octal);
	} else if (key->type == CONF_DECIMAL) {
		put_decimal(dump, value);
	} else {
		emit_number(&dump->emit, value);
	}
}

static void
put_value(struct dump *dump, const void *field, const struct conf_key *key)
{
	const char *text;

	switch ((enum conf_type)key->type) {
	case CONF_STRING:
		memcpy(&text, field, sizeof(text));
		put_string(dump, text);
		return;
	case CONF_CUSTOM:
		memcpy(&text, field, sizeof(text));
		put_custom(dump, text);
		return;
	case CONF_STRINGS:
	case CONF_COMMAND:
		put_list(dump, field);
		return;
	case CONF_MAP:
		put_map(dump, field);
		return;
	case CONF_TABLES:
		put_tables(dump, field, key->table);
		return;
	case CONF_NAMED:
		put_named(dump, field, key->table);
		return;
	case CONF_OPTIONAL:
		memcpy(&field, field, sizeof(field));
		put_mapping(dump, field, key->table);
		return;
	case CONF_TABLE:
		put_mapping(dump, field, key->table);
		return;
	case CONF_BOOL:
	case CONF_INT:
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_OCTAL:
	case CONF_DECIMAL:
	case CONF_CHOICE:
	case CONF_SIGNAL:
		put_number(dump, key, conf_load(field, key));
		return;
	case CONF_INLINE:
	case CONF_SHARED:
		return;
	}
}

static void
dump_keys(struct dump *dump, const void *owner, const struct conf_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i];
		const void *field = (const char *)owner + key->offset;

		if (key->type == CONF_SHARED)
			memcpy(&field, field, sizeof(field));
		if (key->type == CONF_SHARED || key->type == CONF_INLINE) {
			dump_keys(dump, field, key->table);
		} else if ((key->flags & CONF_READ) == 0 &&
		           conf_is_given(field, key)) {
			emit_key(&dump->emit, key->name);
			put_value(dump, field, key);
		}
	}
}

/* Defaults that hang on something else than their own key. */
static void
settle(const struct config *config, struct config_hale *hale)
{
	for (size_t i = 0; i < config->service_count; i++) {
		struct confine_wants *wants = config->services[i].confine;

		if (wants->sandbox < 0 && wants->no_new_privileges != 0)
			wants->sandbox = SANDBOX_DEFAULT;
		if (wants->no_new_privileges < 0)
			wants->no_new_privileges = 1;
	}
	if (hale->socket == NULL)
		hale->socket = "/run/hale.sock";
}

void
config_dump(struct text *out, const struct config *config,
    const struct config_source *source, bool json)
{
	struct dump dump = { .emit = { .out = out, .json = json },
		.source = source };
	struct config_root root = {
		.services = { config->services, config->service_count },
		.dependencies = { config->dependencies,
		    config->dependency_count },
		.secrets = { config->secrets, config->secret_count },
		.hale = config->hale,
	};

	settle(config, &root.hale);
	emit_open(&dump.emit);
	dump_keys(&dump, &root, &config_table);
	emit_close(&dump.emit);
	text_char(out, '\n');
}
