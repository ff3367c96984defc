/* SPDX-License-Identifier: MIT */
/*
 * child.c - the program that runs below each measured init: notes the clock
 * with its first instructions and says so on stdout. No libc, nothing to load.
 */
#include "child.h"
#include "raw.h"

#define ALL (~(raw_sigset)0)

struct kernel_time {
	int64_t seconds;
	int64_t nanoseconds;
};

/* The head of the kernel's siginfo, as far as it is read here. */
struct kernel_siginfo {
	int32_t signo, error, code, pad;
	int32_t pid, uid;
	int64_t value;
	char rest[96];
};

static inline uint64_t
now_ns(void)
{
	struct kernel_time t = { 0 };

	(void)raw_call(__NR_clock_gettime, 1, (long)&t, 0, 0);
	return (uint64_t)t.seconds * 1000000000U + (uint64_t)t.nanoseconds;
}

static void
say(const struct record *r)
{
	(void)raw_call(__NR_write, 1, (long)r, sizeof(*r), 0);
}

static _Noreturn void
sleep_for_ever(void)
{
	raw_sigset none = 0;

	for (;;)
		(void)raw_call(__NR_rt_sigsuspend, (long)&none, 8, 0, 0);
}

static _Noreturn void
end_on_term(struct record *r)
{
	raw_sigset term = (raw_sigset)1 << 14;

	raw_setmask(&term);
	say(r);
	(void)raw_call(__NR_rt_sigtimedwait, (long)&term, 0, 0, 8);
	raw_exit(0);
}

/* Writes the record to the end of a file. */
static void
note(const struct record *r, const char *path)
{
	const long write_only = 1, append = 02000;
	long fd =
	    raw_call(__NR_openat, -100, (long)path, write_only | append, 0);

	(void)raw_call(__NR_write, fd, (long)r, sizeof(*r), 0);
}

/* A service: notes its start at the end of a file, then is asked to end. */
static _Noreturn void
note_and_serve(struct record *r, const char *path)
{
	raw_sigset term = (raw_sigset)1 << 14;

	raw_setmask(&term);
	note(r, path);
	(void)raw_call(__NR_rt_sigtimedwait, (long)&term, 0, 0, 8);
	raw_exit(0);
}

static _Noreturn void
echo(struct record *r)
{
	struct kernel_siginfo info = { 0 };
	raw_sigset all = ALL;

	raw_setmask(&all);
	say(r);
	for (;;) {
		if (raw_call(__NR_rt_sigtimedwait, (long)&all, (long)&info, 0,
		        8) <= 0)
			continue;
		r->at_ns = now_ns();
		r->sig = info.signo;
		r->code = info.code;
		r->value = (int32_t)info.value;
		say(r);
	}
}

/* A grandchild whose parent is gone, asleep until the namespace ends. */
static void
leave_living_orphan(void)
{
	long pid = raw_call(__NR_clone, RAW_SIGCHLD, 0, 0, 0);

	if (pid == 0) {
		if (raw_call(__NR_clone, RAW_SIGCHLD, 0, 0, 0) == 0)
			sleep_for_ever();
		raw_exit(0);
	}
	(void)raw_call(__NR_wait4, pid, 0, 0, 0);
}

/*
 * An orphan that ends at once. The vfork child and its own child share this
 * stack, so both run nothing but the two system calls that end them: after the
 * second clone neither tests which one it is.
 */
static void
leave_orphan(void)
{
	long pid = raw_vfork();

	if (pid == 0) {
		(void)raw_call(__NR_clone, RAW_CLONE_VM | RAW_SIGCHLD, 0, 0, 0);
		raw_exit(0);
	}
	(void)raw_call(__NR_wait4, pid, 0, 0, 0);
}

static long
number(const char *s)
{
	long n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	return n;
}

static _Noreturn void
storm(struct record *r, long dying, long living)
{
	char go;

	for (; living > 0; living--)
		leave_living_orphan();
	say(r);
	(void)raw_call(__NR_read, 0, (long)&go, 1, 0);
	r->at_ns = now_ns();
	for (; dying > 0; dying--)
		leave_orphan();
	r->end_ns = now_ns();
	say(r);
	sleep_for_ever();
}

__attribute__((used, noreturn)) void
entry(long *stack)
{
	struct record r = { .at_ns = now_ns() };
	char **argv = (char **)(stack + 1);

	switch (argv[1][0]) {
	case 'p':
		say(&r);
		sleep_for_ever();
	case 't':
		end_on_term(&r);
	case 'e':
		echo(&r);
	case 'n':
		note_and_serve(&r, argv[2]);
	case 'q':
		note(&r, argv[2]);
		raw_exit(0);
	case 'o':
		storm(&r, number(argv[2]), number(argv[3]));
	default:
		r.end_ns = now_ns();
		say(&r);
		raw_exit(0);
	}
}

RAW_START;
