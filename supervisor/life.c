/* SPDX-License-Identifier: MIT */
#include "supervisor/life.h"

#include "supervisor/config.h"
#include "supervisor/grace.h"

#include <stddef.h>

static const char *const why_names[WHY_END] = {
	[WHY_NONE] = "",
	[WHY_BOOT] = "boot",
	[WHY_ASKED] = "asked",
	[WHY_RESTART] = "restart",
	[WHY_SHUTDOWN] = "shutdown",
	[WHY_CONDITIONS] = "conditions met",
	[WHY_READY] = "ready",
	[WHY_EXITED] = "exited",
	[WHY_REFUSED] = "could not be started",
	[WHY_UNHEALTHY] = "unhealthy",
	[WHY_WATCHDOG] = "watchdog",
	[WHY_POST_START] = "post_start failed",
	[WHY_UNREADY] = "never ready",
	[WHY_TIMEOUT] = "timeout",
	[WHY_NEED] = "need failed",
	[WHY_GAVE_UP] = "gave up",
	[WHY_BACKOFF] = "delay over",
	[WHY_HOOK] = "pre_stop over",
	[WHY_KILL] = "no time left",
};

const char *
core_why_name(enum core_why why)
{
	return why < WHY_END ? why_names[why] : "invalid";
}

/* How long each wait for a condition is before it is said (again). */
static const int64_t nags_ms[] = { 10000, 20000, 30000 };

static void
effect(struct core *core, uint32_t index, enum core_effect_kind kind)
{
	core->act(core, &(struct core_effect){ .kind = kind,
	                    .index = index,
	                    .generation = core->services[index].generation });
}

void
life_timer(struct core *core, uint32_t index, int64_t due_ms)
{
	struct core_effect timer = {
		.kind = EFFECT_TIMER, .index = index, .due_ms = due_ms
	};

	if (index == CORE_ALL) {
		timer.generation = ++core->timer;
	} else {
		struct core_service *service = &core->services[index];

		if (service->due_ms == CORE_NEVER && due_ms == CORE_NEVER)
			return;
		service->due_ms = due_ms;
		timer.generation = ++service->timer;
	}
	core->act(core, &timer);
}

static bool
is_end(enum service_state state)
{
	return state == SERVICE_DONE || state == SERVICE_FAILED;
}

/* The one place that writes service->state. */
static void
change(
    struct core *core, uint32_t index, enum service_state to, enum core_why why)
{
	struct core_service *service = &core->services[index];
	enum service_state from = (enum service_state)service->state;

	if (from == to)
		return;
	service->state = (uint8_t)to;
	service->why = (uint8_t)why;
	service->since_ms = core->now_ms;
	if (service_is_alive(from) != service_is_alive(to))
		core->alive += service_is_alive(to) ? 1 : UINT32_MAX;
	if (is_end(from) != is_end(to))
		core->finals += is_end(to) ? 1 : UINT32_MAX;
	core->act(core, &(struct core_effect){ .kind = EFFECT_CHANGE,
	                    .index = index,
	                    .generation = service->generation,
	                    .status = service->status,
	                    .from = (uint8_t)from,
	                    .to = (uint8_t)to,
	                    .why = (uint8_t)why });
	core_queue_near(core, index);
}

