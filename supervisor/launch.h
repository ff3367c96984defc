/* SPDX-License-Identifier: MIT */
/*
 * launch.h - makes one process that leads a session of its own.
 *
 * What stays the same for all instances is a struct launch, filled before the
 * loop.  Between fork and exec there are raw system calls and stores only; what
 * failed there is told through memory that both sides share, and that it is
 * over through a close-on-exec pipe.
 */
#ifndef HALE_SUPERVISOR_LAUNCH_H
#define HALE_SUPERVISOR_LAUNCH_H

#include "supervisor/confine.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Written by the child before it gives up; zeroed before each launch. */
struct launch_report {
	int32_t error;              /* errno of execve() */
	struct confine_failure why; /* or the step that failed */
};

/* A descriptor of ours, and its number in the new process. */
struct launch_fd {
	int from, to;
};

enum { LAUNCH_FDS_MAX = 16 };

struct launch {
	char *const *argv;
	char **envp; /* LISTEN_PID, WATCHDOG_PID and MAINPID that are empty or
	              * name us get the new process's number */
	const struct confinement *plan; /* NULL: nothing declared */
	const struct launch_fd *fds;    /* placed in this order; from < 0:
	                                 * /dev/null */
	uint32_t fd_count;
	const int *kept;     /* descriptors of ours that it has, too, */
	uint32_t kept_count; /* by the same numbers */
	int cgroup_fd;       /* of cgroup.procs, or -1 */
	bool terminal;       /* takes 0 as its controlling one */
	bool same_group;     /* makes no session of its own */
	int parent_death;    /* the signal of our own end; 0: none */
	pid_t parent;        /* with that: our pid */
	uint64_t reset;      /* signals that we were told to ignore */
	volatile struct launch_report *report; /* shared memory */
};

struct launched {
	pid_t pid;
	int pipe; /* readable at the end of the launch; -1: it is over */
};

/*
 * Launches.  All signals are blocked in the caller; envp is changed.  Returns 0 with *out filled, or -1 with errno (EAGAIN, ENOMEM,
 * EMFILE ...) and nothing made.
 */
int launch(const struct launch *launch, struct launched *out);

/* The core limit that a new process gets back; 0: its own is as it was. */
extern struct confine_range launch_core;

/* Room for reports that a child can write to; NULL when out of memory. */
struct launch_report *launch_reports(uint32_t count);

#endif
