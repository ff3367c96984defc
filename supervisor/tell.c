/* SPDX-License-Identifier: MIT */
/* tell.c - what happens to services, as log lines and as events. */
#include "supervisor/clock.h"
#include "supervisor/exec.h"
#include "supervisor/log.h"
#include "supervisor/signals.h"
#include "supervisor/unit.h"

#include <stdio.h>
#include <string.h>

static struct supervisor_event ring[SUPERVISOR_EVENTS];
static uint64_t ring_next = 1; /* number of the next event */

bool
supervisor_event(uint64_t *next, struct supervisor_event *out)
{
	uint64_t oldest =
	    ring_next > SUPERVISOR_EVENTS ? ring_next - SUPERVISOR_EVENTS : 1;

	if (*next < oldest)
		*next = oldest;
	if (*next >= ring_next)
		return false;
	*out = ring[(*next)++ % SUPERVISOR_EVENTS];
	return true;
}

static void
keep(const struct core_effect *effect)
{
	ring[ring_next++ % SUPERVISOR_EVENTS] = (struct supervisor_event){
		.wall_ms = clock_wall_ms(),
		.index = effect->index,
		.generation = effect->generation,
		.exit_code = (int16_t)effect->status,
		.from = effect->from,
		.to = effect->to,
		.why = effect->why,
	};
}

static const char *
node_name(uint32_t index)
{
	const struct config *config = supervisor.config;

	return index < config->service_count
	           ? config->services[index].name
	           : config->dependencies[index - config->service_count].name;
}

static const char *
cause_of(uint32_t index)
{
	const char *cause = supervisor.hooks.cause == NULL
	                        ? NULL
	                        : supervisor.hooks.cause(index);

	return cause == NULL ? "" : cause;
}

/* How an instance ended, in words. */
static const char *
end_text(const struct core_service *service, char text[80])
{
	char signal[SIGNALS_NAME_BYTES];

	if (service->status > 128 && service->status <= 128 + 64) {
		signals_name(service->status - 128, signal);
		snprintf(text, 80, "ended by %s", signal);
	} else {
		snprintf(text, 80, "exited with status %d", service->status);
	}
	return text;
}

static void
tell_failed(uint32_t index, enum core_why why)
{
	const struct core_service *service = &supervisor.core.services[index];
	const char *name = node_name(index);
	char text[160], end[80];

	if (why == WHY_NEED)
		log_error(name, "not started: %s",
		    supervisor_explain(index, text, sizeof(text)));
	else if (why == WHY_GAVE_UP)
		log_error(name, "gave up after %u starts in a row: %s",
		    service->attempts + 1, end_text(service, end));
	else if (why == WHY_EXITED)
		log_error(name, "failed: %s", end_text(service, end));
	else if (why != WHY_REFUSED) /* that has been said, and why */
		log_error(name, "failed: %s, %s", core_why_name(why),
		    end_text(service, end));
}

static void
tell_backoff(uint32_t index, enum core_why why)
{
	const struct core_service *service = &supervisor.core.services[index];
	char end[80];

	log_warn(node_name(index), "%s%s%s%s: starting it again",
	    why == WHY_EXITED ? "" : core_why_name(why),
	    why == WHY_EXITED ? "" : ", ", end_text(service, end),
	    service->attempts > 1 ? ", again" : "");
}

static void
tell_stop(const struct core_effect *effect)
{
	const char *name = node_name(effect->index);
	enum core_why why = (enum core_why)effect->why;

	if (effect->to == SERVICE_KILLING)
		log_warn(name, "did not end in time: killed");
	else if (why == WHY_UNHEALTHY)
		log_warn(name, "unhealthy: stopping it: %s",
		    cause_of(effect->index));
	else if (why == WHY_WATCHDOG)
		log_warn(name, "no sign of life for its watchdog: stopping it");
	else if (why == WHY_POST_START)
		log_error(name, "post_start failed: stopping it");
	else
		log_info(name, "%s: %s",
		    service_state_name((enum service_state)effect->to),
		    core_why_name(why));
}

/* One that ended at once may be reaped before it is told that it began. */
static pid_t
pid_of(uint32_t index)
{
	const struct unit *unit = &supervisor.units[index];

	return unit->pid > 0 ? unit->pid : unit->session;
}

/* It still waited when what it needs failed, and that was the end of all. */
static void
tell_never(uint32_t index)
{
	const struct core *core = &supervisor.core;
	const struct graph_edge *edge = core_blocker(core, index);

	if (edge != NULL && core->services[edge->need].state == SERVICE_FAILED)
		log_error(node_name(index), "not started: %s failed",
		    node_name(edge->need));
}

