/* SPDX-License-Identifier: MIT */
/*
 * target.h - takes a probe's URL apart.
 *
 *   scheme://host:port/path?option=value     options narrow the probe
 *   http://host:port/path?query#option=value  HTTP has its own query
 *
 * The scheme may be missing where the key of the file says it.  Host and port
 * are checked here, so that a probe never fails for how it was written.
 */
#ifndef HALE_HEALTHCHECK_TARGET_H
#define HALE_HEALTHCHECK_TARGET_H

#include <stddef.h>

#include "probe.h"

/*
 * Fills probe->kind and the pieces from the value of one key.
 * Returns 0, or -1 with err->text set; allocates probe->text.
 */
int target_parse(struct probe *probe, enum probe_ask ask, const char *value,
    struct conf_error *err);

/* Splits a command line as a shell does words: quotes, no expansion. */
int target_words(struct probe *probe, const char *line, struct conf_error *err);

/* Gives a command probe its label.  Returns 0, or -1 without memory. */
int target_label_command(struct probe *probe);

/*
 * Replaces %XX in place; a % that is no escape stays.  Returns the length,
 * which may span NUL bytes.
 */
size_t target_unescape(char *text);

/*
 * Decodes C escapes (\r \n \t \0 \\ \xNN and octal) of text into out.
 * Returns the length, or -1 when it does not fit or an escape is not known.
 */
long target_bytes(char *out, size_t out_size, const char *text);

/* "10%" or "512m".  Returns 0, or -1 and an unchanged *amount. */
int target_amount(struct probe_amount *amount, const char *text);

#endif
