/* SPDX-License-Identifier: MIT */
/*
 * test_format.c - format_text() says what the C library's vsnprintf() says.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/format.h"

/* The same arguments through both; a small room cuts ours, not its total. */
__attribute__((format(printf, 1, 2))) static void
same(const char *format, ...)
{
	char theirs[512], ours[512], cut[4];
	struct format_sink sink = { .data = ours, .size = sizeof(ours) };
	struct format_sink small = { .data = cut, .size = sizeof(cut) };
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(theirs, sizeof(theirs), format, args);
	va_end(args);
	va_start(args, format);
	format_text(&sink, format, args);
	va_end(args);
	va_start(args, format);
	format_text(&small, format, args);
	va_end(args);
	assert_int_equal(sink.total, length);
	assert_int_equal(sink.used, length);
	assert_memory_equal(ours, theirs, (size_t)length);
	assert_int_equal(small.total, length);
	assert_int_equal(small.used, length < 4 ? length : 4);
	assert_memory_equal(cut, theirs, small.used);
}

static void
strings(void **state)
{
	(void)state;
	same("plain");
	same("%s", "");
	same("a%sb%sc", "one", "two");
	same("[%8s][%-8s][%2s]", "right", "left", "long");
	same("[%.3s][%.*s][%.0s][%8.3s]", "abcdef", 2, "xyz", "none", "abcdef");
	same("[%-*s][%*s][%*s]", 9, "left", 9, "right", -9, "left");
	same("%c%c [%3c] %%", 'x', 'y', 'z');
	same("%.40s", "no more than forty of these are to be shown, ever");
}

static void
numbers(void **state)
{
	(void)state;
	same("%d %d %d %i", 0, -1, INT_MAX, INT_MIN);
	same("%u %x %o", UINT_MAX, UINT_MAX, UINT_MAX);
	same("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
	same("%lld %llu %llo", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
	same("%zu %jd %ju", SIZE_MAX, INTMAX_MIN, UINTMAX_MAX);
	same("[%02d][%04x][%03lld][%5d][%-5d]|", 7, 0xab, -5LL, 42, 42);
	same("[%02d][%04llo][%05d][%*d]", 123, 0644ULL, -12, 6, -3);
	same("[%.2d][%.3u][%6.3d][%-6.3d]", 5, 7U, -7, 8);
}

static void
into(struct format_sink *sink, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_text(sink, format, list);
	va_end(list);
}

/* What doesn't fit the sink goes to its file, in order. */
static void
files(void **state)
{
	char *text, data[4];
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct format_sink sink = { data, sizeof(data), 0, 0, file };

	(void)state;
	assert_non_null(file);
	into(&sink, "0123456789");
	assert_int_equal(fclose(file), 0);
	assert_int_equal(sink.total, 10);
	assert_int_equal(sink.used, 2);
	assert_string_equal(text, "01234567");
	assert_memory_equal(data, "89", 2);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(numbers),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
