/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include "page.h"
#include "report.h"

#include "supervisor/packed.h"
#include "supervisor/signals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char json_type[] = "application/json";
static const char read_methods[] = "GET, HEAD";
static const char text_type[] = "text/plain; charset=utf-8";

/* Kinds of documents that are worth keeping for the next client. */
enum { DOCUMENT_STATUS = 1, DOCUMENT_METRICS };

const char *
route_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Error";
}

/* A document for this answer, or a 503 without a body. */
static struct writer *
body(struct answer_plan *plan, const struct route_context *context, int kind,
    int status, const char *type)
{
	plan->deed = ROUTE_ANSWER;
	plan->status = status;
	plan->type = type;
	plan->allow = NULL;
	plan->document = document_new(kind, context->version, context->now_ms);
	if (plan->document == NULL) {
		plan->status = 503;
		return NULL;
	}
	return &plan->document->writer;
}

void
route_say(struct answer_plan *plan, const struct route_context *context,
    int status, const char *text)
{
	struct writer *writer = body(plan, context, 0, status, json_type);

	if (writer == NULL)
		return;
	json_open(writer, NULL, '{');
	json_bool(writer, "ok", status < 400);
	json_text(writer, status < 400 ? "message" : "error", text);
	json_close(writer, '}');
	write_text(writer, "\n");
}

void
route_exit(struct answer_plan *plan, const struct route_context *context,
    int exit_status, const char *why)
{
	struct writer *writer = body(plan, context, 0, 200, json_type);

	if (writer == NULL)
		return;
	json_open(writer, NULL, '{');
	json_bool(writer, "ok", exit_status == 0);
	json_number(writer, "exit_code", exit_status);
	json_text(writer, "error", why);
	json_close(writer, '}');
	write_text(writer, "\n");
}

/* What does not fit into the room of a document is our bug: say so. */
static void
finish(struct answer_plan *plan)
{
	if (plan->document != NULL && plan->document->writer.full) {
		plan->status = 503;
		plan->document->kind = 0;
		plan->document->writer.used = 0;
	}
}

static bool
kept(struct answer_plan *plan, const struct route_context *context, int kind,
    const char *type)
{
	struct document *document =
	    document_again(kind, context->version, context->now_ms);

	if (document == NULL)
		return false;
	*plan = (struct answer_plan){
		.deed = ROUTE_ANSWER,
		.status = 200,
		.type = type,
		.document = document,
	};
	return true;
}

static void
answer_status(struct answer_plan *plan, const struct route_context *context)
{
	struct writer *writer;

	if (kept(plan, context, DOCUMENT_STATUS, json_type))
		return;
	writer = body(plan, context, DOCUMENT_STATUS, 200, json_type);
	if (writer != NULL)
		report_status(writer, context->gather(true));
}

/* format=tsv: the same, for `hale status`. */
static void
answer_table(struct answer_plan *plan, const struct route_context *context)
{
	struct writer *writer =
	    body(plan, context, 0, 200, "text/tab-separated-values");

	if (writer != NULL)
		report_table(writer, context->gather(false));
}

static void
answer_metrics(struct answer_plan *plan, const struct route_context *context)
{
	static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
	struct writer *writer;

	if (kept(plan, context, DOCUMENT_METRICS, type))
		return;
	writer = body(plan, context, DOCUMENT_METRICS, 200, type);
	if (writer != NULL && packed_load(PACKED_METRICS) == 0)
		report_metrics(writer, context->gather(true));
}

static void
answer_health(struct answer_plan *plan, const struct route_context *context,
    const struct request *request, enum report_kind kind, const char *name)
{
	struct report_scope scope = { .verbose = false };
	size_t length;
	struct writer *writer = body(plan, context, 0, 200, text_type);

	if (writer == NULL)
		return;
	scope.verbose = request_query(request, "verbose", &length) != NULL;
	scope.service = name != NULL ? name
	                             : request_query(request, "service",
	                                   &scope.service_length);
	if (name != NULL)
		scope.service_length =
		    (size_t)(request->path + request->path_length - name);
	scope.exclude = request;
	scope.starting_ok = request_query(request, "starting", &length) != NULL;
	if (!report_health(writer, context->gather(false), kind, &scope))
		plan->status = 503;
}

