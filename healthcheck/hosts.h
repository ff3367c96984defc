/* SPDX-License-Identifier: MIT */
/* hosts.h - /etc/hosts and /etc/resolv.conf, both of which may be missing. */
#ifndef HALE_HEALTHCHECK_HOSTS_H
#define HALE_HEALTHCHECK_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "dns.h"

struct hosts_resolver {
	size_t server_count, search_count;
	int ndots, attempts, timeout_ms;
	bool assumed; /* nobody has named a server: 127.0.0.1 */
	char servers[3][64];
	char search[6][256];
};

/* Addresses of name in /etc/hosts, at most max of them. */
size_t hosts_find(const char *name, struct dns_address *list, size_t max);

/* The settings of /etc/resolv.conf, or 127.0.0.1 where there is none. */
void hosts_resolver(struct hosts_resolver *conf);

/* The same from text, for tests. */
size_t hosts_find_in(
    char *text, const char *name, struct dns_address *list, size_t max);
void hosts_resolver_in(char *text, struct hosts_resolver *conf);

#endif
