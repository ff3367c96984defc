/* SPDX-License-Identifier: MIT */
/* HTTP/2 frames as gRPC servers send them, and as they should not. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "healthcheck/h2.h"

static struct h2 h2;
static uint8_t bytes[40000];
static size_t used;

static void
frame(int type, int flags, int stream, const void *data, size_t size)
{
	uint8_t head[9] = { (uint8_t)(size >> 16), (uint8_t)(size >> 8),
		(uint8_t)size, (uint8_t)type, (uint8_t)flags, 0, 0, 0,
		(uint8_t)stream };

	memcpy(bytes + used, head, 9);
	if (size > 0)
		memcpy(bytes + used + 9, data, size);
	used += 9 + size;
}

static enum h2_state
feed(size_t step)
{
	h2_begin(&h2);
	for (size_t at = 0; at < used; at += step) {
		size_t n = used - at < step ? used - at : step;
		uint8_t *piece = malloc(n);

		if (piece == NULL)
			abort();
		assert_non_null(piece);
		memcpy(piece, bytes + at, n);
		h2_feed(&h2, piece, n);
		free(piece);
	}
	return h2.state;
}

/* :status 200, content-type application/grpc (not Huffman) */
#define HEADERS                                                                \
	"\x88\x0f\x10\x10"                                                     \
	"application/grpc"
#define SERVING "\0\0\0\0\2\x08\1"
#define TRAILERS                                                               \
	"\x00\x0b"                                                             \
	"grpc-status"                                                          \
	"\x01"                                                                 \
	"0"
#define BYTES(text) (text), sizeof(text) - 1

static void
begin(void)
{
	used = 0;
	frame(4, 0, 0, NULL, 0);
}

static void
test_serving_in_pieces_of_every_size(void **state)
{
	(void)state;

	begin();
	frame(6, 0, 0, "12345678", 8); /* a ping */
	frame(4, 1, 0, NULL, 0);
	frame(8, 0, 0, "\0\0\1\0", 4);
	frame(1, 4, 1, BYTES(HEADERS));
	frame(0, 0, 1, BYTES(SERVING));
	frame(0xbe, 0, 0, "?", 1);
	frame(1, 5, 1, BYTES(TRAILERS));
	for (size_t step = 1; step < 120; step++) {
		assert_int_equal(feed(step), H2_DONE);
		assert_int_equal(h2.http_status, 200);
		assert_int_equal(h2.grpc_status, 0);
		assert_true(h2.is_grpc);
		assert_int_equal(h2_serving(h2.body, h2.body_size), 1);
		/* SETTINGS ack, then PING ack with the same eight bytes */
		assert_int_equal(h2.send_size, 9 + 17);
		assert_memory_equal(h2.send + 18, "12345678", 8);
		assert_int_equal(h2.send[9 + 4], 1);
	}
}

static void
test_trailers_only_padding_priority_continuation(void **state)
{
	static const char split[] = HEADERS TRAILERS;
	(void)state;

	begin();
	frame(1, 5, 1,
	    BYTES("\x88\x00\x0b"
	          "grpc-status"
	          "\x02"
	          "12"));
	assert_int_equal(feed(100), H2_DONE);
	assert_int_equal(h2.grpc_status, 12);

	begin(); /* padded by two, with priority, in three frames */
	frame(1, 0x01 | 0x08 | 0x20, 1, BYTES("\2\0\0\0\0\1\x88pp"));
	frame(9, 0, 1, split + 1, 10);
	frame(9, 4, 1, split + 11, sizeof(split) - 12);
	assert_int_equal(feed(7), H2_DONE);
	assert_int_equal(h2.http_status, 200);
	assert_int_equal(h2.grpc_status, 0);
}

static void
test_huffman_of_the_rfc(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text; /* NULL: refused */
	} rows[] = {
		{ BYTES("\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
		    "www.example.com" },
		{ BYTES("\xa8\xeb\x10\x64\x9c\xbf"), "no-cache" },
		{ BYTES("\x64\x02"), "302" },
		{ BYTES("\xae\xc3\x77\x1a\x4b"), "private" },
		{ BYTES("\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04"
		        "\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff"),
		    "Mon, 21 Oct 2013 20:13:21 GMT" },
		{ BYTES(""), "" },
		{ BYTES("\xff\xff\xff\xff"), NULL }, /* end of string */
		{ BYTES("\x64\x02\xff"), NULL },     /* a byte of padding */
		{ BYTES("\x18"), NULL },             /* padding of zeros */
	};
	char out[64];
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int n = h2_huffman(out, sizeof(out),
		    (const uint8_t *)rows[i].bytes, rows[i].size);

		if (rows[i].text == NULL) {
			assert_int_equal(n, -1);
			continue;
		}
		assert_int_equal(n, strlen(rows[i].text));
		assert_string_equal(out, rows[i].text);
	}
}

