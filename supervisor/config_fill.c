/* SPDX-License-Identifier: MIT */
/* config_fill.c - from a tree of nodes to structs, by the tables alone. */
#include "supervisor/config_fill.h"

#include "supervisor/config_words.h"

#include <string.h>

static void fill_value(struct fill *fill, void *field,
    const struct conf_key *key, const struct tree_node *node,
    const struct tree_path *path);

static void
refuse_kind(struct fill *fill, const struct tree_node *node,
    const struct tree_path *path, const char *wanted)
{
	tree_refuse(fill->tree, node->mark, path, "must be %s, not %s", wanted,
	    tree_kind_text(node));
}

static void
out_of_memory(struct fill *fill, const struct tree_node *node)
{
	tree_error(fill->tree, node->mark, NULL, "out of memory");
}

/* The text of a scalar, kept for good; NULL, and told, when it is none. */
static const char *
keep(struct fill *fill, const struct tree_node *node,
    const struct tree_path *path)
{
	const char **seen, *copy;

	if (node->kind != TREE_SCALAR) {
		refuse_kind(fill, node, path, "plain text");
		return NULL;
	}
	seen = &fill->seen[tree_hash(node->text) % FILL_SEEN];
	if (*seen != NULL && strcmp(*seen, node->text) == 0)
		return *seen;
	copy = conf_copy(node->text, strlen(node->text));
	if (copy == NULL)
		out_of_memory(fill, node);
	else
		*seen = copy;
	return copy;
}

/* What a shell would act upon is an argument here: most often a mistake. */
static void
warn_of_shell(struct fill *fill, const struct conf_list *words,
    const struct tree_node *node, const struct tree_path *path)
{
	static const char *const special[] = { "&&", "||", "|", ";", ">", ">>",
		"<", "&", "2>&1" };
	struct conf_error err;

	for (size_t i = 0; i < words->count; i++)
		for (size_t k = 0; k < sizeof(special) / sizeof(special[0]);
		     k++)
			if (strcmp(words->items[i], special[k]) == 0) {
				conf_refuse(&err,
				    "no shell runs, %s is passed as a word: "
				    "write [\"sh\", \"-c\", \"...\"]",
				    special[k]);
				tree_warning(
				    fill->tree, node->mark, path, err.text);
				return;
			}
}

static void
fill_scalar(struct fill *fill, void *field, const struct conf_key *key,
    const struct tree_node *node, const struct tree_path *path)
{
	struct conf_error err = { 0 };
	const char *text = node->text;

	if (node->kind != TREE_SCALAR) {
		refuse_kind(fill, node, path,
		    key->type == CONF_COMMAND ? "a command" : "plain text");
		return;
	}
	if (node->is_null)
		return; /* as in Compose: as if it were not there */
	if (key->type == CONF_STRING || key->type == CONF_CUSTOM ||
	    key->type == CONF_STRINGS)
		text = keep(fill, node, path);
	if (text == NULL)
		return;
	if (conf_parse(field, key, text, &err) < 0)
		tree_error(fill->tree, node->mark, path, err.text);
	else if (key->type == CONF_COMMAND)
		warn_of_shell(fill, field, node, path);
}

/* A sequence of words, exactly as they stand. */
static void
fill_words(struct fill *fill, struct conf_list *list,
    const struct tree_node *node, const struct tree_path *path)
{
	size_t i = 0;

	if (conf_list_make(list, node->count) == NULL) {
		out_of_memory(fill, node);
		return;
	}
	for (struct tree_item *item = node->items; item; item = item->next) {
		struct tree_path at = { .up = path, .index = i++ };
		const char *word = keep(fill, item->value, &at);

		if (word != NULL)
			list->items[list->count++] = word;
	}
}

/* {secret: NAME}, or a plain value. */
static void
fill_pair(struct fill *fill, struct conf_map *map, const struct conf_key *key,
    const struct tree_item *item, const struct tree_path *path)
{
	const struct tree_node *value = item->value;
	const struct tree_item *secret =
	    value->kind == TREE_MAPPING ? tree_get(value, "secret") : NULL;
	struct conf_pair pair = { .name = keep(fill, item->key, path) };

	if (secret != NULL && value->count == 1 &&
	    (key->flags & CONF_SECRETS) != 0) {
		pair.secret = true;
		value = secret->value;
	}
	if (!value->is_null) {
		pair.value = keep(fill, value, path);
		if (pair.value == NULL)
			return;
	}
	if (pair.name == NULL)
		return;
	if (*pair.name == '\0' || strchr(pair.name, '=') != NULL)
		tree_error(fill->tree, item->key->mark, path,
		    "is no name: it is empty, or has a \"=\"");
	else if (conf_map_add(map, pair) < 0)
		tree_error(fill->tree, item->key->mark, path,
		    "there are too many of them");
}

