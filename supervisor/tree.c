/* SPDX-License-Identifier: MIT */
/* tree.c - nodes, their memory, and what is done to mappings. */
#include "supervisor/tree.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct tree_chunk {
	struct tree_chunk *next;
	size_t size, used;
	max_align_t bytes[];
};

void *
tree_alloc(struct tree *tree, size_t size)
{
	struct tree_chunk *chunk = tree->chunks;

	size = (size + 7) & ~(size_t)7;
	if (chunk == NULL || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		if (tree->byte_count + room > TREE_MEMORY_MAX)
			return NULL;
		chunk = malloc(sizeof(*chunk) + room);
		if (chunk == NULL)
			return NULL;
		chunk->used = 0;
		chunk->size = room;
		chunk->next = tree->chunks;
		tree->chunks = chunk;
		tree->byte_count += room;
	}
	chunk->used += size;
	return memset((char *)chunk->bytes + chunk->used - size, 0, size);
}

void
tree_finish(struct tree *tree)
{
	while (tree->chunks != NULL) {
		struct tree_chunk *next = tree->chunks->next;

		free(tree->chunks);
		tree->chunks = next;
	}
	for (size_t i = 0; i < tree->file_count; i++) {
		free(tree->files[i].bytes);
		free((void *)(uintptr_t)tree->files[i].name);
	}
	free(tree->files);
	*tree = (struct tree){ 0 };
}

uint32_t
tree_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

int
tree_add(struct tree *tree, struct tree_node *to, struct tree_node *key,
    struct tree_node *value)
{
	struct tree_item *item;

	if (++tree->node_count > TREE_NODES_MAX)
		return -1;
	item = tree_alloc(tree, sizeof(*item));
	if (item == NULL)
		return -1;
	item->key = key;
	item->value = value;
	if (to->last == NULL)
		to->items = item;
	else
		to->last->next = item;
	to->last = item;
	to->count++;
	return 0;
}

struct tree_item *
tree_get(const struct tree_node *mapping, const char *key)
{
	struct tree_item *item = mapping->items;

	while (item != NULL &&
	       (item->key == NULL || strcmp(item->key->text, key) != 0))
		item = item->next;
	return item;
}

const char *
tree_kind_text(const struct tree_node *node)
{
	if (node->kind == TREE_MAPPING)
		return "a mapping";
	if (node->kind == TREE_SEQUENCE)
		return "a list";
	return node->is_null ? "nothing" : "plain text";
}

/* ---- mappings: an index by key, so that 100,000 keys take no minute ---- */

struct index {
	struct tree_item **slots;
	size_t mask;
};

static int
index_init(struct index *index, size_t count)
{
	size_t size = 8;

	while (size < 2 * count)
		size *= 2;
	index->slots = calloc(size, sizeof(*index->slots));
	index->mask = size - 1;
	return index->slots == NULL ? -1 : 0;
}

/* The slot of key: empty, or holding the item of the same key. */
static struct tree_item **
index_find(const struct index *index, const struct tree_node *key)
{
	size_t at = key->hash & index->mask;

	while (index->slots[at] != NULL &&
	       (index->slots[at]->key->hash != key->hash ||
	           strcmp(index->slots[at]->key->text, key->text) != 0))
		at = (at + 1) & index->mask;
	return &index->slots[at];
}

static void
refuse_duplicate(struct tree *tree, const struct tree_path *up,
    const struct tree_node *key, const struct tree_node *first)
{
	struct tree_path path = { .up = up, .name = key->text };

	tree_refuse(tree, key->mark, &path, "duplicate key (first on line %u)",
	    (unsigned)first->mark.line);
}

static bool
is_merge(const struct tree_item *item)
{
	return strcmp(item->key->text, "<<") == 0;
}

/* Adds what mapping does not have yet. */
static int
merge(struct tree *tree, struct index *index, struct tree_node *mapping,
    const struct tree_node *from)
{
	for (struct tree_item *item = from->items; item; item = item->next) {
		struct tree_item **slot = index_find(index, item->key);

		if (*slot != NULL)
			continue;
		if (tree_add(tree, mapping, item->key, item->value) < 0)
			return -1;
		*slot = mapping->last;
	}
	return 0;
}

