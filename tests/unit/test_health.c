/* SPDX-License-Identifier: MIT */
/* Who is unhealthy, because of whom, and since when. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "healthcheck/health.h"
#include "healthcheck/probe.h"

static struct probe tcp = { .kind = PROBE_TCP, .label = "tcp db:5432" };
static struct probe http = { .kind = PROBE_HTTP, .label = "http api/" };

static struct tally *
tally(enum verdict verdict, const char *text, int64_t since_ms)
{
	static struct tally all[8];
	static int used;
	struct tally *t = &all[used++ % 8];

	memset(t, 0, sizeof(*t));
	t->verdict = verdict;
	t->ran = text != NULL;
	t->changed_ms = since_ms;
	t->failing_ms = verdict == VERDICT_UNHEALTHY ? since_ms : 0;
	if (text != NULL)
		snprintf(t->last.text, sizeof(t->last.text), "%s", text);
	return t;
}

static const char *
line(const struct health_node *nodes, size_t count, size_t which)
{
	static char out[400];
	struct health_opinion opinions[8];

	health_judge(nodes, count, opinions);
	health_line(out, sizeof(out), nodes, opinions, which, 22000);
	return out;
}

static void
test_the_contracts_sentence(void **state)
{
	static const uint16_t needs_db[] = { 1 };
	struct health_asks asks[2] = { 0 };
	struct health_node nodes[] = {
		{ .name = "api",
		    .up = UP_RUNNING,
		    .needs = needs_db,
		    .need_count = 1 },
		{ .name = "db", .external = true },
	};
	struct health_opinion opinions[2], whole;
	(void)state;

	nodes[0].asks = &asks[0];
	nodes[1].asks = &asks[1];
	asks[0].probe[ROLE_READY] = &http;
	asks[0].tally[ROLE_READY] = tally(VERDICT_HEALTHY, "ok", 0);
	asks[1].probe[ROLE_READY] = &tcp;
	asks[1].tally[ROLE_READY] =
	    tally(VERDICT_UNHEALTHY, "connection refused", 10000);
	assert_string_equal(line(nodes, 2, 0),
	    "api: unhealthy (db: tcp db:5432: connection refused, for 12 s)");
	assert_string_equal(line(nodes, 2, 1),
	    "db: unhealthy (tcp db:5432: connection refused, for 12 s)");
	health_judge(nodes, 2, opinions);
	assert_false(opinions[0].ready);
	assert_true(opinions[0].live); /* unready, not restarted */
	assert_true(opinions[0].started);
	whole = health_whole(nodes, opinions, 2);
	assert_int_equal(whole.verdict, VERDICT_UNHEALTHY);
	assert_int_equal(whole.cause, 1);
	assert_true(whole.live);

	asks[1].tally[ROLE_READY] = tally(VERDICT_HEALTHY, "ok", 20000);
	assert_string_equal(line(nodes, 2, 0), "api: healthy");
}

static void
test_the_root_is_named_through_a_chain_and_a_diamond(void **state)
{
	static const uint16_t a[] = { 1, 2 }, b[] = { 3 }, c[] = { 3 };
	struct health_asks asks[4] = { 0 };
	struct health_node nodes[] = {
		{ .name = "a", .up = UP_RUNNING, .needs = a, .need_count = 2 },
		{ .name = "b", .up = UP_RUNNING, .needs = b, .need_count = 1 },
		{ .name = "c", .up = UP_RUNNING, .needs = c, .need_count = 1 },
		{ .name = "d",
		    .up = UP_DOWN,
		    .why = "exit status 1",
		    .since_ms = 20000 },
	};
	(void)state;

	assert_string_equal(line(nodes, 4, 0),
	    "a: unhealthy (d: down: exit status 1, for 2 s)");
	assert_string_equal(line(nodes, 4, 2),
	    "c: unhealthy (d: down: exit status 1, for 2 s)");
	/* one's own failure is explained by what one needs */
	nodes[0].asks = &asks[0];
	asks[0].probe[ROLE_READY] = &http;
	asks[0].tally[ROLE_READY] =
	    tally(VERDICT_UNHEALTHY, "status 503", 21000);
	assert_string_equal(line(nodes, 4, 0),
	    "a: unhealthy (d: down: exit status 1, for 2 s)");
	nodes[3].up = UP_RUNNING;
	assert_string_equal(
	    line(nodes, 4, 0), "a: unhealthy (http api/: status 503, for 1 s)");
}