static uint32_t
random_next(struct core *core)
{
	/* splitmix64: any seed will do, and a test can repeat it. */
	uint64_t z = (core->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

static void
spawn(struct core *core, uint32_t index)
{
	const struct core_policy *policy = core_policy(core, index);
	struct core_service *service = &core->services[index];

	service->generation++;
	service->spawned_ms = core->now_ms;
	service->reason = WHY_NONE;
	service->started = service->notified = service->first_gone = false;
	service->hooked = !policy->post_start;
	service->ready = !policy->ready_probe;
	service->healthy = !policy->health_probe;
	service->blocker = CORE_ALL;
	life_timer(core, index, core->now_ms + CORE_EXEC_MS);
	effect(core, index, EFFECT_SPAWN);
}

/* All that its start waits for has happened? */
static void
consider_ready(struct core *core, uint32_t index)
{
	const struct core_service *service = &core->services[index];

	if (service->started && service->hooked &&
	    (service->notified || !core_policy(core, index)->notify))
		life_step(core, index, EVENT_READY, WHY_READY);
}

static void
started(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];

	if (service->started)
		return;
	service->started = true;
	life_timer(core, index, CORE_NEVER);
	if (core_policy(core, index)->post_start)
		effect(core, index, EFFECT_POST_START);
	consider_ready(core, index);
	core_queue_near(core, index);
}

/* Fixes, once per stop, how long it may take. */
static void
share(struct core *core, uint32_t index)
{
	const struct core_policy *policy = core_policy(core, index);
	struct core_service *service = &core->services[index];
	int64_t own_ms =
	    policy->drain_ms + policy->pre_stop_ms + policy->stop_ms;

	service->share_ms = own_ms;
	if (core->stopping) {
		int64_t path_ms = core->paths_ms[index];

		service->share_ms =
		    grace_share(core->deadline_ms - core->now_ms, own_ms,
		        path_ms > own_ms ? path_ms : own_ms);
	}
	service->kill_by_ms = core->now_ms + service->share_ms;
}

/*
 * When one stage (drain, pre_stop) ends: after its own time, while that leaves
 * half of the share to the stop signal; else after its part of the share.
 */
static int64_t
stage_end(const struct core *core, uint32_t index, int64_t stage_ms)
{
	const struct core_policy *policy = core_policy(core, index);
	const struct core_service *service = &core->services[index];
	int64_t stages_ms = policy->drain_ms + policy->pre_stop_ms, end_ms;

	if (stages_ms > service->share_ms / 2)
		stage_ms = grace_share(
		    service->share_ms, stage_ms, stages_ms + policy->stop_ms);
	end_ms = core->now_ms + stage_ms;
	return end_ms < service->kill_by_ms ? end_ms : service->kill_by_ms;
}

static void
signal_stop(struct core *core, uint32_t index, enum core_effect_kind kind)
{
	struct core_service *service = &core->services[index];
	const struct core_policy *policy = core_policy(core, index);
	int64_t due_ms = core->now_ms + policy->stop_ms;

	life_timer(core, index,
	    due_ms < service->kill_by_ms ? due_ms : service->kill_by_ms);
	effect(core, index, kind);
}

/* The whole stop began while it was being stopped: its time may be shorter. */
static void
retime(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];
	const struct core_policy *policy = core_policy(core, index);
	int64_t before_ms = service->kill_by_ms, end_ms;

	if (!core->stopping)
		return;
	share(core, index);
	if (before_ms < service->kill_by_ms)
		service->kill_by_ms = before_ms;
	end_ms = service->kill_by_ms;
	if (service->state == SERVICE_DRAINING)
		end_ms = stage_end(core, index, policy->drain_ms);
	else if (service->state == SERVICE_LEAVING)
		end_ms = stage_end(core, index, policy->pre_stop_ms);
	if (service->due_ms > end_ms)
		life_timer(core, index, end_ms);
}

static void
kill_now(struct core *core, uint32_t index)
{
	if (core->stopping)
		core->killed = true;
	life_timer(core, index, core->now_ms + CORE_AGAIN_MS);
	effect(core, index, EFFECT_KILL);
}

static bool
has_failed(const struct core_service *service)
{
	return service->status != 0 || service->reason == WHY_WATCHDOG ||
	       service->reason == WHY_POST_START ||
	       service->reason == WHY_UNREADY;
}

static bool
is_restarted(const struct core *core, uint32_t index)
{
	const struct core_service *service = &core->services[index];

	if (service->reason == WHY_UNHEALTHY)
		return true; /* on_unhealthy: restart says so */
	switch ((enum restart_policy)core_policy(core, index)->restart) {
	case RESTART_NO:
		break;
	case RESTART_ON_FAILURE:
		return has_failed(service);
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	}
	return false;
}

/* It ended for good, by itself: is that the end of all? */
static void
conclude(struct core *core, uint32_t index)
{
	const struct core_policy *policy = core_policy(core, index);
	bool well = core->services[index].state == SERVICE_DONE;

	if (policy->essential == 0)
		return;
	if (!well || policy->essential == 1 || policy->is_main)
		core_begin_stop(core, index);
}

static void
end(struct core *core, uint32_t index, enum core_why why)
{
	bool failed = why == WHY_GAVE_UP || has_failed(&core->services[index]);

	change(core, index, failed ? SERVICE_FAILED : SERVICE_DONE, why);
	conclude(core, index);
}

