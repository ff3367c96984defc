/* SPDX-License-Identifier: MIT */
/* Promises that the step table keeps, whatever rows it gains later. */
#include <string.h>

#include "unit.h"

#include "supervisor/service.h"

#define EACH_STATE(s) for (int s = SERVICE_DOWN; s < SERVICE_STATE_END; s++)
#define EACH_EVENT(e) for (int e = 0; e < EVENT_END; e++)

static struct service_step
step_of(int state, int event)
{
	return service_step(
	    (enum service_state)state, (enum service_event)event);
}

static bool
alive(int state)
{
	return service_is_alive((enum service_state)state);
}

static void
test_every_cell_is_filled(void **state)
{
	(void)state;

	EACH_STATE(s)
		EACH_EVENT(e) {
			struct service_step step = step_of(s, e);

			if (step.next < SERVICE_DOWN ||
			    step.next >= SERVICE_STATE_END ||
			    step.action >= DO_END)
				fail_msg("%s x %s is empty",
				    service_state_name((enum service_state)s),
				    service_event_name((enum service_event)e));
		}
}

static void
test_kill_then_empty_ends_without_process(void **state)
{
	(void)state;

	EACH_STATE(s) {
		int now = step_of(s, EVENT_KILL).next;

		now = step_of(now, EVENT_EMPTY).next;
		assert_false(alive(now));
	}
}

static void
test_stop_and_time_end_in_kill(void **state)
{
	(void)state;

	EACH_STATE(s) {
		int now = step_of(s, EVENT_STOP).next, last = 0;

		for (int i = 0; i < 4 && alive(now); i++) {
			struct service_step step = step_of(now, EVENT_TIMER);

			now = step.next;
			last = step.action;
		}
		if (alive(now)) {
			assert_int_equal(now, SERVICE_KILLING);
			assert_int_equal(last, DO_KILL);
		}
	}
}

static void
test_a_process_is_only_made_where_none_is(void **state)
{
	(void)state;

	EACH_STATE(s)
		EACH_EVENT(e)
			if (step_of(s, e).action == DO_SPAWN)
				assert_false(alive(s));
}

static void
test_only_an_empty_session_leaves_the_living(void **state)
{
	(void)state;

	EACH_STATE(s)
		EACH_EVENT(e)
			if (alive(s) && !alive(step_of(s, e).next)) {
				assert_true(
				    e == EVENT_EMPTY || e == EVENT_REFUSED);
				assert_int_equal(
				    step_of(s, e).action, DO_JUDGE);
			}
}

static void
test_news_of_the_dead_change_nothing(void **state)
{
	static const int news[] = { EVENT_STARTED, EVENT_REFUSED, EVENT_READY,
		EVENT_EXITED, EVENT_EMPTY, EVENT_UNHEALTHY, EVENT_HOOK };
	(void)state;

	EACH_STATE(s)
		for (size_t i = 0; i < COUNT(news); i++)
			if (!alive(s)) {
				assert_int_equal(step_of(s, news[i]).next, s);
				assert_int_equal(
				    step_of(s, news[i]).action, DO_NONE);
			}
}

