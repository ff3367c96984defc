/* SPDX-License-Identifier: MIT */
/* The head of a request: what is read, what is refused, what is not whole. */
#include "unit.h"

#include "healthcheck/request.h"

#include <stdlib.h>
#include <string.h>

/* As if each were the last bytes of memory. */
static long
read_text(struct request *request, const char *text, size_t size, int *status)
{
	static char *copy;
	long length;

	free(copy);
	copy = malloc(size == 0 ? 1 : size);
	assert_non_null(copy);
	memcpy(copy, text, size);
	length = request_read(request, copy, size, status);
	if (length <= 0) {
		free(copy);
		copy = NULL;
	}
	return length;
}

static void
test_whole(void **state)
{
	static const char text[] =
	    "\r\nGET /v1/services/web?wait=5s&x HTTP/1.1\r\n"
	    "Host: a\r\nCONTENT-length:  12 \r\nAccept: */*\r\n\r\nmore";
	struct request request;
	const char *part;
	size_t length;
	int status = 0;
	(void)state;

	assert_int_equal(read_text(&request, text, sizeof(text) - 1, &status),
	    (long)sizeof(text) - 1 - 4);
	assert_int_equal(request.method, REQUEST_GET);
	assert_true(request_is(&request, "/v1/services/web"));
	assert_false(request_is(&request, "/v1/services/we"));
	assert_false(request_is(&request, "/v1/services/webb"));
	assert_int_equal(request.body_length, 12);
	assert_true(request.keep_alive);
	assert_true(request.version_1_1);

	assert_int_equal(request_part(&request, "/v1/services/", &part), 3);
	assert_memory_equal(part, "web", 3);
	assert_int_equal(request_part(&request, "/v1/", &part), 8);
	assert_memory_equal(part, "services", 8);
	assert_int_equal(request_part(&request, "/v2/", &part), 0);
	assert_int_equal(request_part(&request, "/v1/services/web", &part), 0);

	part = request_query(&request, "wait", &length);
	assert_int_equal(length, 2);
	assert_memory_equal(part, "5s", 2);
	assert_non_null(request_query(&request, "x", &length));
	assert_int_equal(length, 0);
	assert_null(request_query(&request, "wai", &length));
	assert_null(request_query(&request, "waits", &length));
	assert_null(request_query(&request, "", &length));
}

/* Of every whole request every beginning is partial, and writes nothing. */
static void
test_partial(void **state)
{
	static const char text[] =
	    "POST /v1/stop HTTP/1.1\r\nConnection: close\r\n\r\n";
	struct request request, untouched;
	int status;
	(void)state;

	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		request = untouched;
		assert_int_equal(read_text(&request, text, size, &status), 0);
		assert_memory_equal(&request, &untouched, sizeof(request));
	}
	assert_int_equal(read_text(&request, text, sizeof(text) - 1, &status),
	    (long)sizeof(text) - 1);
	assert_int_equal(request.method, REQUEST_POST);
	assert_false(request.keep_alive);
	assert_int_equal(request.query_length, 0);
	assert_null(request_query(&request, "a", &(size_t){ 0 }));
}

static void
test_keep_alive(void **state)
{
	static const struct {
		const char *text;
		bool keep_alive;
	} rows[] = {
		{ "GET / HTTP/1.1\n\n", true },
		{ "GET / HTTP/1.0\n\n", false },
		{ "HEAD / HTTP/1.0\nconnection:Keep-Alive\t\n\n", true },
		{ "GET / HTTP/1.1\nCONNECTION: CLOSE\n\n", false },
		{ "GET / HTTP/1.1\nConnection: upgrade\n\n", true },
	};
	struct request request;
	int status;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(read_text(&request, rows[i].text,
		                strlen(rows[i].text), &status) > 0);
		assert_int_equal(request.keep_alive, rows[i].keep_alive);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "GET\r\n\r\n", 400 },
		{ "GET /\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\n\r\n", 400 },
		{ "GET x HTTP/1.1\r\n\r\n", 400 },
		{ "GET http://a/ HTTP/1.1\r\n\r\n", 400 },
		{ "GET /\x01 HTTP/1.1\r\n\r\n", 400 },
		{ "GET /\x80 HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\n\r\n", 505 },
		{ "GET / HTTP/1.10\r\n\r\n", 505 },
		{ "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n: x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 4097\r\n\r\n", 413 },
		{ "GET / HTTP/1.1\r\nContent-Length: 184467440737095516160\r\n"
		  "\r\n",
		    413 },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501 },
	};
	struct request request;
	int status;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		status = 0;
		assert_int_equal(read_text(&request, rows[i].text,
		                     strlen(rows[i].text), &status),
		    -1);
		assert_int_equal(status, rows[i].status);
	}
}

static void
test_too_long(void **state)
{
	char text[REQUEST_HEAD_MAX];
	struct request request;
	int status = 0;
	(void)state;

	memset(text, 'a', sizeof(text));
	assert_int_equal(
	    read_text(&request, text, sizeof(text) - 1, &status), 0);
	assert_int_equal(read_text(&request, text, sizeof(text), &status), -1);
	assert_int_equal(status, 431);
	memset(text, '\n', sizeof(text));
	assert_int_equal(read_text(&request, text, sizeof(text), &status), -1);
	assert_int_equal(status, 431);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
