/* SPDX-License-Identifier: MIT */
/*
 * config_show.h - a config back to text, and what the tables say of themselves.
 *
 * Secrets are shown by name, never by value.
 */
#ifndef HALE_SUPERVISOR_CONFIG_SHOW_H
#define HALE_SUPERVISOR_CONFIG_SHOW_H

#include "supervisor/config.h"
#include "supervisor/packed.h"
#include "supervisor/text.h"

/* The effective file with every default, those of confine being set by it; it
 * can be loaded again. */
void config_dump(struct text *out, const struct config *config,
    const struct config_source *source, bool json);

/* Who needs whom, in DOT. */
void config_graph(struct text *out, const struct config *config);

/* JSON Schema (draft 7) of the file, for editors. */
void config_schema(
    struct text *out, const struct config_extension *extensions, size_t count);

/*
 * The verbs; argv[0] is the verb itself.  They read files with the extensions
 * of the running program: config_extensions[], in init.c.
 */
PACKED_ENTRY int verb_check(int argc, char **argv);
PACKED_ENTRY int verb_config(int argc, char **argv);
PACKED_ENTRY int verb_graph(int argc, char **argv);
PACKED_ENTRY int verb_schema(int argc, char **argv);

#endif
