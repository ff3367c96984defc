/* SPDX-License-Identifier: MIT */
#include "prober.h"

#include <string.h>
#include <sys/epoll.h>

#include "forkserver.h"
#include "probe.h"
#include "supervisor/log.h"

enum {
	/* Later than this is not load any more: the container was paused. */
	PAUSE_MS = 1000,
	STUCK_MS = 1000, /* a killed child is gone by then */
	NEAR_MS = 50,
	ERRORS_WARN = 3,
};

static struct {
	const struct prober_hooks *hooks;
	struct check *checks;        /* all of them */
	struct check *first, **last; /* those waiting in line */
	struct check *busy;          /* those that run, in no order */
	unsigned running, children_max;
	struct answer answer; /* the one that is being counted */
} prober;

static void run(struct check *check);

void
prober_init(const struct prober_hooks *hooks, unsigned children_max)
{
	prober.hooks = hooks;
	prober.checks = NULL;
	prober.first = NULL;
	prober.last = &prober.first;
	prober.busy = NULL;
	prober.running = 0;
	prober.children_max =
	    children_max == 0 ? PROBER_CHILDREN : children_max;
}

/* A startup check has done its work once it passed. */
static bool
is_over(const struct check *check)
{
	return check->role == ROLE_STARTUP &&
	       check->tally.verdict == VERDICT_HEALTHY;
}

static bool
is_gated(const struct check *check)
{
	return check->gate != NULL &&
	       check->gate->tally.verdict != VERDICT_HEALTHY;
}

/* The next slot of the rate after now; those that passed are dropped. */
static void
schedule(struct check *check, int64_t now_ms)
{
	int64_t interval_ms = verdict_interval_ms(&check->tally, check->probe);

	check->slot_ms += interval_ms;
	if (check->slot_ms <= now_ms)
		check->slot_ms +=
		    ((now_ms - check->slot_ms) / interval_ms + 1) * interval_ms;
	loop_arm(&check->due, check->slot_ms);
}

/*
 * Another check of the same rate whose next slot is about the same: by sharing
 * it, PID 1 wakes up once for both, from then on.
 */
static void
share_slot(struct check *check)
{
	int64_t interval_ms = verdict_interval_ms(&check->tally, check->probe);
	int64_t near_ms =
	    interval_ms / 20 < NEAR_MS ? interval_ms / 20 : NEAR_MS;

	for (struct check *c = prober.checks; c != NULL; c = c->next) {
		int64_t apart_ms = c->slot_ms - check->slot_ms;

		if (c == check || c->due.slot == 0 || apart_ms > near_ms ||
		    apart_ms < -near_ms || c->slot_ms <= loop_now_ms() ||
		    verdict_interval_ms(&c->tally, c->probe) != interval_ms)
			continue;
		check->slot_ms = c->slot_ms;
		loop_arm(&check->due, check->slot_ms);
		return;
	}
}

/* A pass makes the interval longer: the slot that was armed is too soon. */
static void
reschedule(struct check *check)
{
	loop_disarm(&check->due);
	if (!check->active || is_over(check))
		return;
	check->slot_ms = check->attempt.started_ms;
	schedule(check, loop_now_ms());
	share_slot(check);
}

static void
wait_in_line(struct check *check)
{
	if (check->waiting)
		return;
	check->waiting = true;
	check->next_waiting = NULL;
	*prober.last = check;
	prober.last = &check->next_waiting;
}

static void
leave_line(struct check *check)
{
	for (struct check **p = &prober.first; *p != NULL;
	     p = &(*p)->next_waiting)
		if (*p == check) {
			*p = check->next_waiting;
			if (prober.last == &check->next_waiting)
				prober.last = p;
			break;
		}
	check->waiting = false;
}

static void
serve_line(void)
{
	while (prober.first != NULL && prober.running < prober.children_max) {
		struct check *check = prober.first;

		leave_line(check);
		if (check->active && !check->running)
			run(check);
	}
}

