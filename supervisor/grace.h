/* SPDX-License-Identifier: MIT */
/*
 * grace.h - shares of a stop.
 *
 * A stop has one deadline for all, never a sum of timeouts.  A service that
 * others must outlive has to leave them their time: when what the longest
 * chain below it asks for fits, each gets what it asks for; else each gets its
 * proportion of what is left.
 *
 * Pure.
 */
#ifndef HALE_SUPERVISOR_GRACE_H
#define HALE_SUPERVISOR_GRACE_H

#include "supervisor/graph.h"

#include <stdint.h>

/*
 * For each service: the time that it and the longest chain of what it needs
 * ask for, one after the other.  own_ms[i] is 0 for what is not alive.
 */
void grace_paths(
    const struct graph *graph, const int64_t *own_ms, int64_t *path_ms);

/*
 * How long a service may take from now, in ms: own_ms, or less if the
 * path_ms (at least own_ms) that it is the head of doesn't fit in left_ms.
 */
int64_t grace_share(int64_t left_ms, int64_t own_ms, int64_t path_ms);

#endif
