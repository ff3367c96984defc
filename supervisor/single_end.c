/* SPDX-License-Identifier: MIT */
/* single_end.c - the command has ended, or the time for it has. */
#include "descend.h"
#include "kernel.h"
#include "say.h"
#include "shed.h"
#include "single_state.h"

#include <errno.h>

void
single_kill_all(struct single_state *state)
{
	state->killing = true;
	say_killing();
	descend_signal(state->self, SIGKILL);
	/* What even that can't end is the kernel's: do not wait for ever. */
	state->deadline_ms = single_now_ms() + 2000;
}

/* All that is left is asked to stop, and has until the deadline. */
void
single_stop_others(struct single_state *state)
{
	descend_signal(state->self, SIGTERM);
	descend_signal(state->self, SIGCONT);
	/* A stop that was asked for has its deadline already. */
	if (!state->stopping || state->draining)
		state->deadline_ms =
		    single_now_ms() + single_grace_ms(state->single);
	state->stopping = true;
	state->draining = false;
}

static int
exit_code(const struct single_state *state)
{
	int code = WIFEXITED(state->status) ? WEXITSTATUS(state->status)
	                                    : 128 + WTERMSIG(state->status);
	const uint8_t *zero = state->single->exit_zero;

	return zero != NULL && zero[code & 255] ? 0 : code;
}

_Noreturn static void
leave(const struct single_state *state)
{
	/* Give the terminal back to the script that lent it to us. */
	if (state->self != 1 && state->foreground &&
	    state->single->end == SINGLE_STOP_ALL)
		kernel_set_foreground(state->tty, (int)sys1(SYS_getpgid, 0));
	single_news(state, SINGLE_LEFT, 0, exit_code(state));
	kernel_exit(exit_code(state));
}

/* The command has ended; children says whether others live. */
static void
main_ended(struct single_state *state, bool children)
{
	if (state->single->end == SINGLE_TERM_GROUP)
		shed_kill(-state->main, SIGTERM);
	if (!children || state->single->end != SINGLE_STOP_ALL)
		leave(state);
	if (!state->killing &&
	    (!state->single->wait_children || state->stopping))
		single_stop_others(state);
}

void
single_serve_children(struct single_state *state, const siginfo_t *info)
{
	bool was_done = state->main_done;
	int left;

	single_news(state, SINGLE_RECEIVED, 0, SIGCHLD);
	/* Our own timer, or one who writes its like: look at all. */
	if (info->si_code == SI_TIMER)
		state->scan_owed = false;
	left = single_reap(state, info->si_code == SI_TIMER ? 0 : info->si_pid);
	if (!state->main_done)
		return;
	if (!was_done)
		main_ended(state, left != -ECHILD);
	else if (left == -ECHILD)
		leave(state);
	else if (state->killing)
		/* Those whose parents have just died are ours now. */
		descend_signal(state->self, SIGKILL);
}

void
single_serve_deadline(struct single_state *state)
{
	state->deadline_ms = 0;
	if (state->draining) {
		state->draining = false;
		state->deadline_ms = single_now_ms() +
		                     single_grace_ms(state->single) -
		                     state->single->drain_ms;
		single_send_stop(state, state->stop_signal, NULL);
	} else if (!state->killing) {
		single_kill_all(state);
	} else if (state->main_done) {
		leave(state);
	}
}
