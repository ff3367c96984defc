/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cage.h"
#include "run.h"
#include "supervisor/sys.h"

enum {
	STACK_BYTES = 256 * 1024,
	STACK_SHARE = 512,
	/* Our parent's, and its pid is known before it runs. */
	FORK_FLAGS = CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD,
};

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
ask(struct run *run, int answer_fd)
{
	run->answer = &room.answer;
	run_probe(run);
	_exit(write(answer_fd, &room.answer, answer_size(&room.answer)) > 0
	          ? 0
	          : CHILD_NOT_STARTED);
}

/* It looks at no file but those that anybody may. */
static bool
only_asks(const struct probe *probe)
{
	return probe->host != NULL && probe->ca_file == NULL &&
	       probe->client_cert == NULL && probe->client_key == NULL;
}

/* Whoever may be nobody and can't be, is who its service is. */
static int
become(const struct attempt *attempt)
{
	const struct attempt_hooks *hooks = attempt->hooks;

	if (hooks == NULL || hooks->become == NULL)
		return 0;
	if (hooks->become_nobody != NULL &&
	    attempt_is_anybodys(attempt->probe) && hooks->become_nobody() == 0)
		return 0;
	return hooks->become(attempt->owner, only_asks(attempt->probe));
}

static _Noreturn void
child(const void *begin)
{
	const struct attempt *attempt = begin;
	struct run run = {
		.probe = attempt->probe,
		.deadline_ms = attempt->started_ms + attempt->probe->timeout_ms,
		.pid = attempt->service_pid,
		.trace = attempt->trace,
	};
	int fd = attempt->write_fd;

	if (become(attempt) < 0)
		_exit(CHILD_NOT_STARTED);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
	if (cage_enter(fd, attempt->trace, attempt->plain) < 0)
		_exit(CHILD_NOT_STARTED);
	ask(&run, fd);
}

#if defined(__SANITIZE_ADDRESS__) /* it wants to know of each stack */
#define HAS_STACKS 0
#elif defined(__x86_64__) || defined(__aarch64__)
#define HAS_STACKS 1
#else
#define HAS_STACKS 0
#endif

/*
 * Goes on in work(begin), on another stack.  Not clone(3), which would write to
 * that stack in the parent.
 */
static _Noreturn void
change_stack(void (*work)(const void *), const void *begin, void *top)
{
#if HAS_STACKS && defined(__x86_64__)
	__asm__ volatile("mov %0, %%rsp\n\txor %%ebp, %%ebp\n\tcall *%1"
	                 :
	                 : "r"(top), "r"(work), "D"(begin)
	                 : "memory");
	__builtin_unreachable();
#elif HAS_STACKS && defined(__aarch64__)
	register const void *x0 __asm__("x0") = begin;

	__asm__ volatile("mov sp, %0\n\tmov x29, xzr\n\tblr %1"
	                 :
	                 : "r"(top), "r"(work), "r"(x0)
	                 : "memory");
	__builtin_unreachable();
#else
	(void)top;
	work(begin); /* a copy of its parent's stack will do */
	_exit(CHILD_NOT_STARTED);
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
		change_stack(child, attempt, &room.answer);
	if (pid >= 0)
		return (pid_t)pid;
	errno = (int)-pid;
	return -1;
}

pid_t
child_split(void (*work)(const void *begin), const void *begin, void *top)
{
	long pid = HAS_STACKS ? sys5(SYS_clone, SIGCHLD, 0, 0, 0, 0) : -ENOSYS;

	if (pid == 0)
		change_stack(work, begin, top);
	if (pid >= 0)
		return (pid_t)pid;
	errno = (int)-pid;
	return -1;
}

/* A child of the fork server begins here; its descriptor is its slot. */
static _Noreturn __attribute__((used)) void
obey(
    const struct probe *probe, int64_t service_pid, int64_t deadline_ms, int fd)
{
	struct run run = {
		.probe = probe,
		.deadline_ms = deadline_ms,
		.pid = service_pid,
	};

	cage_close(0, fd - 1);
	cage_close(fd + 1, INT_MAX);
	ask(&run, fd);
}

/* All that a child gets comes in registers: it has no copy of our stack. */
long
child_fork(const struct child_order *order, int fd, volatile pid_t *pid,
    const uint64_t *key)
{
	const struct probe *probe = order->probe;
	int64_t service_pid = order->service_pid;
	int64_t deadline_ms = order->deadline_ms;
	long result = -ENOSYS;
#if HAS_STACKS && defined(__x86_64__)
	register const uint64_t *r9 __asm__("r9") = key;
	register long r10 __asm__("r10") = 0;
	register const struct probe *r12 __asm__("r12") = probe;
	register int64_t r13 __asm__("r13") = service_pid;
	register int64_t r14 __asm__("r14") = deadline_ms;
	register long r15 __asm__("r15") = fd;

	__asm__ volatile("mov (%%r9), %%r8\n\t"
	                 "syscall\n\t"
	                 "xor %%r8d, %%r8d\n\t"
	                 "test %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xor %%ebp, %%ebp\n\t"
	                 "mov %%r12, %%rdi\n\t"
	                 "mov %%r13, %%rsi\n\t"
	                 "mov %%r14, %%rdx\n\t"
	                 "mov %%r15, %%rcx\n\t"
	                 "call *%%rbx\n"
	                 "1:"
	                 : "=a"(result)
	                 : "a"(SYS_clone), "D"(FORK_FLAGS), "S"(&room.answer),
	                 "d"(pid), "b"(obey), "r"(r9), "r"(r10), "r"(r12),
	                 "r"(r13), "r"(r14), "r"(r15)
	                 : "rcx", "r8", "r11", "memory");
#elif HAS_STACKS && defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone;
	register long x0 __asm__("x0") = FORK_FLAGS;
	register void *x1 __asm__("x1") = &room.answer;
	register volatile pid_t *x2 __asm__("x2") = pid;
	register long x3 __asm__("x3") = 0;
	register const uint64_t *x5 __asm__("x5") = key;
	register const struct probe *x19 __asm__("x19") = probe;
	register int64_t x20 __asm__("x20") = service_pid;
	register int64_t x21 __asm__("x21") = deadline_ms;
	register long x22 __asm__("x22") = fd;

	__asm__ volatile(
	    "ldr x4, [x5]\n\t"
	    "svc 0\n\t"
	    "mov x4, xzr\n\t"
	    "cbnz x0, 1f\n\t"
	    "mov x29, xzr\n\t"
	    "mov x0, x19\n\tmov x1, x20\n\tmov x2, x21\n\tmov x3, x22\n\t"
	    "blr %[obey]\n"
	    "1:"
	    : "+r"(x0)
	    : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x5), "r"(x19), "r"(x20),
	    "r"(x21), "r"(x22), [obey] "r"(obey)
	    : "x4", "memory");
	result = x0;
#else
	(void)probe, (void)service_pid, (void)deadline_ms;
	(void)fd, (void)pid, (void)key;
#endif
	return result;
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