static void
test_a_service_waits_for_what_it_needs(void **state)
{
	static const uint16_t needs[] = { 1 };
	struct health_asks asks[2] = { 0 };
	struct health_node nodes[] = {
		{ .name = "api",
		    .up = UP_STARTING,
		    .needs = needs,
		    .need_count = 1 },
		{ .name = "db", .external = true },
	};
	struct health_opinion opinions[2];
	(void)state;

	nodes[1].asks = &asks[1];
	asks[1].probe[ROLE_READY] = &tcp;
	asks[1].tally[ROLE_READY] =
	    tally(VERDICT_STARTING, "connection refused", 19000);
	assert_string_equal(line(nodes, 2, 0),
	    "api: starting (db: tcp db:5432: connection refused, for 3 s)");
	health_judge(nodes, 2, opinions);
	assert_false(opinions[0].ready);
	assert_false(opinions[0].started);
	assert_true(opinions[0].live);
}

static void
test_startup_liveness_and_readiness(void **state)
{
	static const struct {
		int startup, live, ready; /* enum verdict; -1: no probe */
		enum verdict verdict;
		bool is_started, is_live;
	} rows[] = {
		{ -1, -1, -1, VERDICT_HEALTHY, true, true },
		{ VERDICT_STARTING, -1, -1, VERDICT_STARTING, false, true },
		{ VERDICT_STARTING, VERDICT_STARTING, VERDICT_STARTING,
		    VERDICT_STARTING, false, true },
		{ VERDICT_UNHEALTHY, -1, -1, VERDICT_UNHEALTHY, false, false },
		{ VERDICT_HEALTHY, -1, VERDICT_STARTING, VERDICT_STARTING, true,
		    true },
		{ VERDICT_HEALTHY, VERDICT_HEALTHY, VERDICT_UNHEALTHY,
		    VERDICT_UNHEALTHY, true, true },
		{ VERDICT_HEALTHY, VERDICT_UNHEALTHY, VERDICT_HEALTHY,
		    VERDICT_UNHEALTHY, true, false },
		{ -1, VERDICT_STARTING, -1, VERDICT_HEALTHY, true, true },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const int verdicts[ROLE_COUNT] = {
			[ROLE_HEALTH] = -1,
			[ROLE_READY] = rows[i].ready,
			[ROLE_LIVE] = rows[i].live,
			[ROLE_STARTUP] = rows[i].startup,
		};
		struct health_asks asks = { 0 };
		struct health_node node = {
			.name = "a", .up = UP_RUNNING, .asks = &asks
		};
		struct health_opinion o;

		for (int r = 0; r < ROLE_COUNT; r++) {
			if (verdicts[r] < 0)
				continue;
			asks.probe[r] = &http;
			asks.tally[r] =
			    tally((enum verdict)verdicts[r], "x", 0);
		}
		health_judge(&node, 1, &o);
		assert_int_equal(o.verdict, rows[i].verdict);
		assert_int_equal(o.started, rows[i].is_started);
		assert_int_equal(o.live, rows[i].is_live);
		assert_int_equal(o.ready, rows[i].verdict == VERDICT_HEALTHY);
	}
}

static void
test_without_a_probe_and_with_notify(void **state)
{
	static const struct {
		enum health_up up;
		bool waits, notified;
		const char *line;
	} rows[] = {
		{ UP_RUNNING, false, false, "a: healthy" },
		{ UP_RUNNING, true, false,
		    "a: starting (has not said that it is ready, for 22 s)" },
		{ UP_RUNNING, true, true, "a: healthy" },
		{ UP_DONE, false, false, "a: healthy" },
		{ UP_STARTING, false, false,
		    "a: starting (is starting, for 22 s)" },
		{ UP_DOWN, false, false, "a: unhealthy (down, for 22 s)" },
		{ UP_STOPPING, false, false,
		    "a: unhealthy (stopping, for 22 s)" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct health_node node = { .name = "a",
			.up = rows[i].up,
			.waits_notify = rows[i].waits,
			.notified = rows[i].notified };

		assert_string_equal(line(&node, 1, 0), rows[i].line);
	}
}

static void
test_nothing_at_all_is_healthy(void **state)
{
	struct health_opinion whole = health_whole(NULL, NULL, 0);
	(void)state;

	assert_int_equal(whole.verdict, VERDICT_HEALTHY);
	assert_true(whole.ready && whole.live && whole.started);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_contracts_sentence),
		cmocka_unit_test(
		    test_the_root_is_named_through_a_chain_and_a_diamond),
		cmocka_unit_test(test_a_service_waits_for_what_it_needs),
		cmocka_unit_test(test_startup_liveness_and_readiness),
		cmocka_unit_test(test_without_a_probe_and_with_notify),
		cmocka_unit_test(test_nothing_at_all_is_healthy),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
