/* SPDX-License-Identifier: MIT */
/*
 * dns.h - the questions and answers of a stub resolver (RFC 1035), as bytes.
 *
 * Pure: no socket, no clock, no allocation; fuzzed.
 */
#ifndef HALE_HEALTHCHECK_DNS_H
#define HALE_HEALTHCHECK_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_A = 1, DNS_AAAA = 28, DNS_QUERY_MAX = 272 };

enum dns_code { DNS_OK = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3 };

struct dns_address {
	uint8_t size; /* 4 or 16 */
	uint8_t bytes[16];
};

struct dns_reply {
	int code; /* RCODE */
	bool truncated;
	size_t count;
	struct dns_address list[8];
};

/*
 * Writes a query for the addresses of name into out[DNS_QUERY_MAX].
 * Returns its size, or 0 when name is not a host name.
 */
size_t dns_query(uint8_t *out, const char *name, uint16_t type, uint16_t id);

/*
 * Reads the reply to query.  Returns 0, or -1 when it is not a well-formed
 * reply to it.
 */
int dns_reply(struct dns_reply *reply, const uint8_t *data, size_t size,
    const uint8_t *query, size_t query_size);

/* The words of an RCODE: "no such name". */
const char *dns_code_text(int code);

#endif
