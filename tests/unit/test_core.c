/* SPDX-License-Identifier: MIT */
/*
 * Lives of services as core.c decides them: what is told to the core, one line
 * each, and all that it does about it, in order.  The simulation says what must
 * never happen; this is what must.
 *
 * Services are letters.  a:up(ready) is a change of state and why, a@+500 a
 * timer due in 500 ms, a!term what is done to a, exit=1 the end.
 */
#include "unit.h"

#include "supervisor/config.h"
#include "supervisor/core.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_stories.h"

static struct {
	struct core core;
	struct graph graph;
	struct core_policy policies[NODES];
	uint32_t policy_of[NODES];
	struct core_service services[NODES + 2];
	int64_t now_ms, due_ms[NODES + 1];
	uint32_t timers[NODES + 1];
	uint8_t states[NODES];
	char told[2000];
} w;

static void __attribute__((format(printf, 1, 2))) tell(const char *fmt, ...)
{
	size_t at = strlen(w.told);
	va_list list;

	if (at > 0)
		w.told[at++] = ' ';
	va_start(list, fmt);
	vsnprintf(w.told + at, sizeof(w.told) - at, fmt, list);
	va_end(list);
}

static void
tell_timer(const struct core_effect *effect)
{
	bool all = effect->index == CORE_ALL;
	uint32_t slot = all ? NODES : effect->index;
	char who = all ? '*' : (char)('a' + slot);

	assert_int_equal(effect->generation, w.timers[slot] + 1);
	w.timers[slot] = effect->generation;
	w.due_ms[slot] = effect->due_ms;
	if (effect->due_ms == CORE_NEVER)
		tell("%c@never", who);
	else
		tell("%c@%+lld", who, (long long)(effect->due_ms - w.now_ms));
}

static void
tell_change(const struct core_effect *effect)
{
	const struct core_service *service = &w.services[effect->index];
	const char *why = core_why_name((enum core_why)effect->why);
	const char *to = service_state_name((enum service_state)effect->to);
	char who = (char)('a' + effect->index);

	assert_int_equal(effect->from, w.states[effect->index]);
	assert_int_equal(service->state, effect->to);
	assert_int_equal(service->why, effect->why);
	assert_int_equal(service->status, effect->status);
	assert_int_equal(service->since_ms, w.now_ms);
	w.states[effect->index] = effect->to;
	if (effect->to >= SERVICE_BACKOFF && effect->status >= 0)
		tell("%c:%s(%s)=%d", who, to, why, effect->status);
	else
		tell("%c:%s(%s)", who, to, why);
}

static void
act(struct core *core, const struct core_effect *effect)
{
	static const char *const words[EFFECT_END] = {
		[EFFECT_SPAWN] = "spawn",
		[EFFECT_TERM] = "term",
		[EFFECT_SWEEP] = "sweep",
		[EFFECT_KILL] = "kill",
		[EFFECT_POST_START] = "post_start",
		[EFFECT_PRE_STOP] = "pre_stop",
		[EFFECT_HOOK_KILL] = "hook_kill",
		[EFFECT_NAG] = "nag",
	};

	assert_ptr_equal(core, &w.core);
	if (effect->kind == EFFECT_TIMER) {
		tell_timer(effect);
		return;
	} else if (effect->kind == EFFECT_EXIT) {
		tell("exit=%d", effect->status);
		return;
	}
	assert_int_equal(
	    effect->generation, w.services[effect->index].generation);
	if (effect->kind == EFFECT_CHANGE)
		tell_change(effect);
	else if (effect->kind == EFFECT_SPAWN)
		tell(
		    "%c!spawn%u", 'a' + (int)effect->index, effect->generation);
	else
		tell("%c!%s", 'a' + (int)effect->index, words[effect->kind]);
}

static void
begin(const struct story *story)
{
	static const char letters[] = "srhc";
	struct graph_edge edges[16];
	uint32_t n = 0;

	for (const char *p = story->edges; *p != '\0'; p++) {
		if (*p == '!')
			edges[n - 1].required = true;
		else if (*p == '+')
			edges[n - 1].restart = true;
		else if (*p != ' ') {
			edges[n++] = (struct graph_edge){
				.node = (uint32_t)(p[0] - 'a'),
				.need = (uint32_t)(p[1] - 'a'),
				.condition =
				    (uint8_t)(strchr(letters, p[2]) - letters),
			};
			p += 2;
		}
	}
	memset(&w, 0, sizeof(w));
	/* core_init() promises to set all that it is not given. */
	memset(&w.core, 0x5a, sizeof(w.core));
	memset(w.services, SERVICE_FAILED, sizeof(w.services));
	assert_int_equal(
	    graph_init(&w.graph, story->services + story->elsewhere,
	        story->services, edges, n),
	    0);
	memcpy(w.policies, story->policies, sizeof(w.policies));
	w.core.graph = &w.graph;
	w.core.policies = w.policies;
	for (uint32_t i = 0; i < NODES; i++)
		w.policy_of[i] = i;
	w.core.policy_of = w.policy_of;
	w.core.services = w.services;
	w.core.paths_ms = calloc(2 * story->services, sizeof(int64_t));
	assert_non_null(w.core.paths_ms);
	w.core.deadline_ms = 0;
	w.core.grace_ms = story->grace_ms;
	w.core.random = 1;
	w.core.timer = 0;
	w.core.act = act;
	w.now_ms = 1000;
	core_init(&w.core);
	assert_int_equal(w.services[w.graph.count].state, SERVICE_FAILED);
	for (uint32_t i = 0; i < NODES; i++)
		w.states[i] = i < story->services ? SERVICE_DOWN : SERVICE_UP;
}

