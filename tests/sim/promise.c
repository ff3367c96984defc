/* SPDX-License-Identifier: MIT */
/* promise.c - what core.h promises, checked from the outside. */
#include "supervisor/config.h"
#include "tests/sim/world.h"

#include <stddef.h>

static int64_t
own_ms(const struct world *world, uint32_t index)
{
	const struct core_policy *policy = &world->policies[index];

	return policy->drain_ms + policy->pre_stop_ms + policy->stop_ms;
}

/* By the world, not by the core: may node start, as far as edge goes? */
static bool
condition_holds(const struct world *world, const struct graph_edge *edge)
{
	const struct actor *need = &world->actors[edge->need];
	const struct core_service *known = &world->services[edge->need];

	if (edge->need >= world->graph.services)
		return edge->condition == CONDITION_STARTED || need->healthy;
	switch ((enum config_condition)edge->condition) {
	case CONDITION_COMPLETED:
		return !need->exists && need->spawns > 0 && need->ended_well &&
		       known->state == SERVICE_DONE;
	case CONDITION_STARTED:
		return (need->exists && need->runs && need->first &&
		           known->state < SERVICE_DRAINING) ||
		       (!need->exists && known->state == SERVICE_DONE);
	case CONDITION_READY:
		return need->exists && need->runs && need->first &&
		       need->ready && known->state == SERVICE_UP;
	case CONDITION_HEALTHY:
		return need->exists && need->runs && need->first &&
		       need->healthy && known->state == SERVICE_UP;
	}
	return false;
}

static void
check_spawn(struct world *world, uint32_t index)
{
	if (world->actors[index].exists)
		world_broke(world, "never two instances of a service");
	if (world->stop_ms >= 0)
		world_broke(world, "nothing is started after a stop began");
	GRAPH_EACH_NEED(&world->graph, index, edge) {
		if (edge->required && !condition_holds(world, edge))
			world_broke(world, "nothing starts too early");
		if (edge->required && edge->condition != CONDITION_COMPLETED &&
		    core_is_leaving(&world->core, edge->need))
			world_broke(world, "nothing starts on what goes");
	}
	if (!world->services[index].wanted)
		world_broke(world, "nothing starts that nobody wants");
}

static void
check_exit(struct world *world, int status)
{
	uint32_t culprit = world->core.culprit;

	if (world->exit_status >= 0)
		world_broke(world, "there is one exit");
	for (uint32_t i = 0; i < world->graph.services; i++)
		if (world->actors[i].exists && !world->core.late)
			world_broke(world, "no exit while a service lives");
	if (status < 0 || status > 255)
		world_broke(world, "an exit status is a byte");
	if (culprit != CORE_ALL &&
	    world->services[culprit].state == SERVICE_FAILED && status == 0)
		world_broke(world, "giving up never exits 0");
}

static void
check_order(struct world *world, uint32_t index)
{
	/* Asked to go, so who needs it and goes too has gone before. */
	if (world->services[index].reason == WHY_SHUTDOWN)
		GRAPH_EACH_USER(&world->graph, index, edge)
			if (world->actors[edge->node].exists)
				world_broke(world, "users stop before needs");
}

void
promise_effect(struct world *world, const struct core_effect *effect)
{
	switch (effect->kind) {
	case EFFECT_SPAWN:
		check_spawn(world, effect->index);
		break;
	case EFFECT_EXIT:
		check_exit(world, effect->status);
		break;
	case EFFECT_TERM:
		check_order(world, effect->index);
		break;
	case EFFECT_SWEEP:
	case EFFECT_KILL:
	case EFFECT_CHANGE:
	case EFFECT_POST_START:
	case EFFECT_PRE_STOP:
	case EFFECT_HOOK_KILL:
	case EFFECT_TIMER:
	case EFFECT_NAG:
	case EFFECT_END:
		break;
	}
}

/* Is there anyone alive that needs it and has to go too? */
static bool
is_held(const struct world *world, uint32_t index)
{
	GRAPH_EACH_USER(&world->graph, index, edge)
		if (world->actors[edge->node].exists &&
		    core_is_leaving(&world->core, edge->node))
			return true;
	return false;
}

