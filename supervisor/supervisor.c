/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include "supervisor/cgroup.h"
#include "supervisor/descend.h"
#include "supervisor/handover.h"
#include "supervisor/heap.h"
#include "supervisor/kernel.h"
#include "supervisor/listen.h"
#include "supervisor/log.h"
#include "supervisor/lower.h"
#include "supervisor/notify.h"
#include "supervisor/output.h"
#include "supervisor/terminal.h"
#include "supervisor/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

struct supervisor supervisor;

static void
tell_later(void)
{
	while (supervisor.later_count > 0) {
		struct core_event event =
		    supervisor.later[supervisor.later_first];

		supervisor.later_first =
		    (supervisor.later_first + 1) % supervisor.later_room;
		supervisor.later_count--;
		core_step(&supervisor.core, &event, loop_now_ms());
	}
	/* The same few places again: the others stay untouched memory. */
	supervisor.later_first = 0;
}

static bool in_core;

void
supervisor_post(const struct core_event *event)
{
	if (in_core) { /* somebody's hook asks from within an effect */
		supervisor_post_later(event);
		return;
	}
	in_core = true;
	core_step(&supervisor.core, event, loop_now_ms());
	tell_later();
	in_core = false;
}

void
supervisor_post_later(const struct core_event *event)
{
	uint32_t at;

	if (!in_core) {
		supervisor_post(event);
		return;
	}
	if (supervisor.later_count == supervisor.later_room) {
		/* One launch and one hook a service: can't happen. */
		log_error(NULL, "an event was lost: %d", (int)event->input);
		return;
	}
	at = (supervisor.later_first + supervisor.later_count++) %
	     supervisor.later_room;
	supervisor.later[at] = *event;
}

void
supervisor_silence(void)
{
	long null = kernel_open("/dev/null", O_RDWR);

	/* Anything that is no hole will do. */
	if (null < 0)
		null = kernel_open("/", O_PATH);
	for (int fd = 0; fd <= 2; fd++)
		sys3(SYS_dup3, null, fd, 0);
	kernel_close(null);
}

static uint64_t
ignored_signals(void)
{
	uint64_t ignored = 0;

	for (int sig = 1; sig <= 64; sig++)
		if (kernel_ignored(sig))
			ignored |= kernel_bit(sig);
	return ignored;
}

/* ---- after the last service ---- */

static void
strays_fire(struct loop_timer *timer)
{
	static int rounds;

	descend_signal(supervisor.self, SIGKILL);
	/* What even that can't end is the kernel's. */
	if (rounds++ == 2)
		supervisor.strays = false;
	else
		loop_arm(timer, loop_now_ms() + CORE_LAST_MS / 2);
}

/*
 * Daemons that made sessions of their own, orphans of `docker exec`: they get
 * what is left of the time.
 */
static void
end_strays(void)
{
	int64_t due_ms = supervisor.core.deadline_ms;

	children_reap();
	supervisor.strays = children_any();
	if (!supervisor.strays)
		return;
	if (due_ms < loop_now_ms())
		due_ms = loop_now_ms();
	descend_signal(supervisor.self, SIGTERM);
	descend_signal(supervisor.self, SIGCONT);
	supervisor.timer.fire = strays_fire;
	loop_arm(&supervisor.timer, due_ms);
	while (supervisor.strays) {
		loop_turn();
		if (!children_any())
			break;
	}
}

int
supervisor_run(void)
{
	struct conf_error err;

	kernel_mask(KERNEL_ALL_SIGNALS, NULL);
	supervisor.ignored = ignored_signals();
	if (supervisor.ignored & kernel_bit(SIGCHLD))
		kernel_default(SIGCHLD);
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		if (terminal_is_for(supervisor.units[i].config))
			terminal_let_go();
	/* What the engine left open is no service's. */
	if (sys3(SYS_close_range, 3, -1, CLOSE_RANGE_CLOEXEC) < 0)
		for (int fd = 3; fd < 1024; fd++)
			sys3(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
	if (supervisor.self != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (supervisor.init->parent_death != 0)
		prctl(PR_SET_PDEATHSIG, supervisor.init->parent_death);
	if (loop_init(3 * (size_t)supervisor.graph.services + 3 +
	                  supervisor.hooks.timers,
	        KERNEL_ALL_SIGNALS, receive_signal) < 0) {
		conf_refuse(&err, "%s", strerror(errno));
		log_error(NULL, "can't begin: %s", err.text);
		return 125;
	}
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		output_open(&supervisor.units[i]);
	if (supervisor.hooks.opened != NULL)
		supervisor.hooks.opened();
	handover_leave();
	lower_privileges();
	supervisor_post(&(struct core_event){ .input = CORE_BOOT });
	heap_trim();
	while (supervisor.exit_status < 0)
		loop_turn();
	handover_return();
	if (supervisor.hooks.closing != NULL)
		supervisor.hooks.closing();
	end_strays();
	output_finish();
	notify_finish();
	listen_finish();
	cgroup_finish();
	return supervisor.exit_status;
}
