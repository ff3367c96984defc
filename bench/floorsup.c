/* SPDX-License-Identifier: MIT */
/*
 * floorsup.c - the least supervisor there can be: starts N times the same
 * command, starts again what ends, and on SIGTERM ends all and then itself.
 *
 *   floorsup N COMMAND [ARG]...
 */
#include "raw.h"

enum { SIGTERM_ = 15, MOST = 4096 };

static long pids[MOST];

static void
start(long i, char **argv, char **envp)
{
	raw_sigset none = 0;
	long pid = raw_vfork();

	if (pid == 0) {
		raw_setmask(&none);
		(void)raw_call(
		    __NR_execve, (long)argv[0], (long)argv, (long)envp, 0);
		raw_exit(127);
	}
	pids[i] = pid;
}

static long
index_of(long pid, long count)
{
	long i;

	for (i = 0; i < count && pids[i] != pid; i++)
		;
	return i;
}

/* Reaps; starts again what was one of ours. Returns how many are left. */
static long
reap(long count, long alive, int stopping, char **argv, char **envp)
{
	int status = 0;
	long pid;

	while ((pid = raw_call(__NR_wait4, -1, (long)&status, 1, 0)) > 0) {
		long i = index_of(pid, count);

		if (i == count)
			continue;
		if (stopping)
			alive--;
		else
			start(i, argv, envp);
	}
	return alive;
}

__attribute__((used, noreturn)) void
entry(long *stack)
{
	char **argv = (char **)(stack + 1) + 1;
	char **envp = (char **)(stack + 1) + stack[0] + 1;
	raw_sigset all = ~(raw_sigset)0;
	long count = 0, alive, i;
	int stopping = 0;
	char *digit;

	for (digit = *argv++; *digit != '\0'; digit++)
		count = count * 10 + (*digit - '0');
	if (count > MOST)
		raw_exit(2);
	raw_setmask(&all);
	for (i = 0; i < count; i++)
		start(i, argv, envp);
	alive = count;
	while (alive > 0) {
		long sig = raw_call(__NR_rt_sigtimedwait, (long)&all, 0, 0, 8);

		if (sig == RAW_SIGCHLD)
			alive = reap(count, alive, stopping, argv, envp);
		else if (sig == SIGTERM_)
			for (stopping = 1, i = 0; i < count; i++)
				(void)raw_call(
				    __NR_kill, pids[i], SIGTERM_, 0, 0);
	}
	raw_exit(0);
}

RAW_START;
