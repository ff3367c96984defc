/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - a cgroup of its own for each service, where cgroup v2 can be
 * written: mem_limit, cpus, pids_limit, and an end that nobody escapes.
 *
 * Where it can't, sessions have to do; a limit that was asked for and can't be
 * had is told, and the service runs without, as its file may come from Compose.
 */
#ifndef HALE_SUPERVISOR_CGROUP_H
#define HALE_SUPERVISOR_CGROUP_H

#include "supervisor/unit.h"

/* If any service has a limit: moves hale to a leaf, makes one for each. */
void cgroup_init(void);

/* Kills all that is in the service's group; false where there is none. */
bool cgroup_kill(const struct unit *unit);

/* Takes the groups away; they are empty. */
void cgroup_finish(void);

#endif
