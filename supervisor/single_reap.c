/* SPDX-License-Identifier: MIT */
/* single_reap.c - children that stopped, went on or ended. */
#include "kernel.h"
#include "say.h"
#include "single_state.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>

#define STOP_RACE_MS 1000 /* from a stop signal to news of a stop */

#define SCAN_EVERY    32 /* looks at all children from one timed to the next */
#define SCAN_SLOW_NS  10000 /* for each child found: some 300 are living */
#define SCAN_PAUSE_NS 40000000L

/* Stops with our command, as its shell expects, until we are continued. */
static void
stop_self(struct single_state *state)
{
	kernel_kill(state->self, SIGTSTP);
	kernel_mask(KERNEL_ALL_SIGNALS & ~kernel_bit(SIGTSTP), NULL);
	kernel_mask(KERNEL_ALL_SIGNALS, NULL);
	single_resume(state);
}

static void
child_stopped(struct single_state *state, int pid, int sig)
{
	/* It asked to be traced, by us of all people: let it go on. */
	if (sys4(SYS_ptrace, PTRACE_DETACH, pid, 0, sig == SIGTRAP ? 0 : sig) ==
	    0)
		return;
	if (pid != state->main)
		return;
	state->main_stopped = true;
	if (state->stop_sent_ms != 0 &&
	    single_now_ms() - state->stop_sent_ms < STOP_RACE_MS) {
		state->stop_sent_ms = 0;
		single_continue(state);
		return;
	}
	if (state->single->end != SINGLE_STOP_ALL ||
	    (sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU))
		return;
	if (state->self != 1) {
		stop_self(state);
		return;
	}
	/* Nobody but us could ever continue it; but what has no terminal to
	 * read from would only stop again. */
	if (sig != SIGTSTP && state->tty >= 0 &&
	    kernel_set_foreground(state->tty, state->main) < 0)
		return;
	single_continue(state);
}

static void
child_changed(struct single_state *state, int pid, int status)
{
	if (WIFEXITED(status) || WIFSIGNALED(status))
		single_news(state, SINGLE_REAPED, pid, status);
	if (WIFSTOPPED(status)) {
		child_stopped(state, pid, WSTOPSIG(status));
	} else if (WIFCONTINUED(status)) {
		if (pid == state->main)
			state->main_stopped = false;
	} else if (pid == state->main) {
		state->main_done = true;
		state->status = status;
		if (state->single->verbose)
			say_ended(status);
	}
}

/* One child of which (-1: any) that stopped or went on: as reap_one(). */
static int
heed_stop(struct single_state *state, int which)
{
	siginfo_t info;
	long error;

	info.si_pid = 0;
	error = sys5(SYS_waitid, which > 0 ? P_PID : P_ALL, which,
	    sys_ptr(&info), WSTOPPED | WCONTINUED | WNOHANG | __WALL, 0);
	if (error < 0)
		return (int)error;
	if (info.si_pid > 0)
		child_changed(state, info.si_pid,
		    info.si_code == CLD_CONTINUED ? 0xffff
		                                  : info.si_status << 8 | 0x7f);
	return info.si_pid;
}

/* One child of which (-1: any) that has changed: its pid, 0 or -errno. */
static int
reap_one(struct single_state *state, int which)
{
	int status = 0;
	long pid;

	if (state->single->warn_reaped) {
		int named = say_reaped(which, state->main);

		/* One that dies only now is not to be reaped unnamed. */
		if (named == 0)
			return heed_stop(state, which);
		which = named;
	}
	do
		pid = sys4(SYS_wait4, which, sys_ptr(&status),
		    WNOHANG | WUNTRACED | WCONTINUED | __WALL, 0);
	while (pid == -EINTR);
	if (pid > 0)
		child_changed(state, (int)pid, status);
	return (int)pid;
}

/*
 * Reaps all that has ended; -ECHILD when no child is left.  Now and then it
 * looks what that costs: in CPU time, for others may run in between.
 */
static int
reap_all(struct single_state *state)
{
	bool timed = state->untimed == 0;
	int64_t since_ns = timed ? single_clock_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
	int pid, looks = 1;

	for (; (pid = reap_one(state, -1)) > 0; looks++)
		;
	if (!timed) {
		state->untimed--;
		return pid;
	}
	state->scan_is_slow =
	    single_clock_ns(CLOCK_THREAD_CPUTIME_ID) - since_ns >
	    (int64_t)SCAN_SLOW_NS * looks;
	state->untimed = state->scan_is_slow ? 0 : SCAN_EVERY;
	return pid;
}

/*
 * A timer of its own, armed once for many, and not a time limit of each sleep:
 * that would cost every one of them an arming.  It says SIGCHLD, which a user's
 * signal can't be lost behind, and which a timer has a place in the queue for.
 *
 * Returns false if there is no timer to be had.
 */
static bool
owe_scan(struct single_state *state)
{
	struct sigevent event = { .sigev_signo = SIGCHLD,
		.sigev_notify = SIGEV_SIGNAL };
	struct {
		long interval[2], value[2];
	} once = { { 0, 0 }, { 0, SCAN_PAUSE_NS } };

	if (state->scan_owed)
		return true;
	if (!state->has_timer)
		state->has_timer =
		    sys3(SYS_timer_create, CLOCK_MONOTONIC, sys_ptr(&event),
		        sys_ptr(&state->timer)) == 0;
	state->scan_owed =
	    state->has_timer &&
	    sys4(SYS_timer_settime, state->timer, 0, sys_ptr(&once), 0) == 0;
	return state->scan_owed;
}

/*
 * Reaps after a SIGCHLD about child pid.
 *
 * SIGCHLD does not queue, so one may stand for several, and all children must
 * be looked at.  The kernel walks all the living for that: with a thousand of
 * them it costs ten times the reaping.  So where that was measured to be slow
 * the one that we were told of is reaped by its number, the command is looked
 * at, and the others when the timer says so.
 */
int
single_reap(struct single_state *state, int pid)
{
	if (!state->scan_is_slow || state->main_done || pid <= 0)
		return reap_all(state);
	reap_one(state, pid);
	if (pid != state->main)
		reap_one(state, state->main);
	return state->main_done || !owe_scan(state) ? reap_all(state) : 0;
}
