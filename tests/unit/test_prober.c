/* SPDX-License-Identifier: MIT */
/* The prober on the real loop, with real children that look at a file. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "healthcheck/prober.h"
#include "healthcheck/probe.h"
#include "supervisor/clock.h"

static char path[64];
static int answers, changes, at_once, most_at_once;

static void
on_signal(const siginfo_t *info)
{
	(void)info;
}

static void
on_answer(struct check *check)
{
	(void)check;
	answers++;
}

static void
on_change(struct check *check, enum verdict before)
{
	(void)check;
	(void)before;
	changes++;
}

static int
become(void *owner, bool only_asks)
{
	(void)owner;
	(void)only_asks;
	return 0;
}

static const struct prober_hooks hooks = {
	.attempt = { .become = become },
	.answered = on_answer,
	.changed = on_change,
};

/* As PID 1 has it: whoever waits for any child tells the prober. */
static const struct prober_hooks reaping_hooks = {
	.attempt = { .become = become, .reaps = true },
	.answered = on_answer,
	.changed = on_change,
};

static int
set_up(void **state)
{
	static bool has_loop;
	(void)state;

	if (!has_loop && loop_init(256, 0, on_signal) < 0)
		return -1;
	has_loop = true;
	prober_init(&hooks, 2);
	answers = changes = at_once = most_at_once = 0;
	snprintf(path, sizeof(path), "/tmp/hale-prober.%d", (int)getpid());
	unlink(path);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void
make(struct check *check, struct probe *probe, const char *ask, int64_t ms)
{
	struct conf_error err;

	memset(check, 0, sizeof(*check));
	probe_init(probe);
	probe->interval_ms = ms;
	probe->start_interval_ms = ms;
	probe->timeout_ms = 2000;
	assert_int_equal(probe_parse(probe, ask, &err), 0);
	check->probe = probe;
	check->service = "test";
	prober_add(check);
}

/* Turns the loop until *counter is at least n, with a deadline. */
static void
until(const int *counter, int n)
{
	int64_t end_ms = clock_now_ms() + 20000;

	while (*counter < n) {
		assert_true(clock_now_ms() < end_ms);
		loop_turn();
	}
}

static void
stop(struct check *check, struct probe *probe)
{
	prober_hold(check);
	while (check->running)
		loop_turn();
	probe_finish(probe);
}

static void
touch(void)
{
	close(open(path, O_CREAT | O_WRONLY, 0644));
}

static void
test_a_file_comes_and_goes(void **state)
{
	static struct check check;
	struct probe probe;
	char ask[80];
	(void)state;

	snprintf(ask, sizeof(ask), "file://%s", path);
	make(&check, &probe, ask, 20);
	prober_begin(&check, 1, 0);
	until(&changes, 1);
	assert_int_equal(check.tally.verdict, VERDICT_UNHEALTHY);
	assert_int_equal(answers, 3);
	assert_string_equal(check.tally.last.text, "no such file or directory");
	touch();
	until(&changes, 2);
	assert_int_equal(check.tally.verdict, VERDICT_HEALTHY);
	unlink(path);
	until(&changes, 3);
	assert_int_equal(check.tally.verdict, VERDICT_UNHEALTHY);
	stop(&check, &probe);
}

static void
test_the_first_run_is_at_once_and_the_rate_has_no_drift(void **state)
{
	static struct check check, rare;
	struct probe probe, rare_probe;
	int64_t begun_ms = clock_now_ms(), first_ms;
	(void)state;

	/* Not after a period, which is longer than this test waits. */
	make(&rare, &rare_probe, "file:///", 3600000);
	prober_begin(&rare, 1, 0);
	until(&answers, 1);
	stop(&rare, &rare_probe);
	answers = 0;
	make(&check, &probe, "file:///", 50);
	prober_begin(&check, 1, 0);
	until(&answers, 1);
	first_ms = check.attempt.started_ms;
	assert_true(first_ms - begun_ms < 2000);
	until(&answers, 21);
	/* Slots are multiples of the interval, however late a run is. */
	assert_int_equal((check.slot_ms - first_ms) / 50 >= 20, 1);
	assert_true((check.slot_ms - first_ms) % 50 <= 5);
	stop(&check, &probe);
}

static void
test_those_of_one_rate_share_their_wake_up(void **state)
{
	static struct check one, near, other;
	struct probe one_probe, near_probe, other_probe;
	(void)state;

	make(&one, &one_probe, "file:///", 60000);
	make(&near, &near_probe, "file:///", 60000);
	make(&other, &other_probe, "file:///", 50000);
	prober_begin(&one, 1, 0);
	until(&answers, 1);
	prober_begin(&near, 1, 0);
	prober_begin(&other, 1, 0);
	until(&answers, 3);
	assert_true(one.attempt.started_ms <= near.attempt.started_ms);
	/* Started later, unless all of it took more than 50 ms. */
	if (near.attempt.started_ms - one.attempt.started_ms <= 50)
		assert_int_equal(one.slot_ms, near.slot_ms);
	assert_true(other.slot_ms < one.slot_ms);
	stop(&one, &one_probe);
	stop(&near, &near_probe);
	stop(&other, &other_probe);
}

static void
test_the_answer_for_an_old_instance_is_discarded(void **state)
{
	static struct check check;
	struct probe probe;
	(void)state;

	make(&check, &probe, "file:///", 60000);
	prober_begin(&check, 1, 0);
	while (!check.running)
		loop_turn();
	prober_hold(&check);
	prober_begin(&check, 2, 0);
	until(&answers, 1);
	assert_int_equal(check.asked_generation, 2);
	assert_int_equal(check.tally.count, 1);
	stop(&check, &probe);
}

static void
test_a_startup_check_gates_the_others(void **state)
{
	static struct check startup, live;
	struct probe a, b;
	char ask[80];
	(void)state;

	snprintf(ask, sizeof(ask), "file://%s", path);
	make(&startup, &a, ask, 20);
	make(&live, &b, "file:///", 60000);
	startup.role = ROLE_STARTUP;
	live.role = ROLE_LIVE;
	live.gate = &startup;
	prober_begin(&startup, 1, 0);
	prober_begin(&live, 1, 0);
	until(&answers, 5);
	assert_int_equal(live.tally.count, 0);
	touch();
	while (live.tally.count == 0)
		loop_turn();
	assert_int_equal(live.tally.verdict, VERDICT_HEALTHY);
	answers = (int)startup.tally.count;
	stop(&live, &b);
	assert_int_equal(startup.due.slot, 0); /* it has done its work */
	stop(&startup, &a);
}

static void
test_no_more_than_so_many_at_a_time(void **state)
{
	enum { MANY = 20 };
	static struct check checks[MANY];
	static struct probe probes[MANY];
	(void)state;

	for (int i = 0; i < MANY; i++) {
		make(&checks[i], &probes[i], "file:///", 60000);
		prober_begin(&checks[i], 1, 0);
	}
	while (answers < MANY) {
		int running = 0;

		loop_turn();
		for (int i = 0; i < MANY; i++)
			running += checks[i].running;
		assert_true(running <= 2);
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(checks[i].tally.count, 1);
		stop(&checks[i], &probes[i]);
	}
}

static void
test_a_command_is_killed_with_its_children(void **state)
{
	static struct check check;
	struct probe probe;
	int status;
	(void)state;

	make(
	    &check, &probe, "exec:sh -c 'sleep 77 & echo hi; sleep 77'", 60000);
	probe.timeout_ms = 200;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prober_begin(&check, 1, 0);
	until(&answers, 1);
	/* its child is ours now, and was killed as well: no wait of 77 s */
	while (waitpid(-1, &status, 0) > 0)
		assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(check.tally.last.reason, REASON_TIMEOUT);
	assert_string_equal(
	    check.tally.last.text, "timed out after 200 ms: hi");
	assert_int_equal(kill(-check.attempt.pid, 0), -1);
	stop(&check, &probe);
}

static void
test_somebody_else_may_reap_a_command(void **state)
{
	static struct check check;
	struct probe probe;
	int status;
	pid_t pid;
	(void)state;

	make(&check, &probe, "exec:sh -c 'echo hi; exit 3'", 60000);
	prober_begin(&check, 1, 0);
	while (!check.running)
		loop_turn();
	pid = waitpid(-1, &status, 0);
	assert_int_equal(pid, check.attempt.pid);
	assert_false(prober_child(1, status));
	assert_true(prober_child(pid, status));
	assert_int_equal(answers, 1);
	assert_string_equal(check.tally.last.text, "exit status 3: hi");
	stop(&check, &probe);
}

static pid_t
run_and_reap(struct check *check, int *status)
{
	while (!check->running)
		loop_turn();
	assert_int_equal(check->attempt.pidfd, -1);
	return waitpid(-1, status, 0);
}

static void
test_who_reaps_all_tells_of_each(void **state)
{
	static struct check check, other;
	struct probe probe, other_probe;
	int status, pipe_fd;
	pid_t pid;
	(void)state;

	prober_init(&reaping_hooks, 2);
	make(&check, &probe, "file:///etc/passwd", 60000);
	make(&other, &other_probe, "file:///nope", 60000);
	prober_begin(&check, 1, 0);
	pid = run_and_reap(&check, &status);
	pipe_fd = check.attempt.pipe_fd;
	assert_int_equal(pid, check.attempt.pid);
	assert_false(prober_child(1, status));
	assert_int_equal(answers, 0);
	assert_true(prober_child(pid, status));
	assert_false(prober_child(pid, status));
	assert_int_equal(answers, 1);
	assert_int_equal(check.tally.verdict, VERDICT_HEALTHY);
	/* The next one gets the same pipe, and nothing of what was in it. */
	prober_begin(&other, 1, 0);
	pid = run_and_reap(&other, &status);
	assert_int_equal(other.attempt.pipe_fd, pipe_fd);
	assert_true(prober_child(pid, status));
	assert_int_equal(answers, 2);
	assert_int_equal(other.tally.last.outcome, OUTCOME_FAIL);
	assert_int_equal(other.tally.last.output_size, 0);
	stop(&other, &other_probe);
	stop(&check, &probe);
}

static void
test_an_end_is_an_error_when_killed_from_outside(void **state)
{
	static struct check check;
	struct probe probe;
	int status;
	(void)state;

	prober_init(&reaping_hooks, 2);
	make(&check, &probe, "dns://localhost", 60000);
	prober_begin(&check, 1, 0);
	while (!check.running)
		loop_turn();
	kill(check.attempt.pid, SIGKILL);
	assert_int_equal(waitpid(-1, &status, 0), check.attempt.pid);
	assert_true(prober_child(check.attempt.pid, status));
	assert_int_equal(answers, 1);
	/* or it was faster than we */
	if (WIFSIGNALED(status)) {
		assert_int_equal(check.tally.last.outcome, OUTCOME_ERROR);
		assert_string_equal(
		    check.tally.last.text, "killed by signal 9 (Killed)");
	}
	stop(&check, &probe);
}

static void
test_who_ended_in_time_passes_at_its_deadline(void **state)
{
	static struct check checks[2];
	/* Neither is over in the turn that it was started in. */
	static const char *const asks[] = { "exec:sleep 0.5", "file:///" };
	(void)state;

	prober_init(&reaping_hooks, 2);
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct check *check = &checks[i];
		siginfo_t end;
		struct probe probe;

		make(check, &probe, asks[i], 60000);
		prober_begin(check, 1, 0);
		while (!check->running)
			loop_turn();
		/* Both in one turn: it has ended, and its time is up. */
		assert_int_equal(waitid(P_PID, (id_t)check->attempt.pid, &end,
		                     WEXITED | WNOWAIT | __WALL),
		    0);
		loop_arm(&check->limit, loop_now_ms());
		until(&answers, (int)i + 1);
		assert_int_equal(check->tally.last.outcome, OUTCOME_PASS);
		assert_int_equal(check->tally.verdict, VERDICT_HEALTHY);
		stop(check, &probe);
	}
}