static void
test_what_is_refused(void **state)
{
	static const struct {
		int type, flags, stream;
		const char *data;
		size_t size;
		const char *why;
	} rows[] = {
		{ 3, 0, 1, BYTES("\0\0\0\7"),
		    "the server reset the call, code 7" },
		{ 7, 0, 0, BYTES("\0\0\0\0\0\0\0\x0b"),
		    "the server goes away, code 11" },
		{ 7, 0, 0, BYTES("\0\0\0\0\0\0\0\0"), "the server goes away" },
		{ 7, 0, 0, BYTES("\0"), "a malformed GOAWAY" },
		{ 5, 4, 1, BYTES("\0\0\0\2"), "a push that was not allowed" },
		{ 6, 0, 0, BYTES("123"), "a malformed ping" },
		{ 9, 4, 1, BYTES("\x88"), "a header frame out of order" },
		{ 1, 4, 3, BYTES("\x88"), "an answer to what was not asked" },
		{ 0, 1, 3, BYTES("x"), "an answer to what was not asked" },
		{ 1, 4 | 8, 1, BYTES("\x09\x88"),
		    "a header frame with wrong padding" },
		{ 0, 1 | 8, 1, BYTES("\x09x"),
		    "a data frame with wrong padding" },
		{ 1, 4, 1, BYTES("\x80"), "malformed headers" },
		{ 1, 4, 1, BYTES("\x7f\xff\xff\xff\xff\xff"),
		    "malformed headers" },
		{ 1, 4, 1, BYTES("\x00\x7f"), "malformed headers" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin();
		frame(rows[i].type, rows[i].flags, rows[i].stream, rows[i].data,
		    rows[i].size);
		assert_int_equal(feed(5), H2_BAD);
		assert_string_equal(h2.why, rows[i].why);
	}
	used = 0;
	frame(1, 4, 1, BYTES("\x88"));
	assert_int_equal(feed(100), H2_BAD);
	assert_string_equal(h2.why, "the server does not speak HTTP/2");
	memcpy(bytes, "HTTP/1.1 400 Bad Request\r\n", 26);
	used = 26;
	assert_int_equal(feed(3), H2_BAD);
	assert_string_equal(h2.why, "the server does not speak HTTP/2");
}

static void
test_limits(void **state)
{
	static uint8_t big[H2_FRAME_MAX + 1];
	(void)state;

	begin();
	frame(0, 0, 1, big, H2_FRAME_MAX + 1);
	assert_int_equal(feed(5000), H2_BAD);
	assert_string_equal(h2.why, "too large a frame");
	begin();
	frame(0, 0, 1, big, H2_BODY_MAX + 1);
	assert_int_equal(feed(5000), H2_BAD);
	begin();
	for (int i = 0; i < 1100; i++)
		frame(6, 0, 0, "12345678", 8);
	assert_int_equal(feed(5000), H2_BAD);
	assert_string_equal(h2.why, "too many frames");
	assert_true(h2.send_size <= sizeof(h2.send));
}

static void
test_a_table_that_we_did_not_allow_is_survived(void **state)
{
	(void)state;

	begin();
	frame(1, 4, 1, BYTES("\xbe"));
	frame(0, 1, 1, BYTES(SERVING));
	assert_int_equal(feed(100), H2_DONE);
	assert_true(h2.unknown_headers);
	assert_int_equal(h2_serving(h2.body, h2.body_size), 1);
}

static void
test_serving_messages(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		int serving;
	} rows[] = {
		{ BYTES("\0\0\0\0\0"), 0 },
		{ BYTES("\0\0\0\0\2\x08\2"), 2 },
		{ BYTES("\0\0\0\0\6\x12\2hi\x08\1"), 1 },
		{ BYTES("\1\0\0\0\2\x08\1"), -1 }, /* compressed */
		{ BYTES("\0\0\0\0\3\x08\1"), -1 },
		{ BYTES("\0\0\0\0\2\x12\5"), -1 },
		{ BYTES("\0\0\0\0\1\x08"), -1 },
		{ BYTES("\0\0\0"), -1 },
		{ BYTES("\0\0\0\0\7\x08\xff\xff\xff\xff\xff\xff"), -1 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    h2_serving((const uint8_t *)rows[i].bytes, rows[i].size),
		    rows[i].serving);
}

static void
test_the_request(void **state)
{
	uint8_t out[H2_REQUEST_MAX];
	char name[300];
	size_t n = h2_request(out, "localhost:50051", "my.Svc", false, 1000);
	(void)state;

	assert_memory_equal(out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
	assert_memory_equal(out + 24, "\0\0\x0c\4\0\0\0\0\0", 9);
	assert_memory_equal(
	    out + n - 22, "\0\0\x0d\0\1\0\0\0\1\0\0\0\0\x08\x0a\x06my.Svc", 22);
	assert_non_null(memmem(out, n,
	    "\x04\x1c/grpc.health.v1.Health/Check"
	    "\x01\x0flocalhost:50051",
	    48));
	assert_non_null(memmem(out, n,
	    "grpc-timeout\x05"
	    "1000m",
	    18));
	memset(name, 'a', sizeof(name));
	name[250] = '\0';
	assert_true(h2_request(out, name, name, true, 100000) <= sizeof(out));
	name[250] = 'a';
	name[299] = '\0';
	assert_int_equal(h2_request(out, "x:1", name, true, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serving_in_pieces_of_every_size),
		cmocka_unit_test(
		    test_trailers_only_padding_priority_continuation),
		cmocka_unit_test(test_huffman_of_the_rfc),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(
		    test_a_table_that_we_did_not_allow_is_survived),
		cmocka_unit_test(test_serving_messages),
		cmocka_unit_test(test_the_request),
	};

	return cmocka_run_group_tests_name("h2", tests, NULL, NULL);
}
