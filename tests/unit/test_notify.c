/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "supervisor/notify_parse.h"

#include <string.h>

static struct notify_message
parse(const char *text)
{
	struct notify_message message;

	notify_parse(&message, text, strlen(text));
	return message;
}

static void
test_what_a_service_says(void **state)
{
	struct notify_message m = parse("READY=1\nSTATUS=in 2 rooms\n"
	                                "MAINPID=4711\nWATCHDOG_USEC=2500001\n"
	                                "EXTEND_TIMEOUT_USEC=1\nERRNO=2");
	(void)state;

	assert_true(m.ready);
	assert_int_equal(m.status_size, 10);
	assert_memory_equal(m.status, "in 2 rooms", 10);
	assert_int_equal(m.main_pid, 4711);
	assert_int_equal(m.watchdog_ms, 2501);
	assert_int_equal(m.extend_ms, 1);
	assert_int_equal(m.error, 2);
	assert_false(m.stopping || m.reloading || m.alive || m.trigger);
	m = parse(
	    "RELOADING=1\nSTOPPING=1\nWATCHDOG=1\nBARRIER=1\nFDSTORE=1\n");
	assert_true(m.reloading && m.stopping && m.alive && m.barrier);
	assert_true(m.fdstore);
	assert_false(m.ready || m.trigger);
	assert_true(parse("WATCHDOG=trigger").trigger);
}

static void
test_what_means_nothing(void **state)
{
	static const char *const rows[] = { "", "\n\n", "READY",
		"READY=", "READY=0", "READY=1 ", " READY=1", "ready=1", "=1",
		"=", "READY=11", "MAINPID=1", "MAINPID=0", "MAINPID=-5",
		"MAINPID=5x", "MAINPID=99999999999999999999",
		"MAINPID=", "WATCHDOG_USEC=-1", "WATCHDOG_USEC=1e6",
		"EXTEND_TIMEOUT_USEC=18446744073709551615", "ERRNO=5000",
		"X_READY=1", "WATCHDOG=yes" };
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct notify_message m = parse(rows[i]);

		if (m.ready || m.reloading || m.stopping || m.alive ||
		    m.trigger || m.barrier || m.fdstore || m.error != 0 ||
		    m.main_pid != 0 || m.watchdog_ms != -1 ||
		    m.extend_ms != -1 || m.status != NULL)
			fail_msg("\"%s\" means something", rows[i]);
	}
}

static void
test_bytes_that_are_no_text(void **state)
{
	static const char bytes[] = "STATUS=\0\xff\nREADY=1\0";
	struct notify_message m;
	(void)state;

	notify_parse(&m, bytes, sizeof(bytes) - 1);
	assert_int_equal(m.status_size, 2);
	assert_false(m.ready); /* "1\0" is not "1" */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_service_says),
		cmocka_unit_test(test_what_means_nothing),
		cmocka_unit_test(test_bytes_that_are_no_text),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
