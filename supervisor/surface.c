/* SPDX-License-Identifier: MIT */
/* surface.c - what clients, probes and reports see and ask. */
#include "supervisor/hook.h"
#include "supervisor/notify.h"
#include "supervisor/output.h"
#include "supervisor/shed.h"
#include "supervisor/sys.h"
#include "supervisor/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define WAITERS 64

static struct waiter {
	supervisor_done *done; /* NULL: free */
	void *owner;
	uint32_t index;
	uint32_t generation; /* that was there when it was asked */
	enum supervisor_verb verb;
} waiters[WAITERS];

void
supervisor_look(uint32_t index, struct supervisor_view *view)
{
	const struct core_service *service = &supervisor.core.services[index];
	const struct unit *unit = &supervisor.units[index];

	*view = (struct supervisor_view){
		.name = unit->config->name,
		.state = (enum service_state)service->state,
		.why = (enum core_why)service->why,
		.wanted = service->wanted,
		.ready = service->state == SERVICE_UP,
		.started = service->started,
		.stopping = supervisor.core.stopping,
		.rests = service->state == SERVICE_BACKOFF &&
		         service->status == 0 &&
		         unit->config->policy->essential == 0,
		.pid = unit->pid,
		.generation = service->generation,
		.restarts = service->restarts,
		.exit_code = service->status,
		.since_ms = service->since_ms,
		.spawned_ms = service->spawned_ms,
		.status = notify_status(unit),
		.lines_dropped = output_dropped(unit),
	};
}

static void
answer(struct waiter *waiter, bool ok, const char *text)
{
	supervisor_done *done = waiter->done;

	waiter->done = NULL;
	if (done != NULL)
		done(waiter->owner, ok, text);
}

void
supervisor_forget(void *owner)
{
	for (size_t i = 0; i < WAITERS; i++)
		if (waiters[i].owner == owner)
			waiters[i].done = NULL;
}

static bool
is_gone(enum service_state state)
{
	return state == SERVICE_DOWN || state == SERVICE_DONE ||
	       state == SERVICE_FAILED;
}

/* Has what it waits for come, or become impossible? */
static void
look_at(struct waiter *waiter)
{
	const struct core_service *service =
	    &supervisor.core.services[waiter->index];
	enum service_state state = (enum service_state)service->state;
	char text[160];

	switch (waiter->verb) {
	case SUPERVISOR_STOP:
		if (is_gone(state))
			answer(waiter, true, "stopped");
		break;
	case SUPERVISOR_RESTART:
		if (service->again || service->generation == waiter->generation)
			break;
		/* fall through */
	case SUPERVISOR_START:
		if (state == SERVICE_UP || state == SERVICE_DONE) {
			answer(waiter, true, "up");
		} else if (is_gone(state)) {
			supervisor_explain(waiter->index, text, sizeof(text));
			answer(waiter, false,
			    text[0] != '\0'
			        ? text
			        : core_why_name((enum core_why)service->why));
		}
		break;
	case SUPERVISOR_RELOAD:
		if (!service_is_alive(state))
			answer(waiter, false, "it ended");
		break;
	}
}

void
surface_changed(const struct core_effect *effect)
{
	for (size_t i = 0; i < WAITERS; i++)
		if (waiters[i].done != NULL &&
		    waiters[i].index == effect->index)
			look_at(&waiters[i]);
}

void
surface_reloaded(uint32_t index, int status)
{
	char text[48];

	snprintf(text, sizeof(text), "exit status %d", status);
	for (size_t i = 0; i < WAITERS; i++)
		if (waiters[i].done != NULL && waiters[i].index == index &&
		    waiters[i].verb == SUPERVISOR_RELOAD)
			answer(&waiters[i], status == 0,
			    status == 0 ? "reloaded" : text);
}

static struct waiter *
wait_for(enum supervisor_verb verb, uint32_t index, supervisor_done *done,
    void *owner)
{
	for (size_t i = 0; i < WAITERS; i++)
		if (waiters[i].done == NULL) {
			waiters[i] = (struct waiter){
				.done = done,
				.owner = owner,
				.index = index,
				.verb = verb,
				.generation =
				    supervisor.core.services[index].generation
			};
			return &waiters[i];
		}
	return NULL;
}

static int
reload(uint32_t index, struct waiter *waiter)
{
	struct unit *unit = &supervisor.units[index];
	const struct config_reload *how = &unit->config->extras->reload;

	if (unit->pid <= 0 || hook_running(unit) != HOOK_NONE) {
		errno = unit->pid <= 0 ? ESRCH : EAGAIN;
		return -1;
	}
	if (how->command.count > 0) {
		hook_start(unit, HOOK_RELOAD);
		return 0;
	}
	supervisor_signal(index, how->signal != 0 ? how->signal : SIGHUP);
	if (waiter != NULL)
		answer(waiter, true, "signalled");
	return 0;
}

int
supervisor_ask(enum supervisor_verb verb, uint32_t index, supervisor_done *done,
    void *owner)
{
	static const enum core_input inputs[] = { CORE_START, CORE_STOP,
		CORE_RESTART };
	struct waiter *waiter = NULL;

	if (supervisor.core.stopping) {
		errno = EBUSY;
		return -1;
	}
	if (done != NULL) {
		waiter = wait_for(verb, index, done, owner);
		if (waiter == NULL) {
			errno = EAGAIN;
			return -1;
		}
	}
	if (verb == SUPERVISOR_RELOAD) {
		if (reload(index, waiter) == 0)
			return 0;
		if (waiter != NULL)
			waiter->done = NULL;
		return -1;
	}
	supervisor_post(
	    &(struct core_event){ .input = inputs[verb], .index = index });
	/* It may be what was asked for already. */
	if (waiter != NULL && waiter->done == done && waiter->owner == owner)
		look_at(waiter);
	return 0;
}

static long
queue(pid_t pid, int sig, const siginfo_t *info)
{
	siginfo_t copy = *info;

	copy.si_signo = sig;
	return sys3(SYS_rt_sigqueueinfo, pid, sig, sys_ptr(&copy));
}

int
supervisor_pass(uint32_t index, int sig, const siginfo_t *info)
{
	const struct unit *unit = &supervisor.units[index];
	bool group = unit_is_main(unit) && supervisor.init->signal_group;
	long result = -EPERM;

	if (unit->lingers) {
		linger_signal(unit, sig);
		return 0;
	}
	if (unit->pid <= 0) {
		errno = ESRCH;
		return -1;
	}
	if (info != NULL && info->si_code == SI_QUEUE && !group)
		result = queue(unit->pid, sig, info);
	if (result < 0)
		result = shed_kill(group ? -unit->pid : unit->pid, sig);
	if (result == 0)
		return 0;
	errno = (int)-result;
	return -1;
}

int
supervisor_signal(uint32_t index, int sig)
{
	return supervisor_pass(index, sig, NULL);
}

void
supervisor_facts(uint32_t index, bool ready, bool healthy)
{
	supervisor_post(&(struct core_event){ .input = CORE_FACTS,
	    .index = index,
	    .ready = ready,
	    .healthy = healthy });
}

void
supervisor_unhealthy(uint32_t index, uint32_t generation)
{
	supervisor_post(&(struct core_event){ .input = CORE_UNHEALTHY,
	    .index = index,
	    .generation = generation });
}

void
supervisor_shutdown(uint32_t index)
{
	supervisor_post(
	    &(struct core_event){ .input = CORE_SHUTDOWN, .index = index });
}
