/* SPDX-License-Identifier: MIT */
#include "tests/sim/world.h"

#include "supervisor/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seen_effects[EFFECT_END], seen_inputs[CORE_INPUT_END];
static uint64_t seen_states[SERVICE_STATE_END], seen_why[WHY_END];
static uint64_t seen_cells[SERVICE_STATE_END][EVENT_END];

struct service_step __real_service_step(
    enum service_state state, enum service_event event);
struct service_step __wrap_service_step(
    enum service_state state, enum service_event event);

/* The linker puts it before the real one: which cells of the table are used? */
struct service_step
__wrap_service_step(enum service_state state, enum service_event event)
{
	seen_cells[state][event]++;
	return __real_service_step(state, event);
}

static uint32_t
roll(struct world *world, uint32_t sides)
{
	world->random = world->random * UINT64_C(6364136223846793005) +
	                UINT64_C(1442695040888963407);
	return (uint32_t)(world->random >> 33) % sides;
}

void
world_broke(struct world *world, const char *promise)
{
	if (world->broken == NULL)
		world->broken = promise;
	if (world->tell)
		printf("  BROKEN: %s\n", promise);
}

/* ---- the core acts on the world */

static void
take_stop_signal(struct world *world, uint32_t index)
{
	(void)world;
	world->actors[index].told = true;
}

static void
take_timer(struct world *world, const struct core_effect *effect)
{
	struct actor *actor;

	if (effect->index == CORE_ALL) {
		world->last_due_ms = effect->due_ms;
		world->last_timer = effect->generation;
		return;
	}
	actor = &world->actors[effect->index];
	actor->old_timer = actor->timer;
	actor->timer = effect->generation;
	actor->due_ms = effect->due_ms;
}

static void
take_spawn(struct world *world, const struct core_effect *effect)
{
	struct actor *actor = &world->actors[effect->index];

	*actor = (struct actor){
		.exists = true,
		.first = true,
		.generation = effect->generation,
		.manner = (uint8_t)roll(world, MANNERS),
		.stuck = roll(world, 40) == 0,
		.status = -1,
		.told_ms = -1,
		.due_ms = actor->due_ms,
		.timer = actor->timer,
		.old_timer = actor->old_timer,
		.spawns = actor->spawns + 1,
		.ready = !world->policies[effect->index].ready_probe,
		.healthy = !world->policies[effect->index].health_probe,
	};
}

static void
act(struct core *core, const struct core_effect *effect)
{
	struct world *world =
	    (struct world *)(void *)((char *)core -
	                             offsetof(struct world, core));
	/* what concerns all has no actor, and never uses it */
	struct actor *actor =
	    &world->actors[effect->index == CORE_ALL ? 0 : effect->index];

	seen_effects[effect->kind]++;
	promise_effect(world, effect);
	switch (effect->kind) {
	case EFFECT_CHANGE:
		seen_states[effect->to]++;
		seen_why[effect->why]++;
		if (world->tell)
			printf("    %u: %s -> %s (%s)\n", effect->index,
			    service_state_name(
			        (enum service_state)effect->from),
			    service_state_name((enum service_state)effect->to),
			    core_why_name((enum core_why)effect->why));
		if (effect->to >= SERVICE_DRAINING &&
		    effect->to <= SERVICE_STOPPING && actor->told_ms < 0)
			actor->told_ms = world->now_ms;
		break;
	case EFFECT_SPAWN:
		take_spawn(world, effect);
		break;
	case EFFECT_TERM:
	case EFFECT_SWEEP:
		take_stop_signal(world, effect->index);
		break;
	case EFFECT_KILL:
		actor->killed = true;
		break;
	case EFFECT_POST_START:
		actor->hook = 1;
		break;
	case EFFECT_PRE_STOP:
		actor->hook = 2;
		break;
	case EFFECT_HOOK_KILL:
		actor->hook = 0;
		break;
	case EFFECT_TIMER:
		take_timer(world, effect);
		break;
	case EFFECT_EXIT:
		world->exit_status = effect->status;
		if (world->tell)
			printf("    exit %d\n", effect->status);
		break;
	case EFFECT_NAG:
	case EFFECT_END:
		break;
	}
}