/* One letter an event, one word a state: lives worth telling. */
static void
test_lives(void **state)
{
	static const struct {
		const char *story;
		int events[8];
		int end;
	} rows[] = {
		{ "starts and is up",
		    { EVENT_START, EVENT_MET, EVENT_STARTED, EVENT_READY, -1 },
		    SERVICE_UP },
		{ "stopped while it waits", { EVENT_START, EVENT_STOP, -1 },
		    SERVICE_DOWN },
		{ "stopped while it starts",
		    { EVENT_START, EVENT_MET, EVENT_STOP, -1 },
		    SERVICE_STOPPING },
		{ "drains, leaves, stops",
		    { EVENT_START, EVENT_MET, EVENT_READY, EVENT_STOP,
		        EVENT_TIMER, EVENT_HOOK, -1 },
		    SERVICE_STOPPING },
		{ "what it needs failed", { EVENT_START, EVENT_UNMEETABLE, -1 },
		    SERVICE_FAILED },
		{ "ends and leaves children",
		    { EVENT_START, EVENT_MET, EVENT_READY, EVENT_EXITED, -1 },
		    SERVICE_STOPPING },
		{ "is unhealthy while it drains",
		    { EVENT_START, EVENT_MET, EVENT_READY, EVENT_STOP,
		        EVENT_UNHEALTHY, -1 },
		    SERVICE_LEAVING },
		{ "hangs before its program runs",
		    { EVENT_START, EVENT_MET, EVENT_TIMER, -1 },
		    SERVICE_KILLING },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int now = SERVICE_DOWN;

		for (size_t j = 0; rows[i].events[j] >= 0; j++)
			now = step_of(now, rows[i].events[j]).next;
		if (now != rows[i].end)
			fail_msg("%s: ends %s", rows[i].story,
			    service_state_name((enum service_state)now));
	}
}

static void
test_names(void **state)
{
	(void)state;

	EACH_STATE(s)
		assert_string_not_equal(
		    service_state_name((enum service_state)s), "invalid");
	EACH_EVENT(e)
		assert_string_not_equal(
		    service_event_name((enum service_event)e), "invalid");
	assert_string_equal(
	    service_state_name((enum service_state)0), "invalid");
	assert_string_equal(service_state_name(SERVICE_STATE_END), "invalid");
	assert_string_equal(service_event_name(EVENT_END), "invalid");
}

/*
 * The whole table once more, by letters: what comes next, and what is done.
 * Columns: start stop met unmeetable started refused ready exited empty
 * unhealthy hook timer kill.
 */
static void
test_every_cell_is_as_written_down(void **state)
{
	static const char states[] = "?dwsurltkbof";
	static const char actions[] = "-csbrdptwkmnjf";
	static const char *const rows[SERVICE_STATE_END] = {
		[SERVICE_DOWN] = "wc d- d- d- d- d- d- d- d- d- d- d- d-",
		[SERVICE_WAITING] = "w- d- ss ff w- w- w- w- w- w- w- wn d-",
		[SERVICE_STARTING] = "s- tt s- s- sb dj ur tw dj tt s- kk kk",
		[SERVICE_UP] = "u- rd u- u- u- dj u- tw dj lp u- u- kk",
		[SERVICE_DRAINING] = "r- rm r- r- r- dj r- tw dj lp r- lp kk",
		[SERVICE_LEAVING] = "l- lm l- l- l- dj l- tw dj l- tt tt kk",
		[SERVICE_STOPPING] = "t- tm t- t- t- dj t- tw dj t- t- kk kk",
		[SERVICE_KILLING] = "k- k- k- k- k- dj k- kk dj k- k- kk kk",
		[SERVICE_BACKOFF] = "wc d- b- b- b- b- b- b- b- b- b- wc d-",
		[SERVICE_DONE] = "wc o- o- o- o- o- o- o- o- o- o- o- o-",
		[SERVICE_FAILED] = "wc f- f- f- f- f- f- f- f- f- f- f- f-",
	};
	(void)state;

	assert_int_equal(strlen(states), SERVICE_STATE_END);
	assert_int_equal(strlen(actions), DO_END);
	EACH_STATE(s)
		EACH_EVENT(e) {
			struct service_step step = service_step(
			    (enum service_state)s, (enum service_event)e);

			assert_int_equal(states[step.next], rows[s][3 * e]);
			assert_int_equal(
			    actions[step.action], rows[s][3 * e + 1]);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell_is_filled),
		cmocka_unit_test(test_kill_then_empty_ends_without_process),
		cmocka_unit_test(test_stop_and_time_end_in_kill),
		cmocka_unit_test(test_a_process_is_only_made_where_none_is),
		cmocka_unit_test(test_only_an_empty_session_leaves_the_living),
		cmocka_unit_test(test_news_of_the_dead_change_nothing),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_cell_is_as_written_down),
	};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
