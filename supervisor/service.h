/* SPDX-License-Identifier: MIT */
/*
 * service.h - the life of one service, as a table: state x event.
 *
 *   down -> waiting -> starting -> up -> draining -> leaving -> stopping
 *              ^           |        |        (drain)  (pre_stop)    |
 *              |           +--------+---- the session is empty -----+
 *              |                            |          |         killing
 *              +--------- backoff <---------+-> done   +-> failed, down
 *
 * Every cell is filled: what changes nothing says so.  The one answer that the
 * table leaves open, what follows when the last process of a service is gone,
 * is DO_JUDGE: core.c decides it by wish and restart policy.
 *
 * Pure: no clock, no descriptor, no allocation.
 */
#ifndef HALE_SUPERVISOR_SERVICE_H
#define HALE_SUPERVISOR_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* What is.  What is wanted is another field (struct core_service). */
enum service_state {
	SERVICE_DOWN = 1, /* no process, and none wanted */
	SERVICE_WAITING,  /* for the conditions of depends_on */
	SERVICE_STARTING, /* has a process; not ready yet */
	SERVICE_UP,
	SERVICE_DRAINING, /* unready, still serving, until `drain` is over */
	SERVICE_LEAVING,  /* pre_stop runs */
	SERVICE_STOPPING, /* was asked to end, or what is left of it was */
	SERVICE_KILLING,  /* was sent SIGKILL */
	SERVICE_BACKOFF,  /* will be started again, later */
	SERVICE_DONE,     /* ended by itself, and well */
	SERVICE_FAILED,   /* won't be started again by itself */
	SERVICE_STATE_END,
};

enum service_event {
	EVENT_START,      /* it is wanted */
	EVENT_STOP,       /* it has to go, and nothing that needs it is left */
	EVENT_MET,        /* its conditions are met */
	EVENT_UNMEETABLE, /* a condition can't be met any more */
	EVENT_STARTED,    /* its program runs: execve() worked */
	EVENT_REFUSED,    /* it could not be started; nothing is left of it */
	EVENT_READY,      /* all that its start waits for has happened */
	EVENT_EXITED,     /* its first process ended; others are left */
	EVENT_EMPTY,      /* its session is empty */
	EVENT_UNHEALTHY,  /* it runs, but has to be restarted */
	EVENT_HOOK,       /* pre_stop is over */
	EVENT_TIMER,      /* the deadline of this state */
	EVENT_KILL,       /* no time is left */
	EVENT_END,
};

enum service_action {
	DO_NONE,
	DO_CONSIDER, /* look at its conditions */
	DO_SPAWN,
	DO_STARTED, /* post_start; who waits for service_started */
	DO_READY,
	DO_DRAIN,    /* wait, then EVENT_TIMER */
	DO_PRE_STOP, /* run the hook, then EVENT_HOOK */
	DO_TERM,     /* the stop signal, then EVENT_TIMER */
	DO_SWEEP,    /* the stop signal for what is left of the session */
	DO_KILL,     /* SIGKILL, again and again, until EVENT_EMPTY */
	DO_RETIME,   /* the time it has may have become shorter */
	DO_NAG,      /* say what it is still waiting for */
	DO_JUDGE,    /* restart, done, failed or down? */
	DO_FAIL,     /* what it needs failed */
	DO_END,
};

struct service_step {
	uint8_t next;   /* enum service_state */
	uint8_t action; /* enum service_action */
};

/* What event does to a service in state; total. */
struct service_step service_step(
    enum service_state state, enum service_event event);

/* Has it a process (or may it have)? */
bool service_is_alive(enum service_state state);

/* The words of logs, JSON and metrics; never NULL. */
const char *service_state_name(enum service_state state);
const char *service_event_name(enum service_event event);

#endif
