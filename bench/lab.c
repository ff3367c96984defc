/* SPDX-License-Identifier: MIT */
/* lab.c - starting, watching and ending the measured pid namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lab.h"

enum { RTTIME_US = 8 * 1000 * 1000, STACK_BYTES = 64 * 1024 };

/* What the task between clone and exec needs; all but shared is a copy there. */
struct launch {
	char *argv[LAB_WORDS + 8];
	int in, out, null;
	bool real_time, trace;
};

/* What it says back: when it called exec, why that failed. */
struct shared {
	uint64_t start_ns;
	int error;
};

static struct shared *shared;

uint64_t
lab_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void
pin_to_last_cpu(void)
{
	cpu_set_t set;
	size_t cpu;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return;
	for (cpu = CPU_SETSIZE - 1; cpu > 0 && !CPU_ISSET(cpu, &set); cpu--)
		;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static int
set_rank(enum lab_rank rank)
{
	struct sched_param p = { .sched_priority = (int)rank };

	return sched_setscheduler(0, SCHED_FIFO, &p);
}

void
lab_real_time(struct lab *lab)
{
	struct rlimit limit = { RTTIME_US, RTTIME_US };

	pin_to_last_cpu();
	(void)setrlimit(RLIMIT_RTTIME, &limit);
	lab->real_time = set_rank(LAB_BELOW) == 0;
}

void
lab_rank(const struct lab *lab, enum lab_rank rank)
{
	if (lab->real_time)
		(void)set_rank(rank);
}

/*
 * Nothing ignored, nothing held: as an engine starts a container. Past the C
 * library, which keeps two signals to itself, and whose posix_spawn() leaves
 * them ignored: below make they would be.
 */
static void
plain_signals(void)
{
	unsigned long action[8] = { 0 }; /* SIG_DFL, whatever the layout */
	uint64_t none = 0;
	long sig;

	for (sig = 1; sig <= 64; sig++)
		(void)syscall(
		    SYS_rt_sigaction, sig, action, NULL, sizeof(none));
	(void)syscall(
	    SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/* Runs as PID 1 of the new namespace until it has exec'd. */
static int
become_init(void *arg)
{
	static char path[] = "PATH=/usr/bin:/bin";
	static char *const envp[] = { path, NULL };
	struct launch *l = arg;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(l->in, 0);
	(void)dup2(l->out, 1);
	if (getenv("BENCH_STDERR") == NULL)
		(void)dup2(l->null, 2);
	plain_signals();
	if (l->real_time)
		(void)set_rank(LAB_AT);
	if (l->trace)
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	shared->start_ns = lab_now_ns();
	(void)execve(l->argv[0], l->argv, envp);
	shared->error = errno;
	_exit(127);
}

static void
fill_argv(struct launch *l, const struct lab *lab, const struct subject *s,
    const char *const *mode)
{
	int n = 0, i;

	for (i = 0; i < s->count; i++)
		l->argv[n++] = s->words[i];
	if (!lab->bare)
		l->argv[n++] = lab->child;
	for (; *mode != NULL && n < LAB_WORDS + 7; mode++)
		l->argv[n++] = (char *)*mode;
	l->argv[n] = NULL;
}

static int
fail(const char *what, const char *name, int error)
{
	fprintf(stderr, "bench: %s: %s: %s\n", name, what, strerror(error));
	return -1;
}

static void
share_page(void)
{
	if (shared == NULL)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("bench: mmap");
		exit(1);
	}
	shared->error = 0;
}

/*
 * A fork, not a vfork: engines exec from a process of their own, so the end of
 * that address space is part of every start. We sleep until the exec is done.
 */
int
lab_start(struct lab *lab, int i, const char *const *mode, struct run *run)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	struct launch l = { .real_time = lab->real_time, .trace = lab->trace };
	int user = geteuid() == 0 ? 0 : CLONE_NEWUSER;
	int in[2], out[2];

	if (lab->subjects[i].broken)
		return -1;
	share_page();
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return fail("pipe", lab->subjects[i].name, errno);
	fill_argv(&l, lab, &lab->subjects[i], mode);
	l.in = in[0];
	l.out = out[1];
	l.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	run->pid = clone(become_init, stack + sizeof(stack),
	    CLONE_VFORK | CLONE_NEWPID | user | SIGCHLD, &l);
	if (run->pid < 0)
		shared->error = errno;
	run->start_ns = shared->start_ns;
	run->in = in[1];
	run->out = out[0];
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(l.null);
	if (shared->error == 0)
		return 0;
	lab->subjects[i].broken = true;
	if (run->pid > 0)
		(void)waitpid(run->pid, NULL, 0);
	(void)close(run->in);
	(void)close(run->out);
	return fail(l.argv[0], lab->subjects[i].name, shared->error);
}

int
lab_read(const struct run *run, struct record *r, int time_ms)
{
	struct pollfd p = { .fd = run->out, .events = POLLIN };

	if (poll(&p, 1, time_ms) != 1)
		return -1;
	return read(run->out, r, sizeof(*r)) == (ssize_t)sizeof(*r) ? 0 : -1;
}

int
lab_start_ready(struct lab *lab, int i, const char *const *mode,
    struct run *run, struct record *first)
{
	if (lab_start(lab, i, mode, run) != 0)
		return -1;
	if (lab_read(run, first, LAB_PATIENCE_MS) == 0)
		return 0;
	lab_end(run, true);
	fprintf(stderr, "bench: %s: its child never started\n",
	    lab->subjects[i].name);
	return -1;
}

static void
nothing(int sig)
{
	(void)sig;
}

/* A blocking wait, so that the end is seen at once; a timer bounds it. */
int
lab_wait(const struct run *run, int time_ms)
{
	struct sigaction act = { .sa_handler = nothing }, old;
	struct itimerspec in = { .it_value = { .tv_sec = time_ms / 1000,
		                     .tv_nsec = time_ms % 1000 * 1000000L } };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR2 };
	timer_t timer;
	int status = -1;

	(void)sigaction(SIGUSR2, &act, &old);
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) != 0)
		return -1;
	(void)timer_settime(timer, 0, &in, NULL);
	if (waitpid(run->pid, &status, 0) != run->pid) {
		(void)kill(run->pid, SIGKILL);
		(void)waitpid(run->pid, NULL, 0);
		status = -1;
	}
	(void)timer_delete(timer);
	return status;
}

void
lab_end(struct run *run, bool living)
{
	if (living) {
		(void)kill(run->pid, SIGKILL);
		(void)waitpid(run->pid, NULL, 0);
	}
	(void)close(run->in);
	(void)close(run->out);
}

void
lab_shuffle(int *order, int count)
{
	static uint64_t x = 88172645463325252U;
	int i;

	for (i = 0; i < count; i++) {
		int j;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		j = (int)(x % (uint64_t)(i + 1));
		order[i] = order[j];
		order[j] = i;
	}
}

void
lab_put(const struct lab *lab, int i, const char *key, double value)
{
	printf("%s\t%s\t%s\t%.6g\n", lab->bench, lab->subjects[i].name, key,
	    value);
	(void)fflush(stdout);
}

void
lab_raw(const struct lab *lab, int i, const char *key, double value)
{
	if (lab->raw != NULL)
		fprintf(lab->raw, "%s\t%s\t%s\t%.9g\n", lab->bench,
		    lab->subjects[i].name, key, value);
}
