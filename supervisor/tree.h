/* SPDX-License-Identifier: MIT */
/*
 * tree.h - YAML (and so JSON) as a tree that remembers where all of it stood.
 *
 * libyaml turns bytes to events; this turns events to nodes, with bounds on
 * everything: size, depth, nodes, anchors, and what aliases would unfold to.
 * Aliases point to the one node, so that a bomb of them weighs nothing.  `<<`
 * is merged, ${VAR} filled in, duplicate keys refused.  Messages name file,
 * line and column and show the line.
 */
#ifndef HALE_SUPERVISOR_TREE_H
#define HALE_SUPERVISOR_TREE_H

#include "supervisor/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TREE_BYTES_MAX = 4 * 1024 * 1024, /* of one file */
	TREE_FILES_MAX = 256,             /* of one directory */
	TREE_DEPTH_MAX = 32,
	TREE_MEMORY_MAX = 64 * 1024 * 1024,
	TREE_NODES_MAX = 400 * 1000,   /* in memory, all files together */
	TREE_WEIGHT_MAX = 1000 * 1000, /* with all aliases unfolded */
	TREE_ANCHORS_MAX = 1000,
	TREE_ERRORS_MAX = 20, /* shown; the others are counted */
};

enum tree_kind { TREE_SCALAR, TREE_SEQUENCE, TREE_MAPPING };

struct tree_item;

/* Where something stands; line and column count from 1, 0: the whole file. */
struct tree_mark {
	uint32_t line, column;
	uint16_t file;
};

struct tree_node {
	const char *text;        /* of a scalar, NUL-terminated */
	struct tree_item *items; /* of a sequence or mapping, in order */
	struct tree_item *last;
	uint32_t count;  /* of items */
	uint32_t weight; /* nodes, with all aliases unfolded */
	uint32_t hash;   /* of text */
	struct tree_mark mark;
	uint8_t kind; /* enum tree_kind */
	bool is_null; /* a plain ~, null or nothing */
	bool open;    /* its end has not been seen */
};

struct tree_item {
	struct tree_item *next;
	struct tree_node *key; /* NULL in a sequence */
	struct tree_node *value;
};

/* How a value is reached, from the inside out: for messages. */
struct tree_path {
	const struct tree_path *up;
	const char *name; /* NULL: by index */
	size_t index;
};

struct tree_chunk;
struct tree_anchor;

struct tree_file {
	const char *name;
	char *bytes; /* size bytes and a NUL */
	size_t size;
};

struct tree {
	struct tree_node *root; /* NULL: nothing in it */
	struct tree_file *files;
	size_t file_count;
	size_t node_count;
	struct tree_chunk *chunks;
	size_t byte_count;    /* in chunks */
	char *const *environ; /* for ${VAR}; may be NULL */

	/* Where messages go; error_count counts those not kept, too. */
	struct conf_list *errors, *warnings;
	size_t error_count;
};

/*
 * Reads a file, a directory of *.yaml, *.yml and *.json, or "-" into *tree,
 * whose environ, errors and warnings are set and all else is zero.  What was
 * refused is in tree->error_count; tree_finish() follows in any case.
 */
void tree_read(struct tree *tree, const char *path);

/* The same from memory; bytes are copied. */
void tree_read_bytes(
    struct tree *tree, const char *name, const char *bytes, size_t size);

void tree_finish(struct tree *tree);

/* The item of a mapping with that key, or NULL. */
struct tree_item *tree_get(const struct tree_node *mapping, const char *key);

/*
 * Appends a message, path (may be NULL) before it:
 *
 *     FILE:LINE:COLUMN: services.api.helthcheck: unknown key
 *         helthcheck:
 *         ^
 */
void tree_error(struct tree *tree, struct tree_mark mark,
    const struct tree_path *path, const char *text);
void tree_warning(struct tree *tree, struct tree_mark mark,
    const struct tree_path *path, const char *text);

/* "services.api.command" into out, cut to size. */
void tree_path_text(char *out, size_t size, const struct tree_path *path);

/* tree_error() with a format. */
#define tree_refuse(tree, mark, path, ...)                                     \
	do {                                                                   \
		struct conf_error refusal_;                                    \
		conf_refuse(&refusal_, __VA_ARGS__);                           \
		tree_error(tree, mark, path, refusal_.text);                   \
	} while (0)

/* "a mapping", "a list", "text" */
const char *tree_kind_text(const struct tree_node *node);

/* ---- between tree_*.c ---- */

/* One document into *root; what is wrong goes to tree->errors. */
struct tree_node *tree_compose(struct tree *tree, uint16_t file);

/* Zeroed memory that lives as long as the tree; NULL: none. */
void *tree_alloc(struct tree *tree, size_t size);

/* Adds an item; -1: no memory, or too many nodes. */
int tree_add(struct tree *tree, struct tree_node *to, struct tree_node *key,
    struct tree_node *value);

/* Refuses duplicate keys, merges what `<<` names; once, at a mapping's end. */
int tree_close_mapping(
    struct tree *tree, struct tree_node *mapping, const struct tree_path *path);

/* Lays over upon base: mappings are merged, all else is replaced. */
struct tree_node *tree_overlay(
    struct tree *tree, struct tree_node *base, struct tree_node *over);

uint32_t tree_hash(const char *text);

#endif