/* ---- the world acts on the core */

static void
post(struct world *world, struct core_event event)
{
	static const char *const names[CORE_INPUT_END] = { "boot", "started",
		"refused", "exited", "empty", "notified", "hooked", "unhealthy",
		"watchdog", "unready", "extend", "facts", "timer", "start",
		"stop", "restart", "shutdown", "kill" };

	seen_inputs[event.input]++;
	world->steps++;
	if (world->tell)
		printf("  %lld ms: %s %d, generation %u, status %d\n",
		    (long long)world->now_ms, names[event.input],
		    (int)event.index, event.generation, event.status);
	if (world->core.stopping && world->stop_ms < 0)
		world->stop_ms = world->now_ms;
	core_step(&world->core, &event, world->now_ms);
	if (world->core.stopping && world->stop_ms < 0)
		world->stop_ms = world->now_ms;
	promise_all(world);
}

static void
post_about(
    struct world *world, enum core_input input, uint32_t index, int status)
{
	post(world, (struct core_event){ .input = input,
	                .index = index,
	                .generation = world->actors[index].generation,
	                .status = status });
}

static void
vanish(struct world *world, uint32_t index, enum core_input input, int status)
{
	struct actor *actor = &world->actors[index];

	actor->ended_well =
	    actor->first ? status == 0 && !actor->told : actor->status == 0;
	actor->exists = actor->first = actor->runs = false;
	actor->hook = 0;
	post_about(world, input, index, status);
}

static void
first_ends(struct world *world, uint32_t index, int status, bool litter)
{
	struct actor *actor = &world->actors[index];

	if (!litter) {
		vanish(world, index, CORE_EMPTY, status);
		return;
	}
	actor->first = false;
	actor->status = status;
	post_about(world, CORE_EXITED, index, status);
}

static void
fire(struct world *world, uint32_t index)
{
	struct core_event event = { .input = CORE_TIMER, .index = index };

	if (index == CORE_ALL) {
		event.generation = world->last_timer;
		world->last_due_ms = CORE_NEVER;
	} else {
		event.generation = world->actors[index].timer;
		world->actors[index].due_ms = CORE_NEVER;
		/* The core has not heard of it yet: the two differ. */
	}
	post(world, event);
}

/* Time passes to at_ms, and every timer on the way fires. */
static void
pass(struct world *world, int64_t at_ms)
{
	while (world->broken == NULL && world->exit_status < 0) {
		uint32_t first = CORE_ALL;
		int64_t due_ms = world->last_due_ms;

		for (uint32_t i = 0; i < world->graph.services; i++)
			if (world->actors[i].due_ms < due_ms) {
				due_ms = world->actors[i].due_ms;
				first = i;
			}
		if (due_ms > at_ms)
			break;
		if (due_ms > world->now_ms)
			world->now_ms = due_ms;
		fire(world, first);
	}
	if (at_ms > world->now_ms && at_ms != CORE_NEVER)
		world->now_ms = at_ms;
}

static int64_t
nearest(const struct world *world)
{
	int64_t due_ms = world->last_due_ms;

	for (uint32_t i = 0; i < world->graph.services; i++)
		if (world->actors[i].due_ms < due_ms)
			due_ms = world->actors[i].due_ms;
	return due_ms;
}

/* ---- things that may happen to one service */

/* SIGKILL came: before its execve() had worked, or to some of it first. */
static void
die(struct world *world, uint32_t index, uint32_t choice)
{
	struct actor *actor = &world->actors[index];

	if (!actor->runs && choice % 2 == 0)
		vanish(world, index, CORE_REFUSED, 127);
	else if (actor->first)
		first_ends(world, index, 137, choice % 4 == 1);
	else
		vanish(world, index, CORE_EMPTY, -1);
}

