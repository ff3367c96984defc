/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cage.h"
#include "run.h"
#include "supervisor/sys.h"

enum { STACK_BYTES = 256 * 1024, STACK_SHARE = 512 };

/*
 * What a child writes to lies on pages that its parent never touches: neither
 * has to copy any, when both write after the fork.  The stack ends on the page
 * that its answer begins on.
 */
static struct {
	_Alignas(4096) char stack[STACK_BYTES - STACK_SHARE];
	_Alignas(16) struct answer answer;
} room;

static _Noreturn void
child(const struct attempt *attempt)
{
	const struct attempt_hooks *hooks = attempt->hooks;
	struct run run = {
		.probe = attempt->probe,
		.answer = &room.answer,
		.deadline_ms = attempt->started_ms + attempt->probe->timeout_ms,
		.pid = attempt->service_pid,
		.trace = attempt->trace,
	};
	int fd = attempt->write_fd;

	if (hooks != NULL && hooks->become != NULL &&
	    hooks->become(attempt->owner,
	        attempt->plain && attempt->probe->host != NULL) < 0)
		_exit(CHILD_NOT_STARTED);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
	if (cage_enter(fd, attempt->trace, attempt->plain) < 0)
		_exit(CHILD_NOT_STARTED);
	run_probe(&run);
	_exit(write(fd, &room.answer, answer_size(&room.answer)) > 0
	          ? 0
	          : CHILD_NOT_STARTED);
}

/*
 * Goes on in child(), at the end of its own stack.  Not clone(3), which would
 * write to that stack in the parent.
 */
static _Noreturn void
change_stack(const struct attempt *attempt)
{
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
	__asm__ volatile(
	    "mov %0, %%rsp\n\txor %%ebp, %%ebp\n\tcall *%1"
	    :
	    : "r"(room.stack + sizeof(room.stack)), "r"(child), "D"(attempt)
	    : "memory");
	__builtin_unreachable();
#elif defined(__aarch64__) && !defined(__SANITIZE_ADDRESS__)
	register const struct attempt *x0 __asm__("x0") = attempt;

	__asm__ volatile(
	    "mov sp, %0\n\tmov x29, xzr\n\tblr %1"
	    :
	    : "r"(room.stack + sizeof(room.stack)), "r"(child), "r"(x0)
	    : "memory");
	__builtin_unreachable();
#else
	child(attempt); /* a copy of its parent's stack will do */
#endif
}

/* A pidfd costs a tenth of all that a probe does: none where SIGCHLD will do. */
pid_t
child_start(const struct attempt *attempt, int *pidfd)
{
	bool is_quiet = attempt->hooks == NULL || !attempt->hooks->reaps;
	long pid = sys5(SYS_clone, is_quiet ? CLONE_PIDFD : SIGCHLD, 0,
	    sys_ptr(pidfd), 0, 0);

	if (pid == 0)
		change_stack(attempt);
	if (pid >= 0)
		return (pid_t)pid;
	errno = (int)-pid;
	return -1;
}

pid_t
child_execute(const char *const *argv, int out_fd, int *pidfd)
{
	pid_t pid = (pid_t)syscall(
	    SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pidfd, NULL, NULL);

#if defined(__s390x__)
#error "clone() has another order of arguments here"
#endif
	if (pid != 0)
		return pid;
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL); /* the one that the verbs ignore */
	dup2(out_fd, STDOUT_FILENO);
	dup2(out_fd, STDERR_FILENO);
	close(STDIN_FILENO);
	(void)open("/dev/null", O_RDONLY); /* or none at all */
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(errno == ENOENT ? 127 : CHILD_NOT_STARTED);
}
