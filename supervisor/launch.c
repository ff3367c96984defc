/* SPDX-License-Identifier: MIT */
#include "supervisor/launch.h"

#include "supervisor/exec.h"
#include "supervisor/kernel.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(SYS_futex_time64) /* 32 bits: struct timespec has 64 bits of time */
#define SYS_FUTEX SYS_futex_time64
#else
#define SYS_FUTEX SYS_futex
#endif

#define FREEZE_MS       20 /* that a stopped child keeps us waiting */
#define PATIENCE_ROUNDS 50 /* of that, until it is killed */

/* Above all numbers that a service may ask for: to move things out of the way. */
#define ASIDE 200

enum { REPORTS_AT_ONCE = 4096 / sizeof(struct launch_report) };

struct confine_range launch_core;

/* Shared pages are dear at start-up: who asks for few gets them from one. */
struct launch_report *
launch_reports(uint32_t count)
{
	static struct launch_report *spare;
	static size_t spare_count;
	size_t room = count > REPORTS_AT_ONCE ? count : REPORTS_AT_ONCE;
	struct launch_report *taken;

	if (count > spare_count) {
		void *shared = mmap(NULL, room * sizeof(*spare),
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (shared == MAP_FAILED)
			return NULL;
		spare = shared;
		spare_count = room;
	}
	taken = spare;
	spare += count;
	spare_count -= count;
	return taken;
}

/* ---- in the child: raw system calls and stores ---- */

/* Writes prefix and number, NUL-terminated. */
static void
number_after(char *out, const char *prefix, long number)
{
	char digits[12];
	int count = 0;

	while (*prefix != '\0')
		*out++ = *prefix++;
	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*out++ = digits[--count];
	*out = '\0';
}

static bool
begins(const char *text, const char *prefix)
{
	while (*prefix != '\0' && *text == *prefix)
		text++, prefix++;
	return *prefix == '\0';
}

/* Is text, up to its end, what is after prefix in pair? */
static bool
is_pair(const char *pair, const char *text)
{
	while (*text != '\0' && *pair == *text)
		pair++, text++;
	return *pair == *text;
}

/* Variables that name the process that they are meant for: it, or us. */
static void
name_pid(char **envp, char text[3][32])
{
	static const char names[3][16] = {
		"LISTEN_PID=", "WATCHDOG_PID=", "MAINPID="
	};
	char ours[32];

	for (; *envp != NULL; envp++)
		for (int i = 0; i < 3; i++) {
			if (!begins(*envp, names[i]))
				continue;
			number_after(ours, names[i], sys0(SYS_getppid));
			if (!is_pair(*envp, names[i]) && !is_pair(*envp, ours))
				continue;
			number_after(text[i], names[i], kernel_getpid());
			*envp = text[i];
		}
}

static void
place_fds(const struct launch *launch)
{
	long aside[LAUNCH_FDS_MAX];
	uint32_t count = launch->fd_count;

	/* First away from all numbers that are asked for, then to them. */
	for (uint32_t i = 0; i < count; i++) {
		int from = launch->fds[i].from;

		aside[i] = from >= 0
		               ? sys3(SYS_fcntl, from, F_DUPFD_CLOEXEC, ASIDE)
		               : sys4(SYS_openat, AT_FDCWD,
		                     sys_ptr("/dev/null"), O_RDWR, 0);
	}
	for (uint32_t i = 0; i < count; i++)
		if (aside[i] >= 0)
			sys3(SYS_dup3, aside[i], launch->fds[i].to, 0);
	/* Those above ASIDE are close-on-exec; /dev/null may be low. */
	for (uint32_t i = 0; i < count; i++)
		if (aside[i] >= 0 && launch->fds[i].from < 0 &&
		    aside[i] != launch->fds[i].to && aside[i] > 2)
			kernel_close(aside[i]);
}

static void
reset_signals(uint64_t ignored)
{
	for (int sig = 1; ignored != 0 && sig <= 64; sig++)
		if (ignored & kernel_bit(sig)) {
			kernel_default(sig);
			ignored &= ~kernel_bit(sig);
		}
	kernel_mask(0, NULL);
}

static bool
enters_another(const struct confinement *plan)
{
	return plan != NULL &&
	       (plan->steps & CONFINE_STEP(STEP_DIRECTORY)) != 0;
}

_Noreturn static void
give_up(const struct launch *launch, const struct confine_failure *why)
{
	launch->report->why = *why;
	kernel_exit(125);
}

_Noreturn static void
become(const struct launch *launch)
{
	struct confine_failure why = { 0 };
	char pids[3][32];

	if (!launch->same_group)
		sys0(SYS_setsid);
	if (launch->cgroup_fd >= 0)
		sys3(SYS_write, launch->cgroup_fd, sys_ptr("0"), 1);
	for (uint32_t i = 0; i < launch->kept_count; i++)
		sys3(SYS_fcntl, launch->kept[i], F_SETFD, 0);
	place_fds(launch);
	if (launch->terminal)
		sys3(SYS_ioctl, 0, TIOCSCTTY, 0);
	name_pid(launch->envp, pids);
	reset_signals(launch->reset);
	if (launch_core.soft != 0)
		sys4(SYS_prlimit64, 0, RLIMIT_CORE, sys_ptr(&launch_core), 0);
	if (confine_nofile.hard != 0)
		sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, sys_ptr(&confine_nofile),
		    0);
	if (!enters_another(launch->plan) && confine_directory != NULL) {
		why.step = STEP_DIRECTORY;
		why.error = (int)-sys1(SYS_chdir, sys_ptr(confine_directory));
		if (why.error != 0)
			give_up(launch, &why);
	}
	if (launch->plan != NULL && confine_apply(launch->plan, &why) < 0)
		give_up(launch, &why);
	/* After the change of identity, which would clear it. */
	if (launch->parent_death != 0) {
		sys2(SYS_prctl, PR_SET_PDEATHSIG, launch->parent_death);
		if (launch->parent != 1 && sys0(SYS_getppid) != launch->parent)
			kernel_kill(kernel_getpid(), launch->parent_death);
	}
	launch->report->error = -exec_search(launch->argv, launch->envp);
	kernel_exit(127);
}

