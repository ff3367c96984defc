/* SPDX-License-Identifier: MIT */
/*
 * children.c - reaps, and finds out whose it was and who is left.
 *
 * SIGCHLD does not queue, so one may stand for several, and all children must
 * be looked at.  The kernel walks all the living for that, so where that was
 * measured to be slow the one that is named is reaped, and the others when a
 * timer says so: single_reap.c, and why it is that kind of timer.
 */
#include "supervisor/clock.h"
#include "supervisor/descend.h"
#include "supervisor/exec.h"
#include "supervisor/hook.h"
#include "supervisor/kernel.h"
#include "supervisor/log.h"
#include "supervisor/notify.h"
#include "supervisor/output.h"
#include "supervisor/session.h"
#include "supervisor/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCAN_EVERY    32 /* looks at all children from one timed to the next */
#define SCAN_SLOW_NS  10000 /* some 300 are living */
#define SCAN_PAUSE_NS 40000000L

static struct {
	unsigned untimed; /* looks at all children until one is timed */
	bool is_slow;
	bool is_owed; /* not all were looked at; the timer runs */
	bool has_timer;
	int timer; /* the kernel's number of it */
} scan;

/* As a shell says it: the exit code, or 128 + the signal. */
static int
shell_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status
	                                   : 128 + (info->si_status & 0x7f);
}

/* The same, but for what main ends with and is told to be well. */
static int
service_status(const struct unit *unit, const siginfo_t *info)
{
	int status = shell_status(info);
	const uint8_t *zero = supervisor.init->exit_zero;

	return unit_is_main(unit) && zero != NULL && zero[status & 0xff] != 0
	           ? 0
	           : status;
}

/* As wait(2) says it. */
static int
wait_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8
	                                   : info->si_status & 0x7f;
}

static void
post(uint32_t index, enum core_input input, int status)
{
	supervisor_post(&(struct core_event){ .input = input,
	    .index = index,
	    .generation = supervisor.core.services[index].generation,
	    .status = status });
}

/* The last of its session is gone. */
static void
forget_session(struct unit *unit)
{
	if (unit->session > 0)
		pidmap_remove(&supervisor.pids, unit->session);
	unit->session = 0;
	output_flush(unit);
}

void
children_check_empty(uint32_t index)
{
	struct unit *unit = &supervisor.units[index];

	if (unit->session <= 0 || unit->pid > 0 ||
	    !(unit->lingers ? linger_over(unit)
	                    : session_is_empty(unit->session)))
		return;
	forget_session(unit);
	/* We may be in the middle of an effect. */
	supervisor_post_later(&(struct core_event){ .input = CORE_EMPTY,
	    .index = index,
	    .generation = supervisor.core.services[index].generation,
	    .status = unit->linger_status });
}

static void
refused(struct unit *unit, uint32_t index)
{
	const struct launch_report *report = &supervisor.reports[index];
	int status = 125;

	if (report->why.step == STEP_NONE)
		status = exec_status(report->error);
	forget_session(unit);
	tell_refused(index);
	post(index, CORE_REFUSED, status);
}

/* It named another one as its main process (MAINPID), which lives on. */
static bool
handed_over(struct unit *unit, uint32_t index)
{
	pid_t pid = notify_main_pid(unit);

	if (!unit->launched || pid <= 0 || getsid(pid) != unit->session)
		return false;
	unit->pid = pid;
	pidmap_put(&supervisor.pids, pid, OWNER(index, OWNER_SERVICE));
	return true;
}

/* The first process of a service has ended, and is reaped. */
static void
first_ended(uint32_t index, const siginfo_t *info)
{
	struct unit *unit = &supervisor.units[index];
	const struct launch_report *report = &supervisor.reports[index];

	unit->pid = 0;
	if (handed_over(unit, index))
		return;
	/* Its end was seen before that of its launch. */
	carry_launch_over(unit);
	if (!unit->launched &&
	    (report->error != 0 || report->why.step != STEP_NONE)) {
		refused(unit, index);
	} else if (linger_begin(unit, service_status(unit, info))) {
		log_info(unit->config->name,
		    "ended: waiting for what it left behind");
	} else if (session_is_empty(unit->session)) {
		forget_session(unit);
		post(index, CORE_EMPTY, service_status(unit, info));
	} else {
		post(index, CORE_EXITED, service_status(unit, info));
	}
}

