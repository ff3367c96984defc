/* SPDX-License-Identifier: MIT */
/* The table of `hale status`: order, causes, widths, what to do next. */
#include "unit.h"

#include "healthcheck/status_table.h"

#include <stdlib.h>
#include <string.h>

#define HALE "0.1.0\trunning\tunhealthy\t1\t0\t-1\t75\tdb: unhealthy (why)\t\n"

static char *
table(const char *lines, const char *service, int width, bool colour)
{
	char *text = strdup(lines), *out = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&out, &size);
	struct status_table table;

	assert_int_equal(status_table_read(&table, text), 0);
	status_table_print(stream, &table, service, width, colour);
	fclose(stream);
	free(table.rows);
	free(text);
	return out;
}

static void
test_layout(void **state)
{
	char *out = table(HALE "web\tup\thealthy\t12\t3\t-1\t7300\t\t\n"
	                       "job\tdone\thealthy\t0\t0\t0\t150\t\t\n",
	    NULL, 0, false);

	(void)state;
	assert_string_equal(out,
	    "hale 0.1.0, running, unhealthy, up 75 s\n"
	    "db: unhealthy (why)\n\n"
	    "SERVICE  STATE  HEALTH       SINCE    PID  RESTARTS  EXIT  CAUSE\n"
	    "web      up     healthy        2 h     12         3     -\n"
	    "job      done   healthy      2 min      -         0     0\n");
	free(out);
}

/* Who is the cause comes before who suffers from it, whatever the order was. */
static void
test_order(void **state)
{
	static const char *const order[] = { "db ", "gone ", "loop ", "api ",
		"slow ", "well " };
	char *out = table(HALE
	    "well\tup\thealthy\t2\t0\t-1\t5\t\t\n"
	    "api\tup\tunhealthy\t3\t0\t-1\t5\tapi: unhealthy (db: tcp: "
	    "refused, "
	    "for 2 s)\t\n"
	    "slow\tstarting\tstarting\t4\t0\t-1\t5\tslow: starting (not probed "
	    "yet, for 2 s)\t\n"
	    "loop\tbackoff\tstarting\t0\t9\t1\t5\tloop: exited with status "
	    "1\t\n"
	    "db\tup\tunhealthy\t5\t0\t-1\t5\tdb: unhealthy (tcp: refused, for "
	    "2 s)\t\n"
	    "gone\tfailed\tunhealthy\t0\t0\t1\t5\tgone: exited with status "
	    "1\t\n",
	    NULL, 0, false);
	const char *at = strstr(out, "CAUSE\n");

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		at = strchr(at, '\n') + 1;
		assert_memory_equal(at, order[i], strlen(order[i]));
	}
	/* What the line says already isn't said again. */
	assert_non_null(strstr(out, "  -  tcp: refused, for 2 s\n"));
	assert_non_null(strstr(out, "  -  db: tcp: refused, for 2 s\n"));
	assert_non_null(strstr(out, "\n\nnext: hale restart db\n"));
	free(out);
}

static void
test_hints(void **state)
{
	static const struct {
		const char *row, *hint;
	} rows[] = {
		{ "a\tfailed\tunhealthy\t0\t0\t1\t5\ta: x\t\n",
		    "\n\nnext: hale start a\n" },
		{ "a\tbackoff\tstarting\t0\t0\t1\t5\ta: x\t\n",
		    "\n\nnext: hale restart a\n" },
		{ "a\t-\tunhealthy\t0\t0\t-1\t5\ta: x\t\n",
		    "\n\na is not run by hale: mend it where it runs, and what "
		    "needs it follows.\n" },
		{ "a\tstarting\tstarting\t7\t0\t-1\t5\ta: x\t\n", "x\n" },
		{ "a\tup\thealthy\t7\t0\t-1\t5\t\t\n", "-\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char lines[256], *out;
		size_t length = strlen(rows[i].hint);

		snprintf(lines, sizeof(lines), "%s%s", HALE, rows[i].row);
		out = table(lines, NULL, 0, false);
		assert_true(strlen(out) > length);
		assert_string_equal(out + strlen(out) - length, rows[i].hint);
		free(out);
		out = table(lines, "a", 0, false);
		assert_null(strstr(out, "next:"));
		assert_null(strstr(out, "hale 0.1.0"));
		free(out);
	}
}

static void
squeeze(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++)
		if (*text != ' ' && *text != '\n')
			*out++ = *text;
	*out = '\0';
}

/* No line is wider than the terminal, and no word is lost. */
static void
test_width(void **state)
{
	static const char row[] =
	    "db-of-a-long-name-----\t-\tunhealthy\t0\t0\t-1\t5\t"
	    "db-of-a-long-name-----: unhealthy (refused)\t\n"
	    "a-long-name\tup\tunhealthy\t1234567\t12\t137\t5\ta-long-name: "
	    "unhealthy (http 127.0.0.1:10400/health: status 503 where 200 was "
	    "expected, and-a-word-that-is-much-longer-than-any-terminal-is-"
	    "wide-and-has-no-blank-in-it-at-all-which-has-to-be-cut, for 2 s)"
	    "\t\n";
	char lines[800], *out;

	(void)state;
	snprintf(lines, sizeof(lines), "%s%s", HALE, row);
	for (int width = 75; width < 140; width++) {
		out = table(lines, NULL, width, false);
		for (char *line = out, *end; (end = strchr(line, '\n')) != NULL;
		     line = end + 1)
			assert_true(end - line <= width);
		squeeze(out);
		assert_non_null(strstr(out, "has-to-be-cut,for2s"));
		assert_non_null(strstr(out, "whatneedsitfollows."));
		free(out);
	}
	out = table(lines, NULL, 0, false);
	assert_non_null(
	    strstr(out, "137  http 127.0.0.1:10400/health: status"));
	free(out);
}

static void
test_colour(void **state)
{
	char *out =
	    table(HALE "a\tup\thealthy\t7\t0\t-1\t5\t\t\n", NULL, 80, true);

	(void)state;
	assert_non_null(strstr(out, "\033[31munhealthy\033[0m, up"));
	assert_non_null(strstr(out, "\033[32mhealthy  \033[0m  "));
	free(out);
}

static void
test_nonsense(void **state)
{
	static const char *const bad[] = { "", "\n", "a\n", "a\tb\n",
		"1\t2\t3\t4\t5\t6\t7\t8", "1\t2\t3\t4\t5\t6\t7\t8\t",
		"1\t2\t3\t4\t5\t6\t7\t8\t9\n",
		"1\t2\t3\t4\t5\t6\t7\t8\t\na\tb\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = strdup(bad[i]);
		struct status_table table;

		assert_int_equal(status_table_read(&table, text), -1);
		free(table.rows);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
