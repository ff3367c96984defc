/* SPDX-License-Identifier: MIT */
/* single_prepare.c - what PID 1 is given, and gives up, around the start. */
#include "caps.h"
#include "descend.h"
#include "kernel.h"
#include "shed.h"
#include "single_state.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>

#define KILL_ALONE CAPS_BIT(5) /* CAP_KILL */

/* Which signals are ignored, and the bounding set where /proc tells it. */
static uint64_t
inherited_ignored(uint64_t *bounding)
{
	struct descend_status status;
	uint64_t ignored = 0;

	*bounding = 0;
	/* Not closed here: close_range() does it, off the critical path. */
	if (descend_status(0, &status) >= 0) {
		*bounding = status.bounding;
		return status.ignored;
	}
	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (kernel_ignored(sig))
			ignored |= kernel_bit(sig);
	return ignored;
}

/*
 * Opens the current directory.  That the descriptor is above 2 also proves
 * that 0, 1 and 2 are open; else they are put on /dev/null first.
 */
static long
open_cwd(void)
{
	long fd = kernel_open(".", O_PATH | O_DIRECTORY);

	while (fd >= 0 && fd <= 2) {
		/* The lowest free number is the one that we close. */
		kernel_close(fd);
		if (sys4(SYS_openat, AT_FDCWD, sys_ptr("/dev/null"), O_RDWR,
		        0) < 0)
			/* Anything that is no hole will do. */
			sys4(SYS_openat, AT_FDCWD, sys_ptr("/"), O_PATH, 0);
		fd = kernel_open(".", O_PATH | O_DIRECTORY);
	}
	return fd;
}

static void
open_tty(struct single_state *state)
{
	long group;

	state->tty = kernel_open("/dev/tty", O_RDWR | O_NOCTTY);
	if (state->tty == -ENOENT && kernel_foreground(0) >= 0)
		state->tty = sys3(SYS_fcntl, 0, F_DUPFD_CLOEXEC, 3);
	if (state->tty < 0)
		return;
	group = kernel_foreground(state->tty);
	state->foreground = group >= 0 && group == sys1(SYS_getpgid, 0);
}

/*
 * Gives up the terminal, so that the command's own session can have it.  If we
 * lead the session the kernel sends us SIGHUP and SIGCONT for it: not news.
 */
static void
give_up_tty(const struct single_state *state)
{
	uint64_t both = kernel_bit(SIGHUP) | kernel_bit(SIGCONT);
	struct timespec now = { 0, 0 };

	if (sys3(SYS_ioctl, 0, TIOCNOTTY, 0) < 0 ||
	    sys1(SYS_getsid, 0) != state->self)
		return;
	for (int i = 0; i < 2; i++) {
		long sig = sys4(SYS_rt_sigtimedwait, sys_ptr(&both), 0,
		    sys_ptr(&now), sizeof(both));

		if (sig > 0)
			single_news(state, SINGLE_HAND_OFF, 0, (int)sig);
	}
}

void
single_prepare(struct single_state *state)
{
	const struct single *single = state->single;

	state->self = kernel_getpid();
	state->cwd = open_cwd();
	state->tty = -1;
	state->untimed = SINGLE_SCAN_FIRST;
	if (single->group == SINGLE_OWN_GROUP && single->argv != NULL)
		open_tty(state);
	else if (single->group == SINGLE_OWN_SESSION)
		give_up_tty(state);
	if (state->self != 1 && !single->no_subreaper)
		sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	if (single->parent_death != 0)
		sys2(SYS_prctl, PR_SET_PDEATHSIG, single->parent_death);
	state->inherited_ignored = inherited_ignored(&state->bounding);
	if (state->inherited_ignored & kernel_bit(SIGCHLD))
		kernel_default(SIGCHLD);
	/* Before the command can look: we pin no mount. */
	if (state->cwd >= 0)
		sys1(SYS_chdir, sys_ptr("/"));
}

static void
close_from(long first, long last)
{
	if (first > last || sys3(SYS_close_range, first, last, 0) == 0)
		return;
	/* Before Linux 5.9, or behind an old filter. */
	for (long fd = first; fd <= last && fd < 65536; fd++)
		kernel_close(fd);
}

static void
shed_as_declared(const struct single_state *state)
{
	const struct single *single = state->single;
	struct caps_state held;

	if (caps_get(&held) < 0)
		return;
	/* As PID 1 only: else who started us may want to signal us. */
	if (state->self != 1 || single->only_user == 0 ||
	    shed_user(single->only_user, held.permitted) < 0)
		shed_privileges(shed_keep(held.permitted, 0, true), true);
	/* A change of identity has cleared it. */
	if (single->parent_death != 0)
		sys2(SYS_prctl, PR_SET_PDEATHSIG, single->parent_death);
}

/* All that we need from now on is to signal: keep no more than that. */
void
single_shed(const struct single_state *state)
{
	struct caps_state only_kill = { .effective = KILL_ALONE,
		.permitted = KILL_ALONE };

	close_from(0, state->single->close_stderr ? 2 : 1);
	close_from(3, state->tty >= 0 ? state->tty - 1 : INT32_MAX);
	if (state->tty >= 0)
		close_from(state->tty + 1, INT32_MAX);
	if (state->single->end != SINGLE_STOP_ALL)
		return;
	if (state->single->confine != NULL) {
		shed_as_declared(state);
		return;
	}
	/* Nothing was declared: two calls, and no more. */
	sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (caps_set(&only_kill) < 0)
		caps_set(&(struct caps_state){ 0 });
}

/* Puts back what the next attempt, with a C library, wants to find. */
void
single_undo(const struct single_state *state)
{
	int status;

	if (state->main > 0)
		while (sys4(SYS_wait4, state->main, sys_ptr(&status), __WALL,
		           0) == -EINTR)
			;
	if (state->foreground)
		kernel_set_foreground(state->tty, (int)sys1(SYS_getpgid, 0));
	if (state->cwd >= 0) {
		sys1(SYS_fchdir, state->cwd);
		kernel_close(state->cwd);
	}
	if (state->tty >= 0)
		kernel_close(state->tty);
}
