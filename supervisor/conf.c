/* SPDX-License-Identifier: MIT */
/* conf.c - key tables: text to struct field, defaults, errors in words. */
#include "supervisor/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CUSTOM_MAX 64 /* bytes that a CONF_CUSTOM field may take */

int
conf_refuse(struct conf_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

/* Room for one more: a power of two, and always one for the NULL behind. */
static void *
room_for(void *items, size_t count, size_t size)
{
	void *grown;

	if (items != NULL && ((count + 1) & count) != 0)
		return items;
	grown = conf_alloc((count + 1) * 2 * size);
	if (grown != NULL && items != NULL)
		memcpy(grown, items, count * size);
	return grown;
}

int
conf_list_add(struct conf_list *list, const char *item)
{
	const char **items = room_for(list->items, list->count, sizeof(*items));

	if (items == NULL)
		return -1;
	items[list->count] = item;
	items[list->count + 1] = NULL;
	list->items = items;
	list->count++;
	return 0;
}

const char **
conf_list_make(struct conf_list *list, size_t count)
{
	size_t room = 1;

	/* What conf_list_add() takes for granted. */
	while (room < count + 1)
		room *= 2;
	list->items = conf_alloc(room * sizeof(*list->items));
	list->count = 0;
	return list->items;
}

int
conf_map_add(struct conf_map *map, struct conf_pair pair)
{
	struct conf_pair *pairs;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->pairs[i].name, pair.name) == 0) {
			map->pairs[i] = pair;
			return 0;
		}
	if (map->count == CONF_MAP_MAX)
		return -1;
	pairs = room_for(map->pairs, map->count, sizeof(*pairs));
	if (pairs == NULL)
		return -1;
	pairs[map->count++] = pair;
	map->pairs = pairs;
	return 0;
}

static int
add_pair(struct conf_map *map, const char *text, struct conf_error *err)
{
	const char *equals = strchr(text, '=');
	struct conf_pair pair = { .name = text };

	if (*text == '\0' || equals == text)
		return conf_refuse(err, "\"%.60s\" has no name", text);
	if (equals != NULL) {
		pair.name = conf_copy(text, (size_t)(equals - text));
		pair.value = equals + 1;
	}
	if (pair.name == NULL || conf_map_add(map, pair) < 0)
		return conf_refuse(err, "there are too many of them");
	return 0;
}

static size_t
width(const struct conf_key *key)
{
	if (key->width != 0)
		return key->width;
	return key->type == CONF_BOOL || key->type == CONF_CHOICE ||
	               key->type == CONF_SIGNAL
	           ? sizeof(int)
	           : sizeof(int64_t);
}

static void
store(void *field, const struct conf_key *key, int64_t value)
{
	int32_t narrow = (int32_t)value;

	if (width(key) == sizeof(narrow))
		memcpy(field, &narrow, sizeof(narrow));
	else
		memcpy(field, &value, sizeof(value));
}

int64_t
conf_load(const void *field, const struct conf_key *key)
{
	int32_t narrow;
	int64_t value;

	if (width(key) == sizeof(narrow)) {
		memcpy(&narrow, field, sizeof(narrow));
		return narrow;
	}
	memcpy(&value, field, sizeof(value));
	return value;
}

/* Is there anything in the struct that should be shown? */
static bool
table_is_empty(const void *owner, const struct conf_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (conf_is_given((const char *)owner + table->keys[i].offset,
		        &table->keys[i]))
			return false;
	return true;
}

bool
conf_is_given(const void *field, const struct conf_key *key)
{
	const struct conf_list *list = field; /* count is second in all */
	const char *text;

	switch ((enum conf_type)key->type) {
	case CONF_STRING:
	case CONF_CUSTOM:
		memcpy(&text, field, sizeof(text));
		return text != NULL;
	case CONF_STRINGS:
	case CONF_COMMAND:
		return list->count > 0;
	case CONF_MAP:
		return ((const struct conf_map *)field)->count > 0;
	case CONF_TABLES:
	case CONF_NAMED:
		return ((const struct conf_array *)field)->count > 0;
	case CONF_OPTIONAL:
		memcpy(&field, field, sizeof(field));
		return field != NULL && !table_is_empty(field, key->table);
	case CONF_TABLE:
		return !table_is_empty(field, key->table);
	case CONF_INLINE:
	case CONF_SHARED:
		return true;
	case CONF_SIGNAL:
		return conf_load(field, key) != 0;
	case CONF_INT:
		return conf_load(field, key) != (key->min < 0 ? INT32_MIN : -1);
	case CONF_BOOL:
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_OCTAL:
	case CONF_DECIMAL:
		return conf_load(field, key) >= 0;
	case CONF_CHOICE:
		return conf_load(field, key) >= 0 &&
		       key->choices[conf_load(field, key)] != NULL;
	}
	return false;
}

