/* SPDX-License-Identifier: MIT */
/*
 * inject.c - runs a program as PID 1 of a new PID namespace and makes its
 * system calls fail, as `strace --inject` does, but at the speed that thousands
 * of runs need: only PID 1 is traced (or, with -c, only its children, until
 * they execute something), and it is told apart how the run ended.
 *
 *	inject [-c] [-n] [-t SECONDS] [-s SEED] [-o FILE] [SPEC]... -- PROGRAM...
 *
 * SPEC is CALL:ERRNO:WHEN.  WHEN is a number (the n-th time), a number and "+"
 * (from then on), or "p" and a number (that often in 10,000).  The call
 * isn't made, save close().  -n: not as PID 1, and in no namespace.  -t: how long it may run.
 *
 * FILE gets a line "CALL COUNT" for each call that was made, a line "injected
 * N", and one of: "exit CODE", "signal NUMBER", "hang" (it slept past the time),
 * "spin" (it ran past it), "skip WHY".
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

/* What glibc's header and the kernel's both want to define. */
struct call_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[6];
		} entry;
		struct {
			int64_t value;
			uint8_t is_error;
		} exit;
	};
};

enum {
	OP_ENTRY = 1,
	OP_EXIT = 2,
	SPECS = 512,
	TRACED = 64,
	CALLS = 512,
	STACK = 64 * 1024,
	SPIN_CALLS = 400000, /* far more than any of the runs makes */
};

static const struct {
	char name[28];
	unsigned number;
} calls[] = {
#define CALL(name, x86_64, generic, arm, groups) { #name, x86_64 },
#define NO                                       0xffff
#include "supervisor/calls.def"
#undef NO
#undef CALL
};

struct spec {
	unsigned nr;
	int error;
	unsigned long from, chance;
	bool on; /* from then on */
};

struct traced {
	pid_t pid;
	bool seen;  /* its first stop */
	int inject; /* at the exit of this call; 0: nothing */
};

static struct spec specs[SPECS];
static size_t spec_count;
static struct traced traced[TRACED];
static unsigned long counts[CALLS], injected, total;
static bool children, plain, over;
static uint64_t random_state = 1;
static int gate[2];
static FILE *report;
static volatile sig_atomic_t late;

static const struct {
	char name[16];
	int number;
} errors[] = {
#define E(name)                                                                \
	{                                                                      \
#name, name                                                    \
	}
	E(EINTR),
	E(EAGAIN),
	E(ENOMEM),
	E(EMFILE),
	E(ENFILE),
	E(ENOSPC),
	E(EPERM),
	E(EACCES),
	E(EIO),
	E(ENOSYS),
	E(EINVAL),
	E(EROFS),
	E(ENOENT),
	E(EPIPE),
	E(ECONNRESET),
	E(ECONNABORTED),
	E(ENOBUFS),
	E(EBADF),
	E(EFBIG),
	E(ESRCH),
	E(ECHILD),
	E(EADDRINUSE),
	E(ELOOP),
	E(ENOTDIR),
	E(ENOTTY),
	E(EBUSY),
	E(EDQUOT),
	E(ENOTSUP),
	E(EAFNOSUPPORT),
	E(ENETDOWN),
	E(EADDRNOTAVAIL),
	E(EEXIST),
	E(ENXIO),
	E(ENODEV),
	E(ENOTEMPTY),
	E(ERANGE),
	E(EPROTONOSUPPORT),
	E(ENOTCONN),
	E(ETIMEDOUT),
	E(EHOSTUNREACH),
	E(ECONNREFUSED),
	E(ENETUNREACH),
	E(E2BIG),
	E(ENOEXEC),
	E(ETXTBSY),
	E(EUSERS),
	E(EOVERFLOW),
#undef E
};

_Noreturn static void
fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(2);
}

static const char *
calls_name(unsigned number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return "unknown";
}

static unsigned
calls_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	return CALLS;
}

static int
error_number(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	errno = EINVAL;
	fail(name);
}

