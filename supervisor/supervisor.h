/* SPDX-License-Identifier: MIT */
/*
 * supervisor.h - does what core.h decided: runs the services of one config.
 *
 *     supervisor_init()   allocates; the last place that may fail
 *     supervisor_run()    until the end; returns hale's exit status
 *
 * In between, whatever init.c wires in (probes, the status socket) calls the
 * functions below from within the loop.  Services are numbered as in the
 * config, dependencies follow them.
 */
#ifndef HALE_SUPERVISOR_SUPERVISOR_H
#define HALE_SUPERVISOR_SUPERVISOR_H

#include "supervisor/config.h"
#include "supervisor/core.h"
#include "supervisor/single.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What init.c wires in; each may be NULL. */
struct supervisor_hooks {
	/* Is its readiness, its health, told by probes?  Asked once. */
	bool (*has_ready_probe)(uint32_t index);
	bool (*has_health_probe)(uint32_t index);

	/* Why is it not healthy?  For messages; "" if nothing is known. */
	const char *(*cause)(uint32_t index);

	/* A service changed its state; the event is in the ring already. */
	void (*changed)(uint32_t index);

	/* The loop is there and no service runs yet: open what you need. */
	void (*opened)(void);

	/* A child ended that is no service's: yours? */
	bool (*child)(pid_t pid, int wait_status);

	/* Whatever child is left is waited for: keep none that stays. */
	void (*lingering)(void);

	/* Nothing is alive: end your children, close what clients hold. */
	void (*closing)(void);

	size_t timers; /* that you will arm, at most, at a time */
};

/*
 * Makes everything that the services of *config need.  *init is what options of
 * a plain command say of main and of PID 1; its argv: main is all there is, and
 * no file says anything.  All must stay.  Returns 0, or -1 with err->text set.
 */
int supervisor_init(const struct config *config,
    const struct supervisor_hooks *hooks, const struct single *init,
    char *const *environ, struct conf_error *err);

/* Runs them.  All signals are blocked from here on. */
int supervisor_run(void);

/* ---- what is */

struct supervisor_view {
	const char *name;
	enum service_state state;
	enum core_why why;
	bool wanted, ready, started; /* ready: as far as it says so itself */
	bool stopping;               /* the whole stop */
	bool rests;                  /* a job between two of its runs */
	pid_t pid;                   /* 0: none */
	uint32_t generation;         /* of the instance */
	uint32_t restarts;
	int exit_code;    /* -1: none yet */
	int64_t since_ms; /* clock_now_ms() */
	int64_t spawned_ms;
	const char *status;  /* what it says itself (STATUS=), or "" */
	const char *blocker; /* the name of what it waits for, or NULL */
	uint64_t lines_dropped;
};

void supervisor_look(uint32_t index, struct supervisor_view *view);

/* What is it waiting for, what failed?  One line into out; returns out. */
const char *supervisor_explain(uint32_t index, char *out, size_t out_size);

struct supervisor_event {
	int64_t wall_ms;
	uint32_t index;
	uint32_t generation;
	int16_t exit_code;
	uint8_t from, to; /* enum service_state */
	uint8_t why;      /* enum core_why */
};

#define SUPERVISOR_EVENTS 512

/*
 * Copies the event number *next, or the oldest that is left, and steps on.
 * Returns false when there is none yet.  Start with 0.
 */
bool supervisor_event(uint64_t *next, struct supervisor_event *out);

/* ---- what is wanted */

enum supervisor_verb {
	SUPERVISOR_START,
	SUPERVISOR_STOP,
	SUPERVISOR_RESTART,
	SUPERVISOR_RELOAD,
};

/* Called once with the outcome; ok, or why not in text. */
typedef void supervisor_done(void *owner, bool ok, const char *text);

/*
 * Asks.  done is called later, from within the loop, or at once.  Returns 0,
 * or -1 with errno: EBUSY the whole stop has begun, EAGAIN too many ask.
 */
int supervisor_ask(enum supervisor_verb verb, uint32_t index,
    supervisor_done *done, void *owner);

/* The one who asked is gone. */
void supervisor_forget(void *owner);

/* Returns 0, or -1 with errno: ESRCH it does not run. */
int supervisor_signal(uint32_t index, int sig);

/* What probes say; generation is that of the view when the probe began. */
void supervisor_facts(uint32_t index, bool ready, bool healthy);
void supervisor_unhealthy(uint32_t index, uint32_t generation);
void supervisor_shutdown(uint32_t index); /* CORE_ALL: as on SIGTERM */

/*
 * What an exec probe, or `hale exec`, of a service becomes: its plan, and its
 * environment, which is good until the next call.
 */
const struct confinement *supervisor_plan(uint32_t index);
char **supervisor_environment(uint32_t index);

/* The same with one NAME=value more, which wins; NULL: without. */
char **supervisor_environment_with(uint32_t index, const char *pair);

/* A descriptor of its cgroup.procs to write "0" to, or -1. */
int supervisor_cgroup(uint32_t index);

#endif