/* Shows n in the key's own unit, for a message. */
static void
show(char *out, const struct conf_key *key, int64_t n)
{
	if (key->type == CONF_DURATION)
		conf_show_duration(out, n);
	else if (key->type == CONF_OCTAL)
		snprintf(out, CONF_SHOWN, "%04llo", (unsigned long long)n);
	else
		conf_show_number(out, n);
}

static int
check_range(const struct conf_key *key, const char *text, int64_t n,
    struct conf_error *err)
{
	int64_t min = key->min, max = key->max;
	char low[CONF_SHOWN], high[CONF_SHOWN];

	if (min == 0 && max == 0)
		max = INT64_MAX;
	if (width(key) == sizeof(int32_t) && max > INT32_MAX)
		max = INT32_MAX;
	if (n >= min && n <= max)
		return 0;
	show(low, key, min);
	show(high, key, max);
	return conf_refuse(
	    err, "%.40s is not within %s to %s", text, low, high);
}

static int
parse_choice(int64_t *out, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	char all[160] = "";
	const char *near;
	size_t count = 0, used = 0;

	for (; key->choices[count] != NULL; count++) {
		if (strcmp(key->choices[count], text) == 0) {
			*out = (int64_t)count;
			return 0;
		}
		used += (size_t)snprintf(all + used, sizeof(all) - used,
		    count == 0 ? "%s" : ", %s", key->choices[count]);
		if (used >= sizeof(all))
			used = sizeof(all) - 1;
	}
	near = conf_nearest(text, key->choices, count);
	if (near != NULL)
		return conf_refuse(err,
		    "\"%.40s\" is not one of %s (did you mean \"%s\"?)", text,
		    all, near);
	return conf_refuse(err, "\"%.40s\" is not one of %s", text, all);
}

static int
parse_number(int64_t *out, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	int flag;

	switch ((enum conf_type)key->type) {
	case CONF_BOOL:
		if (conf_bool(&flag, text) < 0)
			return conf_refuse(
			    err, "\"%.40s\" is neither true nor false", text);
		*out = flag;
		return 0;
	case CONF_CHOICE:
		return parse_choice(out, key, text, err);
	case CONF_SIGNAL:
		*out = conf_signal(text);
		return *out != 0 ? 0
		                 : conf_refuse(
		                       err, "\"%.40s\" is not a signal", text);
	case CONF_OCTAL:
		if (conf_octal(out, text) < 0)
			return conf_refuse(err,
			    "\"%.40s\" is not an octal number such as 0027",
			    text);
		break;
	case CONF_DECIMAL:
		if (conf_decimal(out, text) < 0)
			return conf_refuse(
			    err, "\"%.40s\" is not a number such as 0.5", text);
		break;
	case CONF_SIZE:
		if (conf_size(out, text) < 0)
			return conf_refuse(err,
			    "\"%.40s\" is not a size such as 512k, 64m or 1g",
			    text);
		break;
	case CONF_DURATION:
		if (conf_duration(out, text) == 0)
			break;
		/* "30" is half a minute to some, 30 ms to others. */
		if (conf_number(out, text) == 0 && *out > 0)
			return conf_refuse(err,
			    "\"%.40s\" needs a unit: %.40sms, %.40ss, %.40sm "
			    "or %.40sh",
			    text, text, text, text, text);
		return conf_refuse(err,
		    "\"%.40s\" is not a duration such as 250ms, 10s or 1m30s",
		    text);
	case CONF_INT:
		if (conf_number(out, text) < 0)
			return conf_refuse(
			    err, "\"%.40s\" is not a whole number", text);
		break;
	case CONF_STRING:
	case CONF_STRINGS:
	case CONF_COMMAND:
	case CONF_MAP:
	case CONF_TABLE:
	case CONF_TABLES:
	case CONF_NAMED:
	case CONF_INLINE:
	case CONF_SHARED:
	case CONF_OPTIONAL:
	case CONF_CUSTOM:
		break;
	}
	return check_range(key, text, *out, err);
}

static int
parse_custom(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	union {
		const char *text;
		char bytes[CUSTOM_MAX];
	} draft = { .bytes = { 0 } };

	if (key->width > sizeof(draft))
		return conf_refuse(err, "is too wide for its table");
	draft.text = text;
	if (key->parse(&draft, key, text, err) < 0)
		return -1;
	memcpy(field, &draft, key->width);
	return 0;
}