static void
test_after_a_pause_nobody_is_blamed(void **state)
{
	static struct check check;
	struct probe probe;
	(void)state;

	make(&check, &probe, "file:///nope", 50);
	probe.retries = 1;
	prober_begin(&check, 1, 0);
	/* as if the slot had been there long ago */
	check.slot_ms -= 5000;
	until(&answers, 1);
	assert_int_equal(check.tally.last.outcome, OUTCOME_ERROR);
	assert_int_equal(check.tally.verdict, VERDICT_STARTING);
	until(&changes, 1);
	assert_int_equal(check.tally.verdict, VERDICT_UNHEALTHY);
	stop(&check, &probe);
}

static void
test_no_child_is_left_behind(void **state)
{
	(void)state;
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_file_comes_and_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_the_first_run_is_at_once_and_the_rate_has_no_drift,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_those_of_one_rate_share_their_wake_up, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_the_answer_for_an_old_instance_is_discarded, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_startup_check_gates_the_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_no_more_than_so_many_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_command_is_killed_with_its_children, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_somebody_else_may_reap_a_command, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_who_reaps_all_tells_of_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_an_end_is_an_error_when_killed_from_outside, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_who_ended_in_time_passes_at_its_deadline, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_after_a_pause_nobody_is_blamed, set_up, tear_down),
		cmocka_unit_test(test_no_child_is_left_behind),
	};

	return cmocka_run_group_tests_name("prober", tests, NULL, NULL);
}