/* ---- in PID 1 ---- */

/*
 * May it share our memory until it runs its program?  Never across a change
 * of identity; and what is kept with the memory would be ours from then on.
 */
static bool
may_borrow(const struct confinement *plan)
{
	const uint64_t apart =
	    UINT64_C(1) << STEP_OOM | UINT64_C(1) << STEP_BOUNDING |
	    UINT64_C(1) << STEP_SECUREBITS | UINT64_C(1) << STEP_KEEP_CAPS |
	    UINT64_C(1) << STEP_GROUPS | UINT64_C(1) << STEP_GROUP |
	    UINT64_C(1) << STEP_USER | UINT64_C(1) << STEP_CAPABILITIES |
	    UINT64_C(1) << STEP_AMBIENT | UINT64_C(1) << STEP_WRITE_EXECUTE;

#ifdef __SANITIZE_ADDRESS__
	return false; /* it would take the lent stack for a stray one */
#endif
	return plan == NULL || (plan->steps & apart) == 0;
}

/* What a child that shares our memory runs on, until it runs its program. */
static struct {
	_Alignas(16) char stack[24 * 1024];
	volatile int32_t busy; /* the kernel clears it at exec, or at the end */
	bool lost;             /* by one that not even SIGKILL could end */
} lent;

/* Waits until the child needs our memory no more.  Returns false after so many
 * rounds of FREEZE_MS; who stopped it meanwhile, does so in vain. */
static bool
take_back(long pid, int rounds)
{
	struct timespec pause = { 0, FREEZE_MS * 1000000L };

	while (lent.busy != 0 && rounds-- > 0) {
		sys6(SYS_FUTEX, sys_ptr((const void *)&lent.busy), FUTEX_WAIT,
		    1, sys_ptr(&pause), 0, 0);
		if (lent.busy != 0)
			kernel_kill((int)pid, SIGCONT);
	}
	return lent.busy == 0;
}

static int
become_borrowing(void *what)
{
	become(what);
}

/*
 * Nothing changes but the program: share the memory until it runs, which is
 * the faster way.  As vfork(2), but with an end to our patience, for whoever
 * has the same user could stop the child just then, and us with it.
 *
 * Returns its pid, and it is over; or -errno, -EAGAIN to copy() instead.
 */
static long
borrow(const struct launch *what)
{
	long pid;

	if (lent.lost)
		return -EAGAIN;
	lent.busy = 1;
	pid = clone(become_borrowing, lent.stack + sizeof(lent.stack),
	    CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, (void *)(uintptr_t)what,
	    NULL, NULL, &lent.busy);
	if (pid < 0)
		return -errno;
	if (take_back(pid, PATIENCE_ROUNDS))
		return pid;
	kernel_kill((int)pid, SIGKILL);
	lent.lost = !take_back(pid, PATIENCE_ROUNDS);
	return -EAGAIN;
}

static long
copy(const struct launch *launch, int ends[2])
{
	long pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	pid = sys5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become(launch);
	kernel_close(ends[1]);
	if (pid < 0)
		kernel_close(ends[0]);
	return pid;
}

int
launch(const struct launch *launch, struct launched *out)
{
	int ends[2] = { -1, -1 };
	long pid;

	memset((void *)(uintptr_t)launch->report, 0, sizeof(*launch->report));
	pid = may_borrow(launch->plan) ? borrow(launch) : -EAGAIN;
	if (pid == -EAGAIN)
		pid = copy(launch, ends);
	if (pid < 0) {
		errno = (int)-pid;
		return -1;
	}
	*out = (struct launched){ .pid = (pid_t)pid, .pipe = ends[0] };
	return 0;
}
