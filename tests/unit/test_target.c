/* SPDX-License-Identifier: MIT */
/* PROBEs as people write them, on the command line and in the file. */
#include "unit.h"

#include <string.h>

#include "healthcheck/probe.h"
#include "healthcheck/target.h"

static void
test_probes(void **state)
{
	static const struct {
		const char *text;
		enum probe_kind kind;
		const char *host, *path, *target, *label;
		int port;
	} rows[] = {
		{ "http://db:8080/health?x=1&y=2", PROBE_HTTP, "db", NULL,
		    "/health?x=1&y=2", "http db:8080/health?x=1&y=2", 8080 },
		{ "http://db", PROBE_HTTP, "db", NULL, "/", "http db", 80 },
		{ "http://db?x", PROBE_HTTP, "db", NULL, "/?x", "http db?x",
		    80 },
		{ "https://[::1]/", PROBE_HTTPS, "::1", NULL, "/",
		    "https [::1]/", 443 },
		{ "https://[fe80::1%2]:8443", PROBE_HTTPS, "fe80::1%2", NULL,
		    "/", "https [fe80::1%2]:8443", 8443 },
		{ "http+unix:///run/x.sock:/path", PROBE_HTTP, NULL,
		    "/run/x.sock", "/path", "http /run/x.sock:/path", 0 },
		{ "http+unix:///run/x.sock", PROBE_HTTP, NULL, "/run/x.sock",
		    "/", "http /run/x.sock", 0 },
		{ "tcp://db:5432", PROBE_TCP, "db", NULL, NULL, "tcp db:5432",
		    5432 },
		{ "tcp://db:6379?send=PING\\r\\n&expect=%2BPONG", PROBE_TCP,
		    "db", NULL, NULL, "tcp db:6379", 6379 },
		{ "unix:///run/x.sock", PROBE_UNIX, NULL, "/run/x.sock", "",
		    "unix /run/x.sock", 0 },
		{ "grpc://db:50051", PROBE_GRPC, "db", NULL, "",
		    "grpc db:50051", 50051 },
		{ "grpcs://db:50051/a.B", PROBE_GRPCS, "db", NULL, "a.B",
		    "grpcs db:50051/a.B", 50051 },
		{ "grpc+unix:///run/g:a.B", PROBE_GRPC, NULL, "/run/g", "a.B",
		    "grpc /run/g:a.B", 0 },
		{ "cert://db:8443?days=3", PROBE_CERT, "db", NULL, NULL,
		    "cert db:8443", 8443 },
		{ "cert:///c.pem?days=14", PROBE_CERT, NULL, "/c.pem", NULL,
		    "cert /c.pem", 0 },
		{ "file:///tmp/beat%20x?max_age=60s", PROBE_FILE, NULL,
		    "/tmp/beat x", NULL, "file /tmp/beat%20x", 0 },
		{ "disk:///var?free=10%", PROBE_DISK, NULL, "/var", NULL,
		    "disk /var", 0 },
		{ "memory://?free=5%", PROBE_MEMORY, NULL, NULL, NULL, "memory",
		    0 },
		{ "process://?rss=512m&fds=1000", PROBE_PROCESS, NULL, NULL,
		    NULL, "process", 0 },
		{ "dns://name.example", PROBE_DNS, "name.example", NULL, NULL,
		    "dns name.example", 53 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct probe probe;
		struct conf_error err = { 0 };

		probe_init(&probe);
		if (probe_parse(&probe, rows[i].text, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_int_equal(probe.kind, rows[i].kind);
		assert_int_equal(probe.port, rows[i].port);
		assert_string_equal(probe.label, rows[i].label);
		assert_int_equal(probe.host == NULL, rows[i].host == NULL);
		if (rows[i].host != NULL)
			assert_string_equal(probe.host, rows[i].host);
		assert_int_equal(probe.path == NULL, rows[i].path == NULL);
		if (rows[i].path != NULL)
			assert_string_equal(probe.path, rows[i].path);
		if (rows[i].target != NULL)
			assert_string_equal(probe.target, rows[i].target);
		probe_finish(&probe);
	}
}

static void
test_a_refusal_says_why_and_changes_nothing(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "ftp://x",
		    "\"ftp://x\" is not a probe (http://, tcp://, exec:, "
		    "...)" },
		{ "", "\"\" is not a probe (http://, tcp://, exec:, ...)" },
		{ "http:x", "\"http:x\": no :// behind the scheme" },
		{ "unix:/x", "\"unix:/x\": no :// behind the scheme" },
		{ "file:/a://b", "\"file:/a://b\": no :// behind the scheme" },
		{ "http+unix:/x",
		    "\"http+unix:/x\": no :// behind the scheme" },
		{ "http://", "no host name, or too long a one" },
		{ "http://a b/", "a host name is ASCII, without spaces" },
		{ "http://b\xfc"
		  "cher/",
		    "a host name is ASCII, without spaces" },
		{ "tcp://[fe80::1%eth0]:1",
		    "\"%eth0\": the zone of an address is a number" },
		{ "tcp://[fe80::1%25lo]:1",
		    "\"%25lo\": the zone of an address is a number" },
		{ "http://a/ b", "a URL holds no spaces" },
		{ "http://u:p@h/",
		    "no user or password in a URL: send a header instead" },
		{ "http://[::1/", "\"[::1\": no ] where it belongs" },
		{ "http://::1/",
		    "\"::1\": write an IPv6 address in [brackets]" },
		{ "http://a/#expect_status=abc",
		    "expect_status: \"abc\" is not like 200-299,404" },
		{ "tcp://h", "\"h\" has no port" },
		{ "tcp://h:0", "\"0\" is not a port from 1 to 65535" },
		{ "tcp://h:65536", "\"65536\" is not a port from 1 to 65535" },
		{ "tcp://h:+80", "\"+80\" is not a port from 1 to 65535" },
		{ "tcp://h:1?days=3", "a tcp probe has no option \"days\"" },
		{ "tcp://h:1?send", "option \"send\" has no value" },
		{ "tcp://h:1?send=\\q",
		    "send: an escape is not known, or it is longer than 1024 "
		    "bytes" },
		{ "unix://x", "\"x\" is not the absolute path of a socket" },
		{ "disk:///", "a disk probe needs free=10% or free=512m" },
		{ "disk:///?free=101%",
		    "free: \"101%\" is neither a percentage nor a size" },
		{ "memory://?free=x",
		    "free: \"x\" is neither a percentage nor a size" },
		{ "process://", "a process probe needs rss or fds" },
		{ "dns://a:53", "dns asks for a name alone" },
		{ "file://x", "\"x\" is not an absolute path" },
		{ "file:///x?max_age=x",
		    "max_age: \"x\" is not a duration such as 250ms, 10s or "
		    "1m30s" },
		{ "cert:///x?days=-1", "days: -1 is not within 0 to 36500" },
		{ "tcp://h:1?send=%00", "send: write NUL as \\0" },
		{ "tcp://h:1?expect=\\q",
		    "expect: an escape is not known, or it is longer than "
		    "1024 bytes" },
		{ "http+unix:///x.sock:y",
		    "the path after the socket begins with /" },
		{ "http+unix:///x.sock:/a b", "a URL holds no spaces" },
		{ "http+unix://x",
		    "\"x\" is not the absolute path of a socket" },
		{ "unix:///a:b", "a socket's path holds no colon" },
		{ "http://h/#method=get", "method: \"get\"" },
		{ "http://h/#warn_status=4xx",
		    "warn_status: \"4xx\" is not like 200-299,404" },
		{ "grpc://h", "\"h\" has no port" },
		{ "http://[::1]x/", "\"[::1]x\": no ] where it belongs" },
		{ "exec:", "exec: no command" },
		{ "exec:'a", "exec: a quote is open" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct probe before, after;
		struct conf_error err = { 0 };

		probe_init(&before);
		probe_init(&after);
		assert_int_equal(probe_parse(&after, rows[i].text, &err), -1);
		assert_string_equal(err.text, rows[i].why);
		assert_memory_equal(&before, &after, sizeof(after));
	}
}

static void
test_composes_test_in_its_forms(void **state)
{
	static const char *cmd[] = { "CMD", "curl", "-f", NULL };
	static const char *shell[] = { "CMD-SHELL", "a || b", NULL };
	static const char *text[] = { "a || b", NULL };
	static const char *none[] = { "NONE", NULL };
	static const char *bare[] = { "CMD", NULL };
	static const char *wrong[] = { "curl", "-f", NULL };
	static const struct {
		const char **words;
		size_t count;
		int done;
		enum probe_kind kind;
		const char *first, *last;
	} rows[] = {
		{ cmd, 3, 0, PROBE_EXEC, "curl", "-f" },
		{ shell, 2, 0, PROBE_EXEC, "/bin/sh", "a || b" },
		{ text, 1, 0, PROBE_EXEC, "/bin/sh", "a || b" },
		{ none, 1, 0, PROBE_NONE, NULL, NULL },
		{ bare, 1, -1, PROBE_NONE, NULL, NULL },
		{ wrong, 2, -1, PROBE_NONE, NULL, NULL },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct probe probe;
		struct conf_error err;
		const char *const *argv;

		probe_init(&probe);
		probe.test.items = rows[i].words;
		probe.test.count = rows[i].count;
		assert_int_equal(probe_check(&probe, &err), rows[i].done);
		if (rows[i].first == NULL)
			continue;
		assert_int_equal(probe.kind, rows[i].kind);
		argv = probe_argv(&probe);
		assert_string_equal(argv[0], rows[i].first);
		while (argv[1] != NULL)
			argv++;
		assert_string_equal(argv[0], rows[i].last);
		probe_finish(&probe);
	}
}

static void
test_a_probe_asks_one_thing(void **state)
{
	struct probe probe;
	struct conf_error err;
	(void)state;

	probe_init(&probe);
	assert_int_equal(probe_check(&probe, &err), -1);
	probe.ask[ASK_TCP] = "db:5432";
	probe.ask[ASK_HTTP] = "http://db/";
	assert_int_equal(probe_check(&probe, &err), -1);
	assert_string_equal(err.text, "asks more than one thing");
	probe.ask[ASK_HTTP] = NULL;
	assert_int_equal(probe_check(&probe, &err), 0);
	assert_string_equal(probe.host, "db");
	probe_finish(&probe);
}

static void
test_nothing_breaks_out_of_its_line(void **state)
{
	static const struct {
		const char *name, *value;
		int done;
	} rows[] = {
		{ "X-A", "b: c", 0 },
		{ "X-A", "", 0 },
		{ "X-A", NULL, 0 },
		{ "", "b", -1 },
		{ "X A", "b", -1 },
		{ "X:A", "b", -1 },
		{ "X-A", "b\r\nHost: c", -1 },
		{ "X-A\n", "b", -1 },
	};
	char service[300];
	struct conf_error err;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf_pair pair = {
			.name = (char *)(uintptr_t)rows[i].name,
			.value = (char *)(uintptr_t)rows[i].value,
		};
		struct probe probe;

		probe_init(&probe);
		probe.headers.pairs = &pair;
		probe.headers.count = 1;
		assert_int_equal(
		    probe_parse(&probe, "http://db/", &err), rows[i].done);
		if (rows[i].done == 0)
			probe_finish(&probe);
		else
			assert_memory_equal(err.text, "headers: ", 9);
	}
	memset(service, 'x', sizeof(service) - 1);
	service[sizeof(service) - 1] = '\0';
	memcpy(service, "grpc://db:1/", 12);
	for (int done = -1; done <= 0; done++) {
		struct probe probe;

		probe_init(&probe);
		assert_int_equal(probe_parse(&probe, service, &err), done);
		if (done == 0)
			probe_finish(&probe);
		service[12 + 200] = '\0'; /* as long as one may be */
	}
}

static void
test_defaults_are_dockers(void **state)
{
	struct probe probe, liveness = { 0 };
	(void)state;

	probe_init(&probe);
	assert_int_equal(probe.interval_ms, 30000);
	assert_int_equal(probe.timeout_ms, 30000);
	assert_int_equal(probe.start_period_ms, 0);
	assert_int_equal(probe.start_interval_ms, 5000);
	assert_int_equal(probe.retries, 3);
	assert_int_equal(probe.success_retries, 1);
	assert_int_equal(probe.on_unhealthy, ACTION_NONE);
	assert_int_equal(conf_defaults(&liveness, &probe_liveness_table), 0);
	assert_int_equal(liveness.on_unhealthy, ACTION_RESTART);
}

static void
test_bytes(void **state)
{
	char out[16];
	(void)state;

	assert_int_equal(
	    target_bytes(out, sizeof(out), "a\\r\\n\\x00\\101"), 5);
	assert_memory_equal(out, "a\r\n\0A", 5);
	assert_int_equal(target_bytes(out, 2, "abc"), -1);
	assert_int_equal(target_bytes(out, sizeof(out), "\\"), -1);
	assert_int_equal(target_bytes(out, sizeof(out), "\\xg0"), -1);
	assert_int_equal(target_bytes(out, sizeof(out), "\\777"), -1);
}

static void
test_amounts(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
		int percent; /* -1: refused */
	} rows[] = {
		{ "10%", 10, 1 },
		{ "0%", 0, 1 },
		{ "512m", INT64_C(512) << 20, 0 },
		{ "512mb", INT64_C(512) << 20, 0 },
		{ "2G", INT64_C(2) << 30, 0 },
		{ "7", 7, 0 },
		{ "101%", 0, -1 },
		{ "", 0, -1 },
		{ "-1", 0, -1 },
		{ "1x", 0, -1 },
		{ "1mm", 0, -1 },
		{ "99999999999999999999", 0, -1 },
		{ "9999999999999t", 0, -1 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct probe_amount amount = { 77, true };

		assert_int_equal(target_amount(&amount, rows[i].text),
		    rows[i].percent < 0 ? -1 : 0);
		assert_int_equal(
		    amount.value, rows[i].percent < 0 ? 77 : rows[i].value);
		if (rows[i].percent >= 0)
			assert_int_equal(amount.percent, rows[i].percent);
	}
}

static void
test_words(void **state)
{
	struct probe probe;
	struct conf_error err;
	(void)state;

	probe_init(&probe);
	assert_int_equal(probe_parse(&probe,
	                     "exec:sh -c \"a 'b' \\\"c\\\"\" d\\ e ''", &err),
	    0);
	assert_string_equal(probe_argv(&probe)[0], "sh");
	assert_string_equal(probe_argv(&probe)[2], "a 'b' \"c\"");
	assert_string_equal(probe_argv(&probe)[3], "d e");
	assert_string_equal(probe_argv(&probe)[4], "");
	assert_null(probe_argv(&probe)[5]);
	probe_finish(&probe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_a_refusal_says_why_and_changes_nothing),
		cmocka_unit_test(test_composes_test_in_its_forms),
		cmocka_unit_test(test_a_probe_asks_one_thing),
		cmocka_unit_test(test_nothing_breaks_out_of_its_line),
		cmocka_unit_test(test_defaults_are_dockers),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
