/* SPDX-License-Identifier: MIT */
/* config_need.c - who needs whom: names, conditions, cycles. */
#include "supervisor/config_check.h"

#include "supervisor/graph.h"

#include <stdlib.h>
#include <string.h>

/* Names to numbers: services first, then dependencies. */
struct names {
	uint32_t *slots; /* number + 1; 0: free */
	size_t mask;
	const struct config *config;
};

static const char *
name_of(const struct config *config, size_t number)
{
	if (number < config->service_count)
		return config->services[number].name;
	return config->dependencies[number - config->service_count].name;
}

static uint32_t *
find(const struct names *names, const char *name)
{
	size_t at = tree_hash(name) & names->mask;

	while (names->slots[at] != 0 &&
	       strcmp(name_of(names->config, names->slots[at] - 1), name) != 0)
		at = (at + 1) & names->mask;
	return &names->slots[at];
}

static int
names_init(struct names *names, const struct check *check)
{
	const struct config *config = check->config;
	size_t count = config->service_count + config->dependency_count;
	size_t size = 8;

	while (size < 2 * count)
		size *= 2;
	names->config = config;
	names->mask = size - 1;
	names->slots = calloc(size, sizeof(*names->slots));
	if (names->slots == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		uint32_t *slot = find(names, name_of(config, i));
		struct check_place place;

		if (*slot == 0) {
			*slot = (uint32_t)i + 1;
			continue;
		}
		check_place(check, &place, "dependencies", name_of(config, i),
		    NULL, NULL);
		check_refuse(check, &place, "is the name of a service, too");
	}
	return 0;
}

static const char *
nearest_name(const struct config *config, const char *name)
{
	size_t count = config->service_count + config->dependency_count;
	const char **all = calloc(count + 1, sizeof(*all)), *near;

	if (all == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		all[i] = name_of(config, i);
	near = conf_nearest(name, all, count);
	free(all);
	return near;
}

static bool
is_left_out(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->left_out.count; i++)
		if (strcmp(config->left_out.items[i], name) == 0)
			return true;
	return false;
}

static void
resolve_target(const struct check *check, const struct names *names,
    struct config_need *need, const struct check_place *place)
{
	const struct config *config = check->config;
	uint32_t number = *find(names, need->name);
	struct conf_error err;
	const char *near;

	if (number == 0 && is_left_out(config, need->name)) {
		if (need->condition < 0)
			need->condition = CONDITION_STARTED;
		if (need->required != 0)
			check_refuse(check, place,
			    "is left out: none of its profiles is chosen");
		return;
	}
	if (number == 0) {
		near = nearest_name(config, need->name);
		conf_refuse(&err,
		    near == NULL ? "unknown service"
		                 : "unknown service (did you mean \"%s\"?)",
		    near);
		check_refuse(check, place, err.text);
		return;
	}
	need->index = number - 1;
	need->target = TARGET_SERVICE;
	if (need->index >= config->service_count) {
		need->index -= (uint32_t)config->service_count;
		need->target = TARGET_DEPENDENCY;
	}
}

/* Sets the condition that was not said; refuses one that can't be met. */
static void
check_condition(const struct check *check, struct config_need *need,
    const struct check_place *place)
{
	const struct service_config *target =
	    need->target == TARGET_SERVICE
	        ? &check->config->services[need->index]
	        : NULL;
	struct conf_error err;

	if (target == NULL) {
		if (need->condition == CONDITION_STARTED ||
		    need->condition == CONDITION_COMPLETED)
			check_refuse(check, place,
			    "is never started by hale, so only "
			    "service_healthy can be waited for");
		if (need->condition < 0)
			need->condition = CONDITION_HEALTHY;
		return;
	}
	if (need->condition < 0)
		need->condition = CONDITION_STARTED;
	if (need->condition == CONDITION_COMPLETED &&
	    target->policy->restart.policy >= RESTART_ALWAYS) {
		conf_refuse(&err, "never completes: %.64s has restart: %s",
		    target->name, target->policy->restart.text);
		check_refuse(check, place, err.text);
	}
}

static void
check_service_needs(struct check *check, const struct names *names,
    const struct service_config *service)
{
	struct config_need *needs = service->depends_on.items;

	for (size_t i = 0; i < service->depends_on.count; i++) {
		struct check_place place;
		struct conf_error err;

		check_place(check, &place, "services", service->name,
		    "depends_on", needs[i].name);
		if (strcmp(needs[i].name, service->name) == 0) {
			conf_refuse(&err, "cycle: %.64s -> %.64s",
			    service->name, service->name);
			check_refuse(check, &place, err.text);
			continue;
		}
		for (size_t k = 0; k < i && i < 256; k++)
			if (strcmp(needs[k].name, needs[i].name) == 0)
				check_refuse(check, &place, "is listed twice");
		resolve_target(check, names, &needs[i], &place);
		if (needs[i].target != TARGET_NONE)
			check_condition(check, &needs[i], &place);
	}
}

/* The edges among services; NULL: none, or no memory. */
static struct graph_edge *
make_edges(const struct config *config, uint32_t *count)
{
	struct graph_edge *edges;
	size_t room = 0;

	*count = 0;
	for (size_t i = 0; i < config->service_count; i++)
		room += config->services[i].depends_on.count;
	edges = calloc(room + 1, sizeof(*edges));
	if (edges == NULL)
		return NULL;
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_need *needs =
		    config->services[i].depends_on.items;

		for (size_t k = 0; k < config->services[i].depends_on.count;
		     k++)
			if (needs[k].target == TARGET_SERVICE)
				edges[(*count)++] = (struct graph_edge){
					.node = (uint32_t)i,
					.need = needs[k].index,
				};
	}
	return edges;
}

/* "cycle: a -> b -> c -> a", at a's entry for b */
static void
tell_cycle(const struct check *check, const uint32_t *nodes, uint32_t count)
{
	const struct service_config *services = check->config->services;
	struct text all = { .limit = 3000 };
	struct check_place place;

	text_add(&all, "cycle: ");
	for (uint32_t i = 0; i < count; i++) {
		text_add(&all, services[nodes[i]].name);
		text_add(&all, " -> ");
	}
	text_add(&all, services[nodes[0]].name);
	check_place(check, &place, "services", services[nodes[0]].name,
	    "depends_on", services[nodes[count > 1 ? 1 : 0]].name);
	check_refuse(check, &place, all.data == NULL ? "" : all.data);
	text_finish(&all);
}

static void
check_cycles(const struct check *check)
{
	uint32_t services = (uint32_t)check->config->service_count;
	uint32_t edge_count, length, *nodes;
	struct graph_edge *edges = make_edges(check->config, &edge_count);
	struct graph graph;

	if (edges == NULL ||
	    graph_init(&graph, services, services, edges, edge_count) < 0) {
		free(edges);
		return;
	}
	nodes = calloc(services + 1, sizeof(*nodes));
	length = nodes == NULL ? 0 : graph_cycle(&graph, nodes);
	if (length > 0)
		tell_cycle(check, nodes, length);
	free(nodes);
	free(edges);
	graph_finish(&graph);
}

void
check_needs(struct check *check)
{
	struct names names;

	if (names_init(&names, check) < 0)
		return;
	for (size_t i = 0; i < check->config->service_count; i++)
		check_service_needs(check, &names, &check->config->services[i]);
	free(names.slots);
	check_cycles(check);
}
