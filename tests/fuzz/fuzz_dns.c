/* SPDX-License-Identifier: MIT */
/* Replies of name servers, /etc/hosts and /etc/resolv.conf. */
#include <stdlib.h>
#include <string.h>

#include "healthcheck/dns.h"
#include "healthcheck/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t n = dns_query(query, "db.example", DNS_A, 0x1234);
	struct dns_reply reply;
	struct dns_address list[4];
	struct hosts_resolver conf;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (dns_reply(&reply, data, size, query, n) == 0)
		for (size_t i = 0; i < reply.count; i++)
			if (reply.list[i].size != 4)
				abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (dns_query(query, text, DNS_AAAA, 1) > sizeof(query))
		abort();
	if (hosts_find_in(text, "db", list, 4) > 4)
		abort();
	memcpy(text, data, size);
	hosts_resolver_in(text, &conf);
	if (conf.server_count < 1 || conf.server_count > 3)
		abort();
	free(text);
	return 0;
}
