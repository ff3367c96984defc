/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include "figures.h"
#include "monitor.h"
#include "probe.h"

#include "supervisor/clock.h"
#include "supervisor/conf.h"
#include "supervisor/config.h"
#include "supervisor/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	struct snapshot snapshot;
	const struct config *config;
	struct figures_session *sessions;
	int64_t started_ms, measured_ms;
	int64_t took_ms; /* to measure */
	uint64_t pids; /* of the services that were measured, a sum over them */
} gather;

/*
 * /proc is read no more often: everybody's, and when other processes run. It
 * takes time by the number of processes, and nobody else is served meanwhile:
 * it gets one part in RARELY at most, or what PID 1 does could be seen to wait.
 */
#define FRESH_MS 1000
#define NEWS_MS  50
#define RARELY   200

/* For so long a restart is worth a word. */
#define NOTE_MS INT64_C(3600000)

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_HEALTH] = "healthcheck",
	[ROLE_LIVE] = "liveness",
	[ROLE_READY] = "readiness",
	[ROLE_STARTUP] = "startup",
};

static const char *const role_kinds[ROLE_COUNT] = {
	[ROLE_HEALTH] = "ready",
	[ROLE_LIVE] = "live",
	[ROLE_READY] = "ready",
	[ROLE_STARTUP] = "startup",
};

size_t
gather_probes(void)
{
	return gather.snapshot.probe_count;
}

/* What the probes of one node are never changes: written down once. */
static void
list_probes(struct snapshot_service *node, uint32_t index)
{
	struct snapshot *s = &gather.snapshot;

	size_t first = s->probe_count;

	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct check *check =
		    monitor_check(index, (enum health_role)role);
		struct snapshot_probe *probe = &s->probes[s->probe_count];

		if (check == NULL)
			continue;
		probe->name = role_names[role];
		probe->kind = role_kinds[role];
		probe->type = probe_kind_name(check->probe->kind);
		probe->target = check->probe->label;
		probe->tally = &check->tally;
		s->probe_count++;
	}
	/* Who has none stays untouched memory until somebody asks. */
	if (s->probe_count == first)
		return;
	node->probe_first = first;
	node->probe_count = s->probe_count - first;
}

int
gather_init(const struct config *config, struct conf_error *err)
{
	struct snapshot *s = &gather.snapshot;
	size_t count = config->service_count + config->dependency_count;
	size_t services = (count + 1) * sizeof(*s->services);
	size_t probes = (count * ROLE_COUNT + 1) * sizeof(*s->probes);
	size_t sessions =
	    (config->service_count + 1) * sizeof(*gather.sessions);

	s->service_count = config->service_count;
	s->dependency_count = config->dependency_count;
	/* Stays untouched until somebody asks: but for the head of one chunk. */
	s->services = conf_alloc(services + probes + sessions);
	if (s->services == NULL)
		return conf_refuse(err, "no memory for the status");
	s->probes = (void *)((char *)s->services + services);
	gather.sessions = (void *)((char *)s->probes + probes);
	s->version = HALE_VERSION;
	gather.started_ms = clock_now_ms();
	gather.config = config;
	for (size_t i = 0; i < count; i++)
		list_probes(&s->services[i], (uint32_t)i);
	return 0;
}

static int64_t
to_wall(int64_t monotonic_ms)
{
	return gather.snapshot.wall_ms -
	       (gather.snapshot.now_ms - monotonic_ms);
}

/* Who can't make up its mind is worth a word, also while it is healthy. */
static void
note_flapping(struct snapshot_service *node)
{
	for (size_t i = 0; i < node->probe_count; i++) {
		const struct snapshot_probe *probe =
		    &gather.snapshot.probes[node->probe_first + i];

		if (probe->tally->flapping)
			snprintf(node->note, sizeof(node->note), "flapping: %s",
			    probe->target);
	}
}

static void
judge(struct snapshot_service *node, uint32_t index)
{
	struct health_opinion opinion = monitor_opinion(index);

	node->health = verdict_name(opinion.verdict);
	node->live = opinion.live;
	node->ready = opinion.ready;
	node->started = opinion.started;
	node->cause[0] = node->note[0] = '\0';
	if (opinion.verdict != VERDICT_HEALTHY)
		monitor_line(index, node->cause, sizeof(node->cause));
	if (node->state == NULL) {
		const struct tally *tally =
		    gather.snapshot.probes[node->probe_first].tally;

		node->since_wall_ms =
		    to_wall(node->probe_count > 0 && tally->changed_ms > 0
		                ? tally->changed_ms
		                : gather.started_ms);
		node->exit_code = -1;
	} else if (strcmp(node->state, "waiting") == 0 ||
	           strcmp(node->state, "backoff") == 0 ||
	           strcmp(node->state, "failed") == 0) {
		/* Not how it is, but what it waits for, or what failed. */
		char why[SNAPSHOT_CAUSE / 2];

		supervisor_explain(index, why, sizeof(why));
		if (why[0] != '\0')
			snprintf(node->cause, sizeof(node->cause), "%s: %s",
			    node->name, why);
	} else if (strcmp(node->state, "down") == 0 ||
	           (strcmp(node->state, "up") == 0 &&
	               gather.snapshot.wall_ms - node->since_wall_ms <
	                   NOTE_MS)) {
		supervisor_explain(index, node->note, sizeof(node->note));
	}
	note_flapping(node);
}

