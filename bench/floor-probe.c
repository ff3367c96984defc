/* SPDX-License-Identifier: MIT */
/*
 * floor-probe.c - the least prober there can be: at a fixed rate a fork, and in
 * the child one HTTP request, or one exec.
 *
 *   floor-probe INTERVAL_MS h PORT              asks 127.0.0.1:PORT
 *   floor-probe INTERVAL_MS s PORT              the same as hale's child does:
 *                                               nobody, with a filter
 *   floor-probe INTERVAL_MS e PROGRAM [ARG]...  runs it
 *
 * Ends with SIGTERM.
 */
#include "raw.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

enum { INET = 2, STREAM = 1, MONOTONIC = 1, ABSOLUTE = 1, SIGTERM_ = 15 };

struct kernel_time {
	int64_t seconds, nanoseconds;
};

static long
number(const char *text)
{
	long n = 0;

	while (*text >= '0' && *text <= '9')
		n = n * 10 + (*text++ - '0');
	return n;
}

enum { NOBODY = 65534, MEMORY = 9, FILTER_SIZE = 34 };

/* The least that keeps the promise; the filter is as long as hale's. */
static void
give_up_privileges(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct held[2];
	struct sock_filter code[FILTER_SIZE];
	struct sock_fprog program = { .len = FILTER_SIZE, .filter = code };
	uint64_t most[2] = { 64 << 20, 64 << 20 };
	int i;

	(void)raw_call(__NR_setgroups, 0, 0, 0, 0);
	(void)raw_call(__NR_setresgid, NOBODY, NOBODY, NOBODY, 0);
	(void)raw_call(__NR_setresuid, NOBODY, NOBODY, NOBODY, 0);
	(void)raw_call(__NR_prctl, 1 /* PDEATHSIG */, 9, 0, 0);
	(void)raw_call(__NR_close_range, 3, ~0U >> 1, 0, 0);
	(void)raw_call(__NR_prctl, 38 /* NO_NEW_PRIVS */, 1, 0, 0);
	(void)raw_call(__NR_prctl, 4 /* DUMPABLE */, 0, 0, 0);
	(void)raw_call(__NR_capget, (long)&head, (long)held, 0, 0);
	(void)raw_call(__NR_prlimit64, 0, MEMORY, (long)most, 0);
	code[0] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
	code[1] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (i = 2; i < FILTER_SIZE - 1; i++) {
		code[i] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(1000 + i), 0, 0);
		code[i].jt = (uint8_t)(FILTER_SIZE - 2 - i);
	}
	code[i] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (raw_call(__NR_prctl, 22 /* SECCOMP */, SECCOMP_MODE_FILTER,
	        (long)&program, 0) != 0)
		raw_exit(3);
}

static _Noreturn void
ask(long port)
{
	static const char request[] = "GET /readyz HTTP/1.0\r\n\r\n";
	struct {
		uint16_t family;
		uint8_t port[2], host[4], zero[8];
	} to = { .family = INET,
		.port = { (uint8_t)(port >> 8), (uint8_t)port },
		.host = { 127, 0, 0, 1 } };
	char answer[512] = { 0 };
	long fd = raw_call(__NR_socket, INET, STREAM, 0, 0);

	if (raw_call(__NR_connect, fd, (long)&to, sizeof(to), 0) < 0)
		raw_exit(1);
	(void)raw_call(__NR_write, fd, (long)request, sizeof(request) - 1, 0);
	(void)raw_call(__NR_read, fd, (long)answer, sizeof(answer), 0);
	raw_exit(answer[9] != '2');
}

/* Sleeps until the next slot; SIGTERM, which is blocked, ends us. */
static void
next_slot(struct kernel_time *at, long interval_ms)
{
	raw_sigset term = (raw_sigset)1 << (SIGTERM_ - 1);
	struct kernel_time none = { 0 };

	at->nanoseconds += interval_ms * 1000000;
	while (at->nanoseconds >= 1000000000) {
		at->nanoseconds -= 1000000000;
		at->seconds++;
	}
	(void)raw_call(__NR_clock_nanosleep, MONOTONIC, ABSOLUTE, (long)at, 0);
	if (raw_call(__NR_rt_sigtimedwait, (long)&term, 0, (long)&none, 8) ==
	    SIGTERM_)
		raw_exit(0);
}

__attribute__((used, noreturn)) void
entry(long *stack)
{
	char **argv = (char **)(stack + 1);
	char **envp = argv + stack[0] + 1;
	long interval_ms = number(argv[1]);
	raw_sigset term = (raw_sigset)1 << (SIGTERM_ - 1);
	struct kernel_time at = { 0 };

	raw_setmask(&term);
	(void)raw_call(__NR_clock_gettime, MONOTONIC, (long)&at, 0, 0);
	for (;; next_slot(&at, interval_ms)) {
		long pid = raw_call(__NR_clone, RAW_SIGCHLD, 0, 0, 0);
		int status = 0;

		if (pid == 0 && argv[2][0] == 's')
			give_up_privileges();
		if (pid == 0 && argv[2][0] != 'e')
			ask(number(argv[3]));
		if (pid == 0) {
			(void)raw_call(__NR_execve, (long)argv[3],
			    (long)(argv + 3), (long)envp, 0);
			raw_exit(127);
		}
		(void)raw_call(__NR_wait4, pid, (long)&status, 0, 0);
	}
}

RAW_START;
