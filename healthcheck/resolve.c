/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns.h"
#include "hosts.h"
#include "net.h"
#include "supervisor/clock.h"

enum { UDP_MAX = 4096, DNS_PORT = 53 };

/* One name being asked for: both families at once. */
struct lookup {
	struct run *run;
	uint8_t query[2][DNS_QUERY_MAX];
	size_t query_size[2];
	struct dns_reply reply[2];
	bool done[2];
	int failure; /* errno: why the last server was not asked */
};

void
resolve_text(const struct resolve_address *address, char *out, size_t out_size)
{
	if (address->any.sa_family == AF_INET6)
		inet_ntop(
		    AF_INET6, &address->v6.sin6_addr, out, (socklen_t)out_size);
	else
		inet_ntop(
		    AF_INET, &address->v4.sin_addr, out, (socklen_t)out_size);
}

static void
add_bytes(struct resolve_addresses *found, const uint8_t *bytes, size_t size,
    uint16_t port, uint32_t zone)
{
	struct resolve_address *a = &found->list[found->count];

	if (found->count == RESOLVE_MAX)
		return;
	memset(a, 0, sizeof(*a));
	if (size == 4) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
		memcpy(&a->v4.sin_addr, bytes, 4);
		a->size = sizeof(a->v4);
	} else {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
		a->v6.sin6_scope_id = zone;
		memcpy(&a->v6.sin6_addr, bytes, 16);
		a->size = sizeof(a->v6);
	}
	found->count++;
}

/* An address as it is written; a zone must be a number. */
static bool
add_literal(struct resolve_addresses *found, const char *name, uint16_t port)
{
	char text[64];
	uint8_t bytes[16];
	const char *percent = strchr(name, '%');
	size_t n = percent == NULL ? strlen(name) : (size_t)(percent - name);

	if (n >= sizeof(text))
		return false;
	memcpy(text, name, n);
	text[n] = '\0';
	if (percent == NULL && inet_pton(AF_INET, text, bytes) == 1)
		add_bytes(found, bytes, 4, port, 0);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		add_bytes(found, bytes, 16, port,
		    percent == NULL ? 0 : (uint32_t)atoi(percent + 1));
	else
		return false;
	return true;
}

static bool
is_localhost(const char *name)
{
	size_t n = strlen(name);

	if (n > 0 && name[n - 1] == '.')
		n--;
	return (n == 9 && strncasecmp(name, "localhost", 9) == 0) ||
	       (n > 10 && strncasecmp(name + n - 10, ".localhost", 10) == 0);
}

static bool
add_localhost(struct resolve_addresses *found, const char *name, uint16_t port)
{
	if (!is_localhost(name))
		return false;
	add_literal(found, "127.0.0.1", port);
	add_literal(found, "::1", port);
	return true;
}

static int
open_server(const char *server, int type)
{
	struct resolve_addresses to = { 0 };
	int fd;

	if (!add_literal(&to, server, DNS_PORT)) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(
	    to.list[0].any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &to.list[0].any, to.list[0].size) < 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
take_reply(struct lookup *lookup, const uint8_t *data, size_t size)
{
	for (int i = 0; i < 2; i++)
		if (!lookup->done[i] &&
		    dns_reply(&lookup->reply[i], data, size, lookup->query[i],
		        lookup->query_size[i]) == 0)
			lookup->done[i] = true;
}

/* Waits for fd until limit_ms.  Returns false when that passed. */
static bool
wait_until(const struct run *run, int fd, short events, int64_t limit_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int64_t left = limit_ms - clock_now_ms();

	if (left > run_left_ms(run))
		left = run_left_ms(run);
	return left > 0 && poll(&poll_fd, 1, (int)left) > 0;
}

static bool
ask_udp(struct lookup *lookup, const char *server, int64_t limit_ms)
{
	uint8_t data[UDP_MAX];
	int fd = open_server(server, SOCK_DGRAM);

	lookup->failure = fd < 0 ? errno : ETIMEDOUT;
	if (fd < 0)
		return false;
	for (int i = 0; i < 2; i++)
		if (!lookup->done[i] &&
		    send(fd, lookup->query[i], lookup->query_size[i],
		        MSG_NOSIGNAL) < 0) {
			lookup->failure = errno;
			close(fd); /* the first was refused already */
			return false;
		}
	while (!(lookup->done[0] && lookup->done[1]) &&
	       wait_until(lookup->run, fd, POLLIN, limit_ms)) {
		ssize_t n = recv(fd, data, sizeof(data), 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			break; /* refused: nobody serves there */
		if (n > 0)
			take_reply(lookup, data, (size_t)n);
	}
	close(fd);
	return lookup->done[0] && lookup->done[1];
}

/* Reads size bytes of a TCP reply. */
static bool
read_all(
    struct lookup *lookup, int fd, uint8_t *data, size_t size, int64_t limit_ms)
{
	while (size > 0) {
		ssize_t n = recv(fd, data, size, 0);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n < 0) {
			if (!wait_until(lookup->run, fd, POLLIN, limit_ms))
				return false;
			continue;
		}
		data += n;
		size -= (size_t)n;
	}
	return true;
}

/* A truncated reply is asked for again over TCP, one connection each. */
static void
ask_tcp(struct lookup *lookup, int which, const char *server, int64_t limit_ms)
{
	static uint8_t data[65536];
	uint8_t head[2 + DNS_QUERY_MAX];
	size_t size = lookup->query_size[which];
	int fd = open_server(server, SOCK_STREAM);

	if (fd < 0)
		return;
	head[0] = (uint8_t)(size >> 8);
	head[1] = (uint8_t)size;
	memcpy(head + 2, lookup->query[which], size);
	if (wait_until(lookup->run, fd, POLLOUT, limit_ms) &&
	    send(fd, head, size + 2, MSG_NOSIGNAL) == (ssize_t)(size + 2) &&
	    read_all(lookup, fd, head, 2, limit_ms)) {
		size = (size_t)(head[0] << 8 | head[1]);
		lookup->done[which] = false;
		if (read_all(lookup, fd, data, size, limit_ms))
			take_reply(lookup, data, size);
		lookup->done[which] = true;
	}
	close(fd);
}

/* Asks every server in turn until one answers with sense. */
static void
ask_servers(struct lookup *lookup, const struct hosts_resolver *conf)
{
	for (int round = 0; round < conf->attempts; round++)
		for (size_t i = 0; i < conf->server_count; i++) {
			int64_t limit = clock_now_ms() + conf->timeout_ms;

			if (run_left_ms(lookup->run) == 0)
				return;
			if (!ask_udp(lookup, conf->servers[i], limit))
				continue;
			for (int k = 0; k < 2; k++)
				if (lookup->reply[k].truncated)
					ask_tcp(
					    lookup, k, conf->servers[i], limit);
			if (lookup->reply[0].code != DNS_SERVFAIL)
				return;
			if (i + 1 < conf->server_count ||
			    round + 1 < conf->attempts)
				lookup->done[0] = lookup->done[1] = false;
		}
}

/* One name as it is.  Returns its RCODE, or -errno without any reply. */
static int
ask_name(struct run *run, const struct hosts_resolver *conf, const char *name,
    uint16_t port, struct resolve_addresses *found)
{
	static const uint16_t types[] = { DNS_A, DNS_AAAA };
	struct lookup lookup = { .run = run, .failure = ETIMEDOUT };
	uint16_t ids[2] = { 0 };

	if (getrandom(ids, sizeof(ids), GRND_NONBLOCK) < 0 || ids[0] == ids[1])
		ids[1] = (uint16_t)(ids[0] + 1);
	for (int i = 0; i < 2; i++) {
		lookup.query_size[i] =
		    dns_query(lookup.query[i], name, types[i], ids[i]);
		if (lookup.query_size[i] == 0)
			return DNS_NXDOMAIN;
	}
	ask_servers(&lookup, conf);
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < lookup.reply[i].count; k++)
			add_bytes(found, lookup.reply[i].list[k].bytes,
			    lookup.reply[i].list[k].size, port, 0);
	if (!lookup.done[0] && !lookup.done[1])
		return -lookup.failure;
	return lookup.reply[lookup.done[0] ? 0 : 1].code;
}