/* What a client can read about one service, in one line. */
static void
look(uint32_t index)
{
	const struct core_service *s = &w.services[index];

	char blocker = s->blocker == CORE_ALL ? '-' : (char)('a' + s->blocker);

	tell("%s for %s, %s; %lld ms old, status %d, restarts %u, "
	     "attempts %u, blocker %c, %s%s",
	    service_state_name((enum service_state)s->state),
	    core_why_name((enum core_why)s->why),
	    s->wanted ? "wanted" : "not wanted",
	    (long long)(w.now_ms - s->spawned_ms), s->status, s->restarts,
	    s->attempts, blocker, core_why_name((enum core_why)s->reason),
	    s->ready && s->healthy ? ", well" : "");
}

static const char *const inputs[CORE_INPUT_END] = { "boot", "started",
	"refused", "exited", "empty", "notified", "hooked", "unhealthy",
	"watchdog", "unready", "extend", "facts", "timer", "start", "stop",
	"restart", "shutdown", "kill" };

/* News of the instance before, of a timer before, and of nobody. */
static void
stale(uint32_t index)
{
	struct core_service before[NODES + 2];
	struct core_event event = { .index = index };

	memcpy(before, w.services, sizeof(before));
	for (int i = CORE_STARTED; i <= CORE_RESTART; i++) {
		event.input = (enum core_input)i;
		event.index = index;
		event.generation = w.services[index].generation - 1;
		if (i == CORE_TIMER)
			event.generation =
			    w.services[index].timer -
			    (w.services[index].due_ms != CORE_NEVER);
		if (i < CORE_FACTS || i == CORE_TIMER)
			core_step(&w.core, &event, w.now_ms);
		event.index = w.graph.count;
		core_step(&w.core, &event, w.now_ms);
		event.ready = event.healthy = !event.ready;
		core_step(&w.core, &event, w.now_ms);
		event.index = w.graph.services;
		event.generation = 0;
		if (i == CORE_TIMER)
			event.generation = w.services[event.index].timer;
		if (i != CORE_FACTS)
			core_step(&w.core, &event, w.now_ms);
	}
	event.input = CORE_TIMER;
	event.index = CORE_ALL;
	event.generation = w.core.timer - w.core.stopping;
	core_step(&w.core, &event, w.now_ms);
	assert_memory_equal(before, w.services, sizeof(before));
}

/* "VERB [SERVICE] [NUMBER]" */
static void
step(const char *does)
{
	struct core_event event = { .index = CORE_ALL };
	char verb[16], whose[2] = "*";
	int number = 0;
	uint32_t slot;

	sscanf(does, "%15s %1[a-f*] %d", verb, whose, &number);
	if (strcmp(verb, "pass") == 0) {
		w.now_ms += atoi(does + 5);
		return;
	}
	if (whose[0] != '*')
		event.index = (uint32_t)(whose[0] - 'a');
	slot = event.index == CORE_ALL ? NODES : event.index;
	if (strcmp(verb, "look") == 0) {
		look(event.index);
		return;
	} else if (strcmp(verb, "stale") == 0) {
		stale(event.index);
		return;
	} else if (strcmp(verb, "due") == 0) {
		event.input = CORE_TIMER;
		event.generation = w.timers[slot];
		if (w.due_ms[slot] != CORE_NEVER)
			w.now_ms = w.due_ms[slot];
	} else {
		while (strcmp(inputs[event.input], verb) != 0)
			event.input++;
		if (slot != NODES)
			event.generation = w.services[slot].generation;
	}
	event.status = number;
	event.ms = number;
	event.ready = number / 10 != 0;
	event.healthy = number % 10 != 0;
	core_step(&w.core, &event, w.now_ms);
}

static void
test_stories(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(stories); i++) {
		const struct story *story = &stories[i];

		begin(story);
		for (size_t k = 0; k < STEPS; k++) {
			if (story->steps[k].does == NULL)
				break;
			w.told[0] = '\0';
			step(story->steps[k].does);
			if (strcmp(w.told, story->steps[k].tells) != 0)
				fail_msg("%s: %s:\n\t%s\ninstead of\n\t%s",
				    story->name, story->steps[k].does, w.told,
				    story->steps[k].tells);
		}
		graph_finish(&w.graph);
		free(w.core.paths_ms);
	}
}

static void
test_names(void **state)
{
	(void)state;

	for (int i = 0; i < WHY_END; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(core_why_name((enum core_why)i),
			    core_why_name((enum core_why)k));
	assert_string_equal(core_why_name(WHY_END), "invalid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
