/* SPDX-License-Identifier: MIT */
/*
 * monitor_state.h - what the monitor knows; private to monitor.c and its parts,
 * monitor_*.c
 */
#ifndef HALE_HEALTHCHECK_MONITOR_STATE_H
#define HALE_HEALTHCHECK_MONITOR_STATE_H

#include "health.h"
#include "monitor.h"
#include "probe.h"
#include "prober.h"
#include "supervisor/config.h"
#include "supervisor/launch.h"

/* The command of on_unhealthy: exec, run as a probe that nobody counts. */
struct reaction {
	struct probe probe;
	struct check check;
};

/* The checks of one service or dependency, in this form and in health.h's. */
struct asked {
	struct check *checks[ROLE_COUNT];       /* NULL: no such probe */
	struct reaction *reactions[ROLE_COUNT]; /* on_unhealthy: exec */
	struct health_asks asks;
};

/* One service or dependency: its checks, and what health.h wants to know. */
struct watched {
	struct asked *asked; /* NULL: nothing is asked */
	uint32_t index;
	uint32_t generation; /* of the instance that is probed; 0: none */
	uint16_t *needs;
};

extern struct monitor {
	const struct config *config;
	uint32_t services, count;
	struct watched *all;
	struct health_node *nodes;
	struct health_opinion *opinions;
	struct launch_report *reports; /* one for each check */
} monitor;

/* NULL: no such probe */
static inline struct check *
check_of(const struct watched *w, int role)
{
	return w->asked != NULL ? w->asked->checks[role] : NULL;
}

/* NULL: it has none */
static inline struct reaction *
reaction_of(const struct watched *w, int role)
{
	return w->asked != NULL ? w->asked->reactions[role] : NULL;
}

/* Of a service or a dependency. */
const char *monitor_name(uint32_t index);

/* monitor_attempt.c: what struct attempt_hooks asks for; owner is watched. */
int monitor_spawn(
    void *owner, const char *const *argv, int out_fd, pid_t *pid, int *pidfd);
int monitor_become(void *owner, bool only_asks);
int monitor_become_nobody(void);

/* Of the secrets in the headers of one service's probes, together. */
enum { MONITOR_HEADERS_MAX = 16384 };

/* monitor.c: what the prober calls. */
extern const struct prober_hooks monitor_prober_hooks;

#endif
