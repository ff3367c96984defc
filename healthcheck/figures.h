/* SPDX-License-Identifier: MIT */
/*
 * figures.h - what the kernel says that processes use.  Read only when asked;
 * raw reads into fixed buffers, nothing is kept open.
 */
#ifndef HALE_HEALTHCHECK_FIGURES_H
#define HALE_HEALTHCHECK_FIGURES_H

#include "snapshot.h"

#include <sys/types.h>

/*
 * Sums up all processes of each session in one walk through /proc: proc(5).
 * sessions ascends; what can't be read stays -1.
 */
struct figures_session {
	pid_t session;
	struct snapshot_resources *into;
};

void figures_sessions(struct figures_session *sessions, size_t count);

/* Our own process. */
void figures_own(struct snapshot_resources *into);

/*
 * The cgroup's memory, CPU time and processes, version 1 or 2; its pressure,
 * else that of the whole machine; and the root file system's room.
 */
void figures_container(struct snapshot *snapshot);

/*
 * Pure: a line of a pressure file, "some avg10=1.23 avg60=... total=456".
 * Returns false, and leaves them, if there is no such line.
 */
bool figures_pressure_line(
    const char *text, const char *word, int64_t *avg10, int64_t *usec);

#endif