static size_t
merged_count(const struct tree_node *value)
{
	size_t count = 0;

	if (value->kind == TREE_MAPPING)
		return value->count;
	for (struct tree_item *item = value->items; item; item = item->next)
		if (item->value->kind == TREE_MAPPING)
			count += item->value->count;
	return count;
}

static int
merge_value(struct tree *tree, struct index *index, struct tree_node *mapping,
    const struct tree_node *value)
{
	if (value->kind == TREE_MAPPING)
		return merge(tree, index, mapping, value);
	if (value->kind == TREE_SCALAR && !value->is_null)
		tree_error(tree, value->mark, NULL,
		    "<< needs a mapping, or a list of mappings");
	for (struct tree_item *item = value->items; item; item = item->next)
		if (item->value->kind != TREE_MAPPING)
			tree_error(tree, item->value->mark, NULL,
			    "<< needs a mapping, or a list of mappings");
		else if (merge(tree, index, mapping, item->value) < 0)
			return -1;
	return 0;
}

/* Files the keys of mapping; takes duplicates and << out of it. */
static struct tree_item *
file_keys(struct tree *tree, struct index *index, struct tree_node *mapping,
    const struct tree_path *path)
{
	struct tree_item *item = mapping->items, *next, *merges = NULL;
	struct tree_item **merges_end = &merges;

	mapping->items = mapping->last = NULL;
	mapping->count = 0;
	for (; item != NULL; item = next) {
		struct tree_item **slot = index_find(index, item->key);

		next = item->next;
		item->next = NULL;
		if (is_merge(item)) {
			*merges_end = item;
			merges_end = &item->next;
			continue;
		}
		if (*slot != NULL) {
			refuse_duplicate(tree, path, item->key, (*slot)->key);
			continue;
		}
		*slot = item;
		if (mapping->last == NULL)
			mapping->items = item;
		else
			mapping->last->next = item;
		mapping->last = item;
		mapping->count++;
	}
	return merges;
}

int
tree_close_mapping(
    struct tree *tree, struct tree_node *mapping, const struct tree_path *path)
{
	struct index index;
	struct tree_item *merges;
	size_t count = mapping->count;
	int result = 0;

	for (struct tree_item *i = mapping->items; i != NULL; i = i->next)
		if (is_merge(i))
			count += merged_count(i->value);
	if (count > TREE_NODES_MAX || index_init(&index, count) < 0)
		return -1;
	merges = file_keys(tree, &index, mapping, path);
	for (; merges != NULL && result == 0; merges = merges->next)
		result = merge_value(tree, &index, mapping, merges->value);
	free(index.slots);
	return result;
}

struct tree_node *
tree_overlay(struct tree *tree, struct tree_node *base, struct tree_node *over)
{
	struct tree_node *both;
	struct index index;
	bool failed = false;

	if (base == NULL || over == NULL)
		return base == NULL ? over : base;
	if (base->kind != TREE_MAPPING || over->kind != TREE_MAPPING)
		return over;
	both = tree_alloc(tree, sizeof(*both));
	if (both == NULL || index_init(&index, base->count + over->count) < 0)
		return NULL;
	both->kind = TREE_MAPPING;
	both->mark = base->mark;
	/* base may be reached by aliases, too: it stays as it is. */
	for (struct tree_item *i = base->items; i && !failed; i = i->next) {
		failed = tree_add(tree, both, i->key, i->value) < 0;
		if (!failed)
			*index_find(&index, i->key) = both->last;
	}
	for (struct tree_item *i = over->items; i && !failed; i = i->next) {
		struct tree_item *old = *index_find(&index, i->key);

		if (old == NULL) {
			failed = tree_add(tree, both, i->key, i->value) < 0;
			continue;
		}
		old->key = i->key;
		old->value = tree_overlay(tree, old->value, i->value);
		failed = old->value == NULL;
	}
	free(index.slots);
	for (struct tree_item *i = both->items; i && !failed; i = i->next) {
		both->weight += i->value->weight;
		failed = both->weight > TREE_WEIGHT_MAX;
	}
	return failed ? NULL : both;
}