static void
come_back(struct core *core, uint32_t index, enum core_why why)
{
	struct core_service *service = &core->services[index];
	int64_t delay_ms =
	    backoff_next(&core_policy(core, index)->backoff, &service->attempts,
	        core->now_ms - service->spawned_ms, random_next(core));

	if (delay_ms == BACKOFF_GIVE_UP) {
		end(core, index, WHY_GAVE_UP);
		return;
	}
	service->restarts++;
	change(core, index, SERVICE_BACKOFF, why);
	if (delay_ms == 0)
		life_step(core, index, EVENT_TIMER, WHY_BACKOFF);
	else
		life_timer(core, index, core->now_ms + delay_ms);
}

/* A client had it stopped.  If it is wanted (again), core.c brings it back. */
static void
go_down(struct core *core, uint32_t index, enum core_why why)
{
	struct core_service *service = &core->services[index];

	service->again = service->wanted;
	change(core, index, SERVICE_DOWN, why);
}

/* The last process of it is gone: what now? */
static void
judge(struct core *core, uint32_t index, enum core_why why)
{
	struct core_service *service = &core->services[index];
	enum core_why reason = (enum core_why)service->reason;

	life_timer(core, index, CORE_NEVER);
	effect(core, index, EFFECT_HOOK_KILL);
	if (reason != WHY_NONE)
		why = reason;

	if (core->stopping) /* a job that ended well is done, none the less */
		change(core, index,
		    reason == WHY_NONE && !has_failed(service) ? SERVICE_DONE
		                                               : SERVICE_DOWN,
		    why);
	else if (reason == WHY_ASKED || reason == WHY_RESTART ||
	         service->again || !service->wanted)
		go_down(core, index, why);
	else if (is_restarted(core, index))
		come_back(core, index, why);
	else
		end(core, index, why);
}

/* What it needs failed: its status is the one to tell. */
static void
fail(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];
	const struct core_service *need = &core->services[service->blocker];

	life_timer(core, index, CORE_NEVER);
	service->status = need->status > 0 ? need->status : 1;
	conclude(core, index);
}

static void
consider_wait(struct core *core, uint32_t index)
{
	core->services[index].nagged = 0;
	life_timer(core, index, core->now_ms + nags_ms[0]);
}

static void
nag(struct core *core, uint32_t index)
{
	struct core_service *service = &core->services[index];

	effect(core, index, EFFECT_NAG);
	service->nagged++;
	if (service->nagged < sizeof(nags_ms) / sizeof(nags_ms[0]))
		life_timer(
		    core, index, core->now_ms + nags_ms[service->nagged]);
}

static void
act(struct core *core, uint32_t index, enum service_action action,
    enum core_why why)
{
	const struct core_policy *policy = core_policy(core, index);

	switch (action) {
	case DO_NONE:
	case DO_END:
		break;
	case DO_CONSIDER:
		consider_wait(core, index);
		break;
	case DO_SPAWN:
		spawn(core, index);
		break;
	case DO_STARTED:
		started(core, index);
		break;
	case DO_READY:
		break;
	case DO_DRAIN:
		life_timer(
		    core, index, stage_end(core, index, policy->drain_ms));
		break;
	case DO_PRE_STOP:
		life_timer(
		    core, index, stage_end(core, index, policy->pre_stop_ms));
		effect(core, index, EFFECT_PRE_STOP);
		break;
	case DO_TERM:
		effect(core, index, EFFECT_HOOK_KILL);
		signal_stop(core, index, EFFECT_TERM);
		break;
	case DO_SWEEP:
		effect(core, index, EFFECT_HOOK_KILL);
		signal_stop(core, index, EFFECT_SWEEP);
		break;
	case DO_KILL:
		effect(core, index, EFFECT_HOOK_KILL);
		kill_now(core, index);
		break;
	case DO_RETIME:
		retime(core, index);
		break;
	case DO_NAG:
		nag(core, index);
		break;
	case DO_JUDGE:
		judge(core, index, why);
		break;
	case DO_FAIL:
		fail(core, index);
		break;
	}
}

/* Stages that have nothing to do are passed over, unseen. */
static struct service_step
skip(const struct core_policy *policy, struct service_step step)
{
	if (step.action == DO_DRAIN && policy->drain_ms == 0)
		step = service_step(SERVICE_DRAINING, EVENT_TIMER);
	if (step.action == DO_PRE_STOP && policy->pre_stop_ms == 0)
		step = service_step(SERVICE_LEAVING, EVENT_HOOK);
	return step;
}

