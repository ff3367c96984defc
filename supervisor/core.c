/* SPDX-License-Identifier: MIT */
#include "supervisor/core.h"

#include "supervisor/config.h"
#include "supervisor/grace.h"
#include "supervisor/life.h"

#include <stddef.h>

void
core_init(struct core *core)
{
	core->deadline_ms = CORE_NEVER;
	core->main = core->culprit = CORE_ALL;
	core->queue_first = core->queue_last = 0;
	core->alive = core->finals = 0;
	core->stopping = core->late = core->killed = core->exited = false;

	for (uint32_t i = 0; i < core->graph->count; i++) {
		bool here = i < core->graph->services;

		core->services[i] = (struct core_service){
			.state = here ? SERVICE_DOWN : SERVICE_UP,
			.due_ms = CORE_NEVER,
			.kill_by_ms = CORE_NEVER,
			.status = -1,
			.blocker = CORE_ALL,
			.wanted = !here,
		};
		if (here && core_policy(core, i)->is_main)
			core->main = i;
	}
}

bool
core_is_leaving(const struct core *core, uint32_t index)
{
	const struct core_service *service = &core->services[index];

	return core->stopping || service->again || !service->wanted;
}

static bool
is_met_by_service(const struct core *core, const struct graph_edge *edge)
{
	const struct core_service *need = &core->services[edge->need];

	if (edge->condition == CONDITION_COMPLETED)
		return need->state == SERVICE_DONE;
	if (core_is_leaving(core, edge->need))
		return false;

	switch ((enum config_condition)edge->condition) {
	case CONDITION_STARTED:
		return need->state == SERVICE_UP ||
		       need->state == SERVICE_DONE ||
		       (need->state == SERVICE_STARTING && need->started);
	case CONDITION_READY:
		return need->state == SERVICE_UP && need->ready;
	case CONDITION_HEALTHY:
		return need->state == SERVICE_UP && need->healthy;
	case CONDITION_COMPLETED:
		break;
	}
	return false;
}

bool
core_is_met(const struct core *core, const struct graph_edge *edge)
{
	const struct core_service *need = &core->services[edge->need];

	if (edge->need < core->graph->services)
		return is_met_by_service(core, edge);

	/* What lives elsewhere is started, and has no other readiness. */
	return edge->condition == CONDITION_STARTED || need->healthy;
}

bool
core_is_unmeetable(const struct core *core, const struct graph_edge *edge)
{
	const struct core_service *need = &core->services[edge->need];

	switch ((enum service_state)need->state) {
	case SERVICE_FAILED:
		return true;
	case SERVICE_DONE: /* what ended is not healthy any more */
		return edge->condition == CONDITION_READY ||
		       edge->condition == CONDITION_HEALTHY;
	case SERVICE_DOWN: /* and nobody wants it: nothing to wait for */
		return !edge->required && !need->wanted;
	case SERVICE_WAITING:
	case SERVICE_STARTING:
	case SERVICE_UP: /* and whatever lives elsewhere */
	case SERVICE_DRAINING:
	case SERVICE_LEAVING:
	case SERVICE_STOPPING:
	case SERVICE_KILLING:
	case SERVICE_BACKOFF:
	case SERVICE_STATE_END:
		break;
	}
	return false;
}

const struct graph_edge *
core_blocker(const struct core *core, uint32_t index)
{
	GRAPH_EACH_NEED(core->graph, index, edge)
		if (!core_is_met(core, edge) &&
		    (edge->required || !core_is_unmeetable(core, edge)))
			return edge;
	return NULL;
}

static void
consider_start(struct core *core, uint32_t index)
{
	GRAPH_EACH_NEED(core->graph, index, edge)
		if (edge->required && core_is_unmeetable(core, edge)) {
			core->services[index].blocker = edge->need;
			life_step(core, index, EVENT_UNMEETABLE, WHY_NEED);
			return;
		}
	if (core_blocker(core, index) == NULL)
		life_step(core, index, EVENT_MET, WHY_CONDITIONS);
}

/* Is anyone left that needs it, and goes too?  Then that one goes first. */
static bool
is_held(const struct core *core, uint32_t index)
{
	GRAPH_EACH_USER(core->graph, index, edge)
		if (service_is_alive(
		        (enum service_state)core->services[edge->node].state) &&
		    core_is_leaving(core, edge->node))
			return true;
	return false;
}

