/* SPDX-License-Identifier: MIT */
/* Text into a buffer: numbers, times, JSON, and what does not fit. */
#include "unit.h"

#include "healthcheck/writer.h"

#include <string.h>

static char text[512];
static struct writer writer;

static void
begin(size_t size)
{
	memset(text, '#', sizeof(text));
	writer = (struct writer){ .text = text, .size = size };
}

/* What was written; and nothing behind it was. */
static void
assert_written(const char *want)
{
	assert_int_equal(writer.used, strlen(want));
	assert_memory_equal(text, want, writer.used);
	for (size_t i = writer.size; i < sizeof(text); i++)
		assert_int_equal(text[i], '#');
}

static void
test_numbers(void **state)
{
	static const struct {
		int64_t number;
		int decimals;
		const char *text;
	} rows[] = {
		{ 0, 0, "0" },
		{ 7, 0, "7" },
		{ -1, 0, "-1" },
		{ 1200, 0, "1200" },
		{ INT64_MAX, 0, "9223372036854775807" },
		{ INT64_MIN, 0, "-9223372036854775808" },
		{ 1234, 3, "1.234" },
		{ 0, 3, "0.000" },
		{ 4, 3, "0.004" },
		{ 999, 3, "0.999" },
		{ -5, 3, "-0.005" },
		{ INT64_MIN, 6, "-9223372036854.775808" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(100);
		write_fixed(&writer, rows[i].number, rows[i].decimals);
		assert_written(rows[i].text);
		assert_false(writer.full);
	}
}

static void
test_times(void **state)
{
	static const struct {
		int64_t wall_ms;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1795395723004, "2026-11-23T01:02:03.004Z" },
		{ 951782400999, "2000-02-29T00:00:00.999Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(100);
		write_time(&writer, rows[i].wall_ms);
		assert_written(rows[i].text);
	}
}

static void
test_json(void **state)
{
	(void)state;

	begin(400);
	json_open(&writer, NULL, '{');
	json_text(&writer, "a", "q\"b\\c\n\x01");
	json_open(&writer, "empty", '[');
	json_close(&writer, ']');
	json_open(&writer, "list", '[');
	json_number(&writer, NULL, 1);
	json_bool(&writer, NULL, true);
	json_open(&writer, NULL, '{');
	json_null(&writer, "n");
	json_close(&writer, '}');
	json_close(&writer, ']');
	json_fixed(&writer, "f", 1500, 3);
	json_bool(&writer, "no", false);
	json_time(&writer, "t", 4);
	json_texts(&writer, "bytes", "xyz", 2);
	json_close(&writer, '}');
	assert_written("{\"a\":\"q\\\"b\\\\c\\u000a\\u0001\",\"empty\":[],"
	               "\"list\":[1,true,{\"n\":null}],\"f\":1.500,"
	               "\"no\":false,\"t\":\"1970-01-01T00:00:00.004Z\","
	               "\"bytes\":\"xy\"}");
	assert_false(writer.full);
}

/* In a buffer of any size: never one byte beyond it, and full is said. */
static void
test_full(void **state)
{
	size_t whole = 0;
	(void)state;

	for (size_t size = 400; size > 0; size--) {
		begin(size);
		json_open(&writer, NULL, '{');
		json_text(&writer, "key", "\x01\x02\x03\xff\xfe text");
		json_number(&writer, "number", INT64_MIN);
		json_time(&writer, "time", 1795395723004);
		json_close(&writer, '}');
		assert_true(writer.used <= size);
		for (size_t i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
		if (size == 400)
			whole = writer.used;
		assert_true(writer.full || writer.used == whole);
		assert_true(size >= whole || writer.full);
	}
	assert_true(whole > 80);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
