/* SPDX-License-Identifier: MIT */
#include "hold.h"

#include "kernel.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
asks_for_the_end(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGQUIT ||
	       sig == SIGHUP;
}

/* Reaps what has ended; true when it was child, with its status. */
static bool
reap(pid_t child, int *status)
{
	pid_t pid;
	int one;

	while ((pid = waitpid(-1, &one, WNOHANG)) > 0)
		if (pid == child) {
			*status = WIFEXITED(one) ? WEXITSTATUS(one)
			                         : 128 + WTERMSIG(one);
			return true;
		}
	return false;
}

int
hold_until(
    int (*work)(int argc, char **argv), int argc, char **argv, uint64_t mask)
{
	uint64_t all = KERNEL_ALL_SIGNALS;
	int status = 0, asked = 0;
	pid_t child;

	/* Before there is a child: this drops a SIGCHLD that is pending. */
	kernel_default(SIGCHLD);
	child = fork();
	if (child < 0) {
		log_error(NULL, "cannot wait: fork: %s", strerror(errno));
		return 125;
	}
	if (child == 0) {
		kernel_mask(mask, NULL);
		exit(work(argc, argv));
	}
	for (;;) {
		siginfo_t info;
		long sig = sys4(SYS_rt_sigtimedwait, sys_ptr(&all),
		    sys_ptr(&info), 0, sizeof(all));

		if (sig == SIGCHLD && reap(child, &status))
			return asked != 0 ? 128 + asked : status;
		if (sig > 0 && asks_for_the_end((int)sig)) {
			asked = (int)sig;
			kill(child, SIGKILL);
		}
	}
}
