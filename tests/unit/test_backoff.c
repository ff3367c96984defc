/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "supervisor/backoff.h"

static const struct backoff usual = {
	.delay_ms = 500, .max_delay_ms = 30000, .window_ms = 60000
};

static void
test_doubles_up_to_the_maximum(void **state)
{
	static const int64_t series[] = { 500, 1000, 2000, 4000, 8000, 16000,
		30000, 30000, 30000 };
	uint32_t attempts = 0;
	(void)state;

	for (size_t i = 0; i < COUNT(series); i++) {
		assert_int_equal(
		    backoff_next(&usual, &attempts, 10, 0), series[i]);
		assert_int_equal(attempts, i + 1);
	}
}

static void
test_jitter_is_at_most_a_tenth(void **state)
{
	int64_t least = INT64_MAX, most = 0;
	(void)state;

	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t attempts = 1;
		int64_t ms = backoff_next(&usual, &attempts, 0, i * 2654435761);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, 1000);
	assert_int_equal(most, 1100);
}

static void
test_a_long_life_starts_again_from_none(void **state)
{
	uint32_t attempts = 6;
	(void)state;

	assert_int_equal(backoff_next(&usual, &attempts, 59999, 0), 30000);
	assert_int_equal(backoff_next(&usual, &attempts, 60000, 0), 0);
	assert_int_equal(attempts, 1);
	assert_int_equal(backoff_next(&usual, &attempts, 3, 0), 1000);
}

static void
test_gives_up_after_max_attempts(void **state)
{
	struct backoff three = usual;
	uint32_t attempts = 0;
	(void)state;

	three.max_attempts = 3;
	for (int i = 0; i < 3; i++)
		assert_true(backoff_next(&three, &attempts, 0, 0) > 0);
	assert_int_equal(
	    backoff_next(&three, &attempts, 0, 0), BACKOFF_GIVE_UP);
	assert_int_equal(attempts, 3);
	assert_int_equal(backoff_next(&three, &attempts, 60000, 0), 0);
}

static void
test_odd_settings(void **state)
{
	static const struct {
		struct backoff backoff;
		uint32_t attempts;
		int64_t lived_ms, delay_ms;
	} rows[] = {
		/* no delay, no jitter */
		{ { 0, 30000, 60000, 0 }, 5, 0, 0 },
		{ { -5, 30000, 60000, 0 }, 1, 0, 0 },
		/* half of an odd maximum is not all of it */
		{ { 2, 5, 60000, 0 }, 1, 0, 4 },
		/* a delay above the maximum is the maximum */
		{ { 90000, 30000, 60000, 0 }, 0, 0, 30000 },
		/* a window of nothing is one of a second */
		{ { 500, 30000, 0, 0 }, 0, 999, 500 },
		{ { 500, 30000, 0, 0 }, 0, 1000, 0 },
		/* nothing overflows */
		{ { INT64_MAX / 3, INT64_MAX / 2, 1, 0 }, UINT32_MAX, 0,
		    INT64_MAX / 2 },
		{ { 1, 1000, 60000, 0 }, UINT32_MAX, 0, 1000 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t attempts = rows[i].attempts;

		assert_int_equal(backoff_next(&rows[i].backoff, &attempts,
		                     rows[i].lived_ms, 0),
		    rows[i].delay_ms);
		assert_true(attempts > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubles_up_to_the_maximum),
		cmocka_unit_test(test_jitter_is_at_most_a_tenth),
		cmocka_unit_test(test_a_long_life_starts_again_from_none),
		cmocka_unit_test(test_gives_up_after_max_attempts),
		cmocka_unit_test(test_odd_settings),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
