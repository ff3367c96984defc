/* SPDX-License-Identifier: MIT */
#include "h2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum frame_type {
	FRAME_DATA,
	FRAME_HEADERS,
	FRAME_PRIORITY,
	FRAME_RST_STREAM,
	FRAME_SETTINGS,
	FRAME_PUSH_PROMISE,
	FRAME_PING,
	FRAME_GOAWAY,
	FRAME_WINDOW_UPDATE,
	FRAME_CONTINUATION,
};

enum {
	FLAG_ACK = 0x1,
	FLAG_END_STREAM = 0x1,
	FLAG_END_HEADERS = 0x4,
	FLAG_PADDED = 0x8,
	FLAG_PRIORITY = 0x20,
	STREAM = 1, /* the only one */
	STATIC_MAX = 61,
	INDEX_STATUS = 8, /* to 14: :status */
	INDEX_CONTENT_TYPE = 31,
	FRAMES_MAX = 1000,
};

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* ---- writing */

static uint8_t *
put_frame(uint8_t *p, size_t size, int type, int flags, uint32_t stream)
{
	p[0] = (uint8_t)(size >> 16);
	p[1] = (uint8_t)(size >> 8);
	p[2] = (uint8_t)size;
	p[3] = (uint8_t)type;
	p[4] = (uint8_t)flags;
	p[5] = p[6] = p[7] = 0;
	p[8] = (uint8_t)stream;
	return p + 9;
}

static uint8_t *
put_text(uint8_t *p, const char *text)
{
	size_t n = strlen(text);

	if (n < 127) {
		*p++ = (uint8_t)n;
	} else {
		*p++ = 127;
		*p++ = (uint8_t)((n - 127) & 0x7f) | (n - 127 > 127 ? 0x80 : 0);
		if (n - 127 > 127)
			*p++ = (uint8_t)((n - 127) >> 7);
	}
	memcpy(p, text, n);
	return p + n;
}

/* A literal without indexing: by the name's static index, or by name. */
static uint8_t *
put_header(uint8_t *p, unsigned index, const char *name, const char *value)
{
	if (index >= 15) {
		*p++ = 15;
		*p++ = (uint8_t)(index - 15);
	} else {
		*p++ = (uint8_t)index;
	}
	if (index == 0)
		p = put_text(p, name);
	return put_text(p, value);
}

size_t
h2_request(uint8_t out[H2_REQUEST_MAX], const char *authority,
    const char *service, bool tls, int timeout_ms)
{
	static const uint8_t settings[] = { 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0,
		0 }; /* HEADER_TABLE_SIZE=0, ENABLE_PUSH=0 */
	size_t n = strlen(service), body = n == 0 ? 0 : n + 2 + (n > 127);
	char timeout[16];
	uint8_t *p = out, *frame;

	if (strlen(authority) > 300 || n > 250)
		return 0;
	snprintf(timeout, sizeof(timeout), "%dm",
	    timeout_ms > 99999999 ? 99999999 : timeout_ms);
	memcpy(p, preface, sizeof(preface) - 1);
	p = put_frame(
	    p + sizeof(preface) - 1, sizeof(settings), FRAME_SETTINGS, 0, 0);
	memcpy(p, settings, sizeof(settings));
	p += sizeof(settings);

	frame = p;
	p += 9;
	*p++ = 0x83;              /* :method POST */
	*p++ = tls ? 0x87 : 0x86; /* :scheme */
	p = put_header(p, 4, NULL, "/grpc.health.v1.Health/Check");
	p = put_header(p, 1, NULL, authority);
	p = put_header(p, 0, "grpc-timeout", timeout);
	p = put_header(p, 0, "te", "trailers");
	p = put_header(p, INDEX_CONTENT_TYPE, NULL, "application/grpc");
	p = put_header(p, 58, NULL, "hale-probe/" HALE_VERSION);
	put_frame(frame, (size_t)(p - frame) - 9, FRAME_HEADERS,
	    FLAG_END_HEADERS, STREAM);

	p = put_frame(p, 5 + body, FRAME_DATA, FLAG_END_STREAM, STREAM);
	memset(p, 0, 4); /* not compressed; the length's high bytes */
	p[3] = (uint8_t)(body >> 8);
	p[4] = (uint8_t)body;
	p += 5;
	if (n > 0) {
		*p++ = 0x0a; /* field 1, a string */
		*p++ = (uint8_t)((n & 0x7f) | (n > 127 ? 0x80 : 0));
		if (n > 127)
			*p++ = (uint8_t)(n >> 7);
		memcpy(p, service, n);
		p += n;
	}
	return (size_t)(p - out);
}

/* ---- HPACK without a dynamic table */

struct cursor {
	const uint8_t *p, *end;
};