static void
kernel(struct world *world, uint32_t index, uint32_t choice)
{
	struct actor *actor = &world->actors[index];
	int status = choice / 16 % 3 == 0 ? 0 : choice / 16 % 3 == 1 ? 1 : 139;

	if (!actor->exists)
		return;
	if (actor->killed) {
		if (!actor->stuck || choice % 8 == 0)
			die(world, index, choice / 8);
	} else if (!actor->first) { /* the litter */
		if (actor->told && actor->manner != DEAF)
			vanish(world, index, CORE_EMPTY, -1);
	} else if (!actor->runs) {
		if (choice % 8 == 0 || actor->told) {
			vanish(world, index, CORE_REFUSED, 127);
		} else {
			actor->runs = true;
			post_about(world, CORE_STARTED, index, 0);
		}
	} else if (actor->told) {
		if (actor->manner == POLITE || actor->manner == LITTERS ||
		    (actor->manner == SLOW && choice % 4 == 0))
			first_ends(world, index, choice % 2 ? 143 : 0,
			    actor->manner == LITTERS);
	} else if (choice % 16 == 0) {
		first_ends(world, index, status, choice % 7 == 0);
	} else if (choice % 999 == 1) {
		/* Never said of one that runs, but the core can't know. */
		vanish(world, index, CORE_REFUSED, 127);
	}
}

static void
ask_for_time(struct world *world, uint32_t index, uint32_t ms)
{
	struct actor *actor = &world->actors[index];

	actor->extended = true;
	post(world, (struct core_event){ .input = CORE_EXTEND,
	                .index = index,
	                .generation = actor->generation,
	                .ms = ms });
}

static void
report(struct world *world, uint32_t index, uint32_t choice)
{
	static const enum core_input ills[] = { CORE_UNHEALTHY, CORE_WATCHDOG,
		CORE_UNREADY };
	struct actor *actor = &world->actors[index];

	switch (choice % 6) {
	case 0:
		if (actor->exists && actor->runs)
			post_about(world, CORE_NOTIFIED, index, 0);
		break;
	case 1:
	case 2:
		if (actor->hook != 0) {
			actor->hook = 0;
			post_about(
			    world, CORE_HOOKED, index, choice / 6 % 5 == 0);
		}
		break;
	case 3:
		if (actor->exists && choice / 6 % 4 == 0)
			post_about(world, ills[choice / 24 % 3], index, 0);
		else if (actor->exists && choice / 6 % 4 == 1)
			ask_for_time(world, index, choice / 24 % 4000);
		break;
	default: /* a probe has a new opinion */
		if (index >= world->graph.services ||
		    world->policies[index].ready_probe)
			actor->ready = choice & 8;
		if (index >= world->graph.services ||
		    world->policies[index].health_probe)
			actor->healthy = choice & 16;
		post(world, (struct core_event){ .input = CORE_FACTS,
		                .index = index,
		                .ready = actor->ready,
		                .healthy = actor->healthy });
	}
}

/* News of an instance, or a timer, that is no more. */
static void
stale(struct world *world, uint32_t index, uint32_t choice)
{
	static const enum core_input inputs[] = { CORE_STARTED, CORE_REFUSED,
		CORE_EXITED, CORE_EMPTY, CORE_NOTIFIED, CORE_HOOKED,
		CORE_UNHEALTHY, CORE_WATCHDOG };
	struct actor *actor = &world->actors[index];
	struct core_service before = world->services[index];
	struct core_event event = { .index = index,
		.input = inputs[choice % 8],
		.generation = actor->generation - 1 };

	if (choice & 64)
		event = (struct core_event){ .index = index,
			.input = CORE_TIMER,
			.generation = actor->old_timer };
	if (event.input == CORE_TIMER && actor->old_timer == actor->timer)
		return;
	post(world, event);
	if (memcmp(&before, &world->services[index], sizeof(before)) != 0)
		world_broke(world, "old news change nothing");
}

