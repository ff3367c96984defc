/* SPDX-License-Identifier: MIT */
/*
 * floor.c - the least complete init there can be: forwards every signal to its
 * child, reaps every orphan, passes the child's status on, and nothing else.
 * Every timing of the bench is a ratio to this program in the same run.
 */
#include "raw.h"

static inline _Noreturn void
become(char **argv, char **envp)
{
	raw_sigset none = 0;

	raw_setmask(&none);
	(void)raw_call(__NR_execve, (long)argv[0], (long)argv, (long)envp, 0);
	raw_exit(127);
}

/* Reaps whatever is dead; ends with the child's status if it is among them. */
static inline void
reap(long child)
{
	int status = 0;
	long pid;

	while ((pid = raw_call(__NR_wait4, -1, (long)&status, 1, 0)) > 0) {
		if (pid != child)
			continue;
		raw_exit(
		    status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
	}
}

__attribute__((used, noreturn)) void
entry(long *stack)
{
	char **argv = (char **)(stack + 1) + 1;
	char **envp = (char **)(stack + 1) + stack[0] + 1;
	raw_sigset all = ~(raw_sigset)0;
	long child;

	raw_setmask(&all);
	child = raw_vfork();
	if (child == 0)
		become(argv, envp);
	for (;;) {
		long sig = raw_call(__NR_rt_sigtimedwait, (long)&all, 0, 0, 8);

		if (sig == RAW_SIGCHLD)
			reap(child);
		else if (sig > 0)
			(void)raw_call(__NR_kill, child, sig, 0, 0);
	}
}

RAW_START;
