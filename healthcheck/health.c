/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <stdio.h>
#include <string.h>

#include "probe.h"

static const struct health_asks *
asks_of(const struct health_node *node)
{
	static const struct health_asks none;

	return node->asks != NULL ? node->asks : &none;
}

/* Has the startup probe, where there is one, passed? */
static bool
has_started(const struct health_node *node)
{
	const struct health_asks *asks = asks_of(node);
	const struct tally *startup = asks->tally[ROLE_STARTUP];

	if (!node->external && node->up != UP_RUNNING &&
	    node->up != UP_STOPPING)
		return node->up == UP_DONE;
	return asks->probe[ROLE_STARTUP] == NULL ||
	       (startup != NULL && startup->verdict == VERDICT_HEALTHY);
}

/* A probe's verdict; a service without one is healthy while it is up. */
static enum verdict
role_verdict(const struct health_node *node, enum health_role role)
{
	const struct health_asks *asks = asks_of(node);

	if (asks->probe[role] == NULL || asks->tally[role] == NULL ||
	    asks->probe[role]->kind == PROBE_NONE)
		return VERDICT_HEALTHY;
	return asks->tally[role]->verdict;
}

static void
blame(struct health_opinion *opinion, enum verdict verdict, uint16_t cause,
    int role, int64_t since_ms)
{
	opinion->verdict = verdict;
	opinion->cause = cause;
	opinion->cause_role = (int8_t)role;
	opinion->since_ms = since_ms;
}

static int64_t
role_since(const struct tally *tally)
{
	return tally->verdict == VERDICT_UNHEALTHY && tally->failing_ms != 0
	           ? tally->failing_ms
	           : tally->changed_ms;
}

/* By its own process, notifications and probes. */
static void
judge_alone(const struct health_node *node, uint16_t self,
    struct health_opinion *opinion)
{
	static const uint8_t order[] = { ROLE_STARTUP, ROLE_LIVE, ROLE_HEALTH,
		ROLE_READY };

	blame(opinion, VERDICT_HEALTHY, self, -1, node->since_ms);
	opinion->started = has_started(node);
	if (!node->external && node->up != UP_RUNNING) {
		if (node->up == UP_DONE)
			return;
		opinion->verdict = node->up == UP_STARTING ? VERDICT_STARTING
		                                           : VERDICT_UNHEALTHY;
		return;
	}
	for (size_t i = 0; i < sizeof(order); i++) {
		enum health_role role = (enum health_role)order[i];
		enum verdict verdict = role_verdict(node, role);

		/* readiness may be bad before liveness has its first say */
		if (verdict == VERDICT_HEALTHY ||
		    (role == ROLE_LIVE && verdict == VERDICT_STARTING))
			continue;
		blame(opinion, verdict, self, role,
		    role_since(asks_of(node)->tally[role]));
		return;
	}
	if (node->waits_notify && !node->notified)
		opinion->verdict = VERDICT_STARTING;
}

static bool
is_live(const struct health_node *node)
{
	if (node->external || node->up == UP_STOPPING || node->up == UP_DONE ||
	    node->up == UP_STARTING)
		return true;
	return node->up == UP_RUNNING &&
	       role_verdict(node, ROLE_LIVE) != VERDICT_UNHEALTHY &&
	       role_verdict(node, ROLE_STARTUP) != VERDICT_UNHEALTHY;
}

/* healthy, starting, unhealthy: from best to worst. */
static int
rank(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_HEALTHY:
		return 0;
	case VERDICT_STARTING:
		return 1;
	case VERDICT_UNHEALTHY:
		return 2;
	}
	return 2;
}

/* Takes over the worst of what it needs.  Returns whether that was news. */
static bool
judge_needs(const struct health_node *node, struct health_opinion *opinions,
    uint16_t self)
{
	struct health_opinion *mine = &opinions[self];
	bool news = false;

	if (node->up == UP_DONE && !node->external)
		return false;
	for (size_t i = 0; i < node->need_count; i++) {
		const struct health_opinion *need = &opinions[node->needs[i]];

		/* Trouble further down the road explains one's own. */
		if (need->verdict == VERDICT_HEALTHY ||
		    rank(need->verdict) < rank(mine->verdict) ||
		    (need->verdict == mine->verdict && mine->cause != self) ||
		    (need->verdict == VERDICT_STARTING &&
		        mine->verdict == VERDICT_STARTING &&
		        node->up == UP_RUNNING))
			continue;
		news = true;
		blame(mine, need->verdict, need->cause, need->cause_role,
		    need->since_ms);
	}
	return news;
}