static void
add_spec(char *text)
{
	char *error = strchr(text, ':'), *when;
	struct spec *spec = &specs[spec_count++];
	unsigned number;

	errno = EINVAL;
	if (error == NULL || (when = strchr(error + 1, ':')) == NULL ||
	    spec_count > SPECS)
		fail(text);
	*error++ = *when++ = '\0';
	number = calls_number(text);
	if (number >= CALLS)
		fail(text);
	spec->nr = number;
	spec->error = error_number(error);
	if (*when == 'p')
		spec->chance = strtoul(when + 1, NULL, 10);
	else
		spec->from = strtoul(when, &when, 10);
	spec->on = *when == '+';
}

/* xorshift64*: the same runs from the same seed. */
static unsigned
random_below(unsigned limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) %
	       limit;
}

/* The errno that this call is to fail with; 0: it is made. */
static int
chosen(unsigned nr)
{
	/* Among several for one call, each is to have its turn. */
	size_t first = spec_count > 0 ? random_below((unsigned)spec_count) : 0;

	for (size_t i = 0; i < spec_count; i++) {
		const struct spec *spec = &specs[(first + i) % spec_count];

		if (spec->nr != nr)
			continue;
		if (spec->chance > 0
		        ? random_below(10000) < spec->chance
		        : counts[nr] == spec->from ||
		              (spec->on && counts[nr] > spec->from))
			return spec->error;
	}
	return 0;
}

static struct traced *
find(pid_t pid)
{
	struct traced *free_slot = NULL;

	for (size_t i = 0; i < TRACED; i++) {
		if (traced[i].pid == pid)
			return &traced[i];
		if (traced[i].pid == 0)
			free_slot = &traced[i];
	}
	if (free_slot == NULL)
		fail("too many children");
	*free_slot = (struct traced){ .pid = pid };
	return free_slot;
}

static void
on_call(struct traced *one)
{
	struct call_info info = { 0 };
	struct user_regs_struct regs;

	if (ptrace(0x420e /* PTRACE_GET_SYSCALL_INFO */, one->pid, sizeof(info),
	        &info) <= 0)
		return;
	if (info.op == OP_ENTRY && info.entry.nr < CALLS) {
		unsigned nr = (unsigned)info.entry.nr;

		counts[nr]++;
		total++;
		one->inject = chosen(nr);
		if (one->inject == 0)
			return;
		injected++;
		/* A descriptor is gone whatever close() says. */
		if (nr == SYS_close)
			return;
		/* A harmless one in its place: filters see what runs. */
		ptrace(PTRACE_GETREGS, one->pid, 0, &regs);
		regs.orig_rax = SYS_getpid;
		ptrace(PTRACE_SETREGS, one->pid, 0, &regs);
	} else if (info.op == OP_EXIT && one->inject != 0) {
		ptrace(PTRACE_GETREGS, one->pid, 0, &regs);
		regs.rax = (unsigned long long)-one->inject;
		ptrace(PTRACE_SETREGS, one->pid, 0, &regs);
		one->inject = 0;
	}
}

static void
go_on(const struct traced *one, pid_t root, int sig)
{
	bool wanted = children ? one->pid != root : !over;

	ptrace(wanted ? PTRACE_SYSCALL : PTRACE_CONT, one->pid, 0, sig);
}

/* Returns false when it is the end of the run. */
static bool
on_stop(pid_t pid, pid_t root, int status)
{
	static int execs;
	struct traced *one;
	int event = status >> 16, sig = WSTOPSIG(status);

	if (!WIFSTOPPED(status)) {
		find(pid)->pid = 0;
		return pid != root;
	}
	one = find(pid);
	if (event == PTRACE_EVENT_EXEC) {
		if (pid != root) {
			ptrace(PTRACE_DETACH, pid, 0, 0);
			one->pid = 0;
			return true;
		}
		/* A second one: it has become its command. */
		over = execs++ > 0;
		one->inject = 0;
		go_on(one, root, 0);
	} else if (event == PTRACE_EVENT_STOP) {
		if (sig == SIGTRAP || !one->seen)
			go_on(one, root, 0);
		else
			ptrace(PTRACE_LISTEN, pid, 0, 0);
	} else if (event != 0) {
		go_on(one, root, 0);
	} else if (sig == (SIGTRAP | 0x80)) {
		on_call(one);
		go_on(one, root, 0);
	} else {
		go_on(one, root, sig);
	}
	one->seen = true;
	return true;
}

