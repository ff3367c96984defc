/* SPDX-License-Identifier: MIT */
#include "single.h"

#include "caps.h"
#include "descend.h"
#include "exec.h"
#include "kernel.h"
#include "say.h"
#include "shed.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#define KILL_ALONE          CAPS_BIT(5) /* CAP_KILL */
#define SIGNAL_STOP_SYSTEMD (34 + 3)    /* SIGRTMIN+3, as systemd counts */

#define START_MS       10000 /* from fork to exec; network file systems */
#define START_ROUND_MS 50

#define STOP_RACE_MS  1000  /* from a stop signal to news of a stop */
#define LOOK_FIRST_MS 100   /* from a stop signal to a look at who ignores it */
#define LOOK_LAST_MS  800   /* the longest pause between such looks */
#define SCAN_EVERY    512   /* SIGCHLDs */
#define SCAN_SLOW_NS  10000 /* some 300 children */
#define SCAN_PAUSE_US 10000

struct state {
	const struct single *single;
	uint64_t inherited_ignored;
	int self; /* our pid */
	int main; /* the command's pid, and its group's */
	long cwd, tty;
	bool foreground; /* we had the terminal, so the command gets it */
	bool main_stopped, main_done;
	int64_t stop_sent_ms; /* while it seemed to run; 0: never */
	bool stopping;        /* a stop with a deadline has begun */
	bool draining;        /* its signal is still to be sent */
	bool killing;         /* the time to ask is over */
	int stop_signal;
	int status;          /* wait status of the command */
	int64_t deadline_ms; /* of what the flags above say; 0: none */
	int64_t look_ms;     /* when to look at the command again; 0: never */
	int64_t look_pause_ms;
	unsigned unscanned; /* SIGCHLDs since the last look at the cost */
	bool scan_is_slow;  /* to look at all children, for there are many */
	bool scan_owed;     /* not all were looked at; the timer runs */
	volatile struct single_report *report;
};

/* ---- before the command ------------------------------------------------ */

static uint64_t
inherited_ignored(void)
{
	uint64_t ignored = 0;

	/* Not closed here: close_range() does it, off the critical path. */
	if (descend_ignored(0, &ignored) < 0)
		for (int sig = 1; sig <= SIGNAL_MAX; sig++)
			if (kernel_ignored(sig))
				ignored |= kernel_bit(sig);
	return ignored;
}

/*
 * Opens the current directory.  That the descriptor is above 2 also proves
 * that 0, 1 and 2 are open; else they are put on /dev/null first.
 */
static long
open_cwd(void)
{
	long fd = kernel_open(".", O_PATH | O_DIRECTORY);

	while (fd >= 0 && fd <= 2) {
		/* The lowest free number is the one that we close. */
		kernel_close(fd);
		if (sys4(SYS_openat, AT_FDCWD, sys_ptr("/dev/null"), O_RDWR,
		        0) < 0)
			/* Anything that is no hole will do. */
			sys4(SYS_openat, AT_FDCWD, sys_ptr("/"), O_PATH, 0);
		fd = kernel_open(".", O_PATH | O_DIRECTORY);
	}
	return fd;
}

static void
open_tty(struct state *state)
{
	long group;

	state->tty = kernel_open("/dev/tty", O_RDWR | O_NOCTTY);
	if (state->tty == -ENOENT && kernel_foreground(0) >= 0)
		state->tty = sys3(SYS_fcntl, 0, F_DUPFD_CLOEXEC, 3);
	if (state->tty < 0)
		return;
	group = kernel_foreground(state->tty);
	state->foreground = group >= 0 && group == sys1(SYS_getpgid, 0);
}

/*
 * Gives up the terminal, so that the command's own session can have it.  If we
 * lead the session the kernel sends us SIGHUP and SIGCONT for it: not news.
 */
