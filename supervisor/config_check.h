/* SPDX-License-Identifier: MIT */
/*
 * config_check.h - within the loader: what the tables can't know.
 *
 * Names that must exist, conditions that can't come true, cycles, stops that
 * can't fit; and what follows from the keys: argv, environment, defaults.
 */
#ifndef HALE_SUPERVISOR_CONFIG_CHECK_H
#define HALE_SUPERVISOR_CONFIG_CHECK_H

#include "supervisor/config_fill.h"

struct check {
	struct fill *fill;
	struct config *config;
};

/* Where something of a service stands: its own node, a key, an entry of it. */
struct check_place {
	struct tree_mark mark;
	struct tree_path path[4]; /* services, name, key, entry */
	const struct tree_path *last;
	const struct tree_node *value; /* what stands there; NULL: nothing */
};

/* key and entry may be NULL. */
void check_place(const struct check *check, struct check_place *place,
    const char *section, const char *name, const char *key, const char *entry);

void check_refuse(const struct check *check, const struct check_place *place,
    const char *text);

/* config_need.c: resolves depends_on, and refuses what can't come true. */
void check_needs(struct check *check);

/* config_stop.c: warns of stops that can't fit; needs checked before. */
void check_stops(struct check *check);

/* config_env.c: environment and env_file to NAME=value, secrets resolved. */
void check_environments(struct check *check);

#endif
