/* SPDX-License-Identifier: MIT */
/* carry.c - carries out what the core decided. */
#include "supervisor/cgroup.h"
#include "supervisor/descend.h"
#include "supervisor/environment.h"
#include "supervisor/hook.h"
#include "supervisor/handover.h"
#include "supervisor/listen.h"
#include "supervisor/log.h"
#include "supervisor/notify.h"
#include "supervisor/output.h"
#include "supervisor/session.h"
#include "supervisor/shed.h"
#include "supervisor/terminal.h"
#include "supervisor/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FDS_MAX = LAUNCH_FDS_MAX };

/* Where the variables of one launch are written; good until exec. */
static struct {
	char home[300], user[80], logname[80];
} names;

static void
put_identity(struct environment *env, const struct confinement *plan)
{
	if (plan == NULL || !plan->has_user)
		return;
	snprintf(names.home, sizeof(names.home), "HOME=%s", plan->id->home);
	environment_put(env, names.home);
	if (plan->id->name[0] == '\0')
		return;
	snprintf(names.user, sizeof(names.user), "USER=%s", plan->id->name);
	snprintf(
	    names.logname, sizeof(names.logname), "LOGNAME=%s", plan->id->name);
	environment_put(env, names.user);
	environment_put(env, names.logname);
}

static void
make_environment(const struct unit *unit, struct environment *env)
{
	*env = (struct environment){ .items = supervisor.env,
		.room = supervisor.env_room };
	environment_base(env, supervisor.environ);
	put_identity(env, unit->plan);
	environment_put_all(env, &unit->config->vars->env);
}

char **
supervisor_environment_with(uint32_t index, const char *pair)
{
	struct environment env;

	make_environment(&supervisor.units[index], &env);
	if (pair != NULL)
		environment_put(&env, pair);
	return (char **)(uintptr_t)env.items;
}

char **
supervisor_environment(uint32_t index)
{
	return supervisor_environment_with(index, NULL);
}

const struct confinement *
supervisor_plan(uint32_t index)
{
	return supervisor.units[index].plan;
}

int
supervisor_cgroup(uint32_t index)
{
	return supervisor.units[index].cgroup_fd;
}

static bool
gets_stdin(const struct service_config *config)
{
	return config->extras->tty == 1 || config->extras->stdin_open == 1 ||
	       (config->extras->stdin_open < 0 &&
	           strcmp(config->name, "main") == 0);
}

static void
refuse_later(uint32_t index, int status)
{
	supervisor_post_later(&(struct core_event){ .input = CORE_REFUSED,
	    .index = index,
	    .generation = supervisor.core.services[index].generation,
	    .status = status });
}

static void
post_started(uint32_t index, bool later)
{
	struct core_event event = { .input = CORE_STARTED,
		.index = index,
		.generation = supervisor.core.services[index].generation };

	supervisor.units[index].launched = true;
	if (supervisor.init->close_stderr)
		supervisor_silence();
	if (later)
		supervisor_post_later(&event);
	else
		supervisor_post(&event);
}

/* Neither a step before it nor the execution itself has failed. */
static bool
has_begun(uint32_t index)
{
	const struct launch_report *report = &supervisor.reports[index];

	return report->error == 0 && report->why.step == STEP_NONE;
}

static void
launch_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	carry_launch_over(LOOP_OWNER(watch, struct unit, launch));
}

void
carry_launch_over(struct unit *unit)
{
	uint32_t index = unit_index(unit);

	if (unit->launch.fd < 0)
		return;
	loop_unwatch(&unit->launch);
	close(unit->launch.fd);
	unit->launch.fd = -1;
	/* If it failed, its end is what counts: children.c. */
	if (has_begun(index))
		post_started(index, false);
}

static void
spawn(uint32_t index)
{
	struct unit *unit = &supervisor.units[index];
	struct launch_fd fds[FDS_MAX];
	struct environment env;
	struct launched made;
	struct launch what = {
		.argv = (char *const *)(uintptr_t)unit->config->argv.items,
		.plan = unit->plan,
		.fds = fds,
		.cgroup_fd = unit->cgroup_fd,
		.terminal = terminal_is_for(unit->config),
		.reset = supervisor.ignored,
		.report = &supervisor.reports[index],
	};

	unit->launched = unit->aborted = unit->lingers = false;
	unit->linger_status = -1;
	if (unit_is_main(unit)) {
		what.same_group = supervisor.init->group == SINGLE_SAME_GROUP;
		what.parent_death = supervisor.init->parent_death;
		what.parent = supervisor.self;
	}
	if (!gets_stdin(unit->config))
		fds[what.fd_count++] = (struct launch_fd){ -1, 0 };
	for (int i = 1; i <= 2; i++)
		if (output_fd(unit, i) >= 0)
			fds[what.fd_count++] =
			    (struct launch_fd){ output_fd(unit, i), i };
	make_environment(unit, &env);
	notify_prepare(unit, &env);
	handover_prepare(unit, &what, &env);
	what.fd_count += listen_prepare(unit, &env, fds + what.fd_count);
	fds[what.fd_count].from = notify_fd(unit, &fds[what.fd_count].to);
	if (fds[what.fd_count].from >= 0)
		what.fd_count++;
	what.envp = (char **)(uintptr_t)env.items;
	if (launch(&what, &made) < 0) {
		log_error(unit->config->name, "not started: no process: %s",
		    strerror(errno));
		notify_launched(unit);
		refuse_later(index, 125);
		return;
	}
	notify_launched(unit);
	handover_launched(unit);
	unit->pid = unit->session = made.pid;
	pidmap_put(&supervisor.pids, made.pid, OWNER(index, OWNER_SERVICE));
	unit->launch = (struct loop_watch){
		.fd = made.pipe, .rank = LOOP_CHILD, .ready = launch_ready
	};
	if (made.pipe >= 0) {
		if (loop_watch(&unit->launch, 1 /* EPOLLIN */) == 0)
			return;
		/* Nobody would tell us: it has started, as far as we know. */
		close(made.pipe);
		unit->launch.fd = -1;
	}
	if (has_begun(index))
		post_started(index, true);
}