/* The name with the search list before or after it, as resolv.conf(5) says. */
static int
ask_search(struct run *run, const struct hosts_resolver *conf, const char *name,
    uint16_t port, struct resolve_addresses *found)
{
	size_t dots = 0, n = strlen(name);
	char whole[512];
	int code = DNS_NXDOMAIN;

	for (const char *p = name; *p != '\0'; p++)
		dots += *p == '.';
	if ((int)dots >= conf->ndots || (n > 0 && name[n - 1] == '.')) {
		code = ask_name(run, conf, name, port, found);
		if (found->count > 0 || code < 0 || name[n - 1] == '.')
			return code;
	}
	for (size_t i = 0; i < conf->search_count; i++) {
		snprintf(whole, sizeof(whole), "%s.%s", name, conf->search[i]);
		code = ask_name(run, conf, whole, port, found);
		if (found->count > 0 || code < 0)
			return code;
	}
	if ((int)dots < conf->ndots)
		code = ask_name(run, conf, name, port, found);
	return code;
}

/* A name without an address, and a code as ask_name() returns it. */
static void
say_why(struct run *run, const struct hosts_resolver *conf, int code)
{
	struct answer *answer = run->answer;

	if (code == DNS_OK)
		answer_say(answer, OUTCOME_FAIL, REASON_RESOLVE,
		    "the name has no address");
	else if (code > 0)
		answer_say(answer, OUTCOME_FAIL, REASON_RESOLVE, "%s",
		    dns_code_text(code));
	else if (run_left_ms(run) == 0)
		run_timed_out(run, "resolving the name");
	else if (run_fail(run, -code,
	             code == -EACCES ? REASON_RESOURCE : REASON_RESOLVE) ==
	         OUTCOME_ERROR)
		return;
	else if (conf->assumed)
		answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: /etc/resolv.conf names no name server");
	else
		answer_say(answer, OUTCOME_FAIL, REASON_RESOLVE,
		    "no name server answers");
}

/* Whoever has an address needs none of this, and no stack for it. */
static __attribute__((noinline)) int
look_up(struct run *run, const char *name, uint16_t port,
    struct resolve_addresses *found)
{
	struct hosts_resolver conf;
	struct dns_address hosts[RESOLVE_MAX];
	size_t n;
	int code;

	n = hosts_find(name, hosts, RESOLVE_MAX);
	for (size_t i = 0; i < n; i++)
		add_bytes(found, hosts[i].bytes, hosts[i].size, port, 0);
	/* /etc/hosts may know one family of localhost only: try both. */
	if (is_localhost(name)) {
		found->count = 0;
		add_localhost(found, name, port);
	}
	if (found->count > 0)
		return 0;
	hosts_resolver(&conf);
	code = ask_search(run, &conf, name, port, found);
	if (found->count > 0) {
		run_note(
		    run, "%s has %u addresses", name, (unsigned)found->count);
		return 0;
	}
	say_why(run, &conf, code);
	return -1;
}

int
resolve_name(struct run *run, const char *name, uint16_t port,
    struct resolve_addresses *found)
{
	found->count = 0;
	if (add_literal(found, name, port))
		return 0;
	return look_up(run, name, port, found);
}
