/* SPDX-License-Identifier: MIT */
/*
 * puppet - the command that hale runs in the black-box tests.
 *
 * Its arguments are a script of small steps that are done in order, such as
 *
 *	puppet ignore=TERM orphan { setsid say=lives pause } listen exit=3
 *
 * so that a test needs neither perl nor python on the target.  Steps that take
 * a block of steps: spawn, orphan, daemon, brood=N.  `exec` makes the rest of
 * the line a command that puppet becomes, which makes it a launcher, too.
 * What it sees it writes in lines to standard output, or after out=FILE there.
 * All signal sets are the kernel's 64 bits: libc's leave some signals out.
 * The pseudo-terminal driver is in pty.c.
 */
#include "puppet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FD_MAX = 256 };

static const char *const signames[] = {
	"0",
	"HUP",
	"INT",
	"QUIT",
	"ILL",
	"TRAP",
	"ABRT",
	"BUS",
	"FPE",
	"KILL",
	"USR1",
	"SEGV",
	"USR2",
	"PIPE",
	"ALRM",
	"TERM",
	"STKFLT",
	"CHLD",
	"CONT",
	"STOP",
	"TSTP",
	"TTIN",
	"TTOU",
	"URG",
	"XCPU",
	"XFSZ",
	"VTALRM",
	"PROF",
	"WINCH",
	"IO",
	"PWR",
	"SYS",
};

static int out_fd = 1;

void
die(const char *fmt, ...)
{
	va_list ap;

	fputs("puppet: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, " (%s)\n", strerror(errno));
	_exit(99);
}

/* One line, one write: lines of several processes do not mix. */
static void
say(const char *fmt, ...)
{
	char line[4096];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof line - 1, fmt, ap);
	va_end(ap);
	if (len < 0 || len > (int)sizeof line - 2)
		len = (int)sizeof line - 2;
	line[len++] = '\n';
	if (write(out_fd, line, (size_t)len) < 0)
		errno = 0;
}

long
number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 0);

	if (*text == '\0' || (*end != '\0' && *end != ':'))
		die("not a number: %s", text);
	return value;
}

int
signal_number(const char *name)
{
	int i;

	if (*name >= '0' && *name <= '9')
		return (int)number(name);
	for (i = 1; i < 32; i++) {
		size_t len = strlen(signames[i]);

		if (strncmp(name, signames[i], len) == 0 &&
		    (name[len] == '\0' || name[len] == ':'))
			return i;
	}
	die("not a signal: %s", name);
	return 0;
}

/* The part of "a:b:c" after the Nth colon, or NULL. */
static const char *
field(const char *arg, int n)
{
	while (n-- > 0 && arg != NULL) {
		arg = strchr(arg, ':');
		arg = arg ? arg + 1 : NULL;
	}
	return arg;
}

static uint64_t
set_mask(int how, uint64_t mask)
{
	uint64_t old = 0;

	syscall(SYS_rt_sigprocmask, how, &mask, &old, 8);
	return old;
}

/* 0 is SIG_DFL, 1 is SIG_IGN; musl's own sigaction() refuses signal 34. */
static void
set_disposition(int signum, uint64_t handler)
{
	uint64_t act[4] = { handler, 0, 0, 0 };

	syscall(SYS_rt_sigaction, signum, act, NULL, 8);
}

void
sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		continue;
}

/* ---- steps: what the process is ---------------------------------------- */

static void
step_say(const char *arg)
{
	say("%s", arg);
}

static void
step_out(const char *arg)
{
	int fd = open(arg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		die("open %s", arg);
	out_fd = fd;
}

static uint64_t
ignored_set(void)
{
	uint64_t set = 0;
	struct {
		uintptr_t handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} act;
	int i;

	for (i = 1; i <= 64; i++) {
		memset(&act, 0, sizeof act);
		if (syscall(SYS_rt_sigaction, i, NULL, &act, 8) == 0 &&
		    act.handler == (uintptr_t)SIG_IGN)
			set |= (uint64_t)1 << (i - 1);
	}
	return set;
}

/* masks: what is blocked and what is ignored, in hex. */
static void
step_masks(const char *arg)
{
	(void)arg;
	say("blocked=%llx ignored=%llx",
	    (unsigned long long)set_mask(SIG_BLOCK, 0),
	    (unsigned long long)ignored_set());
}

/* ids: process, group, session, and the terminal's foreground group. */
static void
step_ids(const char *arg)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	(void)arg;
	say("pid=%d ppid=%d pgid=%d sid=%d tpgid=%d uid=%d", getpid(),
	    getppid(), getpgid(0), getsid(0), tty < 0 ? -1 : tcgetpgrp(tty),
	    (int)getuid());
	if (tty >= 0)
		close(tty);
}

