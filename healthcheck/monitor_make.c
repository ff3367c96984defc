/* SPDX-License-Identifier: MIT */
/* monitor_make.c - from a config to its checks, with the secrets they send. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor_state.h"
#include "supervisor/options.h"
#include "supervisor/secret.h"

const uint8_t monitor_extensions[ROLE_COUNT] = {
	[ROLE_HEALTH] = 0,
	[ROLE_LIVE] = 1,
	[ROLE_READY] = 2,
	[ROLE_STARTUP] = 3,
};

static int
add_reaction(struct watched *w, const struct check *check)
{
	struct reaction *reaction = calloc(1, sizeof(*reaction));

	if (reaction == NULL)
		return -1;
	w->asked->reactions[check->role] = reaction;
	probe_init(&reaction->probe);
	reaction->probe.kind = PROBE_EXEC;
	reaction->probe.argv = check->probe->on_unhealthy_exec.items;
	reaction->probe.label = reaction->probe.argv[0];
	reaction->check.probe = &reaction->probe;
	reaction->check.service = check->service;
	reaction->check.role = ROLE_COUNT;
	reaction->check.owner = w;
	prober_add(&reaction->check);
	return 0;
}

static int
add_check(struct watched *w, enum health_role role, void *const *extensions)
{
	const struct probe *probe =
	    extensions == NULL ? NULL : extensions[monitor_extensions[role]];
	struct check *check;

	if (probe == NULL || probe->kind == PROBE_NONE)
		return 0;
	check = calloc(1, sizeof(*check));
	if (w->asked == NULL)
		w->asked = calloc(1, sizeof(*w->asked));
	if (check == NULL || w->asked == NULL)
		return -1;
	w->asked->checks[role] = check;
	w->asked->asks.probe[role] = probe;
	w->asked->asks.tally[role] = &check->tally;
	check->probe = probe;
	check->service = monitor_name(w->index);
	check->role = role;
	check->owner = w;
	attempt_prepare(probe);
	prober_add(check);
	return probe->on_unhealthy == ACTION_EXEC ? add_reaction(w, check) : 0;
}

/* Everything else waits for the startup probe. */
static void
set_gates(struct watched *w)
{
	for (int role = 0; role < ROLE_STARTUP; role++)
		if (check_of(w, role) != NULL)
			check_of(w, role)->gate = check_of(w, ROLE_STARTUP);
}

static int
add_needs(struct watched *w, const struct service_config *service)
{
	const struct config_need *needs = service->depends_on.items;
	size_t count = service->depends_on.count;

	if (count == 0)
		return 0;
	w->needs = calloc(count, sizeof(*w->needs));
	if (w->needs == NULL)
		return -1;
	monitor.nodes[w->index].needs = w->needs;
	for (size_t i = 0; i < count; i++) {
		/* A job that has to be done before is no part of health. */
		if (needs[i].target == TARGET_NONE || needs[i].required == 0 ||
		    needs[i].condition == CONDITION_COMPLETED)
			continue;
		w->needs[monitor.nodes[w->index].need_count++] =
		    (uint16_t)(needs[i].index +
		               (needs[i].target == TARGET_DEPENDENCY
		                       ? monitor.services
		                       : 0));
	}
	return 0;
}

/* {secret: NAME} in the headers of a probe, until then the name alone. */
static int
add_secrets(const struct watched *w, struct conf_error *err)
{
	size_t total = 0;

	for (int role = 0; role < ROLE_COUNT; role++) {
		struct conf_map map = { 0 };

		if (check_of(w, role) != NULL)
			map = check_of(w, role)->probe->headers;
		for (size_t i = 0; i < map.count; i++) {
			struct conf_pair *pair = &map.pairs[i];

			if (!pair->secret)
				continue;
			pair->value = secret_value(
			    monitor.config, pair->value, environ, err);
			if (pair->value == NULL)
				return -1;
			if (strchr(pair->value, '\r') != NULL)
				return conf_refuse(err,
				    "headers: %.40s: its secret has a line end",
				    pair->name);
			total += strlen(pair->value) + 1;
		}
	}
	return total <= MONITOR_HEADERS_MAX
	           ? 0
	           : conf_refuse(err, "the secrets in the headers of a probe "
	                              "are too long");
}

static int
add(uint32_t index)
{
	struct watched *w = &monitor.all[index];
	struct health_node *node = &monitor.nodes[index];
	const struct config *config = monitor.config;
	void *const *extensions =
	    index < monitor.services
	        ? config->services[index].extensions
	        : config->dependencies[index - monitor.services].extensions;

	w->index = index;
	node->name = monitor_name(index);
	node->external = index >= monitor.services;
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (node->external && role != ROLE_HEALTH)
			continue;
		if (add_check(w, (enum health_role)role, extensions) < 0)
			return -1;
	}
	if (w->asked != NULL) {
		set_gates(w);
		node->asks = &w->asked->asks;
	}
	return node->external ? 0 : add_needs(w, &config->services[index]);
}

/* --health takes the place of what the file asks. */
static int
ask_instead(struct probe *probe, const char *text, struct conf_error *err)
{
	memset(probe->ask, 0, sizeof(probe->ask));
	probe->test = probe->exec = (struct conf_list){ 0 };
	probe->argv = NULL;
	probe->host = probe->path = probe->target = NULL;
	probe->disable = 0;
	return probe_parse(probe, text, err);
}

int
monitor_options(struct config *config, const struct config_source *source,
    const struct option_values *values, struct conf_error *err)
{
	struct service_config *main = config_service(config, "main");
	const char *health = options_text(values, "health");
	struct probe *probe;

	if (!options_any(values, OPTION_PROBE))
		return 0;
	if (main == NULL)
		return conf_refuse(
		    err, "--health: there is no service main to have it");
	probe = config_extend(
	    &main->extensions, source, monitor_extensions[ROLE_HEALTH]);
	if (probe == NULL)
		return conf_refuse(err, "no memory for the probes");
	for (size_t i = 0; i < values->count; i++) {
		const struct option_value *v = &values->items[i];
		char key[24];

		if (v->option->scope != OPTION_PROBE ||
		    strcmp(v->option->name, "health") == 0)
			continue;
		if (conf_set(probe, &probe_table, options_key(v->option, key),
		        v->text, err) < 0)
			return options_refuse(v, err);
	}
	if (health != NULL && ask_instead(probe, health, err) < 0)
		return options_refuse(options_value(values, "health"), err);
	return probe->label != NULL
	           ? 0
	           : conf_refuse(err, "--interval and the like need --health");
}

int
monitor_loaded(const struct config *config, struct conf_error *err)
{
	monitor.config = config;
	monitor.services = (uint32_t)config->service_count;
	monitor.count = monitor.services + (uint32_t)config->dependency_count;
	monitor.all = calloc(monitor.count, sizeof(*monitor.all));
	monitor.nodes = calloc(monitor.count, sizeof(*monitor.nodes));
	monitor.opinions = calloc(monitor.count, sizeof(*monitor.opinions));
	monitor.reports = launch_reports(monitor.count);
	if (monitor.all == NULL || monitor.nodes == NULL ||
	    monitor.opinions == NULL || monitor.reports == NULL)
		return conf_refuse(err, "no memory for the probes");
	prober_init(
	    &monitor_prober_hooks, (unsigned)config->hale.probes_at_once);
	for (uint32_t i = 0; i < monitor.count; i++)
		if (add(i) < 0)
			return conf_refuse(err, "no memory for the probes");
	for (uint32_t i = 0; i < monitor.count; i++)
		if (add_secrets(&monitor.all[i], err) < 0)
			return -1;
	return 0;
}
