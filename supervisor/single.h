/* SPDX-License-Identifier: MIT */
/*
 * single.h - PID 1 over one command, with nothing else declared.
 *
 * It holds no descriptor, no heap and no C library state: it sleeps in
 * sigtimedwait(2), passes signals on, reaps, and at the end leaves nothing
 * behind.  The same code runs before the C library is set up (early.c) and
 * after the options were read (init.c).
 */
#ifndef HALE_SUPERVISOR_SINGLE_H
#define HALE_SUPERVISOR_SINGLE_H

#include <stdbool.h>
#include <stdint.h>

#define SIGNAL_MAX     64
#define SIGNAL_DROPPED 255 /* in single.rewrite */

/* What happens to the others when the command has ended. */
enum single_end {
	SINGLE_STOP_ALL,   /* asked, waited for, killed: hale */
	SINGLE_LEAVE,      /* gone at once: tini, catatonit */
	SINGLE_TERM_GROUP, /* its group gets a TERM, then gone: dumb-init */
};

/* Which process group or session the command gets. */
enum single_group {
	SINGLE_OWN_GROUP,   /* a group, in the foreground if hale was */
	SINGLE_OWN_SESSION, /* a session, with hale's terminal: dumb-init */
	SINGLE_SAME_GROUP,  /* hale's own: it may setsid() itself */
};

/* Which signal dispositions and mask the command starts with. */
enum single_signals {
	SINGLE_RESET, /* defaults, nothing blocked */
	SINGLE_KEEP,  /* what hale inherited: tini, catatonit */
};

/* What single.told hears of: pid, then value. */
enum single_news {
	SINGLE_SPAWNED,   /* the command's pid */
	SINGLE_RECEIVED,  /* 0, signal */
	SINGLE_IGNORED,   /* 0, signal that is not passed on */
	SINGLE_HAND_OFF,  /* 0, signal that comes of giving up a terminal */
	SINGLE_FORWARDED, /* 0, signal as it is passed on */
	SINGLE_SUSPENDED, /* 0, 0: hale is about to stop itself */
	SINGLE_REAPED,    /* pid, wait status of any child */
	SINGLE_LEFT,      /* 0, exit status: the end */
};

/* Everything zero but the first three is `hale -- COMMAND`. */
struct single {
	char **argv,
	    **envp; /* argv NULL: no command, only reap: catatonit -P */
	uint64_t inherited_mask; /* all signals are blocked by now */

	enum single_end end;
	enum single_group group;
	enum single_signals signals;

	bool signal_group;  /* -g */
	bool warn_reaped;   /* -w */
	bool wait_children; /* the end is when the last child has ended */
	bool close_stderr;  /* nothing more is said after the start */
	bool no_subreaper;  /* orphans are somebody else's: tini, dumb-init */
	bool stop_with;     /* a job-control signal stops hale too: dumb-init */
	bool stop_declared; /* TERM begins a stop with a deadline */
	bool verbose;       /* signals and the end are told */

	/* Told by each of these as it happens; NULL: nobody is. */
	void (*told)(enum single_news news, int pid, int value);

	int stop_signal;          /* 0: the one that came */
	int parent_death;         /* -p, 0: none */
	int64_t grace_ms;         /* 0: SINGLE_GRACE_MS */
	int64_t drain_ms;         /* from the request to the stop signal */
	const uint8_t *rewrite;   /* [SIGNAL_MAX + 1], 0: as it is; or NULL */
	const uint8_t *exit_zero; /* [256] exit codes told as 0; or NULL */

	/*
	 * What hale does to itself before it makes the child, which inherits
	 * it; then what the child does to itself before it executes.  Raw
	 * system calls only; return 0, or -errno with *why told, as far as it
	 * is in memory that a forked child shares.  NULL: nothing declared.
	 */
	int (*prepare)(void *plan, uint64_t bounding, void *why);
	int (*confine)(const void *plan, void *why);
	void *plan, *why;
	uint32_t only_user; /* nothing below will be another's; 0: it may */
};

/* Why the command could not be started; the child writes it if it shares the
 * memory, else error is -EIO. */
struct single_report {
	int error;     /* -errno */
	bool confined; /* of the confinement, not of the execution */
};

#define SINGLE_GRACE_MS 9000

/*
 * Runs the command and ends the process with its status.  Returns only if the
 * command could not be started, with everything as it was and *report filled.
 */
void single_run(
    const struct single *single, volatile struct single_report *report);

#endif
