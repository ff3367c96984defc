/* SPDX-License-Identifier: MIT */
/*
 * prober.h - when to ask: starts attempts on the loop, feeds the verdicts.
 *
 * A check lives in its owner, one for each probe.  The first run is at once,
 * then at a fixed rate; late ticks are dropped, and two runs of one check
 * never overlap.  At most children_max attempts run at a time, the others
 * wait in line.  Allocates nothing.
 */
#ifndef HALE_HEALTHCHECK_PROBER_H
#define HALE_HEALTHCHECK_PROBER_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "health.h"
#include "supervisor/loop.h"
#include "verdict.h"

enum { PROBER_CHILDREN = 8 };

struct check {
	/* set by the owner before prober_add() */
	const struct probe *probe;
	const char *service; /* whose name the log gets */
	enum health_role role;
	void *owner;        /* for the hooks */
	struct check *gate; /* the startup check that comes first, or NULL */

	/* to be read by anyone */
	uint32_t generation; /* of the instance that is asked */
	bool active;

	/* the prober's own */
	bool running, waiting, stuck;
	uint32_t asked_generation;
	struct check *next, *next_waiting, *next_busy;
	struct loop_timer due, limit;
	struct loop_watch pipe, end;
	int64_t service_pid, slot_ms, grace_ms;

	/* What each run writes lies together; the large parts come last. */
	struct attempt attempt;
	struct tally tally; /* to be read by anyone */
	struct attempt_heard heard;
};

struct prober_hooks {
	struct attempt_hooks attempt;
	/* Each answer, after it was counted. */
	void (*answered)(struct check *check);
	/* The verdict is another than before; after answered(). */
	void (*changed)(struct check *check, enum verdict before);
};

/* To be called once, before the first check.  Every check takes two timers of
 * the loop.  hooks must stay; children_max 0: PROBER_CHILDREN. */
void prober_init(const struct prober_hooks *hooks, unsigned children_max);

void prober_add(struct check *check);

/*
 * A new instance is up (service_pid 0: none, a dependency): its first run is
 * at once, or when its gate has passed.
 */
void prober_begin(
    struct check *check, uint32_t generation, int64_t service_pid);

/*
 * It restarts, stops or is gone: no more runs until prober_begin(), and what
 * is under way will not be counted.
 */
void prober_hold(struct check *check);

/*
 * A child was reaped that nobody knows: one of ours?  status is that of
 * waitpid().
 */
bool prober_child(pid_t pid, int status);

/* Runs it now, unless it runs already; the rate goes on from here. */
void prober_now(struct check *check);

/* Ends the process that makes children of some probes: we make all, from now. */
void prober_settle(void);

#endif
