/* SPDX-License-Identifier: MIT */
/*
 * interpolate.h - ${VAR} in values, by the rules of Compose.
 *
 *   $VAR ${VAR}      its value; nothing, and a warning, when it is not set
 *   ${VAR:-word}     word when it is not set or empty;   ${VAR-word} not set
 *   ${VAR:+word}     word when it is set and not empty;  ${VAR+word} set
 *   ${VAR:?word}     refused with word when not set or empty; ${VAR?word}
 *   $$               one $
 *
 * word may hold variables itself.  Pure: reads the environment it is given.
 */
#ifndef HALE_SUPERVISOR_INTERPOLATE_H
#define HALE_SUPERVISOR_INTERPOLATE_H

#include "supervisor/conf.h"
#include "supervisor/text.h"

/* Looks a name of size bytes up; NULL: not set. */
typedef const char *interpolate_lookup(
    const void *context, const char *name, size_t size);

/* The one for an environment: context is a char *const *, or NULL. */
interpolate_lookup interpolate_environ;

/*
 * Appends string to out, its variables filled in.  Returns 0, or -1 with
 * err->text set.  The first variable that is not set and has no word is left
 * in missing (64 bytes; "" if none).
 */
int interpolate(struct text *out, const char *string,
    interpolate_lookup *lookup, const void *context, char *missing,
    struct conf_error *err);

#endif