/* All that it waits for is there, or failed and can be done without. */
static bool
may_start(const struct world *world, uint32_t index)
{
	GRAPH_EACH_NEED(&world->graph, index, edge) {
		bool failed =
		    world->services[edge->need].state == SERVICE_FAILED;

		if (!(failed && !edge->required) &&
		    (!condition_holds(world, edge) ||
		        (core_is_leaving(&world->core, edge->need) &&
		            edge->condition != CONDITION_COMPLETED)))
			return false;
	}
	return true;
}

static void
check_way_out(struct world *world, uint32_t index)
{
	const struct core_service *service = &world->services[index];
	bool timed = world->actors[index].due_ms != CORE_NEVER;

	switch ((enum service_state)service->state) {
	case SERVICE_WAITING:
		if (may_start(world, index))
			world_broke(world, "who may start is started");
		if (core_is_leaving(&world->core, index))
			world_broke(world, "who has to go does not wait");
		break;
	case SERVICE_STARTING:
		if (!service->started && !timed)
			world_broke(world, "a start has a deadline");
		break;
	case SERVICE_UP:
		break;
	case SERVICE_DRAINING:
	case SERVICE_LEAVING:
	case SERVICE_STOPPING:
	case SERVICE_KILLING:
	case SERVICE_BACKOFF:
		if (!timed)
			world_broke(world, "every stop and delay has an end");
		break;
	case SERVICE_DOWN:
		if (service->again ||
		    (service->wanted && !world->core.stopping))
			world_broke(world, "who is wanted is not down");
		break;
	case SERVICE_DONE:
	case SERVICE_FAILED:
		break;
	case SERVICE_STATE_END:
		world_broke(world, "a state is one of them");
	}
	if ((service->state == SERVICE_STARTING ||
	        service->state == SERVICE_UP) &&
	    core_is_leaving(&world->core, index) && !is_held(world, index))
		world_broke(world, "who has to go, and may, goes");
}

static void
check_stop(struct world *world, uint32_t index)
{
	const struct core_service *service = &world->services[index];
	const struct actor *actor = &world->actors[index];

	if (service->state < SERVICE_DRAINING ||
	    service->state > SERVICE_STOPPING)
		return;
	if (actor->due_ms > service->kill_by_ms)
		world_broke(world, "no stage outlasts its stop");
	if (actor->told_ms >= 0 && !actor->extended &&
	    service->kill_by_ms > actor->told_ms + own_ms(world, index))
		world_broke(world, "every stop ends by its deadline");
	if (world->core.stopping &&
	    service->kill_by_ms > world->core.deadline_ms)
		world_broke(world, "every stop ends by the shared deadline");
}

static void
check_truth(struct world *world, uint32_t index)
{
	const struct core_service *service = &world->services[index];
	const struct actor *actor = &world->actors[index];

	if (service_is_alive((enum service_state)service->state) !=
	    actor->exists)
		world_broke(world, "no event is lost: alive is alive");
	if (actor->due_ms != service->due_ms)
		world_broke(world, "the timer is the one that was armed");
}

void
promise_all(struct world *world)
{
	uint32_t alive = 0, finals = 0;

	for (uint32_t i = 0; i < world->graph.services; i++) {
		uint8_t state = world->services[i].state;

		if (world->core.exited)
			continue;
		check_truth(world, i);
		check_way_out(world, i);
		check_stop(world, i);
		alive += service_is_alive((enum service_state)state);
		finals += state == SERVICE_DONE || state == SERVICE_FAILED;
	}
	if (world->core.exited)
		return;
	if (alive != world->core.alive || finals != world->core.finals)
		world_broke(world, "what is counted is what is");
	if (!world->core.stopping && finals == world->graph.services)
		world_broke(world, "all ended by themselves: exit");
	if (world->core.stopping && alive == 0)
		world_broke(world, "nothing alive: exit at once");
	if (world->stop_ms >= 0 &&
	    world->now_ms > world->core.deadline_ms + CORE_LAST_MS)
		world_broke(world, "the stop ends by its deadline");
}
