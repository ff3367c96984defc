/* SPDX-License-Identifier: MIT */
/* probe_grpc.c - grpc.health.v1.Health/Check, plain or over TLS. */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "h2.h"
#include "net.h"

enum { SERVING = 1 };

static const char *
status_name(int status)
{
	static const char *const names[] = { "OK", "CANCELLED", "UNKNOWN",
		"INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
		"the service is not known there (NOT_FOUND)", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
		"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
		"the server lacks grpc.health.v1 (UNIMPLEMENTED)", "INTERNAL",
		"UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED" };

	return status >= 0 && status < (int)(sizeof(names) / sizeof(names[0]))
	           ? names[status]
	           : "an unknown gRPC status";
}

static enum outcome
judge(struct run *run, const struct h2 *h2)
{
	static const char *const states[] = { "UNKNOWN", "SERVING",
		"NOT_SERVING", "SERVICE_UNKNOWN" };
	struct answer *answer = run->answer;
	int serving = h2_serving(h2->body, h2->body_size);

	if (h2->state == H2_BAD)
		return answer_say(
		    answer, OUTCOME_FAIL, REASON_PROTOCOL, "%s", h2->why);
	answer->code = h2->grpc_status < 0 ? 0 : h2->grpc_status;
	if (h2->unknown_headers && serving == SERVING)
		return answer_say(answer, OUTCOME_PASS, REASON_OK,
		    "SERVING (its headers can't be read)");
	if (h2->http_status != 200)
		return answer_say(answer, OUTCOME_FAIL, REASON_STATUS,
		    "HTTP status %d: not a gRPC server?", h2->http_status);
	if (h2->grpc_status > 0)
		return answer_say(answer, OUTCOME_FAIL, REASON_STATUS, "%s%s%s",
		    status_name(h2->grpc_status),
		    h2->message[0] == '\0' ? "" : ": ", h2->message);
	if (!h2->is_grpc || h2->grpc_status < 0)
		return answer_say(
		    answer, OUTCOME_FAIL, REASON_PROTOCOL, "not a gRPC answer");
	if (serving < 0)
		return answer_say(answer, OUTCOME_FAIL, REASON_PROTOCOL,
		    "a malformed health answer");
	return answer_say(answer,
	    serving == SERVING ? OUTCOME_PASS : OUTCOME_FAIL,
	    serving == SERVING ? REASON_OK : REASON_STATUS, "%s",
	    serving < 4 ? states[serving] : "an unknown serving status");
}

static size_t
build(const struct run *run, uint8_t *out)
{
	const struct probe *probe = run->probe;
	bool v6 = probe->host != NULL && strchr(probe->host, ':') != NULL;
	char authority[300] = "localhost";

	if (probe->host != NULL)
		snprintf(authority, sizeof(authority), "%s%s%s:%u",
		    v6 ? "[" : "", probe->host, v6 ? "]" : "", probe->port);
	return h2_request(out, authority, probe->target,
	    probe->kind == PROBE_GRPCS, run_left_ms(run));
}

/* Returns 0 with *h2 at its end, or -1 with the answer settled. */
static int
call(struct stream *stream, struct h2 *h2)
{
	struct run *run = stream->run;
	uint8_t data[H2_FRAME_MAX];
	size_t size = build(run, data);

	run_note(run, "calling grpc.health.v1.Health/Check \"%s\"",
	    run->probe->target);
	if (net_write(stream, data, size) < 0)
		return -1;
	h2_begin(h2);
	while (h2->state == H2_OPEN) {
		ssize_t n = net_read(
		    stream, data, sizeof(data), "waiting for the answer");

		if (n < 0)
			return -1;
		if (n == 0) {
			answer_say(run->answer, OUTCOME_FAIL, REASON_CLOSED,
			    "the server closed the connection unanswered");
			return -1;
		}
		h2_feed(h2, data, (size_t)n);
		if (h2->send_size > 0 && h2->state == H2_OPEN &&
		    net_write(stream, h2->send, h2->send_size) < 0)
			return -1;
		h2->send_size = 0;
	}
	run_note(run, "%u frames, HTTP status %d, gRPC status %d", h2->frames,
	    h2->http_status, h2->grpc_status);
	return 0;
}

enum outcome
run_grpc(struct run *run)
{
	static struct h2 h2;
	const struct probe *probe = run->probe;
	struct stream stream;

	if (net_open(&stream, run, probe->host, probe->port, probe->path) < 0)
		return (enum outcome)run->answer->outcome;
	if ((probe->kind != PROBE_GRPCS ||
	        net_secure(&stream, probe->host, "h2", NULL, NULL) == 0) &&
	    call(&stream, &h2) == 0)
		judge(run, &h2);
	net_close(&stream);
	return (enum outcome)run->answer->outcome;
}