static void
fill_map(struct fill *fill, struct conf_map *map, const struct conf_key *key,
    const struct tree_node *node, const struct tree_path *path)
{
	size_t i = 0;

	for (struct tree_item *item = node->items; item; item = item->next) {
		struct tree_path at = { .up = path, .index = i++ };
		struct conf_error err = { 0 };
		const char *text;

		if (item->key != NULL) {
			at.name = item->key->text;
			fill_pair(fill, map, key, item, &at);
			continue;
		}
		text = keep(fill, item->value, &at);
		if (text != NULL && conf_parse(map, key, text, &err) < 0)
			tree_error(
			    fill->tree, item->value->mark, &at, err.text);
	}
}

/* Room for count structs with their defaults. */
static char *
make_array(struct fill *fill, struct conf_array *array,
    const struct conf_table *table, const struct tree_node *node, size_t count)
{
	array->items = conf_alloc((count == 0 ? 1 : count) * table->size);
	array->count = 0;
	if (array->items == NULL)
		out_of_memory(fill, node);
	return array->items;
}

static void
fill_tables(struct fill *fill, struct conf_array *array,
    const struct conf_key *key, const struct tree_node *node,
    const struct tree_path *path)
{
	const struct conf_table *table = key->table;
	size_t count = node->kind == TREE_SEQUENCE ? node->count : 1;
	char *owner;

	if (node->is_null)
		return;
	if (node->kind == TREE_MAPPING ||
	    (node->kind == TREE_SCALAR && table->scalar_key == NULL)) {
		refuse_kind(fill, node, path, "a list");
		return;
	}
	owner = make_array(fill, array, table, node, count);
	if (owner == NULL)
		return;
	if (node->kind == TREE_SCALAR) {
		conf_defaults(owner, table);
		fill_table(fill, owner, table, node, path);
		array->count = 1;
		return;
	}
	for (struct tree_item *item = node->items; item; item = item->next) {
		struct tree_path at = { .up = path, .index = array->count++ };

		conf_defaults(owner, table);
		fill_table(fill, owner, table, item->value, &at);
		owner += table->size;
	}
}

static bool
is_name(const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
	                           "RSTUVWXYZ0123456789._-");

	return size > 0 && size <= 64 && text[size] == '\0' && *text != '-' &&
	       *text != '.';
}

/* One NAME: {...}, or a NAME of a list. */
static void
fill_named(struct fill *fill, struct conf_array *array,
    const struct conf_table *table, const struct tree_item *item,
    const struct tree_path *path)
{
	const struct tree_node *name = item->key ? item->key : item->value;
	char *owner = (char *)array->items + array->count * table->size;
	const char *kept = keep(fill, name, path);
	struct tree_path at = { .up = path, .name = kept };

	if (kept == NULL)
		return;
	if (!is_name(kept)) {
		tree_error(fill->tree, name->mark, &at,
		    "is no name: letters, digits, and . _ - inside");
		return;
	}
	if (conf_defaults(owner, table) < 0) {
		out_of_memory(fill, name);
		return;
	}
	memcpy(owner, &kept, sizeof(kept));
	array->count++;
	if (item->key != NULL)
		fill_table(fill, owner, table, item->value, &at);
}

static void
fill_all_named(struct fill *fill, struct conf_array *array,
    const struct conf_key *key, const struct tree_node *node,
    const struct tree_path *path)
{
	bool list = (key->flags & CONF_NAMES) != 0;

	if (node->is_null)
		return;
	if (node->kind == TREE_SCALAR ||
	    (node->kind == TREE_SEQUENCE && !list)) {
		refuse_kind(fill, node, path,
		    list ? "a mapping or a list" : "a mapping");
		return;
	}
	if (make_array(fill, array, key->table, node, node->count) == NULL)
		return;
	for (struct tree_item *item = node->items; item; item = item->next)
		fill_named(fill, array, key->table, item, path);
}