static void
consider_stop(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];
	enum core_why why = core->stopping   ? WHY_SHUTDOWN
	                    : service->again ? WHY_RESTART
	                                     : WHY_ASKED;

	switch ((enum service_state)service->state) {
	case SERVICE_STARTING:
	case SERVICE_UP:
		if (!is_held(core, index))
			life_step(core, index, EVENT_STOP, why);
		break;
	case SERVICE_DRAINING:
	case SERVICE_LEAVING:
	case SERVICE_STOPPING:
	case SERVICE_WAITING:
	case SERVICE_BACKOFF:
		life_step(core, index, EVENT_STOP, why);
		break;
	case SERVICE_DOWN:
	case SERVICE_KILLING:
	case SERVICE_DONE:
	case SERVICE_FAILED:
	case SERVICE_STATE_END:
		break;
	}
}

/* Nothing of it is left, and it was to come back. */
static void
consider_again(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];

	if (service_is_alive((enum service_state)service->state))
		return;
	service->again = false;
	life_step(core, index, EVENT_START, WHY_RESTART);
}

/* One service, or one of its neighbours, changed: does that move it? */
static void
consider(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];

	if (core_is_leaving(core, index))
		consider_stop(core, index);
	if (service->again)
		consider_again(core, index);
	if (service->state == SERVICE_WAITING)
		consider_start(core, index);
}

void
core_queue(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];

	if (service->queued || index >= core->graph->services)
		return;
	service->queued = true;
	service->next_queued = 0;
	if (core->queue_last != 0)
		core->services[core->queue_last - 1].next_queued = index + 1;
	else
		core->queue_first = index + 1;
	core->queue_last = index + 1;
}

void
core_queue_near(struct core *core, uint32_t index)
{
	core_queue(core, index);
	GRAPH_EACH_USER(core->graph, index, edge)
		core_queue(core, edge->node);
	GRAPH_EACH_NEED(core->graph, index, edge)
		core_queue(core, edge->need);
}

static void
queue_all(struct core *core)
{
	for (uint32_t i = 0; i < core->graph->services; i++)
		core_queue(core, i);
}

static void
settle(struct core *core)
{
	while (core->queue_first != 0) {
		uint32_t index = core->queue_first - 1;
		struct core_service *service = &core->services[index];

		core->queue_first = service->next_queued;
		if (core->queue_first == 0)
			core->queue_last = 0;
		service->queued = false;
		consider(core, index);
	}
}

static void
boot(struct core *core)
{
	for (uint32_t i = 0; i < core->graph->services; i++) {
		core->services[i].wanted = true;
		life_step(core, i, EVENT_START, WHY_BOOT);
	}
}

static bool
is_final(const struct core_service *service)
{
	return service->state == SERVICE_FAILED ||
	       service->state == SERVICE_DONE || service->state == SERVICE_DOWN;
}

/* A client wants one: it, and what it can't do without, from the needs up. */
static void
want(struct core *core, uint32_t index)
{
	const struct graph *graph = core->graph;

	core->services[index].marked = true;
	for (uint32_t i = graph->ordered; i-- > 0;) {
		uint32_t node = graph->order[i];
		struct core_service *service = &core->services[node];

		if (!service->marked)
			continue;
		service->marked = false;
		GRAPH_EACH_NEED(graph, node, edge)
			if (edge->required && !core_is_met(core, edge))
				core->services[edge->need].marked = true;
		service->wanted = true;
		if (is_final(service) || service->state == SERVICE_BACKOFF) {
			service->attempts = 0;
			life_step(core, node, EVENT_START, WHY_ASKED);
		}
		core_queue_near(core, node);
	}
}

/* A client wants one gone: and with it what can't do without it. */
static void
unwant(struct core *core, uint32_t index)
{
	const struct graph *graph = core->graph;

	core->services[index].marked = true;
	for (uint32_t i = 0; i < graph->ordered; i++) {
		uint32_t node = graph->order[i];
		struct core_service *service = &core->services[node];

		if (!service->marked)
			continue;
		service->marked = false;
		service->wanted = service->again = false;
		GRAPH_EACH_USER(graph, node, edge)
			if (edge->required &&
			    edge->condition != CONDITION_COMPLETED)
				core->services[edge->node].marked = true;
		core_queue_near(core, node);
	}
}

/* A client wants one restarted: with it those that have `restart: true`. */
static void
renew(struct core *core, uint32_t index)
{
	const struct graph *graph = core->graph;

	core->services[index].wanted = true;
	core->services[index].marked = true;
	for (uint32_t i = 0; i < graph->ordered; i++) {
		uint32_t node = graph->order[i];
		struct core_service *service = &core->services[node];

		if (!service->marked)
			continue;
		service->marked = false;
		service->again = true;
		service->attempts = 0;
		GRAPH_EACH_USER(graph, node, edge)
			if (edge->restart &&
			    core->services[edge->node].wanted &&
			    !is_final(&core->services[edge->node]))
				core->services[edge->node].marked = true;
		core_queue_near(core, node);
	}
}

