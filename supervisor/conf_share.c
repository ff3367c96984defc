/* SPDX-License-Identifier: MIT */
/*
 * conf_share.c - records that many owners point to, as long as they are equal.
 *
 * While a file is read, each owner that says something gets a draft of its own,
 * on the heap.  conf_settle() looks for one that says the same: then that one
 * is enough.  What is settled is only copied, never written to.
 */
#include "supervisor/conf.h"

#include <stdlib.h>
#include <string.h>

/* How many of a kind are compared: files are long, and those near are alike. */
#define LOOK_BACK 16

enum kind { DEFAULTS, SETTLED, OWN };

struct record {
	struct record *next; /* of those that are not OWN */
	const struct conf_table *table;
	enum kind kind;
	max_align_t fields[];
};

static struct record *all;
static bool drafting;

static struct record *
record_of(void *fields)
{
	return (struct record *)(void *)((char *)fields -
	                                 offsetof(struct record, fields));
}

static struct record *
keep(struct record *record, const struct conf_table *table, enum kind kind)
{
	record->table = table;
	record->kind = kind;
	record->next = all;
	all = record;
	return record;
}

/* What those point to that say nothing; made once. */
static void *
defaults_of(const struct conf_table *table)
{
	struct record *record = all;

	while (record != NULL &&
	       (record->table != table || record->kind != DEFAULTS))
		record = record->next;
	if (record != NULL)
		return record->fields;
	record = conf_alloc(sizeof(*record) + table->size);
	if (record == NULL || conf_defaults(record->fields, table) < 0)
		return NULL;
	return keep(record, table, DEFAULTS)->fields;
}

int
conf_share(void *field, const struct conf_table *table)
{
	void *defaults = defaults_of(table);

	memcpy(field, &defaults, sizeof(defaults));
	return defaults == NULL ? -1 : 0;
}

void *
conf_own(void *field, const struct conf_table *table)
{
	struct record *record;
	size_t size = sizeof(*record) + table->size;
	void *is;

	memcpy(&is, field, sizeof(is));
	if (is != NULL && record_of(is)->kind == OWN)
		return is;
	record = drafting ? malloc(size) : conf_alloc(size);
	if (record == NULL)
		return NULL;
	record->table = table;
	record->kind = OWN;
	if (is != NULL)
		memcpy(record->fields, is, table->size);
	else if (conf_defaults(record->fields, table) < 0)
		return NULL;
	is = record->fields;
	memcpy(field, &is, sizeof(is));
	return is;
}

void
conf_draft(bool on)
{
	drafting = on;
}

/* ---- the same? ---- */

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_list(const struct conf_list *a, const struct conf_list *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = same_text(a->items[i], b->items[i]);
	return same;
}

static bool same_table(
    const char *a, const char *b, const struct conf_table *table);

static bool
same_value(const void *a, const void *b, const struct conf_key *key)
{
	const void *first, *second;

	switch ((enum conf_type)key->type) {
	case CONF_STRING:
	case CONF_CUSTOM:
		memcpy(&first, a, sizeof(first));
		memcpy(&second, b, sizeof(second));
		return same_text(first, second);
	case CONF_STRINGS:
	case CONF_COMMAND:
		return same_list(a, b);
	case CONF_TABLE:
	case CONF_INLINE:
		return same_table(a, b, key->table);
	case CONF_MAP: /* of these only what is empty is the same */
	case CONF_TABLES:
	case CONF_NAMED:
	case CONF_SHARED:
	case CONF_OPTIONAL: /* settled before: one pointer, where they are */
		return memcmp(a, b, sizeof(first)) == 0;
	case CONF_BOOL:
	case CONF_INT:
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_OCTAL:
	case CONF_DECIMAL:
	case CONF_CHOICE:
	case CONF_SIGNAL:
		return conf_load(a, key) == conf_load(b, key);
	}
	return false;
}

static bool
same_table(const char *a, const char *b, const struct conf_table *table)
{
	bool same = true;

	for (size_t i = 0; same && i < table->count; i++)
		same = same_value(a + table->keys[i].offset,
		    b + table->keys[i].offset, &table->keys[i]);
	return same;
}

/* ---- the end of a draft ---- */

static struct record *
find(const struct record *draft)
{
	const struct conf_table *table = draft->table;
	unsigned looked = 0;

	for (struct record *r = all; r != NULL && looked < LOOK_BACK;
	     r = r->next) {
		if (r->table != table)
			continue;
		if (same_table((const char *)r->fields,
		        (const char *)draft->fields, table))
			return r;
		looked++;
	}
	return NULL;
}

static int
settle(void *field)
{
	struct record *draft, *record;
	void *is;

	memcpy(&is, field, sizeof(is));
	if (is == NULL || record_of(is)->kind != OWN)
		return 0;
	draft = record_of(is);
	if (conf_settle(draft->fields, draft->table) < 0)
		return -1;
	record = find(draft);
	if (record == NULL) {
		size_t size = sizeof(*record) + draft->table->size;

		record = conf_alloc(size);
		if (record == NULL)
			return -1;
		memcpy(record, draft, size);
		keep(record, draft->table, SETTLED);
	}
	free(draft);
	is = record->fields;
	memcpy(field, &is, sizeof(is));
	return 0;
}

int
conf_settle(void *owner, const struct conf_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i];

		if ((key->type == CONF_SHARED || key->type == CONF_OPTIONAL) &&
		    settle((char *)owner + key->offset) < 0)
			return -1;
	}
	return 0;
}

void
conf_release(void)
{
	all = NULL;
	drafting = false;
	conf_release_memory();
}