void
life_step(struct core *core, uint32_t index, enum service_event event,
    enum core_why why)
{
	struct core_service *service = &core->services[index];
	enum service_state from = (enum service_state)service->state;
	struct service_step step =
	    skip(core_policy(core, index), service_step(from, event));

	/* A stop begins: why, and until when, is fixed before it is told. */
	if (service_is_alive(from) && step.next >= SERVICE_DRAINING &&
	    service->reason == WHY_NONE) {
		service->reason = (uint8_t)why;
		share(core, index);
	}
	if (step.action == DO_JUDGE) {
		act(core, index, DO_JUDGE, why);
		return;
	}
	if (step.next != from && step.action == DO_NONE)
		life_timer(core, index, CORE_NEVER);
	change(core, index, (enum service_state)step.next, why);
	act(core, index, (enum service_action)step.action, why);
}

static void
keep_status(struct core_service *service, const struct core_event *event)
{
	if (service->first_gone || event->status < 0)
		return;
	service->first_gone = true;
	service->status = (int16_t)(event->status & 0xff);
}

static void
hooked(struct core *core, const struct core_event *event)
{
	struct core_service *service = &core->services[event->index];

	if (service->state == SERVICE_LEAVING) {
		life_step(core, event->index, EVENT_HOOK, WHY_HOOK);
	} else if (event->status == 0) {
		service->hooked = true;
		consider_ready(core, event->index);
	} else if (!service->hooked) {
		life_step(core, event->index, EVENT_UNHEALTHY, WHY_POST_START);
	}
}

/* A stop may take longer than was said, but never longer than all of it. */
static void
extend(struct core *core, const struct core_event *event)
{
	struct core_service *service = &core->services[event->index];
	int64_t until_ms = core->now_ms + event->ms;

	if (service->state != SERVICE_STOPPING)
		return;
	if (until_ms > core->deadline_ms)
		until_ms = core->deadline_ms;
	if (until_ms <= service->due_ms)
		return;
	service->kill_by_ms = until_ms;
	life_timer(core, event->index, until_ms);
}

void
life_news(struct core *core, const struct core_event *event)
{
	struct core_service *service = &core->services[event->index];

	switch (event->input) {
	case CORE_STARTED:
		life_step(core, event->index, EVENT_STARTED, WHY_NONE);
		break;
	case CORE_REFUSED:
		keep_status(service, event);
		life_step(core, event->index, EVENT_REFUSED, WHY_REFUSED);
		break;
	case CORE_EXITED:
		keep_status(service, event);
		life_step(core, event->index, EVENT_EXITED, WHY_EXITED);
		break;
	case CORE_EMPTY:
		keep_status(service, event);
		life_step(core, event->index, EVENT_EMPTY, WHY_EXITED);
		break;
	case CORE_NOTIFIED:
		service->notified = true;
		consider_ready(core, event->index);
		break;
	case CORE_HOOKED:
		hooked(core, event);
		break;
	case CORE_UNHEALTHY:
		life_step(core, event->index, EVENT_UNHEALTHY, WHY_UNHEALTHY);
		break;
	case CORE_WATCHDOG:
		life_step(core, event->index, EVENT_UNHEALTHY, WHY_WATCHDOG);
		break;
	case CORE_UNREADY:
		if (service->state == SERVICE_STARTING)
			life_step(
			    core, event->index, EVENT_UNHEALTHY, WHY_UNREADY);
		break;
	case CORE_EXTEND:
		extend(core, event);
		break;
	case CORE_BOOT:
	case CORE_FACTS:
	case CORE_TIMER:
	case CORE_START:
	case CORE_STOP:
	case CORE_RESTART:
	case CORE_SHUTDOWN:
	case CORE_KILL:
	case CORE_INPUT_END:
		break;
	}
}

void
life_expire(struct core *core, const struct core_event *event)
{
	struct core_service *service;

	if (event->index >= core->graph->services)
		return;
	service = &core->services[event->index];
	if (event->generation != service->timer ||
	    service->due_ms == CORE_NEVER)
		return;
	service->due_ms = CORE_NEVER;
	life_step(core, event->index, EVENT_TIMER,
	    service->state == SERVICE_BACKOFF ? WHY_BACKOFF : WHY_TIMEOUT);
}
