/* SPDX-License-Identifier: MIT */
/* Requests to the status server, whole, in parts, and pipelined. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "healthcheck/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check_inside(const char *text, size_t length, const char *data, size_t size)
{
	if (length > 0 && (text < data || text + length > data + size))
		abort();
}

/* What is said of a part may not change when the rest comes. */
static void
check_parts(const char *data, size_t size, long whole)
{
	for (size_t part = 0; part < size; part += 1 + part / 8) {
		struct request request;
		int status = 0;
		long head = request_read(&request, data, part, &status);

		if (head > 0 && head != whole)
			abort();
		if (head < 0 && whole > 0)
			abort();
	}
}

static long
check_one(const char *data, size_t size)
{
	struct request request;
	const char *part, *value = NULL;
	size_t length;
	int status = 0;
	long head = request_read(&request, data, size, &status);

	if (head > (long)size || (head == 0 && size >= REQUEST_HEAD_MAX) ||
	    (head < 0 && (status < 400 || status > 505)))
		abort();
	if (head <= 0)
		return head;
	check_inside(request.path, request.path_length, data, size);
	check_inside(request.query, request.query_length, data, size);
	if (request.path_length == 0 || request.path[0] != '/' ||
	    request.body_length > REQUEST_HEAD_MAX)
		abort();
	length = request_part(&request, "/v1/services/", &part);
	if (length > 0)
		check_inside(part, length, data, size);
	while ((value = request_query_next(
	            &request, "exclude", value, &length)) != NULL)
		check_inside(value, length, data, size);
	return head;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	/* A copy of just this size: the sanitizer sees who reads past it. */
	char *data = malloc(size + (size == 0));
	size_t at = 0;
	long head;

	if (data == NULL)
		return 0;
	memcpy(data, bytes, size);
	if (size < REQUEST_HEAD_MAX)
		check_parts(data, size, check_one(data, size));
	while (at < size && (head = check_one(data + at, size - at)) > 0)
		at += (size_t)head;
	free(data);
	return 0;
}
