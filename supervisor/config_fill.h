/* SPDX-License-Identifier: MIT */
/*
 * config_fill.h - within the loader: from a tree of nodes to structs.
 *
 * Driven by the tables alone; every refusal goes to tree->errors, and the walk
 * goes on, so that all is told in one go.
 */
#ifndef HALE_SUPERVISOR_CONFIG_FILL_H
#define HALE_SUPERVISOR_CONFIG_FILL_H

#include "supervisor/config.h"
#include "supervisor/text.h"
#include "supervisor/tree.h"

enum { FILL_SEEN = 256 };

struct fill {
	struct tree *tree;
	const struct config_source *source;
	struct text ignored; /* "services.web.ports, networks": one note */
	const char *seen[FILL_SEEN]; /* texts that were kept, by hash: a
	                              * hundred services say much the same */
};

/* Fills *owner, which has its defaults, from a mapping or what is short for
 * one, then runs the table's check. */
void fill_table(struct fill *fill, void *owner, const struct conf_table *table,
    const struct tree_node *node, const struct tree_path *path);

/* The keys of Compose that mean nothing inside a container: words with a NUL
 * behind each, and one more at the end. */
const char *config_ignored(const struct conf_table *table);
bool config_is_ignored(const struct conf_table *table, const char *key);

#endif