static unsigned long
cpu_ticks(pid_t pid)
{
	char path[32], text[512], *at;
	unsigned long user = 0, kernel = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(text, sizeof(text), file) != NULL &&
	    (at = strrchr(text, ')')) != NULL)
		sscanf(at,
		    ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		    &user, &kernel);
	fclose(file);
	return user + kernel;
}

static void
on_alarm(int sig)
{
	(void)sig;
	late = 1;
}

/* Its own loopback: ports are nobody else's. */
static int
loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = ioctl(fd, SIOCSIFFLAGS, &lo);

	close(fd);
	return result;
}

static int
become(void *argv)
{
	char **program = argv, go;

	if (read(gate[0], &go, 1) != 1)
		_exit(2);
	close(gate[0]);
	close(gate[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!plain &&
	    (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	        mount("proc", "/proc", "proc", 0, NULL) < 0 ||
	        mount("none", "/run", "tmpfs", 0, "mode=755") < 0 ||
	        mount("none", "/dev/shm", "tmpfs", 0, "mode=1777") < 0 ||
	        loopback_up() < 0))
		_exit(2);
	execv(program[0], program);
	_exit(2);
}

/* Ends it, and what it started. */
static const char *
judge_late(pid_t root)
{
	unsigned long before = cpu_ticks(root);
	const char *verdict = "hang";

	/* Traced stops cost it time too: half a second of a whole one. */
	usleep(1000000);
	if (total > SPIN_CALLS || cpu_ticks(root) - before > 50)
		verdict = "spin";
	kill(root, SIGKILL);
	return verdict;
}

static void
trace(pid_t root, unsigned seconds)
{
	const char *verdict = NULL;
	struct itimerval limit = { .it_value.tv_sec = seconds };
	int status = 0;

	setitimer(ITIMER_REAL, &limit, NULL);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if ((late || total > SPIN_CALLS) && verdict == NULL)
			verdict = judge_late(root);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0 || !on_stop(pid, root, status))
			break;
	}
	for (unsigned nr = 0; nr < CALLS; nr++)
		if (counts[nr] > 0)
			fprintf(report, "%s %lu\n", calls_name(nr), counts[nr]);
	fprintf(report, "injected %lu\n", injected);
	if (verdict != NULL)
		fprintf(report, "%s\n", verdict);
	else if (WIFEXITED(status))
		fprintf(report, "exit %d\n", WEXITSTATUS(status));
	else
		fprintf(report, "signal %d\n", WTERMSIG(status));
}

int
main(int argc, char **argv)
{
	static _Alignas(16) char stack[STACK];
	struct sigaction action = { .sa_handler = on_alarm };
	unsigned seconds = 20;
	long options =
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	pid_t root;
	int option;

	report = stdout;
	while ((option = getopt(argc, argv, "+cnt:s:o:")) != -1)
		if (option == 'c')
			children = true;
		else if (option == 'n')
			plain = true;
		else if (option == 't')
			seconds = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 's')
			random_state = strtoull(optarg, NULL, 10) * 2 + 1;
		else if (option == 'o')
			report = fopen(optarg, "we");
		else
			return 2;
	if (report == NULL)
		fail("report");
	if (strcmp(argv[optind - 1], "--") != 0) {
		for (; optind < argc && strcmp(argv[optind], "--") != 0;)
			add_spec(argv[optind++]);
		optind++;
	}
	if (optind >= argc)
		return 2;
	if (pipe(gate) < 0)
		fail("pipe");
	sigaction(SIGALRM, &action, NULL);
	root = clone(become, stack + STACK,
	    SIGCHLD | (plain ? 0 : CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET),
	    argv + optind);
	if (root < 0)
		fail("clone");
	if (children)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		           PTRACE_O_TRACECLONE;
	if (ptrace(PTRACE_SEIZE, root, 0, options) < 0) {
		kill(root, SIGKILL);
		fail("ptrace");
	}
	if (write(gate[1], "g", 1) != 1)
		fail("write");
	trace(root, seconds);
	return 0;
}

#else

int
main(void)
{
	puts("skip only x86-64 is traced");
	return 0;
}

#endif
