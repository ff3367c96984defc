/* SPDX-License-Identifier: MIT */
/*
 * early_health.h - plain `hale health [SERVICE]`, before the C library is up.
 *
 * Its entry is early_verb() of supervisor/early.h. Here is what it shares with
 * verb_health.c, which does all the rest and has to say the same.
 */
#ifndef HALE_HEALTHCHECK_EARLY_HEALTH_H
#define HALE_HEALTHCHECK_EARLY_HEALTH_H

/* Longer than any engine's patience is no use: the whole takes no longer. */
#define HEALTH_LIMIT_MS 1000

/* The line that is printed is shorter than that. */
#define HEALTH_LINE 512

#endif