static void
fill_optional(struct fill *fill, void *field, const struct conf_table *table,
    const struct tree_node *node, const struct tree_path *path)
{
	void *owner = conf_own(field, table);

	if (owner == NULL)
		out_of_memory(fill, node);
	else
		fill_table(fill, owner, table, node, path);
}

static void
fill_value(struct fill *fill, void *field, const struct conf_key *key,
    const struct tree_node *node, const struct tree_path *path)
{
	bool list = node->kind == TREE_SEQUENCE;

	switch ((enum conf_type)key->type) {
	case CONF_STRINGS:
	case CONF_COMMAND:
		if (list)
			fill_words(fill, field, node, path);
		else
			fill_scalar(fill, field, key, node, path);
		return;
	case CONF_MAP:
		if (node->kind != TREE_SCALAR)
			fill_map(fill, field, key, node, path);
		else if (!node->is_null)
			refuse_kind(fill, node, path, "a mapping or a list");
		return;
	case CONF_OPTIONAL:
		if (!node->is_null)
			fill_optional(fill, field, key->table, node, path);
		return;
	case CONF_TABLE:
		if (!node->is_null)
			fill_table(fill, field, key->table, node, path);
		return;
	case CONF_TABLES:
		fill_tables(fill, field, key, node, path);
		return;
	case CONF_NAMED:
		fill_all_named(fill, field, key, node, path);
		return;
	case CONF_STRING:
	case CONF_BOOL:
	case CONF_INT:
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_OCTAL:
	case CONF_DECIMAL:
	case CONF_CHOICE:
	case CONF_SIGNAL:
	case CONF_CUSTOM:
		fill_scalar(fill, field, key, node, path);
		return;
	case CONF_INLINE:
	case CONF_SHARED:
		return;
	}
}

/* ---- keys that another module owns ---- */

static void ***
extensions_of(void *owner, const struct conf_table *table)
{
	if (table == &service_table)
		return &((struct service_config *)owner)->extensions;
	if (table == &dependency_table)
		return &((struct config_dependency *)owner)->extensions;
	return NULL;
}

static void
fill_extension(struct fill *fill, void ***extensions, size_t index,
    const struct tree_node *node, const struct tree_path *path)
{
	void *owner = config_extend(extensions, fill->source, index);

	if (owner == NULL)
		out_of_memory(fill, node);
	else
		fill_table(fill, owner, fill->source->extensions[index].table,
		    node, path);
}

/* True when key was an extension's. */
static bool
fill_extensions(struct fill *fill, void *owner, const struct conf_table *table,
    const struct tree_item *item, const struct tree_path *path)
{
	void ***extensions = extensions_of(owner, table);

	for (size_t i = 0; extensions && i < fill->source->extension_count;
	     i++) {
		const struct config_extension *e = &fill->source->extensions[i];

		if ((e->places & CONFIG_IN_SERVICE) == 0 ||
		    table != &service_table ||
		    strcmp(e->name, item->key->text) != 0)
			continue;
		if (!item->value->is_null)
			fill_extension(fill, extensions, i, item->value, path);
		return true;
	}
	return false;
}

static const char *
nearest_key(
    const struct fill *fill, const struct conf_table *table, const char *word)
{
	const char *near = conf_nearest_key(word, table);

	for (size_t i = 0; near == NULL && table == &service_table &&
	                   i < fill->source->extension_count;
	     i++)
		near = conf_nearest(word, &fill->source->extensions[i].name, 1);
	return near;
}

static void
note_ignored(struct fill *fill, const struct tree_path *path)
{
	char whole[256];

	if (fill->ignored.size > 2000)
		return;
	if (fill->ignored.size > 0)
		text_add(&fill->ignored, ", ");
	tree_path_text(whole, sizeof(whole), path);
	text_add(&fill->ignored, whole);
}