/* fds: which descriptors are open. */
static void
step_fds(const char *arg)
{
	char line[1024] = "fds=";
	char name[16];
	int fd;

	(void)arg;
	for (fd = 0; fd < FD_MAX; fd++) {
		if (fcntl(fd, F_GETFD) < 0 || (fd == out_fd && fd > 2))
			continue;
		snprintf(name, sizeof name, "%d,", fd);
		strncat(line, name, sizeof line - strlen(line) - 1);
	}
	say("%s", line);
}

static void
step_env(const char *arg)
{
	const char *value = getenv(arg);

	say("%s=%s", arg, value ? value : "(unset)");
}

static void
step_cwd(const char *arg)
{
	char path[64], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/cwd",
	    *arg ? (int)number(arg) : getppid());
	len = readlink(path, link, sizeof link - 1);
	link[len < 0 ? 0 : len] = '\0';
	say("cwd=%s", link);
}

/* limits: soft limits that an init might have touched. */
static void
step_limits(const char *arg)
{
	struct rlimit core, files, stack;

	(void)arg;
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_STACK, &stack);
	say("core=%lld files=%lld stack=%lld dumpable=%d nnp=%d",
	    (long long)core.rlim_cur, (long long)files.rlim_cur,
	    (long long)stack.rlim_cur, prctl(PR_GET_DUMPABLE),
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* ---- steps: change it --------------------------------------------------- */

static void
step_ignore(const char *arg)
{
	set_disposition(signal_number(arg), 1);
}

static void
step_default(const char *arg)
{
	set_disposition(signal_number(arg), 0);
}

static void
step_block(const char *arg)
{
	set_mask(SIG_BLOCK, (uint64_t)1 << (signal_number(arg) - 1));
}

/* open=FD:PATH */
static void
step_open(const char *arg)
{
	const char *path = field(arg, 1);
	int want = (int)number(arg);
	int fd = open(path ? path : "", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open(path ? path : "", O_RDONLY | O_NOCTTY);
	if (fd < 0)
		die("open %s", arg);
	if (fd != want) {
		dup2(fd, want);
		close(fd);
	}
}

/* write=FD:PATH: for writing only, as a pipe's writer; made if need be. */
static void
step_write(const char *arg)
{
	const char *path = field(arg, 1);
	int want = (int)number(arg);
	int fd = open(path ? path : "", O_WRONLY | O_CREAT | O_NOCTTY, 0666);

	if (fd < 0)
		die("open %s", arg);
	if (fd != want) {
		dup2(fd, want);
		close(fd);
	}
}

static void
step_close(const char *arg)
{
	close((int)number(arg));
}

static void
step_chdir(const char *arg)
{
	if (chdir(arg) < 0)
		die("chdir %s", arg);
}

static void
step_setsid(const char *arg)
{
	(void)arg;
	say("setsid=%s", setsid() < 0 ? strerror(errno) : "ok");
}

static void
step_setpgid(const char *arg)
{
	(void)arg;
	if (setpgid(0, 0) < 0)
		die("setpgid");
}

/* ctty: a session of its own, with standard input its controlling terminal;
 * what an engine does for the first process of a container with a terminal. */
static void
step_ctty(const char *arg)
{
	(void)arg;
	setsid();
	if (ioctl(0, TIOCSCTTY, 0) < 0)
		die("TIOCSCTTY");
}

static void
step_uid(const char *arg)
{
	if (setgid((gid_t)number(arg)) < 0 || setuid((uid_t)number(arg)) < 0)
		die("uid %s", arg);
}

/* limit=nofile:8, limit=nproc:3: both soft and hard. */
static void
step_limit(const char *arg)
{
	const char *value = field(arg, 1);
	struct rlimit r;

	r.rlim_cur = r.rlim_max = (rlim_t)number(value ? value : "");
	if (setrlimit(*arg == 'n' && arg[1] == 'p' ? RLIMIT_NPROC
	              : *arg == 'f'                ? RLIMIT_FSIZE
	                                           : RLIMIT_NOFILE,
	        &r) < 0)
		die("limit %s", arg);
}

static void
step_chroot(const char *arg)
{
	if (chroot(arg) < 0 || chdir("/") < 0)
		die("chroot %s", arg);
}

static void
step_subreaper(const char *arg)
{
	(void)arg;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void
step_traceme(const char *arg)
{
	(void)arg;
	say("traceme=%s",
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? strerror(errno) : "ok");
}

/* attach=PID: what the kernel says to somebody who wants to trace PID. */
static void
step_attach(const char *arg)
{
	pid_t pid = (pid_t)number(arg);

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0) {
		say("attach=%s", strerror(errno));
		return;
	}
	say("attach=ok");
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

/* ---- steps: signals ----------------------------------------------------- */

/* kill=PID:SIG */
static void
step_kill(const char *arg)
{
	const char *name = field(arg, 1);

	if (kill((pid_t)number(arg), signal_number(name ? name : "TERM")) < 0)
		say("kill=%s", strerror(errno));
}

pid_t
first_child(pid_t parent)
{
	char path[64], text[32];
	int fd;
	ssize_t len;

	snprintf(
	    path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
	fd = open(path, O_RDONLY);
	len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return (pid_t)atoi(text);
}

/*
 * early=PID:SIG:COUNT:FILE: traces PID, makes FILE, for which it waits, and
 * sends the signal COUNT instructions after its exec.  No load changes that.
 */
static void
step_early(const char *arg)
{
	pid_t pid = (pid_t)number(arg);
	long count = number(field(arg, 2));
	int status, fd;

	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXEC) < 0)
		die("early: trace %s", arg);
	fd = open(field(arg, 3), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || waitpid(pid, &status, __WALL) != pid ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8))
		die("early: no exec of %s", arg);
	close(fd);
	while (count-- > 0)
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 ||
		    waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
			die("early: no step of %s", arg);
	/* Before it is let go: else it could be past any number of them. */
	kill(pid, signal_number(field(arg, 1)));
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

/* queue=PID:SIG:FIRST:COUNT: COUNT signals with the values FIRST, FIRST+1, … */
static void
step_queue(const char *arg)
{
	const char *first = field(arg, 2), *count = field(arg, 3);
	long i, n = count ? number(count) : 1;
	union sigval value;

	for (i = 0; i < n; i++) {
		value.sival_ptr = NULL;
		value.sival_int = (int)((first ? number(first) : 0) + i);
		while (sigqueue((pid_t)number(arg),
		           signal_number(field(arg, 1)), value) < 0) {
			if (errno != EAGAIN)
				die("sigqueue %s", arg);
			sleep_ms(1);
		}
	}
}

static void
step_die(const char *arg)
{
	int signum = signal_number(arg);

	set_disposition(signum, 0);
	set_mask(SIG_SETMASK, 0);
	kill(getpid(), signum);
	sleep_ms(1000);
}

static void
step_raise(const char *arg)
{
	kill(getpid(), signal_number(arg));
}

struct arrival {
	int signum, code, pid;
	long value;
};

/* The next signal of any kind; all of them are blocked. */
static struct arrival
next_signal(void)
{
	siginfo_t info;
	uint64_t all = UINT64_MAX;
	struct arrival a = { 0 };

	do {
		a.signum =
		    (int)syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8);
	} while (a.signum < 0 && errno == EINTR);
	a.code = info.si_code;
	a.pid = info.si_pid;
	a.value = info.si_code == SI_QUEUE ? info.si_value.sival_int : 0;
	return a;
}

/* listen[=END]: a line for each signal until END (default TERM) comes. */
static void
step_listen(const char *arg)
{
	int end = *arg ? signal_number(arg) : SIGTERM;
	struct arrival a;

	set_mask(SIG_SETMASK, UINT64_MAX);
	say("ready");
	do {
		a = next_signal();
		if (a.signum == SIGCHLD)
			continue;
		say("got %d code=%d pid=%d value=%ld", a.signum, a.code, a.pid,
		    a.value);
	} while (a.signum != end);
}

/* tally[=END]: counts until END comes and all before it is read; for each
 * signal how many, and whether their values came in order. */
static void
step_tally(const char *arg)
{
	int end = *arg ? signal_number(arg) : SIGTERM;
	long count[65] = { 0 }, last[65] = { 0 }, wrong = 0;
	struct arrival a;
	int i;

	set_mask(SIG_SETMASK, UINT64_MAX);
	say("ready");
	do {
		a = next_signal();
		if (a.signum < 0 || a.signum > 64)
			continue;
		if (count[a.signum] > 0 && a.value < last[a.signum])
			wrong++;
		last[a.signum] = a.value;
		count[a.signum]++;
	} while (a.signum != end);
	for (i = 1; i <= 64; i++)
		if (count[i] > 0 && i != SIGCHLD)
			say("count %d=%ld last=%ld", i, count[i], last[i]);
	say("disorder=%ld", wrong);
}

/* trap=SIG[:EXIT]: on the signal says "trapped SIG"; with EXIT ends so. */
static int trap_exit[65];

static void
on_trap(int signum)
{
	say("trapped %d", signum);
	if (trap_exit[signum] >= 0)
		_exit(trap_exit[signum]);
}

static void
step_trap(const char *arg)
{
	int signum = signal_number(arg);
	const char *code = field(arg, 1);
	struct sigaction act;

	trap_exit[signum] = code ? (int)number(code) : -1;
	memset(&act, 0, sizeof act);
	act.sa_handler = on_trap;
	act.sa_flags = SA_RESTART;
	sigaction(signum, &act, NULL);
}

/* ---- steps: time and the end -------------------------------------------- */

static void
step_sleep(const char *arg)
{
	sleep_ms(number(arg));
}

static void
step_pause(const char *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static void
step_spin(const char *arg)
{
	volatile long i = number(arg) * 1000000;

	while (i > 0)
		i--;
}

static void
step_exit(const char *arg)
{
	_exit((int)number(arg));
}

/* await=FILE: goes on once FILE exists. */
static void
step_await(const char *arg)
{
	while (access(arg, F_OK) < 0)
		sleep_ms(10);
}

/* wait: for all children; a line for each. */
static void
step_wait(const char *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	while ((pid = wait(&status)) > 0 || errno == EINTR)
		if (pid > 0)
			say("child %d", status_code(status));
}

int
status_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
	                           : WEXITSTATUS(status);
}

/* storm=N: N orphans that are dead at once. */
static void
step_storm(const char *arg)
{
	long i, n = number(arg);
	pid_t pid;

	for (i = 0; i < n; i++) {
		while ((pid = fork()) < 0)
			sleep_ms(1);
		if (pid == 0) {
			while (fork() < 0)
				sleep_ms(1);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* readline=PATH: one line from there. */
static void
step_readline(const char *arg)
{
	char line[256];
	int fd = open(arg, O_RDONLY | O_NOCTTY);
	ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);

	if (len < 0) {
		say("readline=%s", strerror(errno));
		return;
	}
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	say("readline=%s", line);
}

/* fill=FD: writes there until it would block. */
static void
step_fill(const char *arg)
{
	char chunk[4096] = { 0 };
	int fd = (int)number(arg), flags = fcntl(fd, F_GETFL);
	long n;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	for (n = 4096; n > 0; n /= 2)
		while (write(fd, chunk, (size_t)n) > 0)
			continue;
	fcntl(fd, F_SETFL, flags);
}

/* ---- the script --------------------------------------------------------- */

static const struct step {
	const char *name;
	void (*run)(const char *arg);
} steps[] = {
	{ "attach", step_attach },
	{ "await", step_await },
	{ "block", step_block },
	{ "chdir", step_chdir },
	{ "chroot", step_chroot },
	{ "close", step_close },
	{ "ctty", step_ctty },
	{ "cwd", step_cwd },
	{ "default", step_default },
	{ "die", step_die },
	{ "early", step_early },
	{ "env", step_env },
	{ "exit", step_exit },
	{ "fds", step_fds },
	{ "fill", step_fill },
	{ "ids", step_ids },
	{ "ignore", step_ignore },
	{ "kill", step_kill },
	{ "limit", step_limit },
	{ "limits", step_limits },
	{ "listen", step_listen },
	{ "masks", step_masks },
	{ "open", step_open },
	{ "out", step_out },
	{ "pause", step_pause },
	{ "queue", step_queue },
	{ "raise", step_raise },
	{ "readline", step_readline },
	{ "say", step_say },
	{ "setpgid", step_setpgid },
	{ "setsid", step_setsid },
	{ "sleep", step_sleep },
	{ "spin", step_spin },
	{ "storm", step_storm },
	{ "subreaper", step_subreaper },
	{ "tally", step_tally },
	{ "traceme", step_traceme },
	{ "trap", step_trap },
	{ "uid", step_uid },
	{ "wait", step_wait },
	{ "write", step_write },
};

static void play(char **script, char **end);

/* The brace that closes the block at OPEN. */
static char **
block_end(char **open, char **end)
{
	int depth = 0;

	for (; open < end; open++) {
		if (strcmp(*open, "{") == 0)
			depth++;
		if (strcmp(*open, "}") == 0 && --depth == 0)
			return open;
	}
	die("a block without its end");
	return NULL;
}

static void
play_child(char **script, char **end)
{
	play(script, end);
	_exit(0);
}

/* Twice forked, so that init adopts it; a daemon leaves the session, too. */
static void
play_orphan(char **script, char **end, bool own_session)
{
	pid_t parent, pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0) {
		waitpid(pid, NULL, 0);
		return;
	}
	if (own_session)
		setsid();
	parent = getpid();
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0)
		_exit(0);
	while (getppid() == parent)
		sleep_ms(1);
	play_child(script, end);
}

/* A step with a block; returns false if NAME is none. */
static bool
play_block(const char *name, long n, char **script, char **end)
{
	if (strcmp(name, "spawn") == 0) {
		pid_t pid = fork();

		if (pid == 0)
			play_child(script, end);
		if (pid < 0)
			die("fork");
	} else if (strcmp(name, "orphan") == 0) {
		play_orphan(script, end, false);
	} else if (strcmp(name, "daemon") == 0) {
		play_orphan(script, end, true);
	} else if (strcmp(name, "brood") == 0) {
		while (n-- > 0)
			play_orphan(script, end, false);
	} else {
		return false;
	}
	return true;
}

static void
play_step(const char *name, const char *arg)
{
	size_t i;

	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (strcmp(steps[i].name, name) == 0) {
			steps[i].run(arg);
			return;
		}
	}
	die("no step named %s", name);
}

static void
play(char **script, char **end)
{
	char *name, *arg, *equals;

	for (; script < end; script++) {
		name = strdup(*script);
		if (name == NULL)
			die("no memory");
		equals = strchr(name, '=');
		arg = equals ? equals + 1 : name + strlen(name);
		if (equals)
			*equals = '\0';
		if (strcmp(name, "exec") == 0) {
			execvp(script[1], script + 1);
			die("exec %s", script[1]);
		}
		if (strcmp(name, "pty") == 0) {
			char **close = block_end(script + 1, end);

			_exit(pty_drive(script + 2, close, close + 1));
		}
		if (script + 1 < end && strcmp(script[1], "{") == 0) {
			char **close = block_end(script + 1, end);

			if (!play_block(name, *arg ? number(arg) : 1,
			        script + 2, close))
				die("%s takes no block", name);
			script = close;
		} else {
			play_step(name, arg);
		}
		free(name);
	}
}

int
main(int argc, char **argv)
{
	play(argv + 1, argv + argc);
	return 0;
}
