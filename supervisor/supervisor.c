/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/descend.h"
#include "supervisor/hook.h"
#include "supervisor/kernel.h"
#include "supervisor/listen.h"
#include "supervisor/log.h"
#include "supervisor/lower.h"
#include "supervisor/notify.h"
#include "supervisor/output.h"
#include "supervisor/session.h"
#include "supervisor/terminal.h"
#include "supervisor/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

#define SIGNAL_STOP_SYSTEMD (34 + 3) /* SIGRTMIN+3, as systemd counts */

/* Variables of our own in one environment: HOME, NOTIFY_SOCKET ... */
#define ENV_OWN 16

struct supervisor supervisor = { .exit_status = -1 };

/* ---- before the loop ---- */

static int
out_of_memory(struct conf_error *err)
{
	return conf_refuse(err, "out of memory");
}

static int
make_graph(const struct config *config, struct conf_error *err)
{
	uint32_t services = (uint32_t)config->service_count, count = 0;
	uint32_t nodes = services + (uint32_t)config->dependency_count;
	struct graph_edge *edges;
	int made;

	for (uint32_t i = 0; i < services; i++)
		count += (uint32_t)config->services[i].depends_on.count;
	edges = calloc(count + 1, sizeof(*edges));
	if (edges == NULL)
		return out_of_memory(err);
	count = 0;
	for (uint32_t i = 0; i < services; i++) {
		const struct conf_array *array =
		    &config->services[i].depends_on;
		const struct config_need *needs = array->items;

		for (size_t j = 0; j < array->count; j++) {
			if (needs[j].target == TARGET_NONE)
				continue; /* not required, and not there */
			edges[count++] = (struct graph_edge){
				.node = i,
				.need = needs[j].index +
				        (needs[j].target == TARGET_DEPENDENCY
				                ? services
				                : 0),
				.condition = (uint8_t)needs[j].condition,
				.required = needs[j].required != 0,
				.restart = needs[j].restart == 1,
			};
		}
	}
	made = graph_init(&supervisor.graph, nodes, services, edges, count);
	free(edges);
	if (made < 0)
		return out_of_memory(err);
	if (supervisor.graph.ordered < nodes)
		return conf_refuse(err, "the services need each other");
	return 0;
}

static int64_t
hooks_ms(const struct conf_array *array)
{
	const struct config_hook *hooks = array->items;
	int64_t sum_ms = 0;

	for (size_t i = 0; i < array->count; i++)
		sum_ms += hooks[i].timeout_ms;
	return sum_ms;
}

static uint32_t
max_attempts(const struct service_config *config)
{
	if (config->restart.max_attempts > 0)
		return (uint32_t)config->restart.max_attempts;
	return config->backoff.max_attempts > 0
	           ? (uint32_t)config->backoff.max_attempts
	           : 0;
}

static void
make_policy(struct core_policy *policy, uint32_t index)
{
	const struct service_config *config =
	    &supervisor.config->services[index];
	const struct supervisor_hooks *hooks = &supervisor.hooks;

	*policy = (struct core_policy){
		.backoff = { .delay_ms = config->backoff.delay_ms,
		    .max_delay_ms = config->backoff.max_delay_ms,
		    .window_ms = config->backoff.window_ms,
		    .max_attempts = max_attempts(config) },
		.stop_ms = config->stop_grace_period_ms,
		.drain_ms = config->drain_ms > 0 ? config->drain_ms : 0,
		.pre_stop_ms = hooks_ms(&config->pre_stop),
		.restart = (int8_t)config->restart.policy,
		.essential = (int8_t)config->essential,
		.post_start = config->post_start.count > 0,
		.ready_probe = hooks->has_ready_probe != NULL &&
		               hooks->has_ready_probe(index),
		.health_probe = hooks->has_health_probe != NULL &&
		                hooks->has_health_probe(index),
		.notify = config->notify.mode != NOTIFY_NONE,
		.is_main = strcmp(config->name, "main") == 0,
	};
}

static int
make_core(struct conf_error *err)
{
	const struct graph *graph = &supervisor.graph;
	struct core_policy *policies =
	    calloc(graph->services + 1, sizeof(*policies));
	uint64_t seed = (uint64_t)clock_wall_ms();

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed ^= (uint64_t)getpid() << 32; /* jitter is no secret */
	supervisor.core = (struct core){ .graph = graph,
		.policies = policies,
		.services =
		    calloc(graph->count + 1, sizeof(*supervisor.core.services)),
		.paths_ms = calloc(2 * graph->services + 1, sizeof(int64_t)),
		.grace_ms = supervisor.config->hale.stop_grace_period_ms,
		.random = seed,
		.act = carry };
	supervisor.later_room = 2 * graph->services + 4;
	supervisor.later =
	    calloc(supervisor.later_room, sizeof(*supervisor.later));
	if (policies == NULL || supervisor.core.services == NULL ||
	    supervisor.core.paths_ms == NULL || supervisor.later == NULL)
		return out_of_memory(err);
	for (uint32_t i = 0; i < graph->services; i++)
		make_policy(&policies[i], i);
	core_init(&supervisor.core);
	return 0;
}

/* One plan for all that come to the same; none where there is nothing to do. */
static const struct confinement *
share_plan(const struct confinement *plan, uint32_t index)
{
	if (plan->steps == 0 && !plan->has_user)
		return NULL;
	for (uint32_t i = 0; i < index; i++)
		if (supervisor.units[i].plan != NULL &&
		    memcmp(supervisor.units[i].plan, plan, sizeof(*plan)) == 0)
			return supervisor.units[i].plan;
	return plan;
}

