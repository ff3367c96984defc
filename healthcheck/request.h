/* SPDX-License-Identifier: MIT */
/*
 * request.h - reads the head of one HTTP/1.1 request.  Pure: bytes in, struct
 * out, nothing allocated; RFC 9112 as far as a status server needs it.
 */
#ifndef HALE_HEALTHCHECK_REQUEST_H
#define HALE_HEALTHCHECK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define REQUEST_HEAD_MAX 4096

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_POST, REQUEST_OTHER };

/* Texts point into the bytes that were read; none ends with a NUL. */
struct request {
	enum request_method method;
	const char *path;
	size_t path_length;
	const char *query; /* after '?'; length 0: none */
	size_t query_length;
	size_t body_length; /* that follows and is to be skipped */
	bool has_length;
	bool keep_alive;
	bool version_1_1;
};

/*
 * Reads a request from size bytes at data.
 *
 * Returns the length of its head, 0 if it is not whole yet, or -1 if it is no
 * request that we answer; then *status is 400, 413, 431, 501 or 505.
 */
long request_read(
    struct request *request, const char *data, size_t size, int *status);

/* Is the path exactly this? */
bool request_is(const struct request *request, const char *path);

/*
 * The part of the path after prefix, up to the next '/' or the end.  Returns
 * its length, 0 if the path does not begin so.
 */
size_t request_part(
    const struct request *request, const char *prefix, const char **part);

/*
 * The value of key in the query ("" when it has none); *length is set.
 * Returns NULL if the key is absent.  Nothing is decoded but by compare.
 */
const char *request_query(
    const struct request *request, const char *key, size_t *length);

/* The same for a key that comes more than once: after is the value before. */
const char *request_query_next(const struct request *request, const char *key,
    const char *after, size_t *length);

#endif