void
health_judge(const struct health_node *nodes, size_t count,
    struct health_opinion *opinions)
{
	bool news = true;

	for (size_t i = 0; i < count; i++)
		judge_alone(&nodes[i], (uint16_t)i, &opinions[i]);
	/* Without cycles, the longest way is shorter than count. */
	for (size_t turn = 0; news && turn < count; turn++) {
		news = false;
		for (size_t i = 0; i < count; i++)
			news |= judge_needs(&nodes[i], opinions, (uint16_t)i);
	}
	for (size_t i = 0; i < count; i++) {
		opinions[i].live = is_live(&nodes[i]);
		opinions[i].ready = opinions[i].verdict == VERDICT_HEALTHY;
	}
}

struct health_opinion
health_whole(const struct health_node *nodes,
    const struct health_opinion *opinions, size_t count)
{
	struct health_opinion whole = { .verdict = VERDICT_HEALTHY,
		.live = true,
		.ready = true,
		.started = true,
		.cause_role = -1 };

	for (size_t i = 0; i < count; i++) {
		const struct health_opinion *o = &opinions[i];

		/* What lives elsewhere counts through those who need it. */
		if (nodes[i].external)
			continue;
		whole.live &= o->live;
		whole.ready &= o->ready;
		whole.started &= o->started;
		/* unhealthy is worse than starting, the first one is named */
		if (rank(o->verdict) <= rank(whole.verdict))
			continue;
		whole.verdict = o->verdict;
		whole.cause = o->cause;
		whole.cause_role = o->cause_role;
		whole.since_ms = o->since_ms;
	}
	return whole;
}

/* What the cause has to say for itself. */
static void
cause_text(char *out, size_t out_size, const struct health_node *node,
    const struct health_opinion *opinion)
{
	static const char *const states[] = {
		[UP_DOWN] = "down",
		[UP_STARTING] = "is starting",
		[UP_RUNNING] = "has not said that it is ready",
		[UP_STOPPING] = "stopping",
		[UP_DONE] = "done",
	};
	const struct tally *tally;

	if (opinion->cause_role < 0) {
		bool down = node->up == UP_DOWN && node->why != NULL;

		snprintf(out, out_size, "%s%s%s",
		    node->external ? "not probed yet" : states[node->up],
		    down ? ": " : "", down ? node->why : "");
		return;
	}
	tally = node->asks->tally[opinion->cause_role];
	snprintf(out, out_size, "%s: %s",
	    node->asks->probe[opinion->cause_role]->label,
	    tally->ran ? tally->last.text : "not probed yet");
}

static void
duration_text(char *out, size_t out_size, int64_t ms)
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 120)
		snprintf(out, out_size, "%d s", (int)s);
	else if (s < 7200)
		snprintf(out, out_size, "%d min", (int)(s / 60));
	else
		snprintf(out, out_size, "%lld h", (long long)(s / 3600));
}

size_t
health_line(char *out, size_t out_size, const struct health_node *nodes,
    const struct health_opinion *opinions, size_t which, int64_t now_ms)
{
	const struct health_opinion *o = &opinions[which];
	const struct health_node *cause = &nodes[o->cause];
	char why[320], since[24];
	int n;

	if (o->verdict == VERDICT_HEALTHY) {
		n = snprintf(out, out_size, "%s: healthy", nodes[which].name);
	} else {
		cause_text(why, sizeof(why), cause, o);
		duration_text(since, sizeof(since), now_ms - o->since_ms);
		n = snprintf(out, out_size, "%s: %s (%s%s%s, for %s)",
		    nodes[which].name, verdict_name(o->verdict),
		    o->cause == which ? "" : cause->name,
		    o->cause == which ? "" : ": ", why, since);
	}
	return n < 0 ? 0 : strlen(out);
}
