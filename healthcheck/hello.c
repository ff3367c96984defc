/* SPDX-License-Identifier: MIT */
#include "hello.h"

#ifndef HALE_TLS

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "run.h"

enum {
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	SERVER_CERTIFICATE = 11,
	SERVER_DONE = 14,
	RECORD_MAX = 16384 + 2048,
	CHAIN_MAX = 65536,
};

/* The handshake so far, of as many records as it takes. */
struct heard {
	uint8_t data[CHAIN_MAX];
	size_t size;
};

static size_t
number(const uint8_t *p, int bytes)
{
	size_t n = 0;

	while (bytes-- > 0)
		n = n << 8 | *p++;
	return n;
}

static void
put_number(uint8_t *p, int bytes, size_t n)
{
	while (bytes-- > 0) {
		p[bytes] = (uint8_t)n;
		n >>= 8;
	}
}

static uint8_t *
put(uint8_t *p, const void *data, size_t size)
{
	memcpy(p, data, size);
	return p + size;
}

static bool
is_name(const char *host)
{
	uint8_t bytes[16];

	return host != NULL && strlen(host) < 254 &&
	       inet_pton(AF_INET, host, bytes) != 1 &&
	       strchr(host, ':') == NULL;
}

size_t
hello_write(uint8_t out[HELLO_MAX], const char *host, const uint8_t random[32])
{
	static const char suites[] =
	    "\x00\x1e\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8"
	    "\xc0\x09\xc0\x13\xc0\x0a\xc0\x14\x00\x9c\x00\x9d\x00\x2f\x00\x35"
	    "\x00\xff" /* renegotiation is known of */
	    "\x01\x00";
	static const char extensions[] =
	    "\x00\x0a\x00\x08\x00\x06\x00\x1d\x00\x17\x00\x18" /* groups */
	    "\x00\x0b\x00\x02\x01\x00"                         /* points */
	    "\x00\x17\x00\x00" /* extended master secret */
	    "\x00\x0d\x00\x18\x00\x16\x04\x03\x05\x03\x06\x03\x08\x04"
	    "\x08\x05\x08\x06\x04\x01\x05\x01\x06\x01\x02\x03\x02\x01";
	uint8_t *p = put(out, "\x16\x03\x01\0\0\x01\0\0\0\x03\x03", 11);
	uint8_t *list;

	p = put(p, random, 32);
	p = put(p, "", 1); /* no session */
	p = put(p, suites, sizeof(suites) - 1);
	list = p;
	p += 2;
	if (is_name(host)) {
		size_t n = strlen(host);

		put_number(p, 2, 0);
		put_number(p + 2, 2, n + 5);
		put_number(p + 4, 2, n + 3);
		p[6] = 0;
		put_number(p + 7, 2, n);
		p = put(p + 9, host, n);
	}
	p = put(p, extensions, sizeof(extensions) - 1);
	put_number(list, 2, (size_t)(p - list) - 2);
	put_number(out + 3, 2, (size_t)(p - out) - 5);
	put_number(out + 6, 3, (size_t)(p - out) - 9);
	return (size_t)(p - out);
}

int
hello_chain(const uint8_t *data, size_t size, tls_seen *seen, void *arg)
{
	int count = 0;

	if (size < 3 || number(data, 3) != size - 3)
		return -1;
	for (size_t at = 3; at < size; count++) {
		size_t n;

		if (size - at < 3)
			return -1;
		n = number(data + at, 3);
		at += 3;
		if (n > size - at)
			return -1;
		seen(arg, data + at, n);
		at += n;
	}
	return count;
}

static int
refuse(const struct stream *stream, const char *text)
{
	answer_say(stream->run->answer, OUTCOME_FAIL, REASON_TLS, "%s", text);
	return -1;
}

/* Reads exactly so many bytes. */
static int
read_all(struct stream *stream, uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = net_read(stream, data, size, "in the handshake");

		if (n < 0)
			return -1;
		if (n == 0)
			return refuse(
			    stream, "closed the connection in the handshake");
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int
refused(const struct stream *stream, unsigned alert)
{
	if (alert == 70) {
		answer_say(stream->run->answer, OUTCOME_ERROR, REASON_TLS,
		    "the server speaks TLS 1.3 only, and this hale was built "
		    "without TLS");
		return -1;
	}
	answer_say(stream->run->answer, OUTCOME_FAIL, REASON_TLS,
	    "the server refuses the handshake (TLS alert %u)", alert);
	return -1;
}

/* Appends one record of the handshake. */
static int
read_record(struct stream *stream, struct heard *heard)
{
	uint8_t head[5], alert[2];
	size_t size;

	if (read_all(stream, head, sizeof(head)) < 0)
		return -1;
	size = number(head + 3, 2);
	if (head[0] == RECORD_ALERT && size == sizeof(alert))
		return read_all(stream, alert, sizeof(alert)) < 0
		           ? -1
		           : refused(stream, alert[1]);
	if (head[0] != RECORD_HANDSHAKE || head[1] != 3 || size == 0 ||
	    size > RECORD_MAX)
		return refuse(stream, "the server does not speak TLS");
	if (size > sizeof(heard->data) - heard->size)
		return refuse(stream, "the certificates are too large");
	if (read_all(stream, heard->data + heard->size, size) < 0)
		return -1;
	heard->size += size;
	return 0;
}

/* 1: shown; 0: more records are needed; -1: none will come. */
static int
look(
    struct stream *stream, const struct heard *heard, tls_seen *seen, void *arg)
{
	for (size_t at = 0; heard->size - at >= 4;) {
		const uint8_t *p = heard->data + at;
		size_t n = number(p + 1, 3);

		if (p[0] == SERVER_DONE)
			return refuse(stream, "the server has no certificate");
		if (n > heard->size - at - 4)
			return 0;
		if (p[0] == SERVER_CERTIFICATE)
			return hello_chain(p + 4, n, seen, arg) > 0
			           ? 1
			           : refuse(stream, "not a certificate");
		at += 4 + n;
	}
	return 0;
}

int
hello_certificates(
    struct stream *stream, const char *host, tls_seen *seen, void *arg)
{
	static struct heard heard;
	uint8_t hello[HELLO_MAX], random[32];
	int found = 0;

	memset(random, 0x5a, sizeof(random)); /* it protects nothing */
	if (getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
		run_note(stream->run, "no random bytes");
	if (net_write(stream, hello, hello_write(hello, host, random)) < 0)
		return -1;
	heard.size = 0;
	while (found == 0) {
		if (read_record(stream, &heard) < 0)
			return -1;
		found = look(stream, &heard, seen, arg);
	}
	return found < 0 ? -1 : 0;
}

#endif
