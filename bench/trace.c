/* SPDX-License-Identifier: MIT */
/*
 * trace.c - counts, one instruction after the other, what an init does between
 * its own exec and the exec of its child. Exact: the same in every run, on a
 * busy machine as on an idle one.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <elf.h>
#include "lab.h"

enum {
	OPTIONS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL
};

struct counts {
	long calls, instructions, cpuids;
};

/* What PID 1 did before it had a child, while it had one, and the child. */
struct story {
	struct counts before, beside, child;
	bool has_child, done;
};

#if defined(__x86_64__)

static unsigned long
instruction_at(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
		return 0;
	errno = 0;
	return (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, regs.rip, NULL) &
	       0xffff;
}

static bool
is_call(unsigned long code)
{
	return code == 0x050f;
}

static bool
is_cpuid(unsigned long code)
{
	return code == 0xa20f;
}

#elif defined(__aarch64__)

static unsigned long
instruction_at(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) != 0)
		return 0;
	return (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, regs.pc, NULL) &
	       0xffffffff;
}

static bool
is_call(unsigned long code)
{
	return code == 0xd4000001;
}

/* No such instruction; reading the features traps nowhere. */
static bool
is_cpuid(unsigned long code)
{
	(void)code;
	return false;
}

#endif

/* Counts the instruction that the task is about to run. */
static void
note(struct story *s, bool is_init, pid_t pid)
{
	struct counts *c = !is_init       ? &s->child
	                   : s->has_child ? &s->beside
	                                  : &s->before;
	unsigned long code = instruction_at(pid);

	c->instructions++;
	c->calls += is_call(code);
	c->cpuids += is_cpuid(code);
}

static void
step(struct story *s, const struct run *run, pid_t pid, int status)
{
	bool is_init = pid == run->pid;
	int event = status >> 16, sig = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC && !is_init)
		s->done = true;
	else if (event != 0 && is_init)
		s->has_child = true;
	if (s->done)
		return;
	if (event == 0 && sig == SIGTRAP)
		note(s, is_init, pid);
	if (sig == SIGTRAP || sig == SIGSTOP)
		sig = 0;
	(void)ptrace(PTRACE_SINGLESTEP, pid, NULL, sig);
}

/* Steps init and child side by side until the child has exec'd. */
static int
follow(struct story *s, const struct run *run)
{
	int status;
	pid_t pid;

	if (waitpid(run->pid, &status, 0) != run->pid || !WIFSTOPPED(status))
		return -1;
	(void)ptrace(PTRACE_SETOPTIONS, run->pid, NULL, OPTIONS);
	note(s, true, run->pid);
	(void)ptrace(PTRACE_SINGLESTEP, run->pid, NULL, 0);
	while (!s->done) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 || (pid == run->pid && !WIFSTOPPED(status)))
			return -1;
		if (WIFSTOPPED(status))
			step(s, run, pid, status);
	}
	return 0;
}

static void
put(const struct lab *lab, int i, const struct story *s)
{
	lab_put(lab, i, "calls_init", (double)s->before.calls);
	lab_put(lab, i, "calls_child", (double)s->child.calls);
	lab_put(lab, i, "calls", (double)(s->before.calls + s->child.calls));
	lab_put(lab, i, "calls_beside", (double)s->beside.calls);
	lab_put(lab, i, "instructions",
	    (double)(s->before.instructions + s->child.instructions));
	lab_put(lab, i, "cpuids",
	    (double)(s->before.cpuids + s->beside.cpuids + s->child.cpuids));
}

/* The child is ours to wait for, too, and PID 1 can't end before it is gone. */
static void
end(struct run *run)
{
	(void)kill(run->pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	lab_end(run, false);
}

int
bench_trace(struct lab *lab)
{
	static const char *const sleeper[] = { "p", NULL };
	int i, failed = 0;

	lab->trace = true;
	for (i = 0; i < lab->count; i++) {
		struct story s = { .has_child = false };
		struct run run;

		if (i == lab->direct)
			continue;
		if (lab_start(lab, i, sleeper, &run) != 0) {
			failed++;
			continue;
		}
		if (follow(&s, &run) == 0)
			put(lab, i, &s);
		else
			failed++;
		end(&run);
	}
	return failed == 0 ? 0 : -1;
}
