/* SPDX-License-Identifier: MIT */
/*
 * config_stop.c - does the longest way down fit into the time for the stop?
 *
 * Who is needed stops after those who need it.  Where the times that services
 * asked for add up to more than hale.stop_grace_period, each will get a share;
 * that is said when the file is read, not when the container dies.
 */
#include "supervisor/config_check.h"

#include <stdlib.h>
#include <string.h>

struct way {
	int64_t needed_ms; /* from the first stop down to this one's end */
	uint32_t from;     /* who is stopped before; own number: none */
	uint32_t users;    /* who need it and have not been counted */
};

static int64_t
time_wanted(const struct service_config *service)
{
	const struct config_hook *hooks = service->extras->pre_stop.items;
	int64_t sum = service->policy->drain_ms;

	for (size_t i = 0; i < service->extras->pre_stop.count; i++)
		sum += hooks[i].timeout_ms > 0 ? hooks[i].timeout_ms : 0;
	if (service->policy->stop_grace_period_ms > 0)
		sum += service->policy->stop_grace_period_ms;
	return sum;
}

/* The longest way from users to needs, in topological order. */
static void
walk(const struct config *config, struct way *ways, uint32_t *queue)
{
	size_t end = 0;

	for (size_t i = 0; i < config->service_count; i++)
		if (ways[i].users == 0)
			queue[end++] = (uint32_t)i;
	for (size_t at = 0; at < end; at++) {
		uint32_t number = queue[at];
		const struct service_config *service =
		    &config->services[number];
		const struct config_need *needs = service->depends_on.items;

		ways[number].needed_ms += time_wanted(service);
		for (size_t k = 0; k < service->depends_on.count; k++) {
			struct way *next = &ways[needs[k].index];

			if (needs[k].target != TARGET_SERVICE)
				continue;
			if (ways[number].needed_ms > next->needed_ms) {
				next->needed_ms = ways[number].needed_ms;
				next->from = number;
			}
			if (--next->users == 0)
				queue[end++] = needs[k].index;
		}
	}
}

/* "api -> db", the first to be stopped first */
static void
add_way(struct text *out, const struct config *config, const struct way *ways,
    uint32_t last)
{
	uint32_t chain[16];
	size_t length = 0;

	for (; length < 15 && ways[last].from != last; last = ways[last].from)
		chain[length++] = last;
	chain[length++] = last;
	while (length-- > 0) {
		text_add(out, config->services[chain[length]].name);
		if (length > 0)
			text_add(out, " -> ");
	}
}

static void
tell(const struct check *check, const struct way *ways, uint32_t last)
{
	const struct config *config = check->config;
	char wanted[CONF_SHOWN], given[CONF_SHOWN];
	struct text all = { .limit = 2000 };
	struct check_place place;

	conf_show_duration(wanted, ways[last].needed_ms);
	conf_show_duration(given, config->hale.stop_grace_period_ms);
	text_add(&all, "stopping ");
	add_way(&all, config, ways, last);
	text_format(&all,
	    " may need %s, but hale.stop_grace_period is %s: each gets a share",
	    wanted, given);
	check_place(check, &place, "services", config->services[last].name,
	    config->services[last].policy->stop_grace_period_ms > 0
	        ? "stop_grace_period"
	        : NULL,
	    NULL);
	tree_warning(check->fill->tree, place.mark, place.last,
	    all.data == NULL ? "" : all.data);
	text_finish(&all);
}

void
check_stops(struct check *check)
{
	const struct config *config = check->config;
	size_t count = config->service_count;
	struct way *ways = calloc(count + 1, sizeof(*ways));
	uint32_t *queue = calloc(count + 1, sizeof(*queue)), worst = 0;

	if (ways == NULL || queue == NULL) {
		free(ways);
		free(queue);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct config_need *needs =
		    config->services[i].depends_on.items;

		ways[i].from = (uint32_t)i;
		for (size_t k = 0; k < config->services[i].depends_on.count;
		     k++)
			if (needs[k].target == TARGET_SERVICE)
				ways[needs[k].index].users++;
	}
	if (count > 0) {
		walk(config, ways, queue);
		ways[count].needed_ms = config->hale.stop_grace_period_ms;
		worst = (uint32_t)count;
		for (uint32_t i = 0; i < count; i++)
			if (ways[i].needed_ms > ways[worst].needed_ms &&
			    time_wanted(&config->services[i]) > 0)
				worst = i;
		if (worst < count)
			tell(check, ways, worst);
	}
	free(ways);
	free(queue);
}