/* What was gated by this check may begin. */
static void
open_gate(const struct check *gate)
{
	for (struct check *c = prober.checks; c != NULL; c = c->next)
		if (c->gate == gate && c->active) {
			verdict_begin(&c->tally, loop_now_ms());
			prober_now(c);
		}
}

/* Not the target's fault: it was frozen, and so were we. */
static void
excuse(struct check *check, int64_t now_ms)
{
	const struct attempt *attempt = &check->attempt;
	char text[ANSWER_TEXT];

	if (now_ms > attempt->kill_ms + PAUSE_MS)
		check->grace_ms = now_ms + check->probe->interval_ms;
	if (prober.answer.outcome != OUTCOME_FAIL ||
	    attempt->started_ms >= check->grace_ms)
		return;
	memcpy(text, prober.answer.text, sizeof(text));
	answer_say(&prober.answer, OUTCOME_ERROR, REASON_RESOURCE,
	    "not counted after a pause: %s", text);
}

static void
warn_of_errors(const struct check *check)
{
	if (check->tally.errors == ERRORS_WARN)
		log_warn(check->service, "%s: error: %s", check->probe->label,
		    prober.answer.text);
}

static void
count(struct check *check)
{
	enum verdict before = check->tally.verdict;
	bool passed = check->tally.passed, flapped = check->tally.flapping;
	int64_t now_ms = loop_now_ms();
	bool changed;

	excuse(check, now_ms);
	changed =
	    verdict_count(&check->tally, check->probe, &prober.answer, now_ms);
	warn_of_errors(check);
	if (check->tally.flapping && !flapped)
		log_warn(check->service, "%s: flapping", check->probe->label);
	if (!passed && check->tally.passed)
		reschedule(check);
	if (prober.hooks->answered != NULL)
		prober.hooks->answered(check);
	if (!changed)
		return;
	if (check->role == ROLE_STARTUP &&
	    check->tally.verdict == VERDICT_HEALTHY) {
		loop_disarm(&check->due);
		open_gate(check);
	}
	if (prober.hooks->changed != NULL)
		prober.hooks->changed(check, before);
}

static void watch(struct check *check);

static void
rest(struct check *check)
{
	struct check **p = &prober.busy;

	while (*p != check)
		p = &(*p)->next_busy;
	*p = check->next_busy;
	check->running = false;
	prober.running--;
}

/* Takes the answer if the child has ended. */
static void
finish(struct check *check)
{
	struct attempt *attempt = &check->attempt;
	int pipe_fd = check->pipe.fd, end_fd = check->end.fd;

	/* Unwatch while the descriptors still are what they were. */
	if (!attempt_ended(attempt))
		return;
	if (pipe_fd >= 0)
		loop_unwatch(&check->pipe);
	if (end_fd >= 0)
		loop_unwatch(&check->end);
	check->pipe.fd = -1;
	check->end.fd = -1;
	if (!attempt_finish(attempt, &prober.answer)) {
		watch(check);
		return;
	}
	loop_disarm(&check->limit);
	rest(check);
	if (check->active && check->asked_generation == check->generation)
		count(check);
	else
		prober_now(check); /* a new instance waits for its first run */
	serve_line();
}

static void
on_end(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	finish(LOOP_OWNER(watch, struct check, end));
}

static void
on_pipe(struct loop_watch *watch, uint32_t events)
{
	struct check *check = LOOP_OWNER(watch, struct check, pipe);

	(void)events;
	if (attempt_read(&check->attempt))
		return;
	loop_unwatch(watch);
	watch->fd = -1;
}

/* The fork server is gone: asks again what it was asked for, and has not made. */
static void
make_up(void)
{
	struct check *next;

	for (struct check *c = prober.busy; c != NULL; c = next) {
		next = c->next_busy;
		if (!attempt_lost(&c->attempt))
			continue;
		loop_disarm(&c->limit);
		rest(c);
		if (c->active)
			run(c);
	}
	serve_line();
}

void
prober_settle(void)
{
	forkserver_stop();
	make_up();
}