/* With -w: nobody that was started here. */
static void
tell_orphan(const siginfo_t *info, const char *comm)
{
	if (supervisor.init->warn_reaped)
		log_warn(NULL, "reaped orphan %d (%s), %s %d",
		    (int)info->si_pid, comm,
		    info->si_code == CLD_EXITED ? "status" : "signal",
		    info->si_status);
}

static void
ended(const siginfo_t *info, pid_t session, const char *comm)
{
	uint32_t owner = pidmap_get(&supervisor.pids, info->si_pid);
	uint32_t whose = pidmap_get(&supervisor.pids, session);

	if (owner != PIDMAP_NONE && owner % 2 == OWNER_HOOK) {
		pidmap_remove(&supervisor.pids, info->si_pid);
		hook_ended(&supervisor.units[owner / 2], shell_status(info));
	} else if (owner != PIDMAP_NONE &&
	           supervisor.units[owner / 2].pid == info->si_pid) {
		first_ended(owner / 2, info);
	} else if (whose != PIDMAP_NONE && whose % 2 == OWNER_SERVICE) {
		tell_orphan(info, comm);
		children_check_empty(whose / 2);
	} else if (supervisor.hooks.child == NULL ||
	           !supervisor.hooks.child(info->si_pid, wait_status(info))) {
		tell_orphan(info, comm);
	}
}

/* Reaps child pid if it has ended. */
static bool
reap_one(pid_t pid)
{
	siginfo_t info;
	char comm[16] = "?";
	pid_t session;

	/* A zombie still knows its session, and its number is not given away. */
	session = pidmap_get(&supervisor.pids, pid) != PIDMAP_NONE
	              ? pid
	              : getsid(pid);
	if (supervisor.init->warn_reaped)
		descend_parent(pid, comm);
	memset(&info, 0, sizeof(info));
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | __WALL) < 0 ||
	    info.si_pid == 0)
		return false;
	ended(&info, session, comm);
	return true;
}

/* Some child that has ended, and waits to be reaped; 0: none. */
static pid_t
find_dead(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0
	           ? 0
	           : info.si_pid;
}

/* Whoever ends in the meantime has a SIGCHLD of its own. */
static void
time_scan(void)
{
	int64_t since_ns = clock_cpu_ns();

	find_dead();
	scan.is_slow = clock_cpu_ns() - since_ns > SCAN_SLOW_NS;
	scan.untimed = scan.is_slow ? 0 : SCAN_EVERY;
}

void
children_reap(void)
{
	uint32_t main = supervisor.core.main;
	pid_t pid;

	while ((pid = find_dead()) > 0 && reap_one(pid))
		;
	if (main != CORE_ALL && supervisor.units[main].lingers)
		children_check_empty(main);
	if (scan.untimed == 0)
		time_scan();
	else
		scan.untimed--;
}

/* False: there is no timer to be had. */
static bool
owe_scan(void)
{
	struct sigevent event = { .sigev_signo = SIGCHLD,
		.sigev_notify = SIGEV_SIGNAL };
	struct {
		long interval[2], value[2];
	} once = { { 0, 0 }, { 0, SCAN_PAUSE_NS } };

	if (scan.is_owed)
		return true;
	if (!scan.has_timer)
		scan.has_timer =
		    sys3(SYS_timer_create, CLOCK_MONOTONIC, sys_ptr(&event),
		        sys_ptr(&scan.timer)) == 0;
	scan.is_owed = scan.has_timer && sys4(SYS_timer_settime, scan.timer, 0,
	                                     sys_ptr(&once), 0) == 0;
	return scan.is_owed;
}

void
children_changed(const siginfo_t *info)
{
	int sig = info->si_status == SIGTRAP ? 0 : info->si_status;

	if (info->si_code == SI_TIMER) {
		scan.is_owed = false;
	} else if (info->si_code == CLD_TRAPPED) {
		/* It asked to be traced, by us of all people: let it go on. */
		sys4(SYS_ptrace, PTRACE_DETACH, info->si_pid, 0, sig);
	} else if (info->si_pid > 0) {
		reap_one(info->si_pid);
		/* At the end many go at once, and each of them counts. */
		if (scan.is_slow && !supervisor.core.stopping && owe_scan())
			return;
	}
	children_reap();
}

bool
children_any(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) ==
	       0;
}
