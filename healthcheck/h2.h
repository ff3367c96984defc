/* SPDX-License-Identifier: MIT */
/*
 * h2.h - one gRPC call over HTTP/2 (RFC 9113), the client's side, as bytes.
 *
 * SETTINGS_HEADER_TABLE_SIZE=0 tells the server to use no dynamic table, which
 * leaves literals, the static table and Huffman's code of HPACK (RFC 7541).
 * Pure: no socket, no clock, no allocation; fuzzed.
 */
#ifndef HALE_HEALTHCHECK_H2_H
#define HALE_HEALTHCHECK_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { H2_FRAME_MAX = 16384, H2_REQUEST_MAX = 1024, H2_BODY_MAX = 4096 };

enum h2_state { H2_OPEN, H2_DONE, H2_BAD };

struct h2 {
	enum h2_state state;
	bool has_settings, end_after_headers, in_headers, unknown_headers;
	char why[96];    /* H2_BAD */
	int http_status; /* -1: not seen */
	int grpc_status; /* -1: not seen */
	bool is_grpc;    /* the content type says so */
	char message[128];
	unsigned frames;
	size_t need; /* bytes of frame in frame[] */
	size_t headers_size, body_size, send_size;
	uint8_t send[256]; /* to be written to the server; the caller empties */
	uint8_t frame[9 + H2_FRAME_MAX];
	uint8_t headers[H2_FRAME_MAX];
	uint8_t body[H2_BODY_MAX];
};

/* What to write first: preface, settings, the whole call.  0: too long. */
size_t h2_request(uint8_t out[H2_REQUEST_MAX], const char *authority,
    const char *service, bool tls, int timeout_ms);

void h2_begin(struct h2 *h2);
enum h2_state h2_feed(struct h2 *h2, const uint8_t *data, size_t size);

/*
 * Decodes a Huffman string.  Returns its length, or -1; what does not fit in
 * out is dropped, and out is NUL-terminated.
 */
int h2_huffman(char *out, size_t out_size, const uint8_t *data, size_t size);

/* The serving status in a HealthCheckResponse, -1 when malformed or none. */
int h2_serving(const uint8_t *body, size_t size);

#endif
