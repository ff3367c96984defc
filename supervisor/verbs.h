/* SPDX-License-Identifier: MIT */
/* verbs.h - hale's verbs, one row each, in init.c. */
#ifndef HALE_SUPERVISOR_VERBS_H
#define HALE_SUPERVISOR_VERBS_H

#include <stddef.h>

#include "packed.h"

struct verb {
	char name[12]; /* no pointer: early.c reads it unrelocated */
	enum { HERE, PACKED } where; /* PACKED: in PACKED_VERBS of packed.h */
	int (*run)(int argc, char **argv); /* argv[0] is the verb itself */
};

extern const struct verb verbs[] __attribute__((visibility("hidden")));
extern const size_t verb_count __attribute__((visibility("hidden")));

/* The row of name, or NULL. */
const struct verb *verb_find(const char *name);

/* `hale help [VERB]`, in help.c; argv[0] is the verb itself. */
PACKED_ENTRY int verb_help(int argc, char **argv);

#endif
