/* SPDX-License-Identifier: MIT */
#include "kernel.h"
#include "single_state.h"

#include <stddef.h>
#include <sys/prctl.h>

int64_t
single_clock_ns(clockid_t clock)
{
	struct timespec now;

	sys2(SYS_clock_gettime, clock, sys_ptr(&now));
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
single_now_ms(void)
{
	return single_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* When to wake up although nothing happens; 0: never. */
static int64_t
nearest_ms(const struct single_state *state)
{
	if (state->look_ms != 0 &&
	    (state->deadline_ms == 0 || state->look_ms < state->deadline_ms))
		return state->look_ms;
	return state->deadline_ms;
}

/* Sleeps until a signal or the deadline: the only place that does. */
static int
await(const struct single_state *state, siginfo_t *info)
{
	uint64_t all = KERNEL_ALL_SIGNALS;
	struct timespec left, *timeout = NULL;
	int64_t nearest = nearest_ms(state);

	if (nearest != 0) {
		int64_t ms = nearest - single_now_ms();

		if (ms < 0)
			ms = 0;
		left.tv_sec = (time_t)(ms / 1000);
		left.tv_nsec = (long)(ms % 1000) * 1000000;
		timeout = &left;
	}
	return (int)sys4(SYS_rt_sigtimedwait, sys_ptr(&all), sys_ptr(info),
	    sys_ptr(timeout), sizeof(all));
}

_Noreturn static void
watch(struct single_state *state)
{
	siginfo_t info;

	for (;;) {
		int sig = await(state, &info);

		if (sig == SIGCHLD)
			single_serve_children(state, &info);
		else if (sig > 0)
			single_serve_signal(state, sig, &info);
		if (state->main_done)
			state->look_ms = 0;
		/* Not only when nothing else happens: a storm may last. */
		if (state->look_ms != 0 && single_now_ms() >= state->look_ms)
			single_look_again(state);
		if (state->deadline_ms != 0 &&
		    single_now_ms() >= state->deadline_ms)
			single_serve_deadline(state);
	}
}

void
single_run(const struct single *single, volatile struct single_report *report)
{
	struct single_state state = { .single = single, .report = report };

	/* First of all: whoever has our uid could trace and freeze us. */
	sys2(SYS_prctl, PR_SET_DUMPABLE, 0);
	single_prepare(&state);
	if (single->argv != NULL)
		single_start(&state);
	if (report->error == 0) {
		single_shed(&state);
		watch(&state);
	}
	single_undo(&state);
}
