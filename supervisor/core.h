/* SPDX-License-Identifier: MIT */
/*
 * core.h - decides everything that `hale run` does.
 *
 * One event in, one core_step(), some effects out through core->act().  The
 * supervisor carries them out; tests/sim drives the very same code with made-up
 * events and a made-up clock.
 *
 * Pure: no clock, no descriptor, no allocation.  act() must not call
 * core_step(): what an effect leads to (a fork that fails) is a later event.
 *
 * Promises, checked by the simulation after every step:
 *   - never two instances of a service; none starts before its conditions are
 *     met, none after a stop has begun
 *   - what is asked to end ends by its deadline, the whole stop by one deadline
 *   - news of an older instance, and timers of an older state, change nothing
 *   - every service has a process, a deadline, a condition or a client that can
 *     bring it out of its state
 */
#ifndef HALE_SUPERVISOR_CORE_H
#define HALE_SUPERVISOR_CORE_H

#include "supervisor/backoff.h"
#include "supervisor/graph.h"
#include "supervisor/service.h"

#include <stdbool.h>
#include <stdint.h>

#define CORE_ALL   UINT32_MAX /* as an index: not one service */
#define CORE_NEVER INT64_MAX  /* as a time: no timer */

/* Times that are nobody's setting. */
#define CORE_EXEC_MS  10000 /* from fork to exec; network file systems */
#define CORE_AGAIN_MS 1000  /* from one SIGKILL to the next */
#define CORE_LAST_MS  1000  /* from D to an exit with somebody left */

/* What the config says about one service; all times in ms. */
struct core_policy {
	struct backoff backoff;
	int64_t stop_ms;     /* from the stop signal to SIGKILL */
	int64_t drain_ms;    /* 0: none */
	int64_t pre_stop_ms; /* 0: no hook; the time-outs of all of them */
	int8_t restart;      /* enum restart_policy */
	int8_t essential;    /* -1: yes, but for a job that ends 0 */
	bool notify;         /* says itself when it is ready */
	bool post_start;     /* is up after this hook */
	bool ready_probe;    /* ready only while core_facts say so */
	bool health_probe;   /* healthy only while core_facts say so */
	bool is_main;
};

/* Why a service changed its state. */
enum core_why {
	WHY_NONE,
	WHY_BOOT,
	WHY_ASKED,      /* by a client */
	WHY_RESTART,    /* by a client, or with what it needs */
	WHY_SHUTDOWN,   /* the whole stop */
	WHY_CONDITIONS, /* are met */
	WHY_READY,
	WHY_EXITED,
	WHY_REFUSED, /* could not be started */
	WHY_UNHEALTHY,
	WHY_WATCHDOG,
	WHY_POST_START, /* the hook failed */
	WHY_UNREADY,    /* it won't become ready any more */
	WHY_TIMEOUT,
	WHY_NEED,    /* what it needs failed */
	WHY_GAVE_UP, /* max_attempts are spent */
	WHY_BACKOFF, /* the delay is over */
	WHY_HOOK,    /* pre_stop is over */
	WHY_KILL,    /* no time is left */
	WHY_END,
};

struct core_service {
	int64_t since_ms;     /* in this state */
	int64_t spawned_ms;   /* the last instance */
	int64_t due_ms;       /* of its one timer, or CORE_NEVER */
	int64_t kill_by_ms;   /* while it stops */
	int64_t share_ms;     /* from the start of its stop to kill_by_ms */
	uint32_t generation;  /* of the instance; 0: never started */
	uint32_t timer;       /* the timer that counts; older ones don't */
	uint32_t restarts;    /* by policy, since the beginning */
	uint32_t attempts;    /* by policy, in a row */
	uint32_t next_queued; /* in the list of those to look at */
	uint32_t blocker;     /* WHY_NEED: the node that it needs */
	int16_t status;       /* of the last end: 0-255; -1: none yet */
	uint8_t state;        /* enum service_state: what is */
	uint8_t why;          /* enum core_why: of that state */
	uint8_t reason;       /* enum core_why: of the stop under way */
	uint8_t nagged;       /* how often it said what it waits for */
	bool wanted : 1;      /* what should be */
	bool again : 1;       /* to be stopped, then started */
	bool queued : 1;
	bool marked : 1;
	bool started : 1;    /* this instance: execve() worked */
	bool notified : 1;   /* this instance: READY=1 */
	bool hooked : 1;     /* this instance: post_start is over */
	bool ready : 1;      /* its readiness probe passes */
	bool healthy : 1;    /* its health probe passes */
	bool first_gone : 1; /* this instance: its first process ended */
};