/* Services that say nothing about it share one plan. */
static int
make_plan(uint32_t index, struct conf_error *err)
{
	const struct service_config *services = supervisor.config->services;
	struct confinement *plan;
	struct conf_error why;
	char missing[120];

	for (uint32_t i = 0; i < index; i++)
		if (services[i].confine == services[index].confine) {
			supervisor.units[index].plan = supervisor.units[i].plan;
			return 0;
		}
	if (services[index].confine == NULL)
		return 0;
	plan = calloc(1, sizeof(*plan));
	if (plan == NULL)
		return out_of_memory(err);
	if (confine_compile(services[index].confine, plan, &why) < 0)
		return conf_refuse(
		    err, "services.%s: %s", services[index].name, why.text);
	if (plan->missing != 0)
		log_warn(services[index].name,
		    "landlock: this kernel can't restrict %s",
		    confine_missing(plan, missing, sizeof(missing)));
	supervisor.units[index].plan = share_plan(plan, index);
	if (supervisor.units[index].plan != plan)
		free(plan);
	return 0;
}

static int
make_units(struct conf_error *err)
{
	uint32_t count = supervisor.graph.services;

	supervisor.units = calloc(count + 1, sizeof(*supervisor.units));
	supervisor.reports = launch_reports(count);
	if (supervisor.units == NULL || supervisor.reports == NULL ||
	    pidmap_init(&supervisor.pids, 2 * count) < 0)
		return out_of_memory(err);
	for (uint32_t i = 0; i < count; i++) {
		struct unit *unit = &supervisor.units[i];

		unit->config = &supervisor.config->services[i];
		unit->launch.fd = unit->cgroup_fd = -1;
		if (make_plan(i, err) < 0)
			return -1;
		if (hook_init(unit) < 0)
			return out_of_memory(err);
		if (notify_init(unit, err) < 0 || output_init(unit, err) < 0 ||
		    listen_init(unit, err) < 0)
			return -1;
	}
	return 0;
}

static int
make_environment(struct conf_error *err)
{
	size_t own = 0;

	for (size_t i = 0; i < supervisor.config->service_count; i++)
		if (supervisor.config->services[i].env.count > own)
			own = supervisor.config->services[i].env.count;
	while (supervisor.environ != NULL &&
	       supervisor.environ[supervisor.env_room] != NULL)
		supervisor.env_room++;
	supervisor.env_room += own + ENV_OWN;
	supervisor.env =
	    calloc(supervisor.env_room + 1, sizeof(*supervisor.env));
	return supervisor.env == NULL ? out_of_memory(err) : 0;
}

int
supervisor_init(const struct config *config,
    const struct supervisor_hooks *hooks, char *const *environ,
    struct conf_error *err)
{
	supervisor.config = config;
	supervisor.environ = environ;
	if (hooks != NULL)
		supervisor.hooks = *hooks;
	supervisor.self = getpid();
	session_init();
	if (make_graph(config, err) < 0 || make_units(err) < 0 ||
	    make_environment(err) < 0 || make_core(err) < 0)
		return -1;
	cgroup_init();
	return 0;
}

/* ---- in the loop ---- */

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

static void
stop_asked(int sig)
{
	bool again = supervisor.asked && (sig == SIGTERM || sig == SIGINT);

	if (again) {
		log_warn(NULL, "asked again to stop: killing all");
		supervisor.killing = true;
		descend_signal(supervisor.self, SIGKILL);
		supervisor_post(&(struct core_event){ .input = CORE_KILL });
	} else if (!supervisor.asked) {
		supervisor.asked = true;
		supervisor_post(&(struct core_event){
		    .input = CORE_SHUTDOWN, .index = CORE_ALL });
	}
}

static void
reload_all(void)
{
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		if (supervisor.core.services[i].state == SERVICE_UP)
			supervisor_ask(SUPERVISOR_RELOAD, i, NULL, NULL);
}

static void
pass_on(int sig)
{
	uint32_t main = supervisor.core.main;

	if (main != CORE_ALL) {
		supervisor_signal(main, sig);
		return;
	}
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		supervisor_signal(i, sig);
}

static void
on_signal(const siginfo_t *info)
{
	int sig = info->si_signo;

	switch (sig) {
	case SIGCHLD:
		children_reap();
		break;
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
	case SIGNAL_STOP_SYSTEMD:
		stop_asked(sig);
		break;
	case SIGHUP:
		reload_all();
		break;
	case SIGPIPE: /* our own write to a log that nobody reads */
		if (info->si_pid != supervisor.self)
			pass_on(sig);
		break;
	case SIGTTIN:
	case SIGTTOU:
	case SIGTSTP: /* from the terminal's driver: whose it is gets it too */
		if (info->si_code != SI_KERNEL)
			pass_on(sig);
		break;
	default:
		pass_on(sig);
	}
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
	if (loop_init(3 * (size_t)supervisor.graph.services + 3 +
	                  supervisor.hooks.timers,
	        KERNEL_ALL_SIGNALS, on_signal) < 0) {
		conf_refuse(&err, "%s", strerror(errno));
		log_error(NULL, "can't begin: %s", err.text);
		return 125;
	}
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		output_open(&supervisor.units[i]);
	if (supervisor.hooks.opened != NULL)
		supervisor.hooks.opened();
	lower_privileges();
	supervisor_post(&(struct core_event){ .input = CORE_BOOT });
	while (supervisor.exit_status < 0)
		loop_turn();
	if (supervisor.hooks.closing != NULL)
		supervisor.hooks.closing();
	end_strays();
	output_finish();
	notify_finish();
	listen_finish();
	cgroup_finish();
	return supervisor.exit_status;
}
