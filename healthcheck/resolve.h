/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - from a host name to addresses, within a probe's deadline.
 *
 * Literal addresses, localhost (both families), /etc/hosts, then the servers
 * of /etc/resolv.conf; A and AAAA are asked at once, over UDP, then TCP.  No
 * getaddrinfo(): it knows no deadline.
 */
#ifndef HALE_HEALTHCHECK_RESOLVE_H
#define HALE_HEALTHCHECK_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "run.h"

enum { RESOLVE_MAX = 12 };

struct resolve_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t size;
};

struct resolve_addresses {
	size_t count;
	struct resolve_address list[RESOLVE_MAX];
};

/* Returns 0 with at least one address, or -1 with the answer settled. */
int resolve_name(struct run *run, const char *name, uint16_t port,
    struct resolve_addresses *found);

/* "127.0.0.1", "::1". */
void resolve_text(
    const struct resolve_address *address, char *out, size_t out_size);

#endif
