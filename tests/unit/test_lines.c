/* SPDX-License-Identifier: MIT */
/* Whatever the pieces a text arrives in, the same lines come out. */
#include "unit.h"

#include "supervisor/lines.h"

#include <string.h>

#define ROOM 8

struct heard {
	char text[4096]; /* '|' begins a line, '+' goes on, '$' ends one */
	size_t used;
};

static void
hear(void *owner, const char *bytes, size_t size, bool begins, bool more)
{
	struct heard *heard = owner;

	assert_true(size <= ROOM);
	heard->text[heard->used++] = begins ? '|' : '+';
	memcpy(heard->text + heard->used, bytes, size);
	heard->used += size;
	if (!more)
		heard->text[heard->used++] = '$';
	heard->text[heard->used] = '\0';
}

static void
feed(struct heard *heard, const char *text, size_t size, size_t step)
{
	char room[ROOM];
	struct lines lines = { .bytes = room, .room = ROOM };

	*heard = (struct heard){ .used = 0 };
	for (size_t at = 0; at < size; at += step)
		lines_feed(&lines, text + at,
		    at + step < size ? step : size - at, hear, heard);
	lines_end(&lines, hear, heard);
	lines_end(&lines, hear, heard); /* nothing is left */
}

static void
test_lines_and_pieces(void **state)
{
	static const struct {
		const char *text, *lines;
	} rows[] = {
		{ "", "" },
		{ "a\n", "|a$" },
		{ "a", "|a$" },
		{ "a\n\nbc\n", "|a$|$|bc$" },
		{ "12345678\n", "|12345678$" },
		{ "123456789\n", "|12345678+9$" },
		{ "12345678123456789abc\nx\n", "|12345678+12345678+9abc$|x$" },
		{ "1234567812345678\n", "|12345678+12345678$" },
	};
	struct heard heard;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step < 30; step++) {
			feed(&heard, rows[i].text, strlen(rows[i].text), step);
			assert_string_equal(heard.text, rows[i].lines);
		}
}

static void
test_nothing_but_newlines_is_special(void **state)
{
	static const char text[] = "a\0b\r\n\xff\x1b\n";
	struct heard heard;
	(void)state;

	for (size_t step = 1; step < 9; step++) {
		feed(&heard, text, sizeof(text) - 1, step);
		assert_int_equal(heard.used, 10);
		assert_memory_equal(heard.text, "|a\0b\r$|\xff\x1b$", 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_and_pieces),
		cmocka_unit_test(test_nothing_but_newlines_is_special),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