static void
give_up_tty(const struct state *state)
{
	uint64_t both = kernel_bit(SIGHUP) | kernel_bit(SIGCONT);
	struct timespec now = { 0, 0 };

	if (sys3(SYS_ioctl, 0, TIOCNOTTY, 0) < 0 ||
	    sys1(SYS_getsid, 0) != state->self)
		return;
	for (int i = 0; i < 2; i++)
		sys4(SYS_rt_sigtimedwait, sys_ptr(&both), 0, sys_ptr(&now),
		    sizeof(both));
}

/* ---- the child ---------------------------------------------------------- */

/* Writes prefix and number, NUL-terminated. */
static void
number_after(char *out, const char *prefix, size_t prefix_length, int number)
{
	char digits[12];
	int count = 0;

	memcpy(out, prefix, prefix_length);
	out += prefix_length;
	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*out++ = digits[--count];
	*out = '\0';
}

/*
 * LISTEN_PID and its kin that name us are meant for the command.  The strings
 * live in the child's frame: they are needed until execve() only.
 */
struct renamed {
	char text[3][32];
};

static void
rename_pid(char **envp, int from, struct renamed *renamed)
{
	static const char names[3][16] = {
		"LISTEN_PID=", "WATCHDOG_PID=", "MAINPID="
	};
	char ours[32];

	for (; *envp != NULL; envp++)
		for (int i = 0; i < 3; i++) {
			size_t length = strlen(names[i]);

			if (strncmp(*envp, names[i], length) != 0)
				continue;
			number_after(ours, *envp, length, from);
			if (strcmp(*envp, ours) != 0)
				continue;
			number_after(
			    renamed->text[i], *envp, length, kernel_getpid());
			*envp = renamed->text[i];
		}
}

static void
join_group(const struct state *state)
{
	switch (state->single->group) {
	case SINGLE_OWN_GROUP:
		sys2(SYS_setpgid, 0, 0);
		if (state->foreground)
			kernel_set_foreground(state->tty, kernel_getpid());
		break;
	case SINGLE_OWN_SESSION:
		sys0(SYS_setsid);
		sys3(SYS_ioctl, 0, TIOCSCTTY, 0);
		break;
	case SINGLE_SAME_GROUP:
		break;
	}
}

static uint64_t
reset_signals(const struct state *state)
{
	uint64_t ignored = state->inherited_ignored;

	if (state->single->signals == SINGLE_KEEP)
		return state->single->inherited_mask;
	for (int sig = 1; ignored != 0 && sig <= SIGNAL_MAX; sig++)
		if (ignored & kernel_bit(sig)) {
			kernel_default(sig);
			ignored &= ~kernel_bit(sig);
		}
	return 0;
}

/* In a child that may share our memory: raw calls and stores, no return. */
_Noreturn static void
become_command(struct state *state)
{
	const struct single *single = state->single;
	struct renamed renamed;
	uint64_t mask;
	int parent = state->self;

	join_group(state);
	mask = reset_signals(state);
	rename_pid(single->envp, parent, &renamed);
	if (state->cwd >= 0)
		sys1(SYS_fchdir, state->cwd);
	if (single->confine != NULL) {
		int error = single->confine(single->plan, single->why);

		if (error != 0) {
			state->report->error = error;
			state->report->confined = true;
			kernel_exit(125);
		}
	}
	if (single->parent_death != 0) {
		/* After the change of identity, which would clear it. */
		sys2(SYS_prctl, PR_SET_PDEATHSIG, single->parent_death);
		if (sys0(SYS_getppid) != parent && parent != 1)
			kernel_kill(kernel_getpid(), single->parent_death);
	}
	kernel_mask(mask, NULL);
	state->report->error = exec_search(single->argv, single->envp);
	kernel_exit(127);
}

/*
 * Waits until the child has executed the command, or ended: until then signals
 * wait in our queue.  Whoever is already the user that it becomes could stop
 * it on its way: it is continued, and killed when its time is over.
 */
static void
await_execution(struct state *state, int pid, int pipe)
{
	const struct timespec round = { 0, START_ROUND_MS * 1000000L };
	struct pollfd end = { .fd = pipe, .events = POLLIN };

	for (int ms = 0; ms < START_MS; ms += START_ROUND_MS) {
		struct timespec left = round; /* the kernel writes to it */

		if (sys5(SYS_PPOLL, sys_ptr(&end), 1, sys_ptr(&left), 0, 0) !=
		    0)
			return;
		shed_kill(pid, SIGCONT);
	}
	shed_kill(pid, SIGKILL);
	state->report->error = -ETIMEDOUT;
}