static void
client(struct world *world, uint32_t index, uint32_t choice)
{
	static const enum core_input verbs[] = { CORE_START, CORE_STOP,
		CORE_RESTART };

	post(world,
	    (struct core_event){ .input = verbs[choice % 3], .index = index });
}

static void
stop_all(struct world *world, uint32_t choice)
{
	struct core_event event = { .input = CORE_SHUTDOWN, .index = CORE_ALL };

	/* Rare at first; then a second signal may well come, or a first one
	 * while main ends, which counts as a second. */
	if (!world->core.stopping && choice / 64 % 8 != 0)
		return;
	if (choice % 5 == 0)
		event.index = choice / 5 % world->graph.services;
	if (world->core.stopping || choice / 512 % 7 == 6) {
		event.input = CORE_KILL;
		world->killed_all = true;
	}
	world->asked = true;
	post(world, event);
}

void
world_step(struct world *world, uint32_t choice)
{
	uint32_t index = choice % world->graph.services;
	uint32_t rest = choice / world->graph.services;
	uint32_t kind = rest % 100;

	rest /= 100;
	if (world->exit_status >= 0)
		return;
	if (kind < 45)
		kernel(world, index, rest);
	else if (kind < 65)
		report(world, (rest / 8) % world->graph.count, rest);
	else if (kind < 70)
		stale(world, index, rest);
	else if (kind < 78)
		client(world, index, rest);
	else if (kind < 79)
		stop_all(world, rest);
	else if (kind < 94)
		pass(world, world->now_ms + rest % 200);
	else if (kind < 97 && nearest(world) != CORE_NEVER)
		pass(world, nearest(world));
	else if (kind == 97 && rest % 8 == 0)
		pass(world, world->now_ms + rest % 100000);
	else if (kind == 98 && rest % 8 == 0 && world->stop_ms < 0)
		/* a paused container: no timer is served on the way */
		world->now_ms += rest % 3600000;
}

void
world_end(struct world *world)
{
	if (!world->core.stopping)
		stop_all(world, 1); /* asks for the stop: 1 / 64 is 0 */
	for (int i = 0; i < 10000 && world->exit_status < 0; i++) {
		if (world->broken != NULL)
			return;
		kernel(world, roll(world, world->graph.services),
		    roll(world, 1000));
		if (world->exit_status < 0 && nearest(world) != CORE_NEVER &&
		    i % 3 == 0)
			pass(world, nearest(world));
	}
	if (world->exit_status < 0)
		world_broke(world, "all things come to an end");
}

/* ---- a config by chance */

static void
make_policy(struct world *world, uint32_t index)
{
	struct core_policy *policy = &world->policies[index];

	world->policy_of[index] = index;
	*policy = (struct core_policy){
		.backoff = { .delay_ms = roll(world, 3) * 250,
		    .max_delay_ms = 2000,
		    .window_ms = 5000,
		    .max_attempts = roll(world, 4) },
		.stop_ms = 200 + roll(world, 5000),
		.drain_ms = roll(world, 3) ? 0 : roll(world, 3000),
		.pre_stop_ms = roll(world, 3) ? 0 : roll(world, 3000),
		.restart = (int8_t)roll(world, 3),
		.essential =
		    (int8_t)(roll(world, 8) ? 0 : (int)roll(world, 3) - 1),
		.notify = roll(world, 3) == 0,
		.post_start = roll(world, 4) == 0,
		.ready_probe = roll(world, 3) == 0,
		.health_probe = roll(world, 3) == 0,
		.is_main = index == 0 && roll(world, 2),
	};
}

static uint32_t
make_edges(struct world *world, uint32_t services, uint32_t count,
    struct graph_edge *edges)
{
	uint32_t wish = roll(world, 3 * services), made = 0;

	for (uint32_t i = 0; i < wish && made < WORLD_EDGES; i++) {
		uint32_t node = roll(world, services);
		uint32_t need = roll(world, count);

		if (need < services && need >= node)
			continue;
		edges[made++] = (struct graph_edge){ .node = node,
			.need = need,
			.condition =
			    (uint8_t)roll(world, need < services ? 4 : 3),
			.required = roll(world, 4) != 0,
			.restart = roll(world, 2) != 0 };
	}
	return made;
}