static void
unknown_key(struct fill *fill, const struct conf_table *table,
    const struct tree_node *key, const struct tree_path *path)
{
	const char *near;

	if (strncmp(key->text, "x-", 2) == 0)
		return; /* Compose: the user's own */
	if (config_is_ignored(table, key->text)) {
		note_ignored(fill, path);
		return;
	}
	if ((table == &service_table && strcmp(key->text, "extends") == 0) ||
	    (table == &config_table && strcmp(key->text, "include") == 0)) {
		tree_error(fill->tree, key->mark, path,
		    "can't be followed: write out what it stands for");
		return;
	}
	if (strcmp(table->name, "hook") == 0 &&
	    (strcmp(key->text, "user") == 0 ||
	        strcmp(key->text, "working_dir") == 0 ||
	        strcmp(key->text, "environment") == 0)) {
		tree_error(fill->tree, key->mark, path,
		    "can't be set: a hook runs as its service does");
		return;
	}
	near = nearest_key(fill, table, key->text);
	if (near == NULL)
		tree_error(fill->tree, key->mark, path, "unknown key");
	else
		tree_refuse(fill->tree, key->mark, path,
		    "unknown key (did you mean \"%s\"?)", near);
}

/* ---- one mapping ---- */

static void
check_required(struct fill *fill, const struct conf_table *table,
    const struct tree_node *node, const struct tree_path *path)
{
	for (size_t i = 0; i < table->count; i++)
		if ((table->keys[i].flags & CONF_REQUIRED) != 0 &&
		    tree_get(node, table->keys[i].name) == NULL)
			tree_refuse(fill->tree, node->mark, path,
			    "%s is missing", table->keys[i].name);
}

/* The checks of tables within the table, then its own. */
static int
check_owner(void *owner, const struct conf_table *table, struct conf_error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i];
		void *field = (char *)owner + key->offset;

		if (key->type == CONF_SHARED)
			memcpy(&field, field, sizeof(field));
		if ((key->type == CONF_SHARED || key->type == CONF_INLINE) &&
		    check_owner(field, key->table, err) < 0)
			return -1;
	}
	return table->check == NULL ? 0 : table->check(owner, err);
}

static void
run_check(struct fill *fill, void *owner, const struct conf_table *table,
    const struct tree_node *node, const struct tree_path *path)
{
	struct conf_error err = { 0 };
	struct tree_path at = { .up = path };
	const struct tree_item *item = NULL;

	if (check_owner(owner, table, &err) == 0)
		return;
	if (err.key != NULL && node->kind == TREE_MAPPING)
		item = tree_get(node, err.key);
	at.name = err.key;
	tree_error(fill->tree, item == NULL ? node->mark : item->value->mark,
	    err.key == NULL ? path : &at, err.text);
}

static void
fill_keys(struct fill *fill, void *owner, const struct conf_table *table,
    const struct tree_node *node, const struct tree_path *up)
{
	for (struct tree_item *item = node->items; item; item = item->next) {
		struct tree_path path = { .up = up, .name = item->key->text };
		const struct conf_key *key;
		void *field = NULL;

		key = conf_find(owner, table, item->key->text, &field);
		if (key != NULL && field == NULL)
			out_of_memory(fill, item->key);
		else if (key != NULL)
			fill_value(fill, field, key, item->value, &path);
		else if (!fill_extensions(fill, owner, table, item, &path))
			unknown_key(fill, table, item->key, &path);
	}
	check_required(fill, table, node, up);
}

/* A dependency is its probe: the extension's keys are its own. */
static bool
fill_dependency(struct fill *fill, void *owner, const struct tree_node *node,
    const struct tree_path *path)
{
	struct config_dependency *dependency = owner;

	for (size_t i = 0; i < fill->source->extension_count; i++)
		if (fill->source->extensions[i].places & CONFIG_IN_DEPENDENCY) {
			fill_extension(
			    fill, &dependency->extensions, i, node, path);
			return true;
		}
	return false;
}

void
fill_table(struct fill *fill, void *owner, const struct conf_table *table,
    const struct tree_node *node, const struct tree_path *path)
{
	const char *instead = node->kind == TREE_SCALAR ? table->scalar_key
	                      : node->kind == TREE_SEQUENCE
	                          ? table->sequence_key
	                          : NULL;
	size_t before = fill->tree->error_count;
	void *field;

	if (table == &dependency_table &&
	    fill_dependency(fill, owner, node, path))
		return;
	if (instead != NULL && !node->is_null) {
		const struct conf_key *key =
		    conf_find(owner, table, instead, &field);

		fill_value(fill, field, key, node, path);
	} else if (node->kind == TREE_MAPPING) {
		fill_keys(fill, owner, table, node, path);
	} else if (!node->is_null) {
		refuse_kind(fill, node, path, "a mapping");
		return;
	}
	/* Rules that span keys mean little where a key was refused. */
	if (fill->tree->error_count == before)
		run_check(fill, owner, table, node, path);
}