static int
stop_signal(const struct unit *unit)
{
	int sig = unit->config->policy->stop_signal;

	if (unit_is_main(unit) && supervisor.stop_with != 0)
		sig = supervisor.stop_with;
	return sig != 0 ? sig : SIGTERM;
}

/* SIGCONT takes these back where they wait: it has to come before them. */
static bool
is_taken_back(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* Its first process is gone: what is left gets what that one would get. */
static void
sweep(uint32_t index)
{
	struct unit *unit = &supervisor.units[index];

	int sig = stop_signal(unit);

	if (unit->session <= 0)
		return;
	if (is_taken_back(sig))
		session_signal(unit->session, SIGCONT);
	if (unit->lingers)
		linger_signal(unit, sig);
	else
		session_signal(unit->session, sig);
	if (!is_taken_back(sig))
		session_signal(unit->session, SIGCONT);
}

static void
send_stop(uint32_t index)
{
	struct unit *unit = &supervisor.units[index];

	int sig = unit->aborted ? SIGABRT : stop_signal(unit);

	if (unit->lingers)
		sweep(index);
	if (unit->pid <= 0)
		return;
	/* Who is stopped can't hear. */
	if (is_taken_back(sig))
		supervisor_signal(index, SIGCONT);
	supervisor_signal(index, sig);
	if (!is_taken_back(sig))
		supervisor_signal(index, SIGCONT);
}

static void
kill_session(uint32_t index)
{
	struct unit *unit = &supervisor.units[index];

	cgroup_kill(unit);
	if (unit->pid > 0)
		shed_kill(unit->pid, SIGKILL);
	if (unit->lingers)
		linger_signal(unit, SIGKILL);
	else if (unit->session > 0 && supervisor.killing)
		shed_kill(-unit->session, SIGKILL);
	else if (unit->session > 0)
		session_signal(unit->session, SIGKILL);
	if (unit->pid == 0)
		children_check_empty(index);
}

static void
unit_fire(struct loop_timer *timer)
{
	struct unit *unit = LOOP_OWNER(timer, struct unit, timer);

	/* Whoever was last may have gone unseen: with its own parent. */
	if (unit->pid == 0 && unit->session > 0)
		children_check_empty(unit_index(unit));
	supervisor_post(&(struct core_event){ .input = CORE_TIMER,
	    .index = unit_index(unit),
	    .generation = unit->timer_generation });
}

static void
stop_fire(struct loop_timer *timer)
{
	(void)timer;
	/* D: one call for all, whoever they are. */
	supervisor.killing = true;
	descend_signal(supervisor.self, SIGKILL);
	supervisor_post(&(struct core_event){ .input = CORE_TIMER,
	    .index = CORE_ALL,
	    .generation = supervisor.timer_generation });
}

static void
set_timer(const struct core_effect *effect)
{
	struct loop_timer *timer = &supervisor.timer;

	if (effect->index == CORE_ALL) {
		supervisor.timer_generation = effect->generation;
		timer->fire = stop_fire;
	} else {
		struct unit *unit = &supervisor.units[effect->index];

		unit->timer_generation = effect->generation;
		timer = &unit->timer;
		timer->fire = unit_fire;
	}
	if (effect->due_ms == CORE_NEVER)
		loop_disarm(timer);
	else
		loop_arm(timer, effect->due_ms);
}

static void
changed(const struct core_effect *effect)
{
	tell_change(effect);
	notify_changed(
	    &supervisor.units[effect->index], (enum service_state)effect->to);
	surface_changed(effect);
	if (supervisor.hooks.changed != NULL)
		supervisor.hooks.changed(effect->index);
}

void
carry(struct core *core, const struct core_effect *effect)
{
	(void)core;
	switch (effect->kind) {
	case EFFECT_CHANGE:
		changed(effect);
		break;
	case EFFECT_SPAWN:
		spawn(effect->index);
		break;
	case EFFECT_TERM:
		supervisor.units[effect->index].aborted =
		    supervisor.core.services[effect->index].reason ==
		    WHY_WATCHDOG;
		send_stop(effect->index);
		break;
	case EFFECT_SWEEP:
		sweep(effect->index);
		break;
	case EFFECT_KILL:
		kill_session(effect->index);
		break;
	case EFFECT_POST_START:
		hook_start(&supervisor.units[effect->index], HOOK_POST_START);
		break;
	case EFFECT_PRE_STOP:
		hook_start(&supervisor.units[effect->index], HOOK_PRE_STOP);
		break;
	case EFFECT_HOOK_KILL:
		hook_kill(&supervisor.units[effect->index]);
		break;
	case EFFECT_TIMER:
		set_timer(effect);
		break;
	case EFFECT_NAG:
		tell_nag(effect->index);
		break;
	case EFFECT_EXIT:
		supervisor.exit_status = effect->status;
		break;
	case EFFECT_END:
		break;
	}
}