/* The number of the service (or dependency) in part, or -1. */
static int64_t
find(const struct snapshot *snapshot, const char *part, size_t length)
{
	size_t count = snapshot->service_count + snapshot->dependency_count;

	for (size_t i = 0; i < count; i++)
		if (strlen(snapshot->services[i].name) == length &&
		    memcmp(snapshot->services[i].name, part, length) == 0)
			return (int64_t)i;
	return -1;
}

static void
answer_events(struct answer_plan *plan, const struct route_context *context,
    const struct request *request)
{
	struct supervisor_event event;
	uint64_t next = 0;
	size_t length;
	struct writer *writer;

	if (request_query(request, "follow", &length) != NULL) {
		plan->deed = ROUTE_FOLLOW;
		return;
	}
	writer = body(plan, context, 0, 200, "application/x-ndjson");
	if (writer == NULL)
		return;
	while (supervisor_event(&next, &event)) {
		struct supervisor_view view;

		supervisor_look(event.index, &view);
		report_event(writer, view.name, &event);
	}
}

static void
answer_signal(struct answer_plan *plan, const struct route_context *context,
    const struct request *request, uint32_t service)
{
	size_t length = 0;
	const char *name = request_query(request, "name", &length);
	char text[SIGNALS_NAME_BYTES];
	int sig;

	if (name == NULL || length == 0 || length >= sizeof(text)) {
		route_say(plan, context, 400, "signal?name=SIG is missing");
		return;
	}
	memcpy(text, name, length);
	text[length] = '\0';
	sig = signals_parse(text);
	if (sig == 0) {
		route_say(plan, context, 400, "that is not a signal");
		return;
	}
	if (supervisor_signal(service, sig) == 0)
		route_say(plan, context, 200, "signal sent");
	else
		route_say(plan, context, 409,
		    errno == ESRCH ? "it is not running" : strerror(errno));
}

/* ?tty, or ?tty=TERM: names of terminals have no other characters. */
static void
take_terminal(struct answer_plan *plan, const struct request *request)
{
	size_t length;
	const char *type = request_query(request, "tty", &length);

	plan->terminal = type != NULL;
	if (type == NULL || length >= sizeof(plan->terminal_type))
		return;
	for (size_t i = 0; i < length; i++)
		if ((type[i] | 0x20) < 'a' || (type[i] | 0x20) > 'z')
			if ((type[i] < '0' || type[i] > '9') &&
			    strchr("+-._", type[i]) == NULL)
				return;
	memcpy(plan->terminal_type, type, length);
}

/* What follows the name of a service: "/start" is the deed "start". */
struct deed {
	const char *word;
	size_t length; /* 0: there is none */
};

static struct deed
deed_of(const struct request *request, const char *part, size_t length)
{
	const char *end = request->path + request->path_length;
	const char *word = part + length;

	return word == end
	           ? (struct deed){ word, 0 }
	           : (struct deed){ word + 1, (size_t)(end - word) - 1 };
}

static bool
is_deed(struct deed deed, const char *word)
{
	return strlen(word) == deed.length &&
	       memcmp(deed.word, word, deed.length) == 0;
}

static const struct {
	const char *word;
	enum supervisor_verb verb;
} verbs[] = {
	{ "start", SUPERVISOR_START },
	{ "stop", SUPERVISOR_STOP },
	{ "restart", SUPERVISOR_RESTART },
	{ "reload", SUPERVISOR_RELOAD },
};

static bool
is_any_deed(struct deed deed)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (is_deed(deed, verbs[i].word))
			return true;
	return is_deed(deed, "signal") || is_deed(deed, "exec");
}

/* 405; allow is what the path does allow. */
static void
refuse_method(struct answer_plan *plan, const struct route_context *context,
    const char *allow, const char *text)
{
	route_say(plan, context, 405, text);
	plan->allow = allow;
}

