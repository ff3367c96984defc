/* SPDX-License-Identifier: MIT */
/* The transitions of Docker and kubelet, and what hale adds to them. */
#include "unit.h"

#include <string.h>

#include "healthcheck/probe.h"
#include "healthcheck/verdict.h"

static bool
feed(struct tally *tally, const struct probe *probe, char what, int64_t now_ms)
{
	struct answer answer = { .outcome = what == '+'   ? OUTCOME_PASS
		                            : what == '-' ? OUTCOME_FAIL
		                                          : OUTCOME_ERROR };

	return verdict_count(tally, probe, &answer, now_ms);
}

/* One letter an answer, one second apart; the verdict's first letter after. */
static void
test_transitions(void **state)
{
	static const struct {
		int64_t retries, successes, start_period_ms;
		const char *answers, *verdicts;
	} rows[] = {
		/* Docker: one pass makes it healthy, retries fails unmake it */
		{ 3, 1, 0, "+", "h" },
		{ 3, 1, 0, "---", "ssu" },
		{ 3, 1, 0, "--+--", "sshhh" },
		{ 3, 1, 0, "+--+---", "hhhhhhu" },
		{ 3, 1, 0, "---+", "ssuh" },
		{ 1, 1, 0, "+-+-", "huhu" },
		/* Docker: failures in the start period don't count */
		{ 3, 1, 5000, "------", "ssssss" },
		{ 3, 1, 5000, "--------", "sssssssu" },
		{ 2, 1, 5000, "--+--", "sshhu" },
		{ 1, 1, 3000, "---", "sss" },
		{ 1, 1, 3000, "----", "sssu" },
		/* ... until the first pass, even where it needs two */
		{ 2, 2, 9000, "---+--", "sssssu" },
		/* kubelet: both thresholds, counted in a row */
		{ 3, 2, 0, "+-+-+", "sssss" },
		{ 3, 2, 0, "++---+-++", "shhhuuuuh" },
		{ 3, 3, 0, "+++", "ssh" },
		{ 3, 1, 0, "--+---", "sshhhu" },
		/* an error changes nothing and breaks no row */
		{ 3, 1, 0, "!!!!!!", "ssssss" },
		{ 3, 1, 0, "-!-!-", "ssssu" },
		{ 3, 1, 0, "+!--!-", "hhhhhu" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct probe probe = { .retries = rows[i].retries,
			.success_retries = rows[i].successes,
			.start_period_ms = rows[i].start_period_ms };
		static struct tally tally;

		memset(&tally, 0, sizeof(tally));
		verdict_begin(&tally, 1000);
		for (size_t k = 0; rows[i].answers[k] != '\0'; k++) {
			enum verdict before = tally.verdict;
			bool changed = feed(&tally, &probe, rows[i].answers[k],
			    1000 + (int64_t)k * 1000);

			assert_int_equal(changed, before != tally.verdict);
			assert_int_equal(verdict_name(tally.verdict)[0],
			    rows[i].verdicts[k]);
		}
	}
}

/* moby's health.go and kubelet's worker.go, as they would be in C. */
static enum verdict
docker_says(const char *answers, size_t n, int retries, int64_t start_period)
{
	enum verdict status = VERDICT_STARTING;
	int streak = 0;

	for (size_t i = 0; i < n; i++) {
		if (answers[i] == '+') {
			streak = 0;
			status = VERDICT_HEALTHY;
			continue;
		}
		if (status == VERDICT_STARTING &&
		    (int64_t)i * 1000 < start_period)
			continue;
		if (++streak >= retries)
			status = VERDICT_UNHEALTHY;
	}
	return status;
}

static enum verdict
kubelet_says(const char *answers, size_t n, int failures, int successes)
{
	enum verdict cached = VERDICT_STARTING;
	char last = '\0';
	int run = 0;

	for (size_t i = 0; i < n; i++) {
		if (answers[i] == '!')
			continue; /* thrown away: doProbe() returns early */
		run = answers[i] == last ? run + 1 : 1;
		last = answers[i];
		if (last == '+' ? run >= successes : run >= failures)
			cached =
			    last == '+' ? VERDICT_HEALTHY : VERDICT_UNHEALTHY;
	}
	return cached;
}

static void
test_all_short_histories_are_as_docker_and_kubelet_see_them(void **state)
{
	enum { LENGTH = 9 };
	(void)state;

	for (unsigned bits = 0; bits < 1u << LENGTH; bits++)
		for (int retries = 1; retries <= 4; retries++)
			for (int other = 1; other <= 3; other++) {
				struct probe docker = { .retries = retries,
					.success_retries = 1,
					.start_period_ms = other * 2000 };
				struct probe kubelet = { .retries = retries,
					.success_retries = other };
				static struct tally a, b;
				char answers[LENGTH];

				memset(&a, 0, sizeof(a));
				memset(&b, 0, sizeof(b));
				verdict_begin(&a, 0);
				verdict_begin(&b, 0);
				for (size_t i = 0; i < LENGTH; i++) {
					answers[i] =
					    (bits >> i & 1) != 0 ? '+' : '-';
					feed(&a, &docker, answers[i],
					    (int64_t)i * 1000);
					feed(&b, &kubelet, answers[i],
					    (int64_t)i * 1000);
					assert_int_equal(a.verdict,
					    docker_says(answers, i + 1, retries,
					        other * 2000));
					assert_int_equal(b.verdict,
					    kubelet_says(answers, i + 1,
					        retries, other));
				}
			}
}

/* 3^7 histories of passes, failures and errors, as kubelet's worker.go. */
static void
test_errors_in_between_are_as_kubelet_sees_them(void **state)
{
	enum { LENGTH = 7, HISTORIES = 2187 };
	(void)state;

	for (int which = 0; which < HISTORIES; which++)
		for (int retries = 1; retries <= 3; retries++)
			for (int successes = 1; successes <= 3; successes++) {
				struct probe probe = { .retries = retries,
					.success_retries = successes };
				static struct tally tally;
				char answers[LENGTH];
				int rest = which;

				memset(&tally, 0, sizeof(tally));
				verdict_begin(&tally, 0);
				for (size_t i = 0; i < LENGTH; i++, rest /= 3) {
					answers[i] = "+-!"[rest % 3];
					feed(&tally, &probe, answers[i],
					    (int64_t)i * 1000);
					assert_int_equal(tally.verdict,
					    kubelet_says(answers, i + 1,
					        retries, successes));
				}
			}
}

static void
test_a_new_instance_starts_again_and_keeps_the_history(void **state)
{
	struct probe probe = { .retries = 1, .success_retries = 1 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 0);
	feed(&tally, &probe, '+', 1);
	feed(&tally, &probe, '-', 1);
	feed(&tally, &probe, '!', 1);
	assert_int_equal(tally.verdict, VERDICT_UNHEALTHY);
	assert_int_equal(tally.failing_ms, 1);
	assert_true(tally.ran && tally.passed);
	verdict_begin(&tally, 2);
	assert_false(tally.ran || tally.passed);
	assert_int_equal(tally.errors, 0);
	assert_int_equal(tally.started_ms, 2);
	assert_int_equal(tally.changed_ms, 2);
	assert_int_equal(tally.verdict, VERDICT_STARTING);
	assert_int_equal(tally.streak, 0);
	assert_int_equal(tally.failing_ms, 0);
	assert_non_null(verdict_past(&tally, 2));
	assert_null(verdict_past(&tally, 3));
}

static void
test_when_it_changed_and_since_when_it_fails(void **state)
{
	struct probe probe = { .retries = 2, .success_retries = 1 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 100);
	feed(&tally, &probe, '+', 200);
	assert_int_equal(tally.changed_ms, 200);
	assert_int_equal(tally.failing_ms, 0);
	feed(&tally, &probe, '-', 300);
	assert_int_equal(tally.changed_ms, 200);
	assert_int_equal(tally.failing_ms, 300);
	assert_int_equal(tally.streak, 1);
	feed(&tally, &probe, '-', 400);
	assert_int_equal(tally.changed_ms, 400);
	assert_int_equal(tally.failing_ms, 300);
	assert_int_equal(tally.streak, 2);
	feed(&tally, &probe, '+', 500);
	assert_int_equal(tally.changed_ms, 500);
	assert_int_equal(tally.failing_ms, 0);
	assert_int_equal(tally.streak, 1);
}

static void
test_errors_are_counted_in_a_row(void **state)
{
	struct probe probe = { .retries = 3, .success_retries = 1 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 0);
	feed(&tally, &probe, '!', 1);
	assert_true(tally.ran);
	assert_int_equal(tally.errors, 1);
	feed(&tally, &probe, '!', 2);
	assert_int_equal(tally.errors, 2);
	feed(&tally, &probe, '-', 3);
	assert_int_equal(tally.errors, 0);
	feed(&tally, &probe, '!', 4);
	feed(&tally, &probe, '+', 5);
	assert_int_equal(tally.errors, 0);
	assert_int_equal(tally.total[OUTCOME_ERROR], 3);
	assert_int_equal(tally.total[OUTCOME_FAIL], 1);
	assert_int_equal(tally.total[OUTCOME_PASS], 1);
}

static void
test_an_answer_is_kept_whole_and_in_short(void **state)
{
	struct probe probe = { .retries = 1, .success_retries = 1 };
	struct answer answer = { .outcome = OUTCOME_FAIL,
		.reason = REASON_STATUS,
		.code = 503,
		.output_size = 3,
		.duration_us = 1234567 };
	static struct tally tally;
	const struct verdict_result *r;
	(void)state;

	memset(answer.text, 'x', sizeof(answer.text) - 1);
	memcpy(answer.output, "no\n", 3);
	verdict_begin(&tally, 0);
	/* whatever stood there before */
	memset(tally.history, '!', sizeof(tally.history));
	memset(tally.last.output, '!', sizeof(tally.last.output));
	verdict_count(&tally, &probe, &answer, 77);
	r = verdict_past(&tally, 0);
	assert_non_null(r);
	assert_int_equal(r->when_ms, 77);
	assert_int_equal(r->duration_us, 1234567);
	assert_int_equal(r->outcome, OUTCOME_FAIL);
	assert_int_equal(r->reason, REASON_STATUS);
	assert_int_equal(r->code, 503);
	assert_int_equal(strlen(r->text), VERDICT_LINE - 1);
	assert_int_equal(strspn(r->text, "x"), VERDICT_LINE - 1);
	assert_memory_equal(&tally.last, &answer, answer_size(&answer));
	assert_int_equal(tally.last.output[3], '!');
}

static void
test_the_last_twenty_are_kept(void **state)
{
	struct probe probe = { .retries = 1, .success_retries = 1 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 0);
	for (int64_t i = 1; i <= 1000; i++) {
		feed(&tally, &probe, '+', i);
		for (uint32_t back = 0; back < VERDICT_HISTORY && back < i;
		     back++)
			assert_int_equal(
			    verdict_past(&tally, back)->when_ms, i - back);
		assert_null(verdict_past(&tally, VERDICT_HISTORY));
		assert_true(tally.count < 2 * VERDICT_HISTORY);
	}
	for (uint32_t back = 0; back < VERDICT_HISTORY; back++)
		assert_int_equal(
		    verdict_past(&tally, back)->when_ms, 1000 - back);
	assert_null(verdict_past(&tally, VERDICT_HISTORY));
	assert_int_equal(tally.total[OUTCOME_PASS], 1000);
}

static void
test_start_interval_holds_until_the_first_pass(void **state)
{
	struct probe probe = { .retries = 3,
		.success_retries = 1,
		.interval_ms = 30000,
		.start_interval_ms = 5000 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 0);
	assert_int_equal(verdict_interval_ms(&tally, &probe), 5000);
	for (int i = 0; i < 4; i++)
		feed(&tally, &probe, '-', i);
	assert_int_equal(verdict_interval_ms(&tally, &probe), 5000);
	feed(&tally, &probe, '+', 9);
	assert_int_equal(verdict_interval_ms(&tally, &probe), 30000);
	feed(&tally, &probe, '-', 9);
	assert_int_equal(verdict_interval_ms(&tally, &probe), 30000);
	probe.interval_ms = 1000; /* never slower before than after */
	verdict_begin(&tally, 10);
	assert_int_equal(verdict_interval_ms(&tally, &probe), 1000);
	probe.start_interval_ms = 0; /* none of its own */
	assert_int_equal(verdict_interval_ms(&tally, &probe), 1000);
}

static void
test_flapping_shows_and_does_not_act(void **state)
{
	struct probe probe = { .retries = 3, .success_retries = 1 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 0);
	for (int i = 0; i < 7; i++)
		feed(&tally, &probe, i % 2 == 0 ? '+' : '-', i);
	assert_true(tally.flapping);
	assert_int_equal(tally.verdict, VERDICT_HEALTHY);
	for (int i = 7; i < 25; i++)
		feed(&tally, &probe, '+', i);
	assert_false(tally.flapping);
}

static void
test_an_error_is_no_change_of_mind(void **state)
{
	struct probe probe = { .retries = 3, .success_retries = 1 };
	static struct tally tally;
	(void)state;

	verdict_begin(&tally, 0);
	for (int i = 0; i < 20; i++)
		feed(&tally, &probe, i % 2 == 0 ? '+' : '!', i);
	assert_false(tally.flapping);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transitions),
		cmocka_unit_test(
		    test_all_short_histories_are_as_docker_and_kubelet_see_them),
		cmocka_unit_test(
		    test_errors_in_between_are_as_kubelet_sees_them),
		cmocka_unit_test(
		    test_a_new_instance_starts_again_and_keeps_the_history),
		cmocka_unit_test(test_the_last_twenty_are_kept),
		cmocka_unit_test(
		    test_start_interval_holds_until_the_first_pass),
		cmocka_unit_test(test_flapping_shows_and_does_not_act),
		cmocka_unit_test(test_an_error_is_no_change_of_mind),
		cmocka_unit_test(test_when_it_changed_and_since_when_it_fails),
		cmocka_unit_test(test_errors_are_counted_in_a_row),
		cmocka_unit_test(test_an_answer_is_kept_whole_and_in_short),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