bool
prober_child(pid_t pid, int status)
{
	if (forkserver_ended(pid, status)) {
		make_up();
		return true;
	}
	for (struct check *c = prober.busy; c != NULL; c = c->next_busy) {
		if (attempt_pid(&c->attempt) != pid)
			continue;
		attempt_reaped(&c->attempt, status);
		finish(c);
		return true;
	}
	return false;
}

/* Its time is up; then, once a second, look whether it is gone. */
static void
on_limit(struct loop_timer *timer)
{
	struct check *check = LOOP_OWNER(timer, struct check, limit);

	if (check->attempt.killed && !check->stuck) {
		check->stuck = true;
		log_warn(check->service, "%s: the probe can't be killed",
		    check->probe->label);
	}
	attempt_kill(&check->attempt);
	loop_arm(&check->limit, loop_now_ms() + STUCK_MS);
	finish(check);
}

static void
on_due(struct loop_timer *timer)
{
	struct check *check = LOOP_OWNER(timer, struct check, due);
	int64_t now_ms = loop_now_ms();
	int64_t late_ms = now_ms - check->slot_ms;

	if (late_ms > check->probe->interval_ms + PAUSE_MS)
		check->grace_ms = now_ms + check->probe->interval_ms;
	schedule(check, now_ms);
	if (!check->running)
		run(check);
}

/* Watches what runs; without a watch the limit's timer looks after it. */
static void
watch(struct check *check)
{
	struct attempt *attempt = &check->attempt;

	check->end = (struct loop_watch){
		.fd = attempt->pidfd, .rank = LOOP_PROBE, .ready = on_end
	};
	check->pipe = (struct loop_watch){
		.fd = attempt->pipe_fd, .rank = LOOP_PROBE, .ready = on_pipe
	};
	if (check->end.fd < 0 || loop_watch(&check->end, EPOLLIN) < 0)
		check->end.fd = -1;
	/* A child's answer comes with its end; a command may talk. */
	if (!attempt->is_command || loop_watch(&check->pipe, EPOLLIN) < 0)
		check->pipe.fd = -1;
	loop_arm(&check->limit, attempt->kill_ms);
}

static void
run(struct check *check)
{
	if (prober.running >= prober.children_max) {
		wait_in_line(check);
		return;
	}
	check->asked_generation = check->generation;
	check->stuck = false;
	if (attempt_start(&check->attempt, check->probe, &prober.hooks->attempt,
	        check->owner, check->service_pid, false, &prober.answer) < 0) {
		count(check);
		return;
	}
	check->running = true;
	check->next_busy = prober.busy;
	prober.busy = check;
	prober.running++;
	watch(check);
}

void
prober_add(struct check *check)
{
	check->next = prober.checks;
	prober.checks = check;
	check->attempt.direct = false;
	if (prober.hooks->attempt.become_nobody != NULL &&
	    attempt_is_served(check->probe))
		forkserver_expect();
	check->due = (struct loop_timer){ .fire = on_due };
	check->limit = (struct loop_timer){ .fire = on_limit };
	check->attempt.heard = &check->heard;
	check->pipe.fd = -1;
	check->end.fd = -1;
	check->running = false;
	check->waiting = false;
	check->active = false;
}

void
prober_now(struct check *check)
{
	if (!check->active || is_gated(check) || is_over(check))
		return;
	check->slot_ms = loop_now_ms();
	loop_arm(&check->due, check->slot_ms);
}

void
prober_begin(struct check *check, uint32_t generation, int64_t service_pid)
{
	check->generation = generation;
	check->service_pid = service_pid;
	check->grace_ms = 0;
	verdict_begin(&check->tally, loop_now_ms());
	check->active = check->probe->kind != PROBE_NONE;
	if (!check->active)
		check->tally.verdict = VERDICT_HEALTHY;
	prober_now(check);
}

void
prober_hold(struct check *check)
{
	check->active = false;
	loop_disarm(&check->due);
	if (check->waiting)
		leave_line(check);
	if (check->running && !check->attempt.killed)
		attempt_kill(&check->attempt);
}
