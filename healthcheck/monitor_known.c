/* SPDX-License-Identifier: MIT */
/* monitor_known.c - what the probes and the services come to, and why. */
#include <stdio.h>

#include "monitor_state.h"
#include "supervisor/loop.h"
#include "supervisor/supervisor.h"

bool
monitor_has_ready(uint32_t index)
{
	return check_of(&monitor.all[index], ROLE_READY) != NULL ||
	       monitor_has_health(index);
}

bool
monitor_has_health(uint32_t index)
{
	const struct watched *w = &monitor.all[index];

	return check_of(w, ROLE_HEALTH) != NULL ||
	       check_of(w, ROLE_STARTUP) != NULL;
}

const struct check *
monitor_check(uint32_t index, enum health_role role)
{
	return check_of(&monitor.all[index], role);
}

static enum health_up
up_of(const struct supervisor_view *view)
{
	switch (view->state) {
	case SERVICE_STARTING:
	case SERVICE_UP:
		return UP_RUNNING;
	case SERVICE_WAITING:
		return UP_STARTING;
	case SERVICE_BACKOFF:
		return view->rests ? UP_DONE : UP_STARTING;
	case SERVICE_DRAINING:
	case SERVICE_LEAVING:
	case SERVICE_STOPPING:
	case SERVICE_KILLING:
		return UP_STOPPING;
	case SERVICE_DONE:
		return UP_DONE;
	case SERVICE_DOWN:
		return view->wanted ? UP_DOWN : UP_DONE;
	case SERVICE_FAILED:
	case SERVICE_STATE_END:
		break;
	}
	return UP_DOWN;
}

void
monitor_judge(void)
{
	for (uint32_t i = 0; i < monitor.services; i++) {
		struct health_node *node = &monitor.nodes[i];
		struct supervisor_view view;

		supervisor_look(i, &view);
		node->up = up_of(&view);
		node->since_ms = view.since_ms;
		/* STARTING with nothing to probe: its own word is awaited. */
		node->waits_notify = view.state == SERVICE_STARTING;
	}
	health_judge(monitor.nodes, monitor.count, monitor.opinions);
}

struct health_opinion
monitor_opinion(uint32_t index)
{
	return monitor.opinions[index];
}

struct health_opinion
monitor_whole(void)
{
	return health_whole(monitor.nodes, monitor.opinions, monitor.count);
}

size_t
monitor_line(uint32_t index, char *out, size_t out_size)
{
	return health_line(out, out_size, monitor.nodes, monitor.opinions,
	    index, loop_now_ms());
}

/* Its own probes first: while it is stopped for them, they are the cause. */
static const struct check *
failing_check(uint32_t index)
{
	const struct asked *asked = monitor.all[index].asked;
	struct check *const *checks;

	if (asked == NULL)
		return NULL;
	checks = asked->checks;
	for (int role = ROLE_COUNT - 1; role >= 0; role--)
		if (checks[role] != NULL &&
		    checks[role]->tally.verdict == VERDICT_UNHEALTHY)
			return checks[role];
	for (int role = ROLE_COUNT - 1; role >= 0; role--)
		if (checks[role] != NULL && checks[role]->tally.ran &&
		    checks[role]->tally.last.outcome != OUTCOME_PASS)
			return checks[role];
	return NULL;
}

const char *
monitor_cause(uint32_t index)
{
	static char text[320];
	const struct check *check = failing_check(index);
	uint32_t cause = index;

	if (check == NULL) {
		monitor_judge();
		cause = monitor_opinion(index).cause;
		check = failing_check(cause);
	}
	if (check == NULL)
		return "";
	snprintf(text, sizeof(text), "%s%s%s: %s",
	    cause == index ? "" : monitor_name(cause),
	    cause == index ? "" : ": ", check->probe->label,
	    check->tally.last.text);
	return text;
}