enum core_effect_kind {
	EFFECT_CHANGE,     /* a service went from -> to, why */
	EFFECT_SPAWN,      /* instance generation */
	EFFECT_TERM,       /* the stop signal, then SIGCONT */
	EFFECT_SWEEP,      /* the same, to what is left of the session */
	EFFECT_KILL,       /* SIGKILL to the whole session */
	EFFECT_POST_START, /* run the hooks */
	EFFECT_PRE_STOP,
	EFFECT_HOOK_KILL, /* what still runs of them */
	EFFECT_TIMER,     /* due_ms, or CORE_NEVER; index may be CORE_ALL */
	EFFECT_NAG,       /* it waits for a long time; blocker says for what */
	EFFECT_EXIT,      /* the end: nothing is alive; status */
	EFFECT_END,
};

struct core_effect {
	enum core_effect_kind kind;
	uint32_t index;
	uint32_t generation; /* of the instance; of the timer */
	int64_t due_ms;
	int status;
	uint8_t from, to; /* enum service_state */
	uint8_t why;      /* enum core_why */
};

enum core_input {
	CORE_BOOT,      /* the beginning: everything is wanted */
	CORE_STARTED,   /* execve() worked */
	CORE_REFUSED,   /* could not be started, nothing is left; status */
	CORE_EXITED,    /* the first process ended, others are left; status */
	CORE_EMPTY,     /* the session is empty; status, or -1: said before */
	CORE_NOTIFIED,  /* READY=1 */
	CORE_HOOKED,    /* hooks are over; status 0: well */
	CORE_UNHEALTHY, /* restart it */
	CORE_WATCHDOG,  /* it did not say that it is alive */
	CORE_UNREADY,   /* it can't say any more that it is ready */
	CORE_EXTEND,    /* it asks for ms from now to end in */
	CORE_FACTS,     /* ready, healthy */
	CORE_TIMER,     /* EFFECT_TIMER is due; generation as there */
	CORE_START,     /* a client: with all that it needs */
	CORE_STOP,      /* a client: with all that needs it */
	CORE_RESTART,   /* a client: with all that asked for it */
	CORE_SHUTDOWN,  /* the whole stop; index: whose failure, or CORE_ALL */
	CORE_KILL,      /* the whole stop, now */
	CORE_INPUT_END,
};

struct core_event {
	enum core_input input;
	uint32_t index;
	uint32_t generation; /* of the instance it is about; of the timer */
	int status;
	bool ready, healthy; /* CORE_FACTS */
	int64_t ms;          /* CORE_EXTEND */
};

struct core {
	const struct graph *graph;
	const struct core_policy *policies;
	const uint32_t *policy_of;     /* [graph->services]: of each, in it */
	struct core_service *services; /* [graph->count] */
	int64_t *paths_ms;             /* [2 * graph->services]: scratch */
	int64_t grace_ms;              /* of the whole stop */
	int64_t deadline_ms;           /* D, or CORE_NEVER */
	uint64_t random;               /* any seed */
	uint32_t main;                 /* index, or CORE_ALL */
	uint32_t alive, finals;        /* counts of states */
	uint32_t queue_first, queue_last; /* index + 1; 0: empty */
	uint32_t culprit; /* whose end began the stop, or CORE_ALL */
	uint32_t timer;   /* generation of the deadline's timer */
	bool stopping, late, killed, exited;
	void (*act)(struct core *core, const struct core_effect *effect);
	int64_t now_ms;
};

/*
 * Makes a core of what the caller has set: graph (without a cycle), policies,
 * policy_of, services and paths_ms (room for them), grace_ms, random, act.
 */
void core_init(struct core *core);

/* Decides.  now_ms never goes back. */
void core_step(
    struct core *core, const struct core_event *event, int64_t now_ms);

static inline const struct core_policy *
core_policy(const struct core *core, uint32_t index)
{
	return &core->policies[core->policy_of[index]];
}

/* The first of its needs that keeps service index from starting, or NULL. */
const struct graph_edge *core_blocker(const struct core *core, uint32_t index);

/* Is edge's condition met, and can it still be? */
bool core_is_met(const struct core *core, const struct graph_edge *edge);
bool core_is_unmeetable(const struct core *core, const struct graph_edge *edge);

/* Has it to go: not wanted, to be restarted, or the whole stop? */
bool core_is_leaving(const struct core *core, uint32_t index);

const char *core_why_name(enum core_why why);

#endif
