/* SPDX-License-Identifier: MIT */
/*
 * unit.h - one service as supervisor/ handles it; private to supervisor.c,
 * prepare.c, receive.c, carry.c, children.c, linger.c, hook.c, tell.c and
 * surface.c.
 */
#ifndef HALE_SUPERVISOR_UNIT_H
#define HALE_SUPERVISOR_UNIT_H

#include "supervisor/launch.h"
#include "supervisor/loop.h"
#include "supervisor/pidmap.h"
#include "supervisor/single.h"
#include "supervisor/supervisor.h"

struct hook;   /* hook.h: only where there are hooks */
struct notify; /* notify.h: only with `notify:` or `watchdog:` */
struct output; /* output.h: only with `logging:` */
struct listen_set;

struct unit {
	struct loop_timer timer;  /* core's one timer of it */
	struct loop_watch launch; /* the pipe of a launch; fd -1: over */
	const struct service_config *config;
	const struct confinement *plan; /* NULL: nothing declared */
	struct hook *hook;
	struct notify *notify;
	struct output *output;
	struct listen_set *listen;
	pid_t pid;     /* of the first process; 0: none */
	pid_t session; /* its session, until that is empty; 0: none */
	uint32_t timer_generation;
	int cgroup_fd; /* of its cgroup.procs, or -1 */
	bool launched; /* this instance: execve() worked */
	bool aborted;  /* this instance: gets SIGABRT for its watchdog */
	bool lingers;  /* this instance: ended, what it left is waited for */
	int16_t linger_status;   /* of the one that ended; -1: said already */
	enum core_why again_why; /* of the last restart by policy */
};

/* Whose a process is, in the pid map. */
#define OWNER_SERVICE      0u
#define OWNER_HOOK         1u
#define OWNER(index, kind) ((index)*2 + (kind))

/* The one supervisor of this process. */
struct supervisor {
	const struct config *config;
	const struct single *init; /* of main, and of us */
	struct supervisor_hooks hooks;
	char *const *environ;
	struct core core;
	struct graph graph;
	struct unit *units;
	struct launch_report *reports;
	struct pidmap pids;
	struct loop_timer timer; /* the whole stop's */
	uint32_t timer_generation;
	const char **env; /* scratch: one environment at a time */
	size_t env_room;
	struct core_event *later; /* ring: what effects led to */
	uint32_t later_first, later_count, later_room;
	uint64_t ignored; /* signals that we were started with, ignored */
	pid_t self;
	int exit_status; /* -1: not yet */
	int stop_with;   /* main's stop signal; 0: what its config says */
	bool asked;      /* SIGTERM or a like was received */
	bool killing;    /* all were sent SIGKILL at once */
	bool strays;     /* services are gone; what else is there? */
};

extern struct supervisor supervisor;

/* Tells the core, and whatever that leads to. */
void supervisor_post(const struct core_event *event);

/* The same from within an effect: told when the core is done with this one. */
void supervisor_post_later(const struct core_event *event);

/* carry.c: core.act */
void carry(struct core *core, const struct core_effect *effect);
void carry_launch_over(struct unit *unit); /* its pipe was closed */

/* receive.c: a signal to PID 1 */
void receive_signal(const siginfo_t *info);

/* supervisor.c: nothing more is said, no output kept open. */
void supervisor_silence(void);

/* surface.c: a signal that was for PID 1, with its value. */
int supervisor_pass(uint32_t index, int sig, const siginfo_t *info);

/* children.c */
void children_changed(const siginfo_t *info); /* of SIGCHLD */
void children_reap(void);
void children_check_empty(uint32_t index);
bool children_any(void);

/*
 * linger.c: --wait-children.  unit's first process ended: are others waited
 * for?  Is that over now?  A signal for all of them.
 */
bool linger_begin(struct unit *unit, int status);
bool linger_over(struct unit *unit);
void linger_signal(const struct unit *unit, int sig);

/* tell.c: the log lines and the ring */
void tell_change(const struct core_effect *effect);
void tell_refused(uint32_t index);
void tell_nag(uint32_t index);

/* surface.c: those who wait for an outcome */
void surface_changed(const struct core_effect *effect);

static inline uint32_t
unit_index(const struct unit *unit)
{
	return (uint32_t)(unit - supervisor.units);
}

static inline bool
unit_is_main(const struct unit *unit)
{
	return unit_index(unit) == supervisor.core.main;
}

#endif