static void
act_on_service(struct answer_plan *plan, const struct route_context *context,
    const struct request *request, uint32_t service, struct deed deed)
{
	if (!context->may_act) {
		route_say(plan, context, 403,
		    context->tcp ? "this listener is read-only"
		                 : "only root and the user that PID 1 runs as "
		                   "may do that");
		return;
	}
	if (is_deed(deed, "exec")) {
		plan->deed = ROUTE_EXEC;
		plan->service = service;
		take_terminal(plan, request);
		return;
	}
	if (is_deed(deed, "signal")) {
		answer_signal(plan, context, request, service);
		return;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (is_deed(deed, verbs[i].word)) {
			plan->deed = ROUTE_ASK;
			plan->verb = verbs[i].verb;
			plan->service = service;
			return;
		}
	route_say(plan, context, 404, "no such action");
}

static void
route_service(const struct request *request,
    const struct route_context *context, struct answer_plan *plan,
    const char *part, size_t length)
{
	const struct snapshot *snapshot =
	    context->gather(request->method != REQUEST_POST);
	int64_t index = find(snapshot, part, length);
	bool is_dependency = index >= (int64_t)snapshot->service_count;
	struct deed deed = deed_of(request, part, length);
	struct writer *writer;
	char text[200];

	if (index < 0) {
		route_say(plan, context, 404,
		    report_unknown(snapshot, part, length, text, sizeof(text)));
	} else if (part + length != request->path + request->path_length &&
	           !is_any_deed(deed)) {
		route_say(plan, context, 404,
		    request->method == REQUEST_POST ? "no such action"
		                                    : "no such page");
	} else if (deed.length == 0 && request->method == REQUEST_POST) {
		refuse_method(
		    plan, context, read_methods, "this is only to be read");
	} else if (deed.length > 0 && request->method != REQUEST_POST) {
		refuse_method(plan, context, "POST", "this is to be POSTed");
	} else if (deed.length > 0 && is_dependency) {
		route_say(plan, context, 409,
		    "it is a dependency: probed, never started");
	} else if (deed.length > 0) {
		act_on_service(plan, context, request, (uint32_t)index, deed);
	} else {
		writer = body(plan, context, 0, 200, json_type);
		if (writer != NULL)
			report_service(
			    writer, snapshot, &snapshot->services[index]);
	}
}

static void
answer_page(struct answer_plan *plan, const struct route_context *context)
{
	struct writer *writer =
	    body(plan, context, 0, 200, "text/html; charset=utf-8");

	if (writer != NULL)
		write_bytes(writer, page_text(), page_size());
}

static bool
route_page(const struct request *request, const struct route_context *context,
    struct answer_plan *plan)
{
	size_t length;

	for (int kind = 0; kind < REPORT_KINDS; kind++) {
		const char *name = NULL;
		char path[16];

		snprintf(path, sizeof(path), "/%s/",
		    report_kind_name((enum report_kind)kind));
		/* /readyz/NAME is /readyz?service=NAME, as kubelet knows it. */
		if (request_part(request, path, &name) == 0) {
			path[strlen(path) - 1] = '\0';
			if (!request_is(request, path))
				continue;
			name = NULL;
		}
		answer_health(
		    plan, context, request, (enum report_kind)kind, name);
		return true;
	}
	if (request_is(request, "/v1/status") &&
	    request_query(request, "format", &length) != NULL)
		answer_table(plan, context);
	else if (request_is(request, "/v1/status"))
		answer_status(plan, context);
	else if (request_is(request, "/metrics"))
		answer_metrics(plan, context);
	else if (request_is(request, "/v1/events"))
		answer_events(plan, context, request);
	else if (page_size() > 0 && request_is(request, "/"))
		answer_page(plan, context);
	else
		return false;
	return true;
}

void
route(const struct request *request, const struct route_context *context,
    struct answer_plan *plan)
{
	const char *part = NULL;
	size_t length = request_part(request, "/v1/services/", &part);

	*plan = (struct answer_plan){ .deed = ROUTE_ANSWER, .status = 404 };
	if (request->method == REQUEST_OTHER)
		refuse_method(plan, context, "GET, HEAD, POST",
		    "GET, HEAD and POST are known");
	else if (length > 0)
		route_service(request, context, plan, part, length);
	else if (!route_page(request, context, plan))
		route_say(plan, context, 404, "no such page");
	else if (request->method == REQUEST_POST)
		refuse_method(
		    plan, context, read_methods, "this is only to be read");
	finish(plan);
}