void
world_make(struct world *world, uint64_t seed, bool tell)
{
	struct graph_edge edges[WORLD_EDGES];
	uint32_t services, count, made;

	*world = (struct world){ .random = seed * 2654435761 + 1,
		.tell = tell,
		.stop_ms = -1,
		.exit_status = -1,
		.now_ms = 1000,
		.last_due_ms = CORE_NEVER };
	services = 1 + roll(world, WORLD_SERVICES);
	count = services + roll(world, 3);
	made = make_edges(world, services, count, edges);
	if (graph_init(&world->graph, count, services, edges, made) < 0)
		abort();
	for (uint32_t i = 0; i < count; i++)
		world->actors[i] =
		    (struct actor){ .due_ms = CORE_NEVER, .told_ms = -1 };
	for (uint32_t i = 0; i < services; i++)
		make_policy(world, i);
	if (tell)
		for (uint32_t i = 0; i < made; i++)
			printf("  %u needs %u, condition %d%s%s\n",
			    edges[i].node, edges[i].need, edges[i].condition,
			    edges[i].required ? "" : ", not required",
			    edges[i].restart ? ", restart" : "");

	world->core = (struct core){ .graph = &world->graph,
		.policies = world->policies,
		.policy_of = world->policy_of,
		.services = world->services,
		.paths_ms = world->paths_ms,
		.grace_ms = 500 + roll(world, 12000),
		.random = seed,
		.act = act };
	core_init(&world->core);
	post(world, (struct core_event){ .input = CORE_BOOT });
}

void
world_free(struct world *world)
{
	graph_finish(&world->graph);
}

static int
report_cells(void)
{
	int met = 0, acting = 0, never = 0;

	for (int s = SERVICE_DOWN; s < SERVICE_STATE_END; s++)
		for (int e = EVENT_START; e < EVENT_END; e++) {
			enum service_state state = (enum service_state)s;
			enum service_event event = (enum service_event)e;
			struct service_step step =
			    __real_service_step(state, event);
			bool acts = step.action != DO_NONE ||
			            step.next != (uint8_t)state;

			met += seen_cells[s][e] > 0;
			acting += acts;
			if (!acts || seen_cells[s][e] > 0)
				continue;
			never++;
			printf("# never met: %s in %s\n",
			    service_event_name(event),
			    service_state_name(state));
		}
	printf("state x event: %d cells met; of the %d in which something is "
	       "done, %d (%d %%)\n",
	    met, acting, acting - never, 100 * (acting - never) / acting);
	return never;
}

int
world_report(void)
{
	int never = report_cells();

	printf("spawns %llu, terms %llu, sweeps %llu, kills %llu, exits %llu, "
	       "stops asked %llu, kills asked %llu\n",
	    (unsigned long long)seen_effects[EFFECT_SPAWN],
	    (unsigned long long)seen_effects[EFFECT_TERM],
	    (unsigned long long)seen_effects[EFFECT_SWEEP],
	    (unsigned long long)seen_effects[EFFECT_KILL],
	    (unsigned long long)seen_effects[EFFECT_EXIT],
	    (unsigned long long)seen_inputs[CORE_SHUTDOWN],
	    (unsigned long long)seen_inputs[CORE_KILL]);
	for (int i = SERVICE_DOWN; i < SERVICE_STATE_END; i++)
		printf("%s %llu%s", service_state_name((enum service_state)i),
		    (unsigned long long)seen_states[i],
		    i + 1 < SERVICE_STATE_END ? ", " : "\n");
	for (int i = WHY_BOOT; i < WHY_END; i++) {
		if (seen_why[i] != 0)
			continue;
		never++;
		printf("# never seen: %s\n", core_why_name((enum core_why)i));
	}
	return never;
}
