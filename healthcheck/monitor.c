/* SPDX-License-Identifier: MIT */
#include "monitor_state.h"

#include "supervisor/log.h"
#include "supervisor/supervisor.h"

struct monitor monitor;

static struct watched *
watched_of(const struct check *check)
{
	return check->owner;
}

const char *
monitor_name(uint32_t index)
{
	if (index < monitor.services)
		return monitor.config->services[index].name;
	return monitor.config->dependencies[index - monitor.services].name;
}

static bool
passes(const struct watched *w, enum health_role role)
{
	const struct check *check = check_of(w, role);

	return check == NULL || check->tally.verdict == VERDICT_HEALTHY;
}

static void
tell_facts(const struct watched *w)
{
	bool healthy =
	    passes(w, ROLE_HEALTH) && passes(w, ROLE_STARTUP) &&
	    (check_of(w, ROLE_LIVE) == NULL ||
	        check_of(w, ROLE_LIVE)->tally.verdict != VERDICT_UNHEALTHY);

	supervisor_facts(w->index, healthy && passes(w, ROLE_READY), healthy);
}

static void
act(const struct watched *w, const struct check *check)
{
	if (check->tally.verdict != VERDICT_UNHEALTHY)
		return;
	if (reaction_of(w, check->role) != NULL)
		prober_begin(&reaction_of(w, check->role)->check,
		    check->generation, check->service_pid);
	if (w->index >= monitor.services)
		return;
	switch ((enum probe_action)check->probe->on_unhealthy) {
	case ACTION_NONE:
	case ACTION_EXEC:
		break;
	case ACTION_RESTART:
		supervisor_unhealthy(w->index, check->generation - 1);
		break;
	case ACTION_SHUTDOWN:
		supervisor_shutdown(w->index);
		break;
	}
}

static void
on_changed(struct check *check, enum verdict before)
{
	const struct watched *w = watched_of(check);
	enum log_level level =
	    check->tally.verdict == VERDICT_UNHEALTHY ? LOG_WARN : LOG_INFO;

	(void)before;
	if (check->role == ROLE_COUNT)
		return;
	log_line(level, monitor_name(w->index), "%s: %s: %s",
	    verdict_name(check->tally.verdict), check->probe->label,
	    check->tally.last.text);
	tell_facts(w);
	act(w, check);
}

static void (*listener)(void);

void
monitor_tell(void (*answered)(void))
{
	listener = answered;
}

static void
on_answered(struct check *check)
{
	if (check->role == ROLE_COUNT) {
		prober_hold(check); /* once for each time */
		log_line(check->tally.last.outcome == OUTCOME_PASS ? LOG_INFO
		                                                   : LOG_WARN,
		    check->service, "on_unhealthy: %s: %s", check->probe->label,
		    check->tally.last.text);
		return;
	}
	if (listener != NULL)
		listener();
}

const struct prober_hooks monitor_prober_hooks = {
	.attempt = { .spawn = monitor_spawn,
	    .become = monitor_become,
	    .become_nobody = monitor_become_nobody,
	    .reaps = true },
	.answered = on_answered,
	.changed = on_changed,
};

static void
begin(struct watched *w, uint32_t generation, pid_t pid)
{
	w->generation = generation;
	/* The gate first: it is what the others look at. */
	for (int role = ROLE_COUNT - 1; role >= 0; role--)
		if (check_of(w, role) != NULL)
			prober_begin(check_of(w, role), generation, pid);
}

static void
hold(struct watched *w)
{
	w->generation = 0;
	for (int role = 0; role < ROLE_COUNT; role++)
		if (check_of(w, role) != NULL)
			prober_hold(check_of(w, role));
}

void
monitor_opened(void)
{
	for (uint32_t i = monitor.services; i < monitor.count; i++)
		begin(&monitor.all[i], 1, 0);
}

void
monitor_changed(uint32_t index)
{
	struct watched *w;
	struct supervisor_view view;
	bool runs;

	if (index >= monitor.services)
		return;
	w = &monitor.all[index];
	supervisor_look(index, &view);
	runs = view.pid > 0 &&
	       (view.state == SERVICE_STARTING || view.state == SERVICE_UP);
	if (!runs)
		hold(w);
	else if (w->generation != view.generation + 1)
		/* one more, so that no instance is 0: none */
		begin(w, view.generation + 1, view.pid);
}

size_t
monitor_timers(void)
{
	size_t n = 0;

	for (uint32_t i = 0; i < monitor.count; i++)
		for (int role = 0; role < ROLE_COUNT; role++)
			n += (check_of(&monitor.all[i], role) ? 2U : 0) +
			     (reaction_of(&monitor.all[i], role) ? 2U : 0);
	return n;
}

bool
monitor_child(pid_t pid, int wait_status)
{
	return prober_child(pid, wait_status);
}

void
monitor_closing(void)
{
	for (uint32_t i = 0; i < monitor.count; i++) {
		hold(&monitor.all[i]);
		for (int role = 0; role < ROLE_COUNT; role++)
			if (reaction_of(&monitor.all[i], role) != NULL)
				prober_hold(
				    &reaction_of(&monitor.all[i], role)->check);
	}
	prober_settle();
}
