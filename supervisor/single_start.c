/* SPDX-License-Identifier: MIT */
/* single_start.c - makes the child that becomes the command. */
#include "exec.h"
#include "kernel.h"
#include "shed.h"
#include "single_state.h"

#include <errno.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

#define LENT_BYTES 65536
#endif

#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#define START_MS       10000 /* from fork to exec; network file systems */
#define START_ROUND_MS 50

/* Writes prefix and number, NUL-terminated. */
static void
number_after(char *out, const char *prefix, size_t prefix_length, int number)
{
	char digits[12];
	int count = 0;

	memcpy(out, prefix, prefix_length);
	out += prefix_length;
	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*out++ = digits[--count];
	*out = '\0';
}

/*
 * LISTEN_PID and its kin that name us are meant for the command.  The strings
 * live in the child's frame: they are needed until execve() only.
 */
struct renamed {
	char text[3][32];
};

static void
rename_pid(char **envp, int from, struct renamed *renamed)
{
	static const char names[3][16] = {
		"LISTEN_PID=", "WATCHDOG_PID=", "MAINPID="
	};
	char ours[32];

	for (; *envp != NULL; envp++)
		for (int i = 0; i < 3; i++) {
			size_t length = strlen(names[i]);

			if (strncmp(*envp, names[i], length) != 0)
				continue;
			number_after(ours, *envp, length, from);
			if (strcmp(*envp, ours) != 0)
				continue;
			number_after(
			    renamed->text[i], *envp, length, kernel_getpid());
			*envp = renamed->text[i];
		}
}

static void
join_group(const struct single_state *state)
{
	switch (state->single->group) {
	case SINGLE_OWN_GROUP:
		sys2(SYS_setpgid, 0, 0);
		if (state->foreground)
			kernel_set_foreground(state->tty, kernel_getpid());
		break;
	case SINGLE_OWN_SESSION:
		sys0(SYS_setsid);
		sys3(SYS_ioctl, 0, TIOCSCTTY, 0);
		break;
	case SINGLE_SAME_GROUP:
		break;
	}
}

static uint64_t
reset_signals(const struct single_state *state)
{
	uint64_t ignored = state->inherited_ignored;

	if (state->single->signals == SINGLE_KEEP)
		return state->single->inherited_mask;
	for (int sig = 1; ignored != 0 && sig <= SIGNAL_MAX; sig++)
		if (ignored & kernel_bit(sig)) {
			kernel_default(sig);
			ignored &= ~kernel_bit(sig);
		}
	return 0;
}

/* In a child that may share our memory: raw calls and stores, no return.
 * failed: where a byte says that it is not to be, or -1. */
_Noreturn static void
become_command(struct single_state *state, long failed)
{
	const struct single *single = state->single;
	struct renamed renamed;
	uint64_t mask;
	int parent = state->self;

	join_group(state);
	mask = reset_signals(state);
	rename_pid(single->envp, parent, &renamed);
	if (state->cwd >= 0)
		sys1(SYS_fchdir, state->cwd);
	if (single->confine != NULL) {
		int error = single->confine(single->plan, single->why);

		if (error != 0) {
			state->report->error = error;
			state->report->confined = true;
			sys3(SYS_write, failed, sys_ptr(""), 1);
			kernel_exit(125);
		}
	}
	if (single->parent_death != 0) {
		/* After the change of identity, which would clear it. */
		sys2(SYS_prctl, PR_SET_PDEATHSIG, single->parent_death);
		if (sys0(SYS_getppid) != parent && parent != 1)
			kernel_kill(kernel_getpid(), single->parent_death);
	}
	kernel_mask(mask, NULL);
	state->report->error = exec_search(single->argv, single->envp);
	if (failed >= 0)
		sys3(SYS_write, failed, sys_ptr(""), 1);
	kernel_exit(127);
}

/*
 * Waits until the child has executed the command, or ended: until then signals
 * wait in our queue.  Whoever is already the user that it becomes could stop
 * it on its way: it is continued, and killed when its time is over.
 */
static void
await_execution(struct single_state *state, int pid, int pipe)
{
	const struct timespec round = { 0, START_ROUND_MS * 1000000L };
	struct pollfd end = { .fd = pipe, .events = POLLIN };

	for (int ms = 0; ms < START_MS; ms += START_ROUND_MS) {
		struct timespec left = round; /* the kernel writes to it */

		if (sys5(SYS_PPOLL, sys_ptr(&end), 1, sys_ptr(&left), 0, 0) !=
		    0) {
			/* The page that tells more may not be shared. */
			if ((end.revents & POLLIN) && state->report->error == 0)
				state->report->error = -EIO;
			return;
		}
		shed_kill(pid, SIGCONT);
	}
	shed_kill(pid, SIGKILL);
	state->report->error = -ETIMEDOUT;
}

/* With memory of its own, for its identity changes. */
static long
start_apart(struct single_state *state)
{
	int ends[2];
	long pid = sys2(SYS_pipe2, sys_ptr(ends), O_CLOEXEC);

	if (pid < 0)
		return pid;
	pid = sys5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become_command(state, ends[1]);
	kernel_close(ends[1]);
	if (pid > 0)
		await_execution(state, (int)pid, ends[0]);
	kernel_close(ends[0]);
	return pid;
}

/*
 * Makes the child and waits until it has executed the command, or not: while
 * it shares our memory we are suspended, and no signal can be lost.
 */
void
single_start(struct single_state *state)
{
	const struct single *single = state->single;
	long pid;

	if (single->prepare != NULL) {
		int error =
		    single->prepare(single->plan, state->bounding, single->why);

		state->report->confined = error < 0;
		state->report->error = error;
		if (error < 0)
			return;
	}
	if (single->confine != NULL)
		pid = start_apart(state);
	else
		pid = sys5(
		    SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become_command(state, -1);
#ifdef __SANITIZE_ADDRESS__
	/* What the child, which lent our stack and never returned, has marked. */
	__asan_unpoison_memory_region(
	    (char *)__builtin_frame_address(0) - LENT_BYTES, LENT_BYTES);
#endif
	state->main = (int)pid;
	if (pid < 0)
		state->report->error = (int)pid;
	else
		single_news(state, SINGLE_SPAWNED, (int)pid, 0);
}