int
conf_parse(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	int64_t number = 0;

	switch ((enum conf_type)key->type) {
	case CONF_STRING:
		memcpy(field, &text, sizeof(text));
		return 0;
	case CONF_STRINGS:
		return conf_list_add(field, text) == 0
		           ? 0
		           : conf_refuse(err, "out of memory");
	case CONF_COMMAND:
		return conf_words(field, text, err);
	case CONF_MAP:
		return add_pair(field, text, err);
	case CONF_CUSTOM:
		return parse_custom(field, key, text, err);
	case CONF_BOOL:
	case CONF_INT:
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_OCTAL:
	case CONF_DECIMAL:
	case CONF_CHOICE:
	case CONF_SIGNAL:
		if (parse_number(&number, key, text, err) < 0)
			return -1;
		store(field, key, number);
		return 0;
	case CONF_TABLE:
		if (key->table->scalar_key != NULL)
			return conf_set(field, key->table,
			    key->table->scalar_key, text, err);
		break;
	case CONF_TABLES:
	case CONF_NAMED:
	case CONF_INLINE:
	case CONF_SHARED:
	case CONF_OPTIONAL:
		break;
	}
	return conf_refuse(err, "can't be said in one word");
}

/* "Not said", by type; the struct is already zero. */
static void
set_none(void *field, const struct conf_key *key)
{
	switch ((enum conf_type)key->type) {
	case CONF_BOOL:
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_OCTAL:
	case CONF_DECIMAL:
	case CONF_CHOICE:
		store(field, key, -1);
		return;
	case CONF_INT:
		store(field, key, key->min < 0 ? INT32_MIN : -1);
		return;
	case CONF_SIGNAL:
	case CONF_STRING:
	case CONF_STRINGS:
	case CONF_COMMAND:
	case CONF_MAP:
	case CONF_TABLE:
	case CONF_TABLES:
	case CONF_NAMED:
	case CONF_INLINE:
	case CONF_SHARED:
	case CONF_OPTIONAL:
	case CONF_CUSTOM:
		return;
	}
}

int
conf_defaults(void *owner, const struct conf_table *table)
{
	struct conf_error unused = { 0 };

	memset(owner, 0, table->size);
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i];
		void *field = (char *)owner + key->offset;
		int result = 0;

		if (key->type == CONF_TABLE || key->type == CONF_INLINE)
			result = conf_defaults(field, key->table);
		else if (key->type == CONF_SHARED)
			result = conf_share(field, key->table);
		else if (key->fallback != NULL)
			result = conf_parse(field, key, key->fallback, &unused);
		else
			set_none(field, key);
		if (result < 0)
			return -1;
	}
	return 0;
}

const struct conf_key *
conf_find(
    void *owner, const struct conf_table *table, const char *name, void **field)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i], *inner;
		void *at = owner == NULL ? NULL : (char *)owner + key->offset;

		if (key->type != CONF_INLINE && key->type != CONF_SHARED) {
			if (key->name[0] != name[0] ||
			    strcmp(key->name, name) != 0)
				continue;
			*field = at;
			return key;
		}
		inner = conf_find(NULL, key->table, name, field);
		if (inner == NULL)
			continue;
		if (owner != NULL && key->type == CONF_SHARED)
			at = conf_own(at, key->table);
		if (at != NULL)
			conf_find(at, key->table, name, field);
		return inner;
	}
	return NULL;
}

int
conf_set(void *owner, const struct conf_table *table, const char *name,
    const char *text, struct conf_error *err)
{
	const char *dot = strchr(name, '.');
	const struct conf_key *key;
	size_t length;
	char first[64];
	void *field;

	length = dot == NULL ? strlen(name) : (size_t)(dot - name);
	if (length >= sizeof(first))
		return conf_refuse(err, "unknown key \"%.60s\"", name);
	memcpy(first, name, length);
	first[length] = '\0';

	key = conf_find(owner, table, first, &field);
	if (key == NULL || (dot != NULL && key->type != CONF_TABLE &&
	                       key->type != CONF_OPTIONAL))
		return conf_refuse(err, "unknown key \"%s\"", first);
	if (field != NULL && dot != NULL && key->type == CONF_OPTIONAL)
		field = conf_own(field, key->table);
	if (field == NULL)
		return conf_refuse(err, "out of memory");
	if (dot != NULL)
		return conf_set(field, key->table, dot + 1, text, err);
	return conf_parse(field, key, text, err);
}
