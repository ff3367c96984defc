/* SPDX-License-Identifier: MIT */
/* Every path, method and query: what is answered, and who may ask for deeds. */
#include "unit.h"

#include "healthcheck/report.h"
#include "healthcheck/routes.h"

#include <stdio.h>
#include <string.h>

static struct snapshot_service services[2];
static struct snapshot snapshot;
static bool figures;

static const struct snapshot *
gather(bool with_figures)
{
	figures = with_figures;
	return &snapshot;
}

static struct route_context context = {
	.gather = gather, .may_act = true, .now_ms = 1
};

/* api is well, db is a dependency that is down. */
static int
set_up(void **state)
{
	(void)state;
	services[0] = (struct snapshot_service){ .name = "api",
		.state = "up",
		.health = "healthy",
		.says = "",
		.live = true,
		.ready = true,
		.started = true,
		.pid = 7,
		.exit_code = -1 };
	services[1] = (struct snapshot_service){
		.name = "db", .health = "unhealthy", .says = "", .exit_code = -1
	};
	snapshot = (struct snapshot){ .version = "1",
		.state = "running",
		.health = "healthy",
		.services = services,
		.service_count = 1,
		.dependency_count = 1 };
	context.may_act = true;
	context.tcp = false;
	context.version++;
	return documents_init(1 << 16);
}

static struct answer_plan
ask(const char *method, const char *path)
{
	struct answer_plan plan;
	struct request request;
	char text[512];
	int status = 0;

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: h\r\n\r\n",
	    method, path);
	assert_true(request_read(&request, text, strlen(text), &status) > 0);
	route(&request, &context, &plan);
	return plan;
}

static void
assert_answer(const char *method, const char *path, int status,
    const char *type, const char *body)
{
	struct answer_plan plan = ask(method, path);
	const struct writer *writer;

	assert_int_equal(plan.deed, ROUTE_ANSWER);
	if (plan.status != status)
		fail_msg(
		    "%s %s: %d, not %d", method, path, plan.status, status);
	assert_string_equal(plan.type, type);
	assert_non_null(plan.document);
	writer = &plan.document->writer;
	if (memmem(writer->text, writer->used, body, strlen(body)) == NULL)
		fail_msg("%s %s: %.*s, not %s", method, path, (int)writer->used,
		    writer->text, body);
}

#define PLAIN "text/plain; charset=utf-8"
#define JSON  "application/json"

static void
test_health(void **state)
{
	static const char *const pages[] = { "/livez", "/readyz", "/startupz",
		"/healthz" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		assert_answer("GET", pages[i], 200, PLAIN, "ok\n");
		assert_answer("HEAD", pages[i], 200, PLAIN, "ok\n");
		assert_answer("POST", pages[i], 405, JSON, "only to be read");
		snprintf(path, sizeof(path), "%s?verbose", pages[i]);
		assert_answer("GET", path, 200, PLAIN, "[+]api ok\n[-]db ");
		snprintf(path, sizeof(path), "%s/", pages[i]);
		assert_answer("GET", path, 404, JSON, "no such page");
	}
	assert_false(figures);
	services[0].ready = services[0].live = services[0].started = false;
	services[0].health = "unhealthy";
	snprintf(services[0].cause, sizeof(services[0].cause), "api: why");
	for (size_t i = 0; i < COUNT(pages); i++) {
		assert_answer("GET", pages[i], 503, PLAIN, "api: why\n");
		snprintf(path, sizeof(path), "%s?exclude=api", pages[i]);
		assert_answer("GET", path, 200, PLAIN, "ok\n");
		snprintf(path, sizeof(path), "%s?verbose", pages[i]);
		assert_answer("GET", path, 503, PLAIN, " check failed\n");
		snprintf(path, sizeof(path), "%s?service=ap", pages[i]);
		assert_answer("GET", path, 503, PLAIN,
		    "no service \"ap\" (did you mean \"api\"?)\n");
	}
}

