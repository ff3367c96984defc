/* SPDX-License-Identifier: MIT */
/* A snapshot in words: who is well, who isn't, and what a client reads. */
#include "unit.h"

#include "healthcheck/probe.h"
#include "healthcheck/report.h"
#include "healthcheck/request.h"
#include "healthcheck/verdict.h"
#include "supervisor/core.h"
#include "supervisor/supervisor.h"

#include <string.h>

static char text[16384];
static struct writer writer;
static struct tally tally;
static struct snapshot_probe probe = { .name = "healthcheck",
	.kind = "ready",
	.type = "http",
	.target = "http://127.0.0.1/",
	.tally = &tally };
static struct snapshot_service services[3];
static struct snapshot snapshot;

/* web is well, db is not, cache is a dependency that is down. */
static int
set_up(void **state)
{
	(void)state;
	memset(services, 0, sizeof(services));
	memset(&tally, 0, sizeof(tally));
	services[0] = (struct snapshot_service){ .name = "web",
		.state = "up",
		.health = "healthy",
		.says = "fine",
		.wanted = true,
		.live = true,
		.ready = true,
		.started = true,
		.pid = 12,
		.exit_code = -1,
		.since_wall_ms = 60000,
		.probe_count = 1,
		.resources = { 1500, 4096, -1, 2 } };
	services[1] = (struct snapshot_service){ .name = "db",
		.state = "backoff",
		.health = "unhealthy",
		.says = "",
		.cause = "db: exited\twith 3",
		.live = true,
		.exit_code = 3,
		.restarts = 4,
		.since_wall_ms = 61000,
		.resources = { -1, -1, -1, -1 } };
	services[2] = (struct snapshot_service){ .name = "cache",
		.health = "unhealthy",
		.says = "",
		.cause = "",
		.exit_code = -1 };
	snapshot = (struct snapshot){ .version = "1.2.3",
		.state = "running",
		.health = "unhealthy",
		.cause = "db: exited",
		.pid = 1,
		.uptime_ms = 65001,
		.now_ms = 5000,
		.wall_ms = 65000,
		.services = services,
		.service_count = 2,
		.dependency_count = 1,
		.probes = &probe,
		.probe_count = 1,
		.memory_bytes = 1,
		.memory_limit_bytes = -1,
		.cpu_usec = 7,
		.pids = -1,
		.pressure = { { -1, -1, -1, -1 }, { 1500000, 20, 123, 0 },
		    { -1, -1, -1, -1 } },
		.disk_bytes = 4096,
		.disk_free_bytes = -1,
		.own = { 0, 1, 2, 3 } };
	return 0;
}

static const char *
written(void)
{
	assert_false(writer.full);
	assert_true(writer.used < sizeof(text));
	text[writer.used] = '\0';
	return text;
}

static bool
ask(enum report_kind kind, const struct report_scope *scope)
{
	writer = (struct writer){ .text = text, .size = sizeof(text) };
	return report_health(&writer, &snapshot, kind, scope);
}

static void
test_yes(void **state)
{
	(void)state;
	assert_true(ask(REPORT_LIVE, &(struct report_scope){ 0 }));
	assert_string_equal(written(), "ok\n");
	assert_string_equal(report_kind_name(REPORT_LIVE), "livez");
}

static void
test_no(void **state)
{
	(void)state;
	assert_false(ask(REPORT_READY, &(struct report_scope){ 0 }));
	assert_string_equal(written(), "db: exited\twith 3\n");
	services[1].cause[0] = '\0';
	assert_false(ask(REPORT_STARTUP, &(struct report_scope){ 0 }));
	assert_string_equal(written(), "db: backoff\n");
	assert_false(ask(REPORT_HEALTH, &(struct report_scope){ 0 }));
	assert_string_equal(written(), "db: backoff\n");
}

