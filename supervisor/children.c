/* SPDX-License-Identifier: MIT */
/* children.c - reaps, and finds out whose it was and who is left. */
#include "supervisor/exec.h"
#include "supervisor/hook.h"
#include "supervisor/notify.h"
#include "supervisor/kernel.h"
#include "supervisor/output.h"
#include "supervisor/session.h"
#include "supervisor/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a shell says it: the exit code, or 128 + the signal. */
static int
shell_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status
	                                   : 128 + (info->si_status & 0x7f);
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
	    !session_is_empty(unit->session))
		return;
	forget_session(unit);
	/* We may be in the middle of an effect. */
	supervisor_post_later(&(struct core_event){ .input = CORE_EMPTY,
	    .index = index,
	    .generation = supervisor.core.services[index].generation,
	    .status = -1 });
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
	} else if (session_is_empty(unit->session)) {
		forget_session(unit);
		post(index, CORE_EMPTY, shell_status(info));
	} else {
		post(index, CORE_EXITED, shell_status(info));
	}
}

static void
ended(const siginfo_t *info, pid_t session)
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
		children_check_empty(whose / 2);
	} else if (supervisor.hooks.child != NULL) {
		supervisor.hooks.child(info->si_pid, wait_status(info));
	}
}

void
children_reap(void)
{
	for (;;) {
		siginfo_t info;
		pid_t session;

		/*
		 * Looked at first: a zombie still knows its session, and its
		 * number can't be given to anyone else.  Then reaped at once:
		 * it would hide all others.
		 */
		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info,
		        WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
		    info.si_pid == 0)
			break;
		session =
		    pidmap_get(&supervisor.pids, info.si_pid) != PIDMAP_NONE
		        ? info.si_pid
		        : getsid(info.si_pid);
		if (waitid(P_PID, (id_t)info.si_pid, &info,
		        WEXITED | WNOHANG | __WALL) < 0)
			break;
		ended(&info, session);
	}
}

bool
children_any(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) ==
	       0;
}
