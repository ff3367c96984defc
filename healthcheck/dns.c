/* SPDX-License-Identifier: MIT */
#include "dns.h"

#include <string.h>

enum { HEADER = 12, CLASS_IN = 1, LABEL_MAX = 63, NAME_MAX_ = 255 };

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t *
put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

size_t
dns_query(uint8_t *out, const char *name, uint16_t type, uint16_t id)
{
	uint8_t *p = out;
	size_t length = strlen(name);

	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length == 0 || length > NAME_MAX_ - 2)
		return 0;
	p = put16(p, id);
	p = put16(p, 0x0100); /* recursion desired */
	p = put16(p, 1);
	memset(p, 0, 6);
	p += 6;
	for (size_t i = 0; i < length;) {
		const char *dot = memchr(name + i, '.', length - i);
		size_t n = dot == NULL ? length - i : (size_t)(dot - name) - i;

		if (n == 0 || n > LABEL_MAX)
			return 0;
		*p++ = (uint8_t)n;
		memcpy(p, name + i, n);
		p += n;
		i += n + 1;
		if (dot != NULL && i >= length)
			return 0;
	}
	*p++ = 0;
	p = put16(p, type);
	p = put16(p, CLASS_IN);
	return (size_t)(p - out);
}

/* Steps over a name, compressed or not; 0 when it runs out of the message. */
static size_t
skip_name(const uint8_t *data, size_t size, size_t at)
{
	while (at < size) {
		uint8_t n = data[at];

		if (n == 0)
			return at + 1;
		if ((n & 0xc0) == 0xc0)
			return at + 2 <= size ? at + 2 : 0;
		if ((n & 0xc0) != 0)
			return 0;
		at += 1u + n;
	}
	return 0;
}

/* Case may differ: some servers don't keep it. */
static bool
same_question(const uint8_t *a, const uint8_t *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t x = a[i], y = b[i];

		if (x >= 'A' && x <= 'Z')
			x |= 0x20;
		if (y >= 'A' && y <= 'Z')
			y |= 0x20;
		if (x != y)
			return false;
	}
	return true;
}

static void
keep(struct dns_reply *reply, const uint8_t *data, size_t size)
{
	struct dns_address *a = &reply->list[reply->count];

	if (reply->count == sizeof(reply->list) / sizeof(reply->list[0]))
		return;
	a->size = (uint8_t)size;
	memcpy(a->bytes, data, size);
	reply->count++;
}

int
dns_reply(struct dns_reply *reply, const uint8_t *data, size_t size,
    const uint8_t *query, size_t query_size)
{
	uint16_t type = get16(query + query_size - 4);
	size_t wanted = type == DNS_AAAA ? 16 : 4, at = query_size;
	unsigned records;

	*reply = (struct dns_reply){ 0 };
	if (size < HEADER || get16(data) != get16(query) ||
	    (data[2] & 0x80) == 0)
		return -1;
	reply->code = data[3] & 0x0f;
	reply->truncated = (data[2] & 0x02) != 0;
	records = get16(data + 6);
	if (get16(data + 4) == 0 && reply->code != DNS_OK)
		return 0; /* some refuse without repeating the question */
	if (get16(data + 4) != 1 || size < query_size ||
	    !same_question(data + HEADER, query + HEADER, query_size - HEADER))
		return -1;
	for (; records > 0; records--) {
		size_t length;

		at = skip_name(data, size, at);
		if (at == 0 || size - at < 10)
			return reply->truncated ? 0 : -1;
		length = get16(data + at + 8);
		if (size - at - 10 < length)
			return reply->truncated ? 0 : -1;
		if (get16(data + at) == type &&
		    get16(data + at + 2) == CLASS_IN && length == wanted)
			keep(reply, data + at + 10, length);
		at += 10 + length;
	}
	return 0;
}

const char *
dns_code_text(int code)
{
	static const char *const texts[] = { "no such host", "malformed query",
		"the name server failed", "no such host",
		"not implemented by the name server",
		"refused by the name server" };

	if (code < 0 || code >= (int)(sizeof(texts) / sizeof(texts[0])))
		return "an unknown answer of the name server";
	return texts[code];
}
