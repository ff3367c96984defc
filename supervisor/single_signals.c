/* SPDX-License-Identifier: MIT */
/* single_signals.c - what each signal to PID 1 means to the command. */
#include "descend.h"
#include "kernel.h"
#include "say.h"
#include "shed.h"
#include "single_state.h"

#include <errno.h>
#include <stddef.h>

#define SIGNAL_STOP_SYSTEMD (34 + 3) /* SIGRTMIN+3, as systemd counts */

#define LOOK_FIRST_MS 100  /* from a stop signal to a look at who ignores it */
#define LOOK_LAST_MS  6400 /* the longest pause between such looks */

/* Whether the command ignores all of these: asked of the kernel, no guess. */
static bool
main_ignores(const struct single_state *state, uint64_t signals)
{
	struct descend_status status = { 0 };
	long fd = descend_status(state->main, &status);

	if (fd >= 0)
		kernel_close(fd);
	return (status.ignored & signals) == signals;
}

static void
tell(const struct single_state *state, int sig, const siginfo_t *info)
{
	bool group = state->single->signal_group;
	int target = group ? -state->main : state->main;
	long error = -EPERM;

	if (info != NULL && info->si_code == SI_QUEUE && !group) {
		siginfo_t copy = *info;

		copy.si_signo = sig;
		error = shed_queue(target, &copy);
	}
	if (error < 0)
		error = shed_kill(target, sig);
	if (error == -EPERM)
		say_signal_refused(sig, state->main);
	else if (state->single->verbose)
		say_signal(sig, state->main);
	single_news(state, SINGLE_FORWARDED, 0, sig);
}

void
single_continue(struct single_state *state)
{
	shed_kill(state->single->group == SINGLE_SAME_GROUP ? state->main
	                                                    : -state->main,
	    SIGCONT);
	state->main_stopped = false;
}

/* The one thing that ends an interactive shell: its terminal goes away. */
static void
hang_up(struct single_state *state)
{
	tell(state, SIGHUP, NULL);
	single_continue(state);
}

/*
 * A shell about to read a line catches SIGTERM for some microseconds, and goes
 * on ignoring it: that is seen later, a few times.  By then others may ignore
 * it while they end; a shell with job control also ignores what it is for.
 * Nor need a SIGHUP at that moment end it: it is noted, then the line is read.
 */
void
single_look_again(struct single_state *state)
{
	state->look_ms = 0;
	if (main_ignores(state, kernel_bit(SIGTERM) | kernel_bit(SIGTSTP) |
	                            kernel_bit(SIGTTOU)))
		hang_up(state);
	if (state->look_pause_ms < LOOK_LAST_MS) {
		state->look_pause_ms *= 2;
		state->look_ms = single_now_ms() + state->look_pause_ms;
	}
}

void
single_send_stop(struct single_state *state, int sig, const siginfo_t *info)
{
	tell(state, sig, info);
	if (state->main_stopped)
		single_continue(state);
	else
		/* It may be about to stop: then it is to be woken, once. */
		state->stop_sent_ms = single_now_ms();
	if (state->single->end != SINGLE_STOP_ALL || !state->foreground)
		return;
	if (main_ignores(state, kernel_bit(sig)))
		hang_up(state);
	if (sig == SIGTERM) {
		state->look_pause_ms = LOOK_FIRST_MS;
		state->look_ms = single_now_ms() + LOOK_FIRST_MS;
	}
}

static void
begin_stop(struct single_state *state, int sig, const siginfo_t *info)
{
	const struct single *single = state->single;

	if (state->stopping) {
		if (sig == SIGTERM || sig == SIGINT)
			single_kill_all(state);
		return;
	}
	state->stopping = true;
	state->stop_signal =
	    single->stop_signal != 0 ? single->stop_signal : sig;
	state->deadline_ms = single_now_ms() + single_grace_ms(single);
	if (single->drain_ms > 0 &&
	    single->drain_ms < single_grace_ms(single)) {
		state->draining = true;
		state->deadline_ms = single_now_ms() + single->drain_ms;
		return;
	}
	single_send_stop(
	    state, state->stop_signal, sig == state->stop_signal ? info : NULL);
}

/* Signals that the terminal's driver sends reach the command by itself. */
static bool
from_terminal(const struct single_state *state, int sig, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		return false;
	if (sig == SIGTTIN || sig == SIGTTOU)
		return true;
	return state->single->group == SINGLE_SAME_GROUP &&
	       (sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP ||
	           sig == SIGWINCH);
}

/* The shell that stopped us has put us in the foreground again, perhaps. */
void
single_resume(struct single_state *state)
{
	if (state->self != 1 && state->tty >= 0 &&
	    kernel_foreground(state->tty) == sys1(SYS_getpgid, 0))
		kernel_set_foreground(state->tty, state->main);
	if (state->main_stopped)
		single_continue(state);
}

static bool
is_stop_signal(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGQUIT ||
	       sig == SIGNAL_STOP_SYSTEMD;
}

/* The signal that sig stands for; SIGNAL_DROPPED: none. */
static int
rewritten(const struct single *single, int sig)
{
	if (single->rewrite == NULL || single->rewrite[sig] == 0)
		return sig;
	return single->rewrite[sig];
}

/*
 * The command has ended and others live: a request for the end hastens it; any
 * other signal is theirs, while they are waited for.
 */
static void
serve_others(struct single_state *state, int sig)
{
	if (state->killing)
		return;
	if (sig != SIGTERM && sig != SIGINT) {
		sig = rewritten(state->single, sig);
		if (!state->stopping && sig != SIGNAL_DROPPED)
			descend_signal(state->self, sig);
	} else if (state->stopping) {
		single_kill_all(state);
	} else {
		single_stop_others(state);
	}
}

/* To the command, after all that hale itself does about it. */
static void
pass_on(struct single_state *state, int sig, const siginfo_t *info)
{
	if (sig == SIGCONT)
		single_resume(state);
	if (state->single->stop_declared && is_stop_signal(sig))
		begin_stop(state, sig, info);
	else if (is_stop_signal(sig))
		single_send_stop(state, sig, info);
	else
		tell(state, sig, info);
}

void
single_serve_signal(struct single_state *state, int sig, const siginfo_t *info)
{
	const struct single *single = state->single;
	int came = sig;

	/* Our own write to a log that nobody reads, or that is full. */
	if ((sig == SIGPIPE || sig == SIGXFSZ) && info->si_pid == state->self)
		return;
	if (from_terminal(state, sig, info))
		return;
	if (state->main_done) {
		serve_others(state, sig);
		return;
	}
	if (single->argv == NULL) {
		if (sig == SIGTERM || sig == SIGINT)
			kernel_exit(0);
		return;
	}
	single_news(state, SINGLE_RECEIVED, 0, sig);
	sig = rewritten(single, sig);
	if (sig == SIGNAL_DROPPED)
		single_news(state, SINGLE_IGNORED, 0, came);
	else
		pass_on(state, sig, info);
	/* Whatever it was made into: it was meant for all of us. */
	if (single->stop_with && state->self != 1 &&
	    (came == SIGTSTP || came == SIGTTIN || came == SIGTTOU)) {
		single_news(state, SINGLE_SUSPENDED, 0, 0);
		kernel_kill(state->self, SIGSTOP);
	}
}
