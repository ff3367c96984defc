/* SPDX-License-Identifier: MIT */
/*
 * single_state.h - what PID 1 knows while it runs one command; private to
 * single.c and its parts, single_*.c.
 */
#ifndef HALE_SUPERVISOR_SINGLE_STATE_H
#define HALE_SUPERVISOR_SINGLE_STATE_H

#include "kernel.h"
#include "single.h"

/* Looks at all children until one is timed. */
#define SINGLE_SCAN_FIRST 8

struct single_state {
	const struct single *single;
	uint64_t inherited_ignored, bounding;
	int self; /* our pid */
	int main; /* the command's pid, and its group's */
	long cwd, tty;
	bool foreground; /* we had the terminal, so the command gets it */
	bool main_stopped, main_done;
	int64_t stop_sent_ms; /* while it seemed to run; 0: never */
	bool stopping;        /* a stop with a deadline has begun */
	bool draining;        /* its signal is still to be sent */
	bool killing;         /* the time to ask is over */
	int stop_signal;
	int status;          /* wait status of the command */
	int64_t deadline_ms; /* of what the flags above say; 0: none */
	int64_t look_ms;     /* when to look at the command again; 0: never */
	int64_t look_pause_ms;
	unsigned untimed;  /* looks at all children until one is timed */
	bool scan_is_slow; /* to look at all children, for there are many */
	bool scan_owed;    /* not all were looked at; the timer runs */
	bool has_timer;
	int timer; /* the kernel's number of it */
	volatile struct single_report *report;
};

/* single.c: by system call, for there is no vDSO before the C library. */
int64_t single_clock_ns(clockid_t clock);
int64_t single_now_ms(void);

/* single_prepare.c: the terminal, the directory, privileges. */
void single_prepare(struct single_state *state);
void single_shed(const struct single_state *state);
void single_undo(const struct single_state *state);

/* single_start.c: makes the child, and waits until it runs the command. */
void single_start(struct single_state *state);

/* single_signals.c */
void single_serve_signal(
    struct single_state *state, int sig, const siginfo_t *info);
void single_look_again(struct single_state *state);
void single_send_stop(
    struct single_state *state, int sig, const siginfo_t *info);
void single_continue(struct single_state *state);
void single_resume(struct single_state *state);

/* single_reap.c: after news of child pid, or of any of them: 0.  Returns
 * -ECHILD when no child is left. */
int single_reap(struct single_state *state, int pid);

/* single_end.c */
void single_serve_children(struct single_state *state, const siginfo_t *info);
void single_serve_deadline(struct single_state *state);
void single_stop_others(struct single_state *state);
void single_kill_all(struct single_state *state);

static inline void
single_news(
    const struct single_state *state, enum single_news news, int pid, int value)
{
	if (state->single->told != NULL)
		state->single->told(news, pid, value);
}

static inline int64_t
single_grace_ms(const struct single *single)
{
	return single->grace_ms > 0 ? single->grace_ms : SINGLE_GRACE_MS;
}

#endif