/* With memory of its own, for its identity changes. */
static long
start_apart(struct state *state)
{
	int ends[2];
	long pid = sys2(SYS_pipe2, sys_ptr(ends), O_CLOEXEC);

	if (pid < 0)
		return pid;
	pid = sys5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become_command(state);
	kernel_close(ends[1]);
	if (pid > 0)
		await_execution(state, (int)pid, ends[0]);
	kernel_close(ends[0]);
	return pid;
}

/*
 * Makes the child and waits until it has executed the command, or not: while
 * it shares our memory we are suspended, and no signal can be lost.
 */
static void
start(struct state *state)
{
	long pid;

	if (state->single->confine != NULL)
		pid = start_apart(state);
	else
		pid = sys5(
		    SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become_command(state);
	state->main = (int)pid;
	if (pid < 0)
		state->report->error = (int)pid;
}

/* ---- after the start ---------------------------------------------------- */

static void
close_from(long first, long last)
{
	if (first > last || sys3(SYS_close_range, first, last, 0) == 0)
		return;
	/* Before Linux 5.9, or behind an old filter. */
	for (long fd = first; fd <= last && fd < 65536; fd++)
		kernel_close(fd);
}

/* All that we need from now on is to signal: keep no more than that. */
static void
shed(const struct state *state)
{
	struct caps_state only_kill = { .effective = KILL_ALONE,
		.permitted = KILL_ALONE };
	struct caps_state held;

	close_from(0, state->single->close_stderr ? 2 : 1);
	close_from(3, state->tty >= 0 ? state->tty - 1 : INT32_MAX);
	if (state->tty >= 0)
		close_from(state->tty + 1, INT32_MAX);
	if (state->single->end != SINGLE_STOP_ALL)
		return;
	if (state->single->confine != NULL) {
		if (caps_get(&held) == 0)
			shed_privileges(
			    shed_keep(held.permitted, 0, true), true);
		return;
	}
	/* Nothing was declared: two calls, and no more. */
	sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (caps_set(&only_kill) < 0)
		caps_set(&(struct caps_state){ 0 });
}

/* A system call, for there is no vDSO to look up before the C library. */
static int64_t
now_ns(void)
{
	struct timespec now;

	sys2(SYS_clock_gettime, CLOCK_MONOTONIC, sys_ptr(&now));
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t
now_ms(void)
{
	return now_ns() / 1000000;
}

static int64_t
grace_ms(const struct single *single)
{
	return single->grace_ms > 0 ? single->grace_ms : SINGLE_GRACE_MS;
}

/* ---- signals ------------------------------------------------------------ */

/* Whether the command ignores all of these: asked of the kernel, no guess. */
static bool
main_ignores(const struct state *state, uint64_t signals)
{
	uint64_t ignored = 0;
	long fd = descend_ignored(state->main, &ignored);

	if (fd >= 0)
		kernel_close(fd);
	return (ignored & signals) == signals;
}

static void
tell(const struct state *state, int sig, const siginfo_t *info)
{
	bool group = state->single->signal_group;
	int target = group ? -state->main : state->main;
	long error = -EPERM;

	if (info != NULL && info->si_code == SI_QUEUE && !group) {
		siginfo_t copy = *info;

		copy.si_signo = sig;
		error = sys3(SYS_rt_sigqueueinfo, target, sig, sys_ptr(&copy));
	}
	if (error < 0)
		error = shed_kill(target, sig);
	if (error == -EPERM)
		say_signal_refused(sig, state->main);
	else if (state->single->verbose)
		say_signal(sig, state->main);
}

static void
continue_main(struct state *state)
{
	shed_kill(state->single->group == SINGLE_SAME_GROUP ? state->main
	                                                    : -state->main,
	    SIGCONT);
	state->main_stopped = false;
}

/* The one thing that ends an interactive shell: its terminal goes away. */
static void
hang_up(struct state *state)
{
	tell(state, SIGHUP, NULL);
	continue_main(state);
}

/*
 * A shell about to read a line catches SIGTERM for some microseconds, and goes
 * on ignoring it: that is seen later, a few times.  By then others may ignore
 * it while they end; a shell with job control also ignores what it is for.
 * Nor need a SIGHUP at that moment end it: it is noted, then the line is read.
 */
static void
look_again(struct state *state)
{
	state->look_ms = 0;
	if (main_ignores(state, kernel_bit(SIGTERM) | kernel_bit(SIGTSTP) |
	                            kernel_bit(SIGTTOU)))
		hang_up(state);
	if (state->look_pause_ms < LOOK_LAST_MS) {
		state->look_pause_ms *= 2;
		state->look_ms = now_ms() + state->look_pause_ms;
	}
}

static void
send_stop(struct state *state, int sig, const siginfo_t *info)
{
	tell(state, sig, info);
	if (state->main_stopped)
		continue_main(state);
	else
		/* It may be about to stop: then it is to be woken, once. */
		state->stop_sent_ms = now_ms();
	if (state->single->end != SINGLE_STOP_ALL || !state->foreground)
		return;
	if (main_ignores(state, kernel_bit(sig)))
		hang_up(state);
	if (sig == SIGTERM) {
		state->look_pause_ms = LOOK_FIRST_MS;
		state->look_ms = now_ms() + LOOK_FIRST_MS;
	}
}

static void
kill_all(struct state *state)
{
	state->killing = true;
	say_killing();
	descend_signal(state->self, SIGKILL);
	/* What even that can't end is the kernel's: do not wait for ever. */
	state->deadline_ms = now_ms() + 2000;
}

static void
begin_stop(struct state *state, int sig, const siginfo_t *info)
{
	const struct single *single = state->single;

	if (state->stopping) {
		if (sig == SIGTERM || sig == SIGINT)
			kill_all(state);
		return;
	}
	state->stopping = true;
	state->stop_signal =
	    single->stop_signal != 0 ? single->stop_signal : sig;
	state->deadline_ms = now_ms() + grace_ms(single);
	if (single->drain_ms > 0 && single->drain_ms < grace_ms(single)) {
		state->draining = true;
		state->deadline_ms = now_ms() + single->drain_ms;
		return;
	}
	send_stop(
	    state, state->stop_signal, sig == state->stop_signal ? info : NULL);
}

/* Signals that the terminal's driver sends reach the command by itself. */
static bool
from_terminal(const struct state *state, int sig, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		return false;
	if (sig == SIGTTIN || sig == SIGTTOU)
		return true;
	return state->single->group == SINGLE_SAME_GROUP &&
	       (sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP ||
	           sig == SIGWINCH);
}

/* The shell that stopped us has put us in the foreground again, perhaps. */
static void
resume(struct state *state)
{
	if (state->self != 1 && state->tty >= 0 &&
	    kernel_foreground(state->tty) == sys1(SYS_getpgid, 0))
		kernel_set_foreground(state->tty, state->main);
	if (state->main_stopped)
		continue_main(state);
}

/* All that is left is asked to stop, and has until the deadline. */
static void
stop_others(struct state *state)
{
	descend_signal(state->self, SIGTERM);
	descend_signal(state->self, SIGCONT);
	/* A stop that was asked for has its deadline already. */
	if (!state->stopping || state->draining)
		state->deadline_ms = now_ms() + grace_ms(state->single);
	state->stopping = true;
	state->draining = false;
}

static bool
is_stop_signal(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGQUIT ||
	       sig == SIGNAL_STOP_SYSTEMD;
}

/* The signal that sig stands for; SIGNAL_DROPPED: none. */
static int
rewritten(const struct single *single, int sig)
{
	if (single->rewrite == NULL || single->rewrite[sig] == 0)
		return sig;
	return single->rewrite[sig];
}

/*
 * The command has ended and others live: a request for the end hastens it; any
 * other signal is theirs, while they are waited for.
 */
static void
serve_others(struct state *state, int sig)
{
	if (state->killing)
		return;
	if (sig != SIGTERM && sig != SIGINT) {
		sig = rewritten(state->single, sig);
		if (!state->stopping && sig != SIGNAL_DROPPED)
			descend_signal(state->self, sig);
	} else if (state->stopping) {
		kill_all(state);
	} else {
		stop_others(state);
	}
}

static void
serve_signal(struct state *state, int sig, const siginfo_t *info)
{
	const struct single *single = state->single;

	/* Our own write to a log that nobody reads, or that is full. */
	if ((sig == SIGPIPE || sig == SIGXFSZ) && info->si_pid == state->self)
		return;
	if (from_terminal(state, sig, info))
		return;
	if (state->main_done) {
		serve_others(state, sig);
		return;
	}
	if (single->argv == NULL) {
		if (sig == SIGTERM || sig == SIGINT)
			kernel_exit(0);
		return;
	}
	sig = rewritten(single, sig);
	if (sig == SIGNAL_DROPPED)
		return;
	if (sig == SIGCONT)
		resume(state);
	if (single->stop_declared && is_stop_signal(sig))
		begin_stop(state, sig, info);
	else if (is_stop_signal(sig))
		send_stop(state, sig, info);
	else
		tell(state, sig, info);
	if (single->stop_with && state->self != 1 &&
	    (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
	        sig == SIGTTOU))
		kernel_kill(state->self, SIGSTOP);
}

/* ---- children ----------------------------------------------------------- */

/* Stops with our command, as its shell expects, until we are continued. */
static void
stop_self(struct state *state)
{
	kernel_kill(state->self, SIGTSTP);
	kernel_mask(KERNEL_ALL_SIGNALS & ~kernel_bit(SIGTSTP), NULL);
	kernel_mask(KERNEL_ALL_SIGNALS, NULL);
	resume(state);
}

static void
child_stopped(struct state *state, int pid, int sig)
{
	/* It asked to be traced, by us of all people: let it go on. */
	if (sys4(SYS_ptrace, PTRACE_DETACH, pid, 0, sig == SIGTRAP ? 0 : sig) ==
	    0)
		return;
	if (pid != state->main)
		return;
	state->main_stopped = true;
	if (state->stop_sent_ms != 0 &&
	    now_ms() - state->stop_sent_ms < STOP_RACE_MS) {
		state->stop_sent_ms = 0;
		continue_main(state);
		return;
	}
	if (state->single->end != SINGLE_STOP_ALL ||
	    (sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU))
		return;
	if (state->self != 1) {
		stop_self(state);
		return;
	}
	/* Nobody but us could ever continue it; but what has no terminal to
	 * read from would only stop again. */
	if (sig != SIGTSTP && state->tty >= 0 &&
	    kernel_set_foreground(state->tty, state->main) < 0)
		return;
	continue_main(state);
}

static void
child_changed(struct state *state, int pid, int status)
{
	if (WIFSTOPPED(status)) {
		child_stopped(state, pid, WSTOPSIG(status));
	} else if (WIFCONTINUED(status)) {
		if (pid == state->main)
			state->main_stopped = false;
	} else if (pid == state->main) {
		state->main_done = true;
		state->status = status;
		if (state->single->verbose)
			say_ended(status);
	}
}

/* One child of which (-1: any) that stopped or went on: as reap_one(). */
static int
heed_stop(struct state *state, int which)
{
	siginfo_t info;
	long error;

	info.si_pid = 0;
	error = sys5(SYS_waitid, which > 0 ? P_PID : P_ALL, which,
	    sys_ptr(&info), WSTOPPED | WCONTINUED | WNOHANG | __WALL, 0);
	if (error < 0)
		return (int)error;
	if (info.si_pid > 0)
		child_changed(state, info.si_pid,
		    info.si_code == CLD_CONTINUED ? 0xffff
		                                  : info.si_status << 8 | 0x7f);
	return info.si_pid;
}

/* One child of which (-1: any) that has changed: its pid, 0 or -errno. */
static int
reap_one(struct state *state, int which)
{
	int status = 0;
	long pid;

	if (state->single->warn_reaped) {
		int named = say_reaped(which, state->main);

		/* One that dies only now is not to be reaped unnamed. */
		if (named == 0)
			return heed_stop(state, which);
		which = named;
	}
	do
		pid = sys4(SYS_wait4, which, sys_ptr(&status),
		    WNOHANG | WUNTRACED | WCONTINUED | __WALL, 0);
	while (pid == -EINTR);
	if (pid > 0)
		child_changed(state, (int)pid, status);
	return (int)pid;
}

/* Reaps all that has ended; -ECHILD when no child is left. */
static int
reap_all(struct state *state)
{
	int pid;

	while ((pid = reap_one(state, -1)) > 0)
		;
	return pid;
}

/*
 * A timer of its own, armed once for many, and not a time limit of each sleep:
 * that would cost every one of them an arming.
 */
static void
owe_scan(struct state *state)
{
	struct {
		long interval[2], value[2];
	} once = { { 0, 0 }, { 0, SCAN_PAUSE_US } };

	if (!state->scan_owed)
		sys3(SYS_setitimer, 0, sys_ptr(&once), 0);
	state->scan_owed = true;
}

/*
 * Reaps after a SIGCHLD about child pid.
 *
 * SIGCHLD does not queue, so one may stand for several, and all children must
 * be looked at.  The kernel walks all the living for that: with a thousand of
 * them it costs ten times the reaping.  So where that was measured to be slow
 * the one that we were told of is reaped by its number, the command is looked
 * at, and the others at the next pause, or after SCAN_EVERY of them.
 */
static int
reap(struct state *state, int pid)
{
	int left;

	if (state->scan_is_slow && !state->main_done && pid > 0 &&
	    state->unscanned++ < SCAN_EVERY) {
		reap_one(state, pid);
		if (pid != state->main)
			reap_one(state, state->main);
		if (!state->main_done) {
			owe_scan(state);
			return 0;
		}
	}
	left = reap_all(state);
	if (left == 0 && state->unscanned++ >= SCAN_EVERY) {
		int64_t start_ns = now_ns();

		left = reap_all(state);
		state->scan_is_slow = now_ns() - start_ns > SCAN_SLOW_NS;
		state->unscanned = 0;
	}
	return left;
}

/* ---- the end ------------------------------------------------------------- */

static int
exit_code(const struct state *state)
{
	int code = WIFEXITED(state->status) ? WEXITSTATUS(state->status)
	                                    : 128 + WTERMSIG(state->status);
	const uint8_t *zero = state->single->exit_zero;

	return zero != NULL && zero[code & 255] ? 0 : code;
}

_Noreturn static void
leave(const struct state *state)
{
	/* Give the terminal back to the script that lent it to us. */
	if (state->self != 1 && state->foreground &&
	    state->single->end == SINGLE_STOP_ALL)
		kernel_set_foreground(state->tty, (int)sys1(SYS_getpgid, 0));
	kernel_exit(exit_code(state));
}

/* The command has ended; children says whether others live. */
static void
main_ended(struct state *state, bool children)
{
	if (state->single->end == SINGLE_TERM_GROUP)
		shed_kill(-state->main, SIGTERM);
	if (!children || state->single->end != SINGLE_STOP_ALL)
		leave(state);
	if (!state->killing &&
	    (!state->single->wait_children || state->stopping))
		stop_others(state);
}

static void
serve_children(struct state *state, int pid)
{
	bool was_done = state->main_done;
	int left = reap(state, pid);

	if (!state->main_done)
		return;
	if (left == -ECHILD)
		leave(state);
	if (!was_done)
		main_ended(state, true);
	else if (state->killing)
		/* Those whose parents have just died are ours now. */
		descend_signal(state->self, SIGKILL);
}

/* The pause is over: now all of them are looked at. */
static void
serve_owed(struct state *state)
{
	state->scan_owed = false;
	serve_children(state, 0);
}

static void
serve_deadline(struct state *state)
{
	state->deadline_ms = 0;
	if (state->draining) {
		state->draining = false;
		state->deadline_ms = now_ms() + grace_ms(state->single) -
		                     state->single->drain_ms;
		send_stop(state, state->stop_signal, NULL);
	} else if (!state->killing) {
		kill_all(state);
	} else if (state->main_done) {
		leave(state);
	}
}

/* ---- the loop ------------------------------------------------------------ */

/* When to wake up although nothing happens; 0: never. */
static int64_t
nearest_ms(const struct state *state)
{
	if (state->look_ms != 0 &&
	    (state->deadline_ms == 0 || state->look_ms < state->deadline_ms))
		return state->look_ms;
	return state->deadline_ms;
}

/* Sleeps until a signal or the deadline: the only place that does. */
static int
await(const struct state *state, siginfo_t *info)
{
	uint64_t all = KERNEL_ALL_SIGNALS;
	struct timespec left, *timeout = NULL;
	int64_t nearest = nearest_ms(state);

	if (nearest != 0) {
		int64_t ms = nearest - now_ms();

		if (ms < 0)
			ms = 0;
		left.tv_sec = (time_t)(ms / 1000);
		left.tv_nsec = (long)(ms % 1000) * 1000000;
		timeout = &left;
	}
	return (int)sys4(SYS_rt_sigtimedwait, sys_ptr(&all), sys_ptr(info),
	    sys_ptr(timeout), sizeof(all));
}

_Noreturn static void
watch(struct state *state)
{
	siginfo_t info;

	for (;;) {
		int sig = await(state, &info);

		if (sig == SIGCHLD)
			serve_children(state, info.si_pid);
		else if (sig == SIGALRM && info.si_code == SI_KERNEL)
			serve_owed(state);
		else if (sig > 0)
			serve_signal(state, sig, &info);
		if (state->main_done)
			state->look_ms = 0;
		/* Not only when nothing else happens: a storm may last. */
		if (state->look_ms != 0 && now_ms() >= state->look_ms)
			look_again(state);
		if (state->deadline_ms != 0 && now_ms() >= state->deadline_ms)
			serve_deadline(state);
	}
}

/* Puts back what the next attempt, with a C library, wants to find. */
static void
undo(const struct state *state)
{
	int status;

	if (state->main > 0)
		while (sys4(SYS_wait4, state->main, sys_ptr(&status), __WALL,
		           0) == -EINTR)
			;
	if (state->foreground)
		kernel_set_foreground(state->tty, (int)sys1(SYS_getpgid, 0));
	if (state->cwd >= 0) {
		sys1(SYS_fchdir, state->cwd);
		kernel_close(state->cwd);
	}
	if (state->tty >= 0)
		kernel_close(state->tty);
}

void
single_run(const struct single *single, volatile struct single_report *report)
{
	struct state state = { .single = single, .report = report, .tty = -1 };

	/* First of all: whoever has our uid could trace and freeze us. */
	sys2(SYS_prctl, PR_SET_DUMPABLE, 0);
	state.self = kernel_getpid();
	state.cwd = open_cwd();
	if (single->group == SINGLE_OWN_GROUP && single->argv != NULL)
		open_tty(&state);
	else if (single->group == SINGLE_OWN_SESSION)
		give_up_tty(&state);
	if (state.self != 1 && !single->no_subreaper)
		sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	if (single->parent_death != 0)
		sys2(SYS_prctl, PR_SET_PDEATHSIG, single->parent_death);
	state.inherited_ignored = inherited_ignored();
	if (state.inherited_ignored & kernel_bit(SIGCHLD))
		kernel_default(SIGCHLD);
	/* Before the command can look: we pin no mount. */
	if (state.cwd >= 0)
		sys1(SYS_chdir, sys_ptr("/"));

	if (single->argv != NULL)
		start(&state);
	if (report->error == 0) {
		shed(&state);
		watch(&state);
	}
	undo(&state);
}