static const char *
name_of(size_t index)
{
	const struct config *config = gather.config;

	return index < config->service_count
	           ? config->services[index].name
	           : config->dependencies[index - config->service_count].name;
}

static void
look(struct snapshot_service *node, uint32_t index)
{
	struct supervisor_view view;

	supervisor_look(index, &view);
	node->state = service_state_name(view.state);
	node->says = view.status;
	node->wanted = view.wanted;
	node->pid = view.pid;
	node->exit_code = view.exit_code;
	node->restarts = view.restarts;
	node->lines_dropped = view.lines_dropped;
	node->since_wall_ms = to_wall(view.since_ms);
}

static int
compare_sessions(const void *a, const void *b)
{
	const struct figures_session *left = a, *right = b;

	return (left->session > right->session) -
	       (left->session < right->session);
}

static void
measure(struct snapshot *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->service_count; i++)
		s->services[i].resources =
		    (struct snapshot_resources){ -1, -1, -1, -1 };
	for (size_t i = 0; i < s->service_count; i++)
		if (s->services[i].pid > 0) {
			gather.sessions[count].session = s->services[i].pid;
			gather.sessions[count++].into =
			    &s->services[i].resources;
		}
	qsort(
	    gather.sessions, count, sizeof(*gather.sessions), compare_sessions);
	if (count > 0)
		figures_sessions(gather.sessions, count);
	figures_own(&s->own);
	figures_container(s);
}

/* One word for the whole: on its way down, on its way up, or there. */
static const char *
state_of_whole(const struct snapshot *s)
{
	struct supervisor_view view;

	if (s->service_count == 0)
		return "running";
	supervisor_look(0, &view);
	if (view.stopping)
		return "stopping";
	for (size_t i = 0; i < s->service_count; i++)
		if (strcmp(s->services[i].state, "waiting") == 0 ||
		    strcmp(s->services[i].state, "starting") == 0)
			return "starting";
	return "running";
}

static void
judge_whole(struct snapshot *s)
{
	struct health_opinion whole = monitor_whole();

	s->state = state_of_whole(s);
	s->health = verdict_name(whole.verdict);
	s->cause[0] = '\0';
	for (size_t i = 0;
	     i < s->service_count && whole.verdict != VERDICT_HEALTHY &&
	     s->cause[0] == '\0';
	     i++)
		if (strcmp(s->services[i].health, s->health) == 0)
			snprintf(s->cause, sizeof(s->cause), "%s",
			    s->services[i].cause);
}

/* What was measured a moment ago still holds, if the same processes run. */
static bool
is_measured(const struct snapshot *s)
{
	uint64_t pids = 0;
	int64_t age_ms = s->now_ms - gather.measured_ms;

	for (size_t i = 0; i < s->service_count; i++)
		pids = pids * 31 + (uint64_t)s->services[i].pid;
	if (gather.measured_ms != 0 &&
	    (age_ms < (pids == gather.pids ? FRESH_MS : NEWS_MS) ||
	        age_ms < gather.took_ms * RARELY))
		return true;
	gather.pids = pids;
	gather.measured_ms = s->now_ms;
	return false;
}

const struct snapshot *
gather_now(bool figures)
{
	struct snapshot *s = &gather.snapshot;
	size_t count = s->service_count + s->dependency_count;

	s->now_ms = clock_now_ms();
	s->wall_ms = clock_wall_ms();
	s->uptime_ms = s->now_ms - gather.started_ms;
	s->pid = getpid();
	monitor_judge();
	for (size_t i = 0; i < count; i++) {
		struct snapshot_service *node = &s->services[i];

		node->name = name_of(i);
		node->says = "";
		if (i < s->service_count)
			look(node, (uint32_t)i);
		judge(node, (uint32_t)i);
	}
	judge_whole(s);
	if (figures && !is_measured(s)) {
		measure(s);
		gather.took_ms = clock_now_ms() - s->now_ms;
	}
	return s;
}
