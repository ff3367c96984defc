/* SPDX-License-Identifier: MIT */
/*
 * words.h - what is said when something went wrong, which lies packed until then.
 *
 * As exec_explain(), confine_explain(), conf_nearest() and conf_nearest_key(),
 * which unpack it and call these.
 */
#ifndef HALE_SUPERVISOR_WORDS_H
#define HALE_SUPERVISOR_WORDS_H

#include <stddef.h>

#include "packed.h"

struct conf_table;
struct confine_failure;
struct confinement;

PACKED_ENTRY void packed_exec_explain(
    char *text, size_t size, const char *program, char *const *envp, int error);
PACKED_ENTRY const char *packed_confine_explain(
    const struct confinement *confinement, const struct confine_failure *why,
    char *out, size_t out_size);
PACKED_ENTRY const char *packed_nearest(
    const char *word, const char *const *known, size_t count);
PACKED_ENTRY const char *packed_nearest_key(
    const char *word, const struct conf_table *table);

#endif
