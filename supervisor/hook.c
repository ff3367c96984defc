/* SPDX-License-Identifier: MIT */
#include "supervisor/hook.h"

#include "supervisor/log.h"
#include "supervisor/shed.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hook {
	struct unit *unit;
	struct loop_timer timer;
	struct launch_report *report;
	pid_t pid;           /* 0: nothing runs */
	uint32_t generation; /* of the instance it runs for */
	uint32_t at;         /* which of the commands of its kind */
	enum hook_kind kind;
};

static const char *const names[] = { "", "post_start", "pre_stop", "reload" };

static const struct conf_array *
commands(const struct unit *unit, enum hook_kind kind)
{
	return kind == HOOK_POST_START ? &unit->config->extras->post_start
	                               : &unit->config->extras->pre_stop;
}

int
hook_init(struct unit *unit)
{
	const struct service_config *config = unit->config;

	if (config->extras->post_start.count + config->extras->pre_stop.count +
	        config->extras->reload.command.count ==
	    0)
		return 0;
	unit->hook = calloc(1, sizeof(*unit->hook));
	if (unit->hook == NULL)
		return -1;
	unit->hook->unit = unit;
	unit->hook->report = launch_reports(1);
	return unit->hook->report == NULL ? -1 : 0;
}

static void
finish(struct hook *hook, int status)
{
	enum hook_kind kind = hook->kind;
	uint32_t index = unit_index(hook->unit);

	hook->kind = HOOK_NONE;
	if (kind == HOOK_RELOAD)
		surface_reloaded(index, status);
	else
		/* May come from within an effect: told afterwards. */
		supervisor_post_later(
		    &(struct core_event){ .input = CORE_HOOKED,
		        .index = index,
		        .generation = hook->generation,
		        .status = status });
}

static void
out_of_time(struct loop_timer *timer)
{
	struct hook *hook = LOOP_OWNER(timer, struct hook, timer);

	log_warn(hook->unit->config->name, "%s: out of time, killed",
	    names[hook->kind]);
	if (hook->pid > 0)
		shed_kill(-hook->pid, SIGKILL);
}

static void
run(struct hook *hook, const struct conf_list *argv, int64_t timeout_ms)
{
	struct unit *unit = hook->unit;
	uint32_t index = unit_index(unit);
	const struct launch_fd null = { -1, 0 };
	struct launched made;
	struct launch what = {
		.argv = (char *const *)(uintptr_t)argv->items,
		.envp = supervisor_environment(index),
		.plan = unit->plan,
		.fds = &null,
		.fd_count = 1,
		.cgroup_fd = unit->cgroup_fd,
		.reset = supervisor.ignored,
		.report = hook->report,
	};

	if (launch(&what, &made) < 0) {
		log_error(unit->config->name, "%s: %s: %s", names[hook->kind],
		    argv->items[0], strerror(errno));
		finish(hook, 125);
		return;
	}
	if (made.pipe >= 0) /* its exit status tells all there is to know */
		close(made.pipe);
	hook->pid = made.pid;
	pidmap_put(&supervisor.pids, made.pid, OWNER(index, OWNER_HOOK));
	if (timeout_ms > 0) {
		hook->timer.fire = out_of_time;
		loop_arm(&hook->timer, loop_now_ms() + timeout_ms);
	}
}

static void
run_next(struct hook *hook)
{
	const struct conf_array *all = commands(hook->unit, hook->kind);
	const struct config_hook *one = all->items;

	if (hook->kind == HOOK_RELOAD && hook->at == 0)
		run(hook, &hook->unit->config->extras->reload.command,
		    hook->unit->config->extras->reload.timeout_ms);
	else if (hook->kind != HOOK_RELOAD && hook->at < all->count)
		run(hook, &one[hook->at].command, one[hook->at].timeout_ms);
	else
		finish(hook, 0);
}

void
hook_start(struct unit *unit, enum hook_kind kind)
{
	struct hook *hook = unit->hook;

	if (hook == NULL)
		return;
	hook_kill(unit);
	hook->kind = kind;
	hook->at = 0;
	hook->generation =
	    supervisor.core.services[unit_index(unit)].generation;
	run_next(hook);
}

void
hook_ended(struct unit *unit, int status)
{
	struct hook *hook = unit->hook;

	hook->pid = 0;
	loop_disarm(&hook->timer);
	if (hook->kind == HOOK_NONE)
		return;
	if (status != 0)
		log_warn(unit->config->name, "%s: exit status %d%s%s",
		    names[hook->kind], status,
		    hook->report->error != 0 ? ": " : "",
		    hook->report->error != 0 ? strerror(hook->report->error)
		                             : "");
	/* A failed pre_stop stops nobody from stopping. */
	if (status != 0 && hook->kind != HOOK_PRE_STOP) {
		finish(hook, status);
		return;
	}
	hook->at++;
	run_next(hook);
}

void
hook_kill(struct unit *unit)
{
	struct hook *hook = unit->hook;

	if (hook == NULL || hook->kind == HOOK_NONE)
		return;
	loop_disarm(&hook->timer);
	if (hook->kind == HOOK_RELOAD)
		surface_reloaded(unit_index(unit), 128 + SIGKILL);
	hook->kind = HOOK_NONE;
	if (hook->pid > 0) {
		shed_kill(-hook->pid, SIGKILL);
		/* Its end will be nobody's. */
		pidmap_remove(&supervisor.pids, hook->pid);
		hook->pid = 0;
	}
}

enum hook_kind
hook_running(const struct unit *unit)
{
	return unit->hook == NULL ? HOOK_NONE : unit->hook->kind;
}