static void
test_pages(void **state)
{
	(void)state;
	assert_answer("GET", "/v1/status", 200, JSON, "\"services\":[");
	assert_true(figures);
	assert_answer("GET", "/v1/status?format=tsv", 200,
	    "text/tab-separated-values", "api\tup\thealthy\t7\t0\t-1\t");
	assert_answer("GET", "/v1/services/api", 200, JSON, "\"pid\":7");
	assert_answer("GET", "/v1/services/db", 200, JSON, "\"name\":\"db\"");
	assert_answer("GET", "/v1/services/dbb", 404, JSON, "did you mean");
	assert_answer("GET", "/v1/services/", 404, JSON, "no such page");
	assert_answer("GET", "/v1/services/api/start", 405, JSON, "POSTed");
	assert_string_equal(
	    ask("GET", "/v1/services/api/signal").allow, "POST");
	assert_string_equal(ask("POST", "/v1/services/api").allow, "GET, HEAD");
	assert_string_equal(ask("POST", "/readyz").allow, "GET, HEAD");
	assert_string_equal(ask("PUT", "/readyz").allow, "GET, HEAD, POST");
	assert_null(ask("GET", "/nonsense").allow);
	assert_answer("GET", "/v1/services/api/x", 404, JSON, "no such page");
	assert_answer("POST", "/v1/services/api/x/start", 404, JSON, "no such");
	assert_answer("POST", "/v1/services/api/", 404, JSON, "no such");
	assert_answer("POST", "/nonsense", 404, JSON, "no such page");
	assert_answer("GET", "/v1/events", 200, "application/x-ndjson", "");
	assert_answer("GET", "/metrics", 200,
	    "text/plain; version=0.0.4; charset=utf-8", "hale_service_up{");
	assert_answer("GET", "/nonsense", 404, JSON, "no such page");
	assert_answer("DELETE", "/v1/status", 405, JSON, "are known");
	assert_answer("PUT", "/v1/services/api", 405, JSON, "are known");
	assert_answer("POST", "/metrics", 405, JSON, "only to be read");
	assert_int_equal(ask("GET", "/v1/events?follow").deed, ROUTE_FOLLOW);
}

static void
test_deeds(void **state)
{
	static const struct {
		const char *word;
		enum supervisor_verb verb;
	} deeds[] = { { "start", SUPERVISOR_START },
		{ "stop", SUPERVISOR_STOP }, { "restart", SUPERVISOR_RESTART },
		{ "reload", SUPERVISOR_RELOAD } };
	struct answer_plan plan;
	char path[64];

	(void)state;
	for (size_t i = 0; i < COUNT(deeds); i++) {
		snprintf(
		    path, sizeof(path), "/v1/services/api/%s", deeds[i].word);
		plan = ask("POST", path);
		assert_int_equal(plan.deed, ROUTE_ASK);
		assert_int_equal(plan.verb, deeds[i].verb);
		assert_int_equal(plan.service, 0);
		context.may_act = false;
		assert_answer("POST", path, 403, JSON, "only root");
		context.tcp = true;
		assert_answer("POST", path, 403, JSON, "read-only");
		context.may_act = true;
		context.tcp = false;
		snprintf(
		    path, sizeof(path), "/v1/services/db/%s", deeds[i].word);
		assert_answer("POST", path, 409, JSON, "never started");
		snprintf(
		    path, sizeof(path), "/v1/services/x/%s", deeds[i].word);
		assert_answer("POST", path, 404, JSON, "no service");
	}
	assert_answer("POST", "/v1/services/api/dance", 404, JSON, "no such");
	assert_answer("POST", "/v1/services/api", 405, JSON, "to be read");
	assert_answer("POST", "/v1/services/api/signal", 400, JSON, "missing");
	assert_answer(
	    "POST", "/v1/services/api/signal?name=", 400, JSON, "missing");
	assert_answer("POST", "/v1/services/api/signal?name=NOPE", 400, JSON,
	    "not a signal");
}

static void
test_terminal(void **state)
{
	struct answer_plan plan = ask("POST", "/v1/services/api/exec");

	(void)state;
	assert_int_equal(plan.deed, ROUTE_EXEC);
	assert_false(plan.terminal);
	plan = ask("POST", "/v1/services/api/exec?tty");
	assert_true(plan.terminal);
	assert_string_equal(plan.terminal_type, "");
	plan = ask("POST", "/v1/services/api/exec?tty=xterm-256color");
	assert_true(plan.terminal);
	assert_string_equal(plan.terminal_type, "xterm-256color");
	plan = ask("POST", "/v1/services/api/exec?tty=a=b");
	assert_true(plan.terminal);
	assert_string_equal(plan.terminal_type, "");
	plan =
	    ask("POST", "/v1/services/api/exec?tty=aaaaaaaaaaaaaaaaaaaaaaaaaa"
	                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_true(plan.terminal);
	assert_string_equal(plan.terminal_type, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_health, set_up),
		cmocka_unit_test_setup(test_pages, set_up),
		cmocka_unit_test_setup(test_deeds, set_up),
		cmocka_unit_test_setup(test_terminal, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
