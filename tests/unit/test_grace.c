/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "supervisor/grace.h"

static void
test_what_fits_is_given(void **state)
{
	(void)state;

	assert_int_equal(grace_share(9000, 5000, 5000), 5000);
	assert_int_equal(grace_share(9000, 3000, 9000), 3000);
	assert_int_equal(grace_share(9000, 0, 0), 0);
}

static void
test_what_does_not_fit_is_shared(void **state)
{
	int64_t left_ms = 9000;
	(void)state;

	/* Three of 5 s, one after the other, in 9 s: 3 s each. */
	for (int64_t path_ms = 15000; path_ms > 0; path_ms -= 5000) {
		int64_t share_ms = grace_share(left_ms, 5000, path_ms);

		assert_int_equal(share_ms, 3000);
		left_ms -= share_ms;
	}
	assert_int_equal(left_ms, 0);
}

static void
test_no_chain_gets_more_than_there_is(void **state)
{
	static const int64_t times[] = { 1, 7, 999, 10000, 86400000, INT32_MAX,
		INT64_C(1) << 40 };
	(void)state;

	for (size_t a = 0; a < COUNT(times); a++)
		for (size_t b = 0; b < COUNT(times); b++)
			for (size_t l = 0; l < COUNT(times); l++) {
				int64_t path_ms = times[a] + times[b];
				int64_t first =
				    grace_share(times[l], times[a], path_ms);
				int64_t rest = times[l] - first;
				int64_t second =
				    grace_share(rest, times[b], times[b]);

				assert_true(first >= 0 && second >= 0);
				assert_true(first <= times[a]);
				assert_true(first + second <= times[l]);
			}
}

static void
test_times_beyond_31_bits(void **state)
{
	const int64_t huge = INT64_C(1) << 40;
	(void)state;

	assert_int_equal(grace_share(huge, 5000, huge), 5000);
	/* At the edge of what is halved, nothing is lost by it. */
	assert_int_equal(grace_share(1932735283, 7, INT32_MAX), 6);
}

static void
test_no_time_is_none(void **state)
{
	(void)state;

	assert_int_equal(grace_share(0, 5000, 5000), 0);
	assert_int_equal(grace_share(-3, 5000, 5000), 0);
}

static void
test_the_longest_way_down_counts(void **state)
{
	/* 3 needs 1 and 2; 2 needs 0; 4 lives elsewhere */
	static const struct graph_edge edges[] = { { .node = 3, .need = 2 },
		{ .node = 3, .need = 1 }, { .node = 2, .need = 0 },
		{ .node = 1, .need = 4 } };
	static const int64_t own_ms[] = { 10, 25, 20, 1, 500 };
	struct graph graph;
	/* What lives elsewhere needs no time, whatever stands there. */
	int64_t path_ms[5] = { [4] = 1000 };
	(void)state;

	assert_int_equal(graph_init(&graph, 5, 4, edges, COUNT(edges)), 0);
	grace_paths(&graph, own_ms, path_ms);
	assert_int_equal(path_ms[0], 10);
	assert_int_equal(path_ms[1], 25);
	assert_int_equal(path_ms[2], 30);
	assert_int_equal(path_ms[3], 31);
	assert_int_equal(path_ms[4], 1000);
	graph_finish(&graph);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_fits_is_given),
		cmocka_unit_test(test_what_does_not_fit_is_shared),
		cmocka_unit_test(test_no_chain_gets_more_than_there_is),
		cmocka_unit_test(test_times_beyond_31_bits),
		cmocka_unit_test(test_no_time_is_none),
		cmocka_unit_test(test_the_longest_way_down_counts),
	};

	return cmocka_run_group_tests_name("grace", tests, NULL, NULL);
}