/* A dependency that is down is shown, but does not decide. */
static void
test_verbose(void **state)
{
	struct report_scope scope = { .verbose = true };
	(void)state;

	services[1].ready = true;
	assert_true(ask(REPORT_READY, &scope));
	assert_string_equal(written(),
	    "[+]web ok\n[+]db ok\n[-]cache failed: unhealthy\n"
	    "readyz check passed\n");
	services[1].ready = false;
	assert_false(ask(REPORT_READY, &scope));
	assert_non_null(
	    strstr(written(), "[-]db failed: db: exited\twith 3\n"));
	assert_non_null(strstr(text, "readyz check failed\n"));
}

static void
test_scope(void **state)
{
	struct request db = { .query = "x&exclude=web&exclude=db" };
	struct request d = { .query = "exclude=d" };
	(void)state;
	db.query_length = strlen(db.query);
	d.query_length = strlen(d.query);
	assert_true(ask(REPORT_READY,
	    &(struct report_scope){ .service = "webby", .service_length = 3 }));
	assert_string_equal(written(), "ok\n");
	assert_false(ask(REPORT_READY,
	    &(struct report_scope){ .service = "db", .service_length = 2 }));
	assert_false(ask(REPORT_HEALTH,
	    &(struct report_scope){ .service = "cache", .service_length = 5 }));
	assert_string_equal(written(), "cache: unhealthy\n");
	assert_false(ask(REPORT_READY,
	    &(struct report_scope){ .service = "webby", .service_length = 5 }));
	assert_string_equal(written(), "no service \"webby\"\n");
	assert_true(
	    ask(REPORT_READY, &(struct report_scope){ .exclude = &db }));
	assert_string_equal(written(), "ok\n");
	assert_false(
	    ask(REPORT_READY, &(struct report_scope){ .exclude = &d }));
}

static void
test_starting(void **state)
{
	struct report_scope scope = { .starting_ok = true };
	(void)state;

	services[1].health = "starting";
	assert_true(ask(REPORT_HEALTH, &scope));
	scope.starting_ok = false;
	assert_false(ask(REPORT_HEALTH, &scope));
}

static void
test_table(void **state)
{
	(void)state;
	writer = (struct writer){ .text = text, .size = sizeof(text) };
	report_table(&writer, &snapshot);
	assert_string_equal(written(),
	    "1.2.3\trunning\tunhealthy\t1\t0\t-1\t65\tdb: exited\t\n"
	    "web\tup\thealthy\t12\t0\t-1\t5\tfine\t\n"
	    "db\tbackoff\tunhealthy\t0\t4\t3\t4\tdb: exited with 3\t\n"
	    "cache\t-\tunhealthy\t0\t0\t-1\t65\t\t\n");
}

static void
test_service(void **state)
{
	struct probe asked = { 0 };
	struct answer answer = { 0 };
	(void)state;

	asked.retries = asked.success_retries = 1;
	verdict_begin(&tally, 0);
	answer_say(&answer, OUTCOME_FAIL, REASON_CLOSED, "closed \"it\"");
	answer.duration_us = 1500;
	verdict_count(&tally, &asked, &answer, 4000);
	writer = (struct writer){ .text = text, .size = sizeof(text) };
	report_service(&writer, &snapshot, &services[0]);
	assert_string_equal(written(),
	    "{\"name\":\"web\",\"state\":\"up\",\"wanted\":true,"
	    "\"health\":\"healthy\",\"cause\":null,\"live\":true,"
	    "\"ready\":true,\"started\":true,\"pid\":12,\"restarts\":0,"
	    "\"exit_code\":null,\"status_text\":\"fine\","
	    "\"since\":\"1970-01-01T00:01:00.000Z\",\"probes\":[{"
	    "\"name\":\"healthcheck\",\"kind\":\"ready\",\"type\":\"http\","
	    "\"target\":\"http://127.0.0.1/\",\"status\":\"unhealthy\","
	    "\"consecutive\":1,\"flapping\":false,\"duration_ms\":1.500,"
	    "\"last_text\":\"closed \\\"it\\\"\",\"last_output\":\"\","
	    "\"history\":[{\"time\":\"1970-01-01T00:01:04.000Z\","
	    "\"outcome\":\"fail\",\"reason\":\"closed\",\"code\":0,"
	    "\"duration_ms\":1.500,\"text\":\"closed \\\"it\\\"\"}]}],"
	    "\"resources\":{\"cpu_seconds\":1.500,\"rss_bytes\":4096,"
	    "\"fds\":null,\"threads\":2}}\n");
}

