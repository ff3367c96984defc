/* SPDX-License-Identifier: MIT */
/* Responses as servers send them, and as they should not. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "healthcheck/http.h"

static struct http http;

/* Feeds text in pieces of step bytes, each on the heap: the edge is seen. */
static enum http_state
feed(const char *text, size_t size, size_t step)
{
	http_begin(&http, false);
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		char *piece = malloc(n);

		if (piece == NULL)
			abort();
		assert_non_null(piece);
		memcpy(piece, text + at, n);
		http_feed(&http, piece, n);
		free(piece);
	}
	return http_end(&http);
}

static const struct {
	const char *text;
	int status; /* 0: refused */
	const char *body;
} rows[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi" },
	{ "HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end" },
	{ "HTTP/1.1 204 \r\n\r\n", 204, "" },
	{ "HTTP/1.1 204\r\n\r\n", 204, "" },
	{ "HTTP/1.1 200 OK\n\nbare", 200, "bare" },
	{ "\r\nHTTP/1.1 200 OK\r\n\r\n", 200, "" },
	{ "http/1.1 200 OK\r\n\r\n", 200, "" },
	{ "HTTP/1.1 599 x\r\n\r\n", 599, "" },
	{ "HTTP/1.1 600 x\r\n\r\n", 0, NULL },
	{ "HTTP/1.1 099 x\r\n\r\n", 0, NULL },
	{ "HTTP/1.1 2000 x\r\n\r\n", 0, NULL },
	{ "HTTP/1.1 20x OK\r\n\r\n", 0, NULL },
	{ "ICY 200 OK\r\n\r\n", 0, NULL },
	{ "HTTP/2 200\r\n\r\n", 0, NULL },
	{ "<html>", 0, NULL },
	{ "", 0, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200, "" },
	{ "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 404 no\r\n"
	  "Content-Length: 0\r\n\r\n",
	    404, "" },
	{ "HTTP/1.1 101 Switching\r\n\r\n", 0, NULL },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
	    200, "abc0123456789" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n"
	  "Content-Length: 1\r\n\r\n0\r\n\r\n",
	    200, "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "FFFFFFFFFFFFFFFF\r\n",
	    0, NULL },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 0,
	    NULL },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 0,
	    NULL },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
	    0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", 0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0,
	    NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
	    0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
	    200, "x" },
	{ "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 0, NULL },
	{ "HTTP/1.1 200 OK\r\nX: a\r\n\tfolded\r\n\r\n", 200, "" },
	{ "HTTP/1.1 200 OK", 0, NULL },
	{ "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", 304, "" },
};

static void
test_responses_in_pieces_of_every_size(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step < 80; step++) {
			enum http_state end =
			    feed(rows[i].text, strlen(rows[i].text), step);

			if (rows[i].status == 0) {
				assert_int_equal(end, HTTP_BAD);
				assert_non_null(http.why);
				continue;
			}
			assert_int_equal(end, HTTP_DONE);
			assert_int_equal(http.status, rows[i].status);
			assert_int_equal(http.body_size, strlen(rows[i].body));
			assert_memory_equal(
			    http.body, rows[i].body, http.body_size);
		}
}

static void
test_what_else_answers_is_named(void **state)
{
	static const char alert[] = "\x15\x03\x03\x00\x02\x02\x46";
	static const char h2[] = "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
	(void)state;

	assert_int_equal(feed(alert, sizeof(alert) - 1, 100), HTTP_BAD);
	assert_string_equal(http.why, "the server speaks TLS: ask with https");
	assert_int_equal(feed(h2, sizeof(h2) - 1, 100), HTTP_BAD);
	assert_string_equal(http.why, "the server speaks HTTP/2 only");
	assert_int_equal(feed("220 mail\r\n", 10, 100), HTTP_BAD);
	assert_string_equal(http.why, "not an HTTP response");
}

static void
test_limits(void **state)
{
	static char text[HTTP_HEAD_MAX + 100];
	size_t used;
	(void)state;

	memset(text, 'a', sizeof(text));
	memcpy(text, "HTTP/1.1 200 OK\r\nX: ", 20);
	assert_int_equal(feed(text, sizeof(text), 4096), HTTP_BAD);
	assert_string_equal(http.why, "the response's head is too large");

	used = (size_t)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < HTTP_LINES_MAX; i++)
		used += (size_t)snprintf(
		    text + used, sizeof(text) - used, "A: b\r\n");
	used += (size_t)snprintf(text + used, sizeof(text) - used, "\r\n");
	assert_int_equal(feed(text, used, 4096), HTTP_BAD);
	assert_string_equal(http.why, "too many header lines");

	http_begin(&http, false);
	for (int i = 0; i <= HTTP_INTERIM_MAX; i++)
		http_feed(&http, "HTTP/1.1 103 x\r\n\r\n", 18);
	assert_int_equal(http.state, HTTP_BAD);

	http_begin(&http, false);
	http_feed(&http, "HTTP/1.1 200 OK\r\n\r\n", 19);
	for (int i = 0; i < 100 && http.state != HTTP_DONE; i++)
		http_feed(&http, text, 1000);
	assert_int_equal(http.state, HTTP_DONE);
	assert_int_equal(http.body_size, HTTP_BODY_MAX);
	assert_true(http.body_full);
}

static void
test_a_nul_in_the_head_is_refused(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n";
	(void)state;

	assert_int_equal(feed(text, sizeof(text) - 1, 100), HTTP_BAD);
}

static void
test_location_is_found(void **state)
{
	static const char text[] =
	    "HTTP/1.1 302 x\r\nlocation:  /there \r\nA: b\r\n\r\n";
	(void)state;

	assert_int_equal(feed(text, sizeof(text) - 1, 7), HTTP_DONE);
	assert_string_equal(http.location, "/there");
}

static void
test_status_lists(void **state)
{
	static const struct {
		const char *list;
		int status, in;
	} lists[] = {
		{ "200", 200, 1 },
		{ "200", 201, 0 },
		{ "200-299,404", 404, 1 },
		{ "200-299, 404", 299, 1 },
		{ "200-299,404", 300, 0 },
		{ "404,", 404, -1 },
		{ "", 200, -1 },
		{ "2xx", 200, -1 },
		{ "300-200", 250, -1 },
		{ "99", 99, -1 },
		{ "600", 600, -1 },
		{ "2000", 200, -1 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(lists); i++)
		assert_int_equal(http_status_in(lists[i].list, lists[i].status),
		    lists[i].in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses_in_pieces_of_every_size),
		cmocka_unit_test(test_what_else_answers_is_named),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_a_nul_in_the_head_is_refused),
		cmocka_unit_test(test_location_is_found),
		cmocka_unit_test(test_status_lists),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
