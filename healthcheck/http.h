/* SPDX-License-Identifier: MIT */
/*
 * http.h - reads an HTTP/1 response, in pieces of any size.
 *
 * Interim (1xx) responses are skipped.  Everything is bounded: the head, its
 * lines, the interim responses, what is kept of the body.
 * Pure: no socket, no clock, no allocation; fuzzed.
 */
#ifndef HALE_HEALTHCHECK_HTTP_H
#define HALE_HEALTHCHECK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_HEAD_MAX = 16384, /* HAProxy's buffer */
	HTTP_LINES_MAX = 128,
	HTTP_INTERIM_MAX = 16,
	HTTP_BODY_MAX = 10240, /* kubelet's */
};

enum http_state {
	HTTP_HEAD,
	HTTP_BODY,  /* length known, or until the end of the stream */
	HTTP_CHUNK, /* inside the line or data of a chunk */
	HTTP_DONE,  /* whole, or as much of the body as is wanted */
	HTTP_BAD,   /* why says what is wrong */
};

struct http {
	enum http_state state;
	const char *why;
	int status;
	bool no_body; /* the answer to HEAD */
	bool has_chunks;
	bool body_full; /* more came than was kept */
	int interim;
	int64_t left; /* of the body or chunk; -1: until the end */
	int chunk_step;
	uint64_t chunk_size;
	int chunk_digits;
	size_t head_size, body_size, trailer_size;
	const char *location; /* into head; NULL: none */
	char *body;           /* what is kept of it, behind the head */
	char head[HTTP_HEAD_MAX + HTTP_BODY_MAX];
};

/* no_body: the request was HEAD. */
void http_begin(struct http *http, bool no_body);

/* Takes the next bytes; those after the response are ignored. */
enum http_state http_feed(struct http *http, const char *data, size_t size);

/* The stream ended. */
enum http_state http_end(struct http *http);

/* Is status within "200-299,404"?  -1: the list itself is not well-formed. */
int http_status_in(const char *list, int status);

#endif