/* A dependency has no process: none of what a process has is said of it. */
static void
test_status(void **state)
{
	const char *cache;
	(void)state;

	writer = (struct writer){ .text = text, .size = sizeof(text) };
	report_status(&writer, &snapshot);
	assert_memory_equal(
	    written(), "{\"hale\":{\"version\":\"1.2.3\",\"pid\":1,", 35);
	assert_non_null(strstr(text, "\"uptime_seconds\":65.001"));
	assert_non_null(strstr(text, "\"container\":{\"memory_bytes\":1,"
	                             "\"memory_limit_bytes\":null,"
	                             "\"cpu_seconds\":0.000007,"
	                             "\"pids\":null,\"disk_bytes\":4096,"
	                             "\"disk_free_bytes\":null,\"pressure\":{"
	                             "\"scope\":\"machine\",\"cpu\":{"));
	assert_non_null(strstr(text,
	    "\"memory\":{\"some_avg10\":1.23,\"full_avg10\":0.00,"
	    "\"some_seconds\":1.500000,\"full_seconds\":0.000020},\"io\":{"
	    "\"some_avg10\":null"));
	cache = strstr(text, "\"dependencies\":[");
	assert_non_null(cache);
	assert_non_null(strstr(cache, "\"name\":\"cache\""));
	assert_null(strstr(cache, "\"restarts\""));
	assert_null(strstr(cache, "\"state\""));
}

static void
test_event(void **state)
{
	struct supervisor_event event = { .wall_ms = 1,
		.generation = 2,
		.exit_code = -1,
		.from = SERVICE_STARTING,
		.to = SERVICE_UP,
		.why = WHY_READY };
	(void)state;

	writer = (struct writer){ .text = text, .size = sizeof(text) };
	report_event(&writer, "web", &event);
	assert_string_equal(written(),
	    "{\"time\":\"1970-01-01T00:00:00.001Z\",\"service\":\"web\","
	    "\"from\":\"starting\",\"to\":\"up\",\"why\":\"ready\","
	    "\"generation\":2,\"exit_code\":null}\n");
}

/* Each metric has its help once, before it, and a value on each line. */
static void
test_metrics(void **state)
{
	char *line, *rest;
	char family[128] = "";
	size_t lines = 0;
	(void)state;

	writer = (struct writer){ .text = text, .size = sizeof(text) };
	services[0].name = "we\"b";
	report_metrics(&writer, &snapshot);
	written();
	assert_non_null(strstr(text, "service=\"we\\\"b\""));
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest), lines++) {
		if (strncmp(line, "# HELP ", 7) == 0)
			continue;
		if (strncmp(line, "# TYPE ", 7) == 0) {
			size_t size = strcspn(line + 7, " ");

			assert_true(size < sizeof(family));
			memcpy(family, line + 7, size);
			family[size] = '\0';
			continue;
		}
		assert_memory_equal(line, family, strlen(family));
		assert_non_null(strrchr(line, ' '));
		assert_true(strrchr(line, ' ')[1] != '\0');
	}
	assert_true(lines > 20);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_yes, set_up),
		cmocka_unit_test_setup(test_no, set_up),
		cmocka_unit_test_setup(test_verbose, set_up),
		cmocka_unit_test_setup(test_scope, set_up),
		cmocka_unit_test_setup(test_starting, set_up),
		cmocka_unit_test_setup(test_table, set_up),
		cmocka_unit_test_setup(test_service, set_up),
		cmocka_unit_test_setup(test_status, set_up),
		cmocka_unit_test_setup(test_event, set_up),
		cmocka_unit_test_setup(test_metrics, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