void
tell_change(const struct core_effect *effect)
{
	const struct core_service *service =
	    &supervisor.core.services[effect->index];
	const char *name = node_name(effect->index);
	char end[80];

	keep(effect);
	/* What was asked for by hand needs no words later on. */
	if (effect->why == WHY_ASKED || effect->why == WHY_RESTART)
		supervisor.units[effect->index].again_why = WHY_NONE;
	switch ((enum service_state)effect->to) {
	case SERVICE_FAILED:
		tell_failed(effect->index, (enum core_why)effect->why);
		break;
	case SERVICE_BACKOFF:
		supervisor.units[effect->index].again_why =
		    (enum core_why)effect->why;
		tell_backoff(effect->index, (enum core_why)effect->why);
		break;
	case SERVICE_UP:
		log_info(name, "up, pid %d", (int)pid_of(effect->index));
		break;
	case SERVICE_DRAINING:
	case SERVICE_LEAVING:
	case SERVICE_STOPPING:
	case SERVICE_KILLING:
		tell_stop(effect);
		break;
	case SERVICE_DONE:
	case SERVICE_DOWN:
		if (service_is_alive((enum service_state)effect->from))
			log_info(name, "%s: %s",
			    service_state_name((enum service_state)effect->to),
			    end_text(service, end));
		else if (effect->from == SERVICE_WAITING)
			tell_never(effect->index);
		break;
	case SERVICE_WAITING:
	case SERVICE_STARTING:
		log_debug(name, "%s",
		    service_state_name((enum service_state)effect->to));
		break;
	case SERVICE_STATE_END:
		break;
	}
}

/* Why its last launch came to nothing. */
static void
refusal_text(uint32_t index, char *text, size_t size)
{
	const struct unit *unit = &supervisor.units[index];
	struct confine_failure why = supervisor.reports[index].why;

	if (why.step != STEP_NONE)
		confine_explain(unit->plan, &why, text, size);
	else
		exec_explain(text, size, unit->config->argv.items[0],
		    supervisor_environment(index),
		    supervisor.reports[index].error);
}

void
tell_refused(uint32_t index)
{
	char text[512];

	refusal_text(index, text, sizeof(text));
	log_error(node_name(index), "not started: %s", text);
}

static const char *const conditions[] = { "started", "ready", "healthy",
	"completed" };

/* Why the last instance is no more: "unhealthy, ended by SIGTERM". */
static void
last_end(uint32_t index, enum core_why why, char *out, size_t size)
{
	const struct core_service *service = &supervisor.core.services[index];
	char end[80];

	if (why == WHY_REFUSED && supervisor.units[index].pid == 0) {
		refusal_text(index, out, size);
		return;
	}
	snprintf(out, size, "%s%s%s%s",
	    why == WHY_EXITED || why == WHY_GAVE_UP ? "" : core_why_name(why),
	    why == WHY_EXITED || why == WHY_GAVE_UP ? "" : ", ",
	    end_text(service, end),
	    why == WHY_EXITED && service->status == 128 + 9
	        ? " (out of memory, or by hand)"
	        : "");
}

/* The same, and when it will be tried again, or that it won't. */
static void
explain_end(uint32_t index, char *out, size_t size)
{
	const struct core_service *service = &supervisor.core.services[index];
	enum core_why why = (enum core_why)service->why;
	int64_t left_ms = service->due_ms - clock_now_ms();
	size_t used = 0;

	if (why == WHY_GAVE_UP)
		used = (size_t)snprintf(out, size,
		    "gave up after %u starts in a row: ",
		    service->attempts + 1);
	last_end(index, why, out + used, size - used);
	if (service->state != SERVICE_BACKOFF)
		return;
	used = strlen(out);
	if (service->attempts > 1)
		used += (size_t)snprintf(out + used, size - used,
		    ", %u times in a row", service->attempts);
	if (used < size && service->due_ms != CORE_NEVER)
		snprintf(out + used, size - used, "; starts again in %d s",
		    left_ms > 0 ? (int)((left_ms + 999) / 1000) : 0);
}

const char *
supervisor_explain(uint32_t index, char *out, size_t out_size)
{
	const struct core *core = &supervisor.core;
	const struct core_service *service = &core->services[index];
	const struct graph_edge *edge = NULL;
	const char *cause;

	out[0] = '\0';
	if (service->state == SERVICE_FAILED && service->blocker != CORE_ALL) {
		snprintf(
		    out, out_size, "%s failed", node_name(service->blocker));
		return out;
	}
	if (service->state == SERVICE_BACKOFF ||
	    service->state == SERVICE_FAILED) {
		explain_end(index, out, out_size);
		return out;
	}
	if (service->state == SERVICE_UP && service->restarts > 0 &&
	    supervisor.units[index].again_why != WHY_NONE) {
		size_t used = (size_t)snprintf(out, out_size, "restarted: ");

		last_end(index, supervisor.units[index].again_why, out + used,
		    out_size - used);
		return out;
	}
	if (service->state == SERVICE_DOWN && !service->wanted &&
	    !core->stopping)
		snprintf(out, out_size, "stopped on request");
	if (service->state == SERVICE_WAITING)
		edge = core_blocker(core, index);
	if (edge == NULL)
		return out;
	cause = cause_of(edge->need);
	snprintf(out, out_size, "%s is not %s%s%s", node_name(edge->need),
	    conditions[edge->condition], cause[0] != '\0' ? ": " : "", cause);
	return out;
}

void
tell_nag(uint32_t index)
{
	const struct core_service *service = &supervisor.core.services[index];
	char text[200];

	log_warn(node_name(index), "not started: %s, for %d s",
	    supervisor_explain(index, text, sizeof(text)),
	    (int)((supervisor.core.now_ms - service->since_ms) / 1000));
}
