/* SPDX-License-Identifier: MIT */
/* prepare.c - allocates, before the loop, all that the services will need. */
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/hook.h"
#include "supervisor/listen.h"
#include "supervisor/log.h"
#include "supervisor/notify.h"
#include "supervisor/output.h"
#include "supervisor/session.h"
#include "supervisor/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Variables of our own in one environment: HOME, NOTIFY_SOCKET ... */
#define ENV_OWN 16

/* How many that came before are compared with one. */
#define LOOK_BACK 16u

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
max_attempts(const struct config_policy *policy)
{
	if (policy->restart.max_attempts > 0)
		return (uint32_t)policy->restart.max_attempts;
	return policy->backoff.max_attempts > 0
	           ? (uint32_t)policy->backoff.max_attempts
	           : 0;
}

static void
make_policy(struct core_policy *policy, uint32_t index)
{
	const struct service_config *config =
	    &supervisor.config->services[index];
	const struct config_policy *said = config->policy;
	const struct supervisor_hooks *hooks = &supervisor.hooks;

	*policy = (struct core_policy){
		.backoff = { .delay_ms = said->backoff.delay_ms,
		    .max_delay_ms = said->backoff.max_delay_ms,
		    .window_ms = said->backoff.window_ms,
		    .max_attempts = max_attempts(said) },
		.stop_ms = said->stop_grace_period_ms,
		.drain_ms = said->drain_ms > 0 ? said->drain_ms : 0,
		.pre_stop_ms = hooks_ms(&config->extras->pre_stop),
		.restart = (int8_t)said->restart.policy,
		.essential = (int8_t)said->essential,
		.post_start = config->extras->post_start.count > 0,
		.ready_probe = hooks->has_ready_probe != NULL &&
		               hooks->has_ready_probe(index),
		.health_probe = hooks->has_health_probe != NULL &&
		                hooks->has_health_probe(index),
		.notify = said->notify.mode != NOTIFY_NONE,
		.is_main = strcmp(config->name, "main") == 0,
	};
}

/* One policy for all that have the same, among the latest few at least. */
static void
make_policies(
    struct core_policy *policies, uint32_t *policy_of, uint32_t services)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < services; i++) {
		struct core_policy *made = &policies[count];
		uint32_t at = count, looked = 0;

		make_policy(made, i);
		while (at > 0 && looked++ < LOOK_BACK &&
		       memcmp(&policies[at - 1], made, sizeof(*made)) != 0)
			at--;
		/* Not found: it is a new one. */
		if (at == 0 || looked > LOOK_BACK)
			at = ++count;
		policy_of[i] = at - 1;
	}
}

static int
make_core(struct conf_error *err)
{
	const struct graph *graph = &supervisor.graph;
	struct core_policy *policies =
	    calloc(graph->services + 1, sizeof(*policies));
	uint32_t *policy_of = calloc(graph->services + 1, sizeof(*policy_of));
	uint64_t seed = (uint64_t)clock_wall_ms();

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed ^= (uint64_t)getpid() << 32; /* jitter is no secret */
	supervisor.core = (struct core){ .graph = graph,
		.policies = policies,
		.policy_of = policy_of,
		.services =
		    calloc(graph->count + 1, sizeof(*supervisor.core.services)),
		.paths_ms = calloc(2 * graph->services + 1, sizeof(int64_t)),
		.grace_ms = supervisor.config->hale.stop_grace_period_ms,
		.random = seed,
		.act = carry };
	supervisor.later_room = 2 * graph->services + 4;
	supervisor.later =
	    calloc(supervisor.later_room, sizeof(*supervisor.later));
	if (policies == NULL || policy_of == NULL ||
	    supervisor.core.services == NULL ||
	    supervisor.core.paths_ms == NULL || supervisor.later == NULL)
		return out_of_memory(err);
	make_policies(policies, policy_of, graph->services);
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
		if (supervisor.config->services[i].vars->env.count > own)
			own = supervisor.config->services[i].vars->env.count;
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
    const struct supervisor_hooks *hooks, const struct single *init,
    char *const *environ, struct conf_error *err)
{
	supervisor.exit_status = -1;
	supervisor.config = config;
	supervisor.init = init;
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
