/* SPDX-License-Identifier: MIT */
/*
 * health.h - verdicts and dependencies -> live, ready, started, and why not.
 *
 * A node is a service, or a dependency that lives elsewhere.  A node is as
 * healthy as its probes say and never healthier than what it needs: a
 * dependency that is down makes its dependents unready, not dead.
 * Pure: no clock, no I/O, no allocation.
 */
#ifndef HALE_HEALTHCHECK_HEALTH_H
#define HALE_HEALTHCHECK_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

enum health_role {
	ROLE_HEALTH, /* healthcheck:, or a dependency */
	ROLE_LIVE,
	ROLE_READY,
	ROLE_STARTUP,
	ROLE_COUNT
};

enum health_up {
	UP_DOWN,     /* not running, and it should be */
	UP_STARTING, /* on its way: waiting for others, in back-off */
	UP_RUNNING,
	UP_STOPPING,
	UP_DONE, /* a job that ended well, or a service that need not run */
};

/* What is asked of one node, and what came of it. */
struct health_asks {
	const struct probe *probe[ROLE_COUNT]; /* NULL: none */
	const struct tally *tally[ROLE_COUNT];
};

/* What health_judge() is told about one node. */
struct health_node {
	const char *name;
	enum health_up up;
	bool external;     /* a dependency: it has no process of ours */
	bool waits_notify; /* notify: true */
	bool notified;     /* READY=1 came */
	const char *why;   /* of UP_DOWN: "exit status 1"; may be NULL */
	int64_t since_ms;  /* when up became what it is */
	const struct health_asks *asks; /* NULL: nothing is asked */
	const uint16_t *needs; /* indices of nodes: a graph without cycles */
	size_t need_count;
};

/* What health_judge() makes of it. */
struct health_opinion {
	enum verdict verdict; /* of readiness, what it needs included */
	bool live, ready, started;
	uint16_t cause;    /* the node at the root of it; itself when its own */
	int8_t cause_role; /* of the cause's probe; -1: no probe */
	int64_t since_ms;  /* since when the cause is so */
};

/* Judges all nodes; opinions has count members. */
void health_judge(const struct health_node *nodes, size_t count,
    struct health_opinion *opinions);

/* All of them: the worst one decides. */
struct health_opinion health_whole(const struct health_node *nodes,
    const struct health_opinion *opinions, size_t count);

/*
 * One line, NUL-terminated: "api: unhealthy (db: tcp db:5432: connection
 * refused, for 12 s)".  Returns its length.
 */
size_t health_line(char *out, size_t out_size, const struct health_node *nodes,
    const struct health_opinion *opinions, size_t which, int64_t now_ms);

#endif
