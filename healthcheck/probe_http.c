/* SPDX-License-Identifier: MIT */
/* probe_http.c - GET, over TCP, TLS or a unix socket, and judge the answer. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http.h"
#include "net.h"

enum { REDIRECTS_MAX = 10, REQUEST_MAX = HTTP_HEAD_MAX, TARGET_MAX = 4096 };

/* Where a request goes; a redirect changes it. */
struct place {
	bool tls;
	uint16_t port;
	const char *host, *target;
};

static bool
has_header(const struct conf_map *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (strcasecmp(headers->pairs[i].name, name) == 0)
			return true;
	return false;
}

/* Appends to a request; -1 when it does not fit. */
static int
append(char *out, size_t *used, const char *a, const char *b, const char *c)
{
	int n = snprintf(out + *used, REQUEST_MAX - *used, "%s%s%s", a, b, c);

	if (n < 0 || (size_t)n >= REQUEST_MAX - *used)
		return -1;
	*used += (size_t)n;
	return 0;
}

static int
append_host(const struct place *place, char *out, size_t *used)
{
	bool v6 = place->host != NULL && strchr(place->host, ':') != NULL;
	char port[8] = "";

	if (place->host == NULL)
		return append(out, used, "Host: localhost\r\n", "", "");
	if (place->port != (place->tls ? 443 : 80))
		snprintf(port, sizeof(port), ":%u", place->port);
	return append(out, used, v6 ? "Host: [" : "Host: ", place->host,
	           v6 ? "]" : "") < 0
	           ? -1
	           : append(out, used, port, "\r\n", "");
}

/* kubelet's request: an own header replaces ours, an empty one removes it. */
static int
build(const struct run *run, const struct place *place, char *out, size_t *used)
{
	const struct conf_map *headers = &run->probe->headers;
	int bad = 0;

	*used = 0;
	bad |= append(out, used, run->probe->method, " ", place->target);
	bad |= append(out, used, " HTTP/1.1\r\n", "", "");
	if (!has_header(headers, "Host"))
		bad |= append_host(place, out, used);
	if (!has_header(headers, "User-Agent"))
		bad |= append(
		    out, used, "User-Agent: hale-probe/", HALE_VERSION, "\r\n");
	if (!has_header(headers, "Accept"))
		bad |= append(out, used, "Accept: */*\r\n", "", "");
	for (size_t i = 0; i < headers->count; i++) {
		const struct conf_pair *p = &headers->pairs[i];

		if (p->value == NULL || p->value[0] == '\0')
			continue;
		bad |= append(out, used, p->name, ": ", p->value);
		bad |= append(out, used, "\r\n", "", "");
	}
	bad |= append(out, used, "Connection: close\r\n\r\n", "", "");
	return bad;
}

/* Takes the response until it is whole, or bad.  Returns 0, or -1. */
static int
receive(struct run *run, struct stream *stream, struct http *http)
{
	char data[2048]; /* small: most answers are */

	while (http->state < HTTP_DONE) {
		ssize_t n = net_read(stream, data, sizeof(data),
		    http->state == HTTP_HEAD ? "waiting for the response"
		                             : "reading the response");

		if (n < 0)
			return -1;
		if (n > 0)
			run_trace(run, '<', data, (size_t)n);
		if (n == 0)
			http_end(http);
		else
			http_feed(http, data, (size_t)n);
	}
	return 0;
}

/*
 * One request, one response.  The request is written where the response's head
 * will be: fewer pages to touch.  Returns 0, or -1 with the answer settled.
 */
static int
exchange(struct run *run, const struct place *place, struct http *http)
{
	struct stream stream;
	size_t size;
	int done = -1;

	if (build(run, place, http->head, &size) < 0) {
		answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "the request is too large");
		return -1;
	}
	if (net_open(&stream, run, place->host, place->port, run->probe->path) <
	    0)
		return -1;
	if (!place->tls ||
	    net_secure(&stream, place->host, "http/1.1", NULL, NULL) == 0) {
		run_trace(run, '>', http->head, size);
		done = net_write(&stream, http->head, size);
	}
	http_begin(http, strcmp(run->probe->method, "HEAD") == 0);
	if (done == 0)
		done = receive(run, &stream, http);
	net_close(&stream);
	return done;
}

/* The host of an absolute Location, or NULL for "the same". */
static bool
same_host(const struct place *place, const char *host, size_t size)
{
	if (size > 2 && host[0] == '[') {
		host++;
		size -= 2;
	}
	return place->host != NULL && strlen(place->host) == size &&
	       strncasecmp(place->host, host, size) == 0;
}

/* "/x", "x" or "?x" on the same place. */
static bool
follow_path(struct place *place, const char *location)
{
	static char followed[2][TARGET_MAX];
	char *next = followed[place->target == followed[0]];
	size_t keep = 0;

	if (location[0] != '/') {
		keep = strcspn(place->target, "?");
		if (location[0] != '?')
			while (keep > 0 && place->target[keep - 1] != '/')
				keep--;
	}
	if (keep + strlen(location) >= TARGET_MAX)
		return false;
	memcpy(next, place->target, keep);
	strcpy(next + keep, location);
	next[strcspn(next, "#")] = '\0';
	for (const char *p = next; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f)
			return false;
	if (next[0] != '/')
		return false;
	place->target = next;
	return true;
}