static int
get_int(struct cursor *c, int prefix, uint32_t *value)
{
	uint32_t mask = (1u << prefix) - 1;

	if (c->p >= c->end)
		return -1;
	*value = *c->p++ & mask;
	if (*value < mask)
		return 0;
	for (int shift = 0; shift <= 21; shift += 7) {
		uint8_t byte;

		if (c->p >= c->end)
			return -1;
		byte = *c->p++;
		*value += (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return 0;
	}
	return -1;
}

static int
get_text(struct cursor *c, char *out, size_t out_size)
{
	bool huffman;
	uint32_t n;
	size_t kept;

	if (c->p >= c->end)
		return -1;
	huffman = (*c->p & 0x80) != 0;
	if (get_int(c, 7, &n) < 0 || n > (size_t)(c->end - c->p))
		return -1;
	if (huffman) {
		if (h2_huffman(out, out_size, c->p, n) < 0)
			return -1;
	} else {
		kept = n < out_size - 1 ? n : out_size - 1;
		memcpy(out, c->p, kept);
		out[kept] = '\0';
	}
	c->p += n;
	return 0;
}

static void
take_header(struct h2 *h2, uint32_t index, const char *name, const char *value)
{
	if (index >= INDEX_STATUS && index <= 14)
		h2->http_status = atoi(value);
	else if (strcmp(name, ":status") == 0)
		h2->http_status = atoi(value);
	else if (index == INDEX_CONTENT_TYPE ||
	         strcmp(name, "content-type") == 0)
		h2->is_grpc = strncmp(value, "application/grpc", 16) == 0;
	else if (strcmp(name, "grpc-status") == 0)
		h2->grpc_status =
		    value[0] >= '0' && value[0] <= '9' ? atoi(value) : 2;
	else if (strcmp(name, "grpc-message") == 0)
		snprintf(h2->message, sizeof(h2->message), "%s", value);
}

/* Returns 0; -1: malformed; 1: the peer uses a table that we don't keep. */
static int
get_headers(struct h2 *h2)
{
	static const char statuses[7][4] = { "200", "204", "206", "304", "400",
		"404", "500" };
	struct cursor c = { h2->headers, h2->headers + h2->headers_size };
	char name[64], value[256];

	while (c.p < c.end) {
		uint8_t first = *c.p;
		uint32_t index;

		if ((first & 0x80) != 0) {
			if (get_int(&c, 7, &index) < 0 || index == 0)
				return -1;
			if (index > STATIC_MAX)
				return 1;
			if (index >= INDEX_STATUS && index <= 14)
				take_header(h2, index, "",
				    statuses[index - INDEX_STATUS]);
			continue;
		}
		if ((first & 0xe0) == 0x20) { /* a change of the table's size */
			if (get_int(&c, 5, &index) < 0)
				return -1;
			continue;
		}
		if (get_int(&c, (first & 0x40) != 0 ? 6 : 4, &index) < 0)
			return -1;
		if (index > STATIC_MAX)
			return 1;
		name[0] = '\0';
		if ((index == 0 && get_text(&c, name, sizeof(name)) < 0) ||
		    get_text(&c, value, sizeof(value)) < 0)
			return -1;
		take_header(h2, index, name, value);
	}
	return 0;
}

/* ---- reading frames */

static enum h2_state
bad(struct h2 *h2, const char *why, unsigned code)
{
	if (code == 0)
		snprintf(h2->why, sizeof(h2->why), "%s", why);
	else
		snprintf(h2->why, sizeof(h2->why), "%s, code %u", why, code);
	h2->state = H2_BAD;
	return H2_BAD;
}

static void
reply(struct h2 *h2, int type, const uint8_t *data, size_t size)
{
	uint8_t *p = h2->send + h2->send_size;

	if (h2->send_size + 9 + size > sizeof(h2->send))
		return; /* it asks faster than it reads: it may wait */
	p = put_frame(p, size, type, FLAG_ACK, 0);
	if (size > 0)
		memcpy(p, data, size);
	h2->send_size += 9 + size;
}

/* Takes padding and priority off; false when they don't fit. */
static bool
strip(int type, uint8_t flags, const uint8_t **p, size_t *n)
{
	size_t padding = 0;

	if ((flags & FLAG_PADDED) != 0) {
		if (*n < 1)
			return false;
		padding = **p;
		++*p;
		--*n;
	}
	if (type == FRAME_HEADERS && (flags & FLAG_PRIORITY) != 0) {
		if (*n < 5)
			return false;
		*p += 5;
		*n -= 5;
	}
	if (padding > *n)
		return false;
	*n -= padding;
	return true;
}

static enum h2_state
on_headers(struct h2 *h2, int type, uint8_t flags, const uint8_t *p, size_t n)
{
	if ((type == FRAME_CONTINUATION) != h2->in_headers)
		return bad(h2, "a header frame out of order", 0);
	if (type == FRAME_HEADERS) {
		if (!strip(type, flags, &p, &n))
			return bad(h2, "a header frame with wrong padding", 0);
		h2->headers_size = 0;
		h2->end_after_headers = (flags & FLAG_END_STREAM) != 0;
	}
	if (n > sizeof(h2->headers) - h2->headers_size)
		return bad(h2, "the headers are too large", 0);
	memcpy(h2->headers + h2->headers_size, p, n);
	h2->headers_size += n;
	h2->in_headers = (flags & FLAG_END_HEADERS) == 0;
	if (h2->in_headers)
		return h2->state;
	switch (get_headers(h2)) {
	case 0:
		break;
	case 1:
		h2->unknown_headers = true;
		break;
	default:
		return bad(h2, "malformed headers", 0);
	}
	if (h2->end_after_headers)
		h2->state = H2_DONE;
	return h2->state;
}

static enum h2_state
on_data(struct h2 *h2, uint8_t flags, const uint8_t *p, size_t n)
{
	if (!strip(FRAME_DATA, flags, &p, &n))
		return bad(h2, "a data frame with wrong padding", 0);
	if (n > sizeof(h2->body) - h2->body_size)
		return bad(h2, "the answer is too large", 0);
	memcpy(h2->body + h2->body_size, p, n);
	h2->body_size += n;
	if ((flags & FLAG_END_STREAM) != 0)
		h2->state = H2_DONE;
	return h2->state;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static enum h2_state
on_frame(struct h2 *h2)
{
	const uint8_t *head = h2->frame, *p = head + 9;
	size_t n = h2->need - 9;
	int type = head[3];
	uint8_t flags = head[4];
	uint32_t stream = get32(head + 5) & 0x7fffffff;

	if (++h2->frames > FRAMES_MAX)
		return bad(h2, "too many frames", 0);
	if (!h2->has_settings && type != FRAME_SETTINGS)
		return bad(h2, "the server does not speak HTTP/2", 0);
	if (h2->in_headers && type != FRAME_CONTINUATION)
		return bad(h2, "a frame within headers", 0);
	switch (type) {
	case FRAME_SETTINGS:
		h2->has_settings = true;
		if ((flags & FLAG_ACK) == 0)
			reply(h2, FRAME_SETTINGS, NULL, 0);
		break;
	case FRAME_PING:
		if (n != 8)
			return bad(h2, "a malformed ping", 0);
		if ((flags & FLAG_ACK) == 0)
			reply(h2, FRAME_PING, p, 8);
		break;
	case FRAME_GOAWAY:
		if (n < 8)
			return bad(h2, "a malformed GOAWAY", 0);
		if (get32(p + 4) != 0 || (get32(p) & 0x7fffffff) < STREAM)
			return bad(h2, "the server goes away", get32(p + 4));
		break;
	case FRAME_PUSH_PROMISE:
		return bad(h2, "a push that was not allowed", 0);
	case FRAME_RST_STREAM:
		if (stream != STREAM)
			break;
		return bad(
		    h2, "the server reset the call", n == 4 ? get32(p) : 0);
	case FRAME_HEADERS:
	case FRAME_CONTINUATION:
		return stream == STREAM
		           ? on_headers(h2, type, flags, p, n)
		           : bad(h2, "an answer to what was not asked", 0);
	case FRAME_DATA:
		return stream == STREAM
		           ? on_data(h2, flags, p, n)
		           : bad(h2, "an answer to what was not asked", 0);
	default: /* PRIORITY, WINDOW_UPDATE and what is yet to be invented */
		break;
	}
	return h2->state;
}

void
h2_begin(struct h2 *h2)
{
	memset(h2, 0, offsetof(struct h2, send));
	h2->http_status = -1;
	h2->grpc_status = -1;
}

enum h2_state
h2_feed(struct h2 *h2, const uint8_t *data, size_t size)
{
	while (size > 0 && h2->state == H2_OPEN) {
		size_t whole = 9;

		if (h2->need >= 9)
			whole += (size_t)h2->frame[0] << 16 |
			         (size_t)h2->frame[1] << 8 | h2->frame[2];
		if (whole > sizeof(h2->frame))
			return bad(h2,
			    h2->has_settings ? "too large a frame"
			                     : "the server does not speak "
			                       "HTTP/2",
			    0);
		if (h2->need < whole) {
			size_t n = whole - h2->need;

			if (n > size)
				n = size;
			memcpy(h2->frame + h2->need, data, n);
			h2->need += n;
			data += n;
			size -= n;
		}
		if (h2->need == 9) {
			whole += (size_t)h2->frame[0] << 16 |
			         (size_t)h2->frame[1] << 8 | h2->frame[2];
		}
		if (h2->need >= 9 && h2->need == whole) {
			on_frame(h2);
			h2->need = 0;
		}
	}
	return h2->state;
}

int
h2_serving(const uint8_t *body, size_t size)
{
	struct cursor c;
	int serving = 0;
	uint32_t n;

	if (size < 5 || body[0] != 0 || (n = get32(body + 1)) > size - 5)
		return -1;
	c = (struct cursor){ body + 5, body + 5 + n };
	while (c.p < c.end) {
		uint8_t tag = *c.p++;
		uint64_t value = 0;
		int shift = 0;

		if ((tag & 7) != 0 && (tag & 7) != 2)
			return -1;
		do {
			if (c.p >= c.end || shift > 28)
				return -1;
			value |= (uint64_t)(*c.p & 0x7f) << shift;
			shift += 7;
		} while ((*c.p++ & 0x80) != 0);
		if (tag == 0x08)
			serving = value > 99 ? 99 : (int)value;
		else if ((tag & 7) == 2) {
			if (value > (uint64_t)(c.end - c.p))
				return -1;
			c.p += value;
		}
	}
	return serving;
}