void
core_begin_stop(struct core *core, uint32_t culprit)
{
	int64_t *own_ms = core->paths_ms + core->graph->services;

	if (core->stopping)
		return;
	core->stopping = true;
	core->culprit = culprit;
	core->deadline_ms = core->now_ms + core->grace_ms;
	for (uint32_t i = 0; i < core->graph->services; i++) {
		const struct core_policy *policy = core_policy(core, i);

		core->services[i].again = false;
		own_ms[i] = service_is_alive(
		                (enum service_state)core->services[i].state)
		                ? policy->drain_ms + policy->pre_stop_ms +
		                      policy->stop_ms
		                : 0;
	}
	grace_paths(core->graph, own_ms, core->paths_ms);
	life_timer(core, CORE_ALL, core->deadline_ms);
	queue_all(core);
}

static void
kill_all(struct core *core)
{
	for (uint32_t i = 0; i < core->graph->services; i++)
		life_step(core, i, EVENT_KILL, WHY_KILL);
}

static int
failure_status(const struct core_service *service)
{
	return service->status > 0 ? service->status : 1;
}

static int
exit_status(const struct core *core)
{
	const struct core_service *culprit;

	if (core->culprit != CORE_ALL) {
		culprit = &core->services[core->culprit];
		return culprit->state == SERVICE_DONE ? 0
		                                      : failure_status(culprit);
	}
	if (core->main != CORE_ALL) {
		int status = core->services[core->main].status;

		return status > 0 ? status : 0;
	}
	return core->killed ? 128 + 9 : 0;
}

/* All ended by themselves: the first failure is what it was. */
static void
end_by_itself(struct core *core)
{
	uint32_t culprit = CORE_ALL;

	for (uint32_t i = 0; i < core->graph->services; i++)
		if (core->services[i].state == SERVICE_FAILED &&
		    culprit == CORE_ALL)
			culprit = i;
	core_begin_stop(core, culprit);
}

static void
finish(struct core *core)
{
	if (core->finals == core->graph->services)
		end_by_itself(core);
	if (!core->stopping || core->alive > 0)
		return;
	life_timer(core, CORE_ALL, CORE_NEVER);
	core->exited = true;
	core->act(core, &(struct core_effect){ .kind = EFFECT_EXIT,
	                    .index = CORE_ALL,
	                    .status = exit_status(core) });
}

/* D: whoever is left is killed; a second later we go without them. */
static void
deadline(struct core *core)
{
	kill_all(core);
	if (!core->late) {
		core->late = true;
		life_timer(core, CORE_ALL, core->now_ms + CORE_LAST_MS);
	} else {
		core->alive = 0;
	}
}

static void
facts(struct core *core, const struct core_event *event)
{
	struct core_service *service;

	if (event->index >= core->graph->count)
		return;
	service = &core->services[event->index];
	service->ready = event->ready;
	service->healthy = event->healthy;
	GRAPH_EACH_USER(core->graph, event->index, edge)
		core_queue(core, edge->node);
}

/* Events about a process: of the instance that lives now, or nothing. */
static bool
is_stale(const struct core *core, const struct core_event *event)
{
	const struct core_service *service;

	if (event->index >= core->graph->services)
		return true;
	service = &core->services[event->index];
	return event->generation != service->generation ||
	       !service_is_alive((enum service_state)service->state);
}

static void
ask(struct core *core, const struct core_event *event)
{
	if (event->input == CORE_START)
		want(core, event->index);
	else if (event->input == CORE_STOP)
		unwant(core, event->index);
	else
		renew(core, event->index);
}

void
core_step(struct core *core, const struct core_event *event, int64_t now_ms)
{
	core->now_ms = now_ms;
	if (core->exited)
		return;

	switch (event->input) {
	case CORE_BOOT:
		boot(core);
		break;
	case CORE_STARTED:
	case CORE_REFUSED:
	case CORE_EXITED:
	case CORE_EMPTY:
	case CORE_NOTIFIED:
	case CORE_HOOKED:
	case CORE_UNHEALTHY:
	case CORE_WATCHDOG:
	case CORE_UNREADY:
	case CORE_EXTEND:
		if (!is_stale(core, event))
			life_news(core, event);
		break;
	case CORE_FACTS:
		facts(core, event);
		break;
	case CORE_TIMER:
		if (event->index != CORE_ALL)
			life_expire(core, event);
		else if (event->generation == core->timer && core->stopping)
			deadline(core);
		break;
	case CORE_START:
	case CORE_STOP:
	case CORE_RESTART:
		if (!core->stopping && event->index < core->graph->services)
			ask(core, event);
		break;
	case CORE_SHUTDOWN:
		core_begin_stop(core, event->index);
		break;
	case CORE_KILL:
		core_begin_stop(core, CORE_ALL);
		kill_all(core);
		break;
	case CORE_INPUT_END:
		break;
	}
	settle(core);
	finish(core);
}