/* An absolute URL on the same host; port and scheme may differ. */
static bool
follow_url(struct place *place, const char *rest, bool tls)
{
	size_t size = strcspn(rest, "/?#");
	const char *end = rest + size, *colon = NULL;
	uint16_t port = tls ? 443 : 80;
	size_t host_size = size;

	for (const char *p = rest; p < end; p++)
		if (*p == ':' && (rest[0] != '[' || p[-1] == ']'))
			colon = p;
	if (colon != NULL) {
		long value = strtol(colon + 1, NULL, 10);

		if (value < 1 || value > 65535)
			return false;
		port = (uint16_t)value;
		host_size = (size_t)(colon - rest);
	}
	if (!same_host(place, rest, host_size))
		return false;
	if (*end == '/') {
		if (!follow_path(place, end))
			return false;
	} else {
		place->target = "/";
	}
	place->tls = tls;
	place->port = port;
	return true;
}

/* Goes where a redirect points, as long as it is the same host. */
static bool
follow(const struct run *run, struct place *place, const struct http *http)
{
	const char *to = http->location;

	if (to == NULL || http->status < 301 || http->status > 308 ||
	    (http->status > 303 && http->status < 307))
		return false;
	run_note(run, "redirected to %.200s", to);
	if (strncasecmp(to, "https://", 8) == 0)
		return follow_url(place, to + 8, true);
	if (strncasecmp(to, "http://", 7) == 0)
		return follow_url(place, to + 7, false);
	if (to[0] == '/' && to[1] == '/')
		return follow_url(place, to + 2, place->tls);
	if (strcspn(to, ":") < strcspn(to, "/?#"))
		return false; /* javascript:, file:, ... */
	return follow_path(place, to);
}

/*
 * The first line of a body that is for people says why; a page of HTML says it
 * in its title, where it is not its status again.
 */
static int
body_line(const struct http *http, const char **line)
{
	const char *end = http->body + http->body_size, *p = http->body;
	int size = 0;

	if (p < end && *p == '<') {
		p = memmem(p, http->body_size, "<title>400 ", 11);
		p = p == NULL ? end : p + 11;
	}
	*line = p;
	while (p + size < end && strchr("\r\n<", p[size]) == NULL)
		size++;
	return size;
}

static enum outcome
say_status(struct run *run, const struct http *http)
{
	const char *want = run->probe->expect_status, *line;
	int size = body_line(http, &line);

	return answer_say(run->answer, OUTCOME_FAIL, REASON_STATUS,
	    "status %d%s%s%s%.*s", http->status, want == NULL ? "" : ", not ",
	    want == NULL ? "" : want, size == 0 ? "" : ": ", size, line);
}

static enum outcome
judge(struct run *run, const struct http *http)
{
	const struct probe *probe = run->probe;
	struct answer *answer = run->answer;
	const char *want = probe->expect_status;
	bool warns = probe->warn_status != NULL &&
	             http_status_in(probe->warn_status, http->status) == 1;

	answer->code = http->status;
	answer_keep(answer, http->body, http->body_size);
	if (http->state == HTTP_BAD && http->status == 0)
		return answer_say(answer, OUTCOME_FAIL,
		    http->head_size == 0 ? REASON_CLOSED : REASON_PROTOCOL,
		    "%s", http->why);
	if (http->state == HTTP_BAD)
		return answer_say(answer, OUTCOME_FAIL, REASON_PROTOCOL,
		    "status %d, but %s", http->status, http->why);
	if (!warns && (want == NULL ? http->status < 200 || http->status > 399
	                            : http_status_in(want, http->status) != 1))
		return say_status(run, http);
	if (probe->expect_body != NULL &&
	    memmem(http->body, http->body_size, probe->expect_body,
	        strlen(probe->expect_body)) == NULL)
		return answer_say(answer, OUTCOME_FAIL, REASON_MISMATCH,
		    "status %d, but the body%s does not hold \"%.80s\"",
		    http->status, http->body_full ? ", cut at 10 KiB," : "",
		    probe->expect_body);
	if (http->status / 100 == 3 && http->location != NULL)
		return answer_say(answer, OUTCOME_PASS, REASON_WARNING,
		    "warning: status %d, not followed to %.120s", http->status,
		    http->location);
	return answer_say(answer, OUTCOME_PASS,
	    warns ? REASON_WARNING : REASON_OK, "%sstatus %d",
	    warns ? "warning: " : "", http->status);
}

enum outcome
run_http(struct run *run)
{
	static struct http http;
	const struct probe *probe = run->probe;
	struct place place = {
		.tls = probe->kind == PROBE_HTTPS,
		.port = probe->port,
		.host = probe->host,
		.target = probe->target,
	};

	for (int i = 0; i <= REDIRECTS_MAX; i++) {
		if (exchange(run, &place, &http) < 0)
			return (enum outcome)run->answer->outcome;
		if (http.state == HTTP_BAD || !follow(run, &place, &http))
			return judge(run, &http);
	}
	return answer_say(run->answer, OUTCOME_FAIL, REASON_PROTOCOL,
	    "more than %d redirects", REDIRECTS_MAX);
}
