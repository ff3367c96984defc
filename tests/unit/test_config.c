/* SPDX-License-Identifier: MIT */
/* What a file says, where it is wrong, and in which words. */
#include "unit.h"

#include "supervisor/config_show.h"
#include "supervisor/config_words.h"
#include "supervisor/tree.h"

#include "tests/fuzz/extensions.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char set[] = "SET=value", hale_x[] = "HALE_X=1";
static char *const variables[] = { set, hale_x, NULL };

static struct config_source
source_of(const char *text)
{
	return (struct config_source){ .path = "f",
		.text = text,
		.text_size = strlen(text),
		.environ = variables,
		.extensions = test_extensions,
		.extension_count = TEST_EXTENSIONS };
}

static int
load(struct config *config, const char *text)
{
	struct config_source source = source_of(text);

	return config_load(config, &source);
}

static const char *
item(const struct conf_list *list, size_t i)
{
	return i < list->count ? list->items[i] : "(none)";
}

static int
release(void **state)
{
	(void)state;
	conf_release();
	return 0;
}

/* ---- what is wrong ---- */

static void
test_one_error(void **state)
{
#define S "services: {a: {command: [x]"
	static const struct {
		const char *text, *first;
	} rows[] = {
		{ "services:\n  api:\n    command: [x]\n    helthcheck: {}\n",
		    "f:4:5: services.api.helthcheck: unknown key (did you "
		    "mean \"healthcheck\"?)\n    helthcheck: {}\n    ^" },
		{ "service: {}", "f:1:1: service: unknown key (did you mean "
		                 "\"services\"?)\nservice: {}\n^" },
		{ "services: []", "f:1:11: services: must be a mapping, not a "
		                  "list\nservices: []\n          ^" },
		{ "services: {a: 3}", "f:1:15: services.a: must be a mapping, "
		                      "not plain text\nservices: {a: 3}\n"
		                      "              ^" },
		{ "[a]", "f:1:1: must be a mapping, not a list\n[a]\n^" },
		{ "", "f: has no services" },
		{ "services: {a: {}}", "f:1:12: services.a: has no command\n"
		                       "services: {a: {}}\n           ^" },
		{ "services: {a: {command: }}",
		    "f:1:16: services.a.command: is empty\nservices: {a: "
		    "{command: }}\n               ^" },
		{ "services: {\"a b\": {}}",
		    "f:1:12: services.a b: is no name: letters, digits, and "
		    ". _ - inside\nservices: {\"a b\": {}}\n           ^" },
		{ "services:\n a: {command: [x]}\n a: {command: [y]}\n",
		    "f:3:2: services.a: duplicate key (first on line 2)\n a: "
		    "{command: [y]}\n ^" },
		{ S ", restart: sometimes}}",
		    "f:1:39: services.a.restart: \"sometimes\" is not one of "
		    "no, on-failure, always, unless-stopped\n" S
		    ", restart: sometimes}}\n"
		    "                                      ^" },
		{ S ", depends_on: [b]}, bb: {command: x}}",
		    "f:1:43: services.a.depends_on.b: unknown service (did "
		    "you mean \"bb\"?)\n" S
		    ", depends_on: [b]}, bb: {command: x}}\n"
		    "                                          ^" },
		{ S ", depends_on: [a]}}",
		    "f:1:43: services.a.depends_on.a: cycle: a -> a\n" S
		    ", depends_on: [a]}}\n"
		    "                                          ^" },
		{ "include: x\n" S "}}",
		    "f:1:1: include: can't be followed: write out what it "
		    "stands for\ninclude: x\n^" },
		/* not YAML, or not text at all */
		{ "a: [1", "f:1:6: not YAML: did not find expected ',' or ']' "
		           "while parsing a flow sequence\na: [1\n     ^" },
		{ "a:\n\tb: 1", "f:2:1: not YAML: a tab can't indent, use "
		                "spaces\n\tb: 1\n^" },
		{ "a: \x01", "f:1:4: not YAML: control characters are not "
		             "allowed\na: ?\n   ^" },
		{ "a: \xff", "f:1:4: not YAML: invalid leading UTF-8 octet\na: "
		             "\xff\n   ^" },
		{ "a: \"\\0\"", "f:1:4: a NUL character can't be used\na: "
		                "\"\\0\"\n   ^" },
		{ "a: *b",
		    "f:1:4: an alias to an unknown anchor\na: *b\n   ^" },
		{ "a: &b [*b]", "f:1:8: an alias to what it stands in\na: &b "
		                "[*b]\n       ^" },
		{ "a: 1\n---\nb: 1", "f:2:1: a second document begins\n---\n"
		                     "^" },
		{ "? [a]\n: b", "f:1:3: a key must be plain text\n? [a]\n  ^" },
		{ "a: !reset b", "f:1:4: the tag !reset is not known here\na: "
		                 "!reset b\n   ^" },
		{ "a: {<<: 3}", "f:1:9: << needs a mapping, or a list of "
		                "mappings\na: {<<: 3}\n        ^" },
		{ "a: ${NO:?must be}",
		    "f:1:4: a: required variable NO is missing a value: must "
		    "be\na: ${NO:?must be}\n   ^" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config config;

		assert_int_equal(load(&config, rows[i].text), -1);
		assert_string_equal(item(&config.errors, 0), rows[i].first);
	}
}

/* Only the message, of a file with one service a and something else. */
static void
test_messages(void **state)
{
	static const struct {
		const char *key, *message;
	} rows[] = {
		{ "command: {a: b}",
		    "services.a.command: must be a command, not a mapping" },
		{ "command: [[x]]",
		    "services.a.command[0]: must be plain text, not a list" },
		{ "command: \"'x\"",
		    "services.a.command: a ' is never closed" },
		{ "environment: x", "services.a.environment: must be a mapping "
		                    "or a list, not plain text" },
		{ "environment: {A: [x]}",
		    "services.a.environment.A: must be plain text, not a "
		    "list" },
		{ "environment: [=x]",
		    "services.a.environment[0]: \"=x\" has no name" },
		{ "environment: {A: {secret: no}}",
		    "services.a.environment.A: unknown secret \"no\"" },
		{ "healthcheck: {headers: {A: {secret: no}}}",
		    "services.a.healthcheck.headers.A: must be plain text, "
		    "not a mapping" },
		{ "healthcheck: {intervall: 3s}",
		    "services.a.healthcheck.intervall: unknown key (did you "
		    "mean \"interval\"?)" },
		{ "livenes: {}", "services.a.livenes: unknown key (did you "
		                 "mean \"liveness\"?)" },
		{ "watchdog: 10s", "services.a.watchdog: needs notify: true" },
		{ "notify: fd:2", "services.a.notify: \"fd:2\" is neither "
		                  "true, false nor fd:N with N from 3 to "
		                  "255" },
		{ "restart: on-failure:0",
		    "services.a.restart: \"on-failure:0\" needs a number of "
		    "attempts, as in on-failure:5" },
		{ "restart_policy: {delay: 1m}",
		    "services.a.restart_policy.delay: is longer than "
		    "max_delay" },
		{ "reload: {signal: HUP, command: [x]}",
		    "services.a.reload.command: a signal is given already" },
		{ "post_start: [{timeout: 1s}]",
		    "services.a.post_start[0]: command is missing" },
		{ "post_start: {command: x}",
		    "services.a.post_start: must be a list, not a mapping" },
		{ "listen: [\"tcp://0.0.0.0:80\", \"tcp://host:80\"]",
		    "services.a.listen: \"tcp://host:80\" is not an address "
		    "such as tcp://0.0.0.0:80, tcp://[::]:80, "
		    "udp://127.0.0.1:53 or unix:///run/app.sock" },
		{ "depends_on: {d: {condition: service_started}}",
		    "services.a.depends_on.d: is never started by hale, so "
		    "only service_healthy can be waited for" },
		{ "depends_on: {b: {condition: "
		  "service_completed_successfully}}",
		    "services.a.depends_on.b: never completes: b has restart: "
		    "always" },
		{ "depends_on: [b, b]",
		    "services.a.depends_on.b: is listed twice" },
		{ "depends_on: {b: {condition: healthy}}",
		    "services.a.depends_on.b.condition: \"healthy\" is not "
		    "one of service_started, service_ready, service_healthy, "
		    "service_completed_successfully" },
		{ "env_file: /nonexistent/x",
		    "services.a.env_file: /nonexistent/x: No such file or "
		    "directory" },
		{ "extends: b", "services.a.extends: can't be followed: write "
		                "out what it stands for" },
		{ "stop_signal: SIGNO", "services.a.stop_signal: \"SIGNO\" is "
		                        "not a signal" },
		{ "security_opt: [\"no-new-privileges:maybe\"]",
		    "services.a.security_opt: \"no-new-privileges:maybe\" "
		    "can't be used here" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[400], message[400] = "";
		struct config config;
		const char *first, *from;

		snprintf(text, sizeof(text),
		    "services:\n  b: {command: [x], restart: always}\n  a:\n"
		    "    entrypoint: [x]\n    %s\n"
		    "dependencies: {d: {tcp: \"d:1\"}}\n",
		    rows[i].key);
		assert_int_equal(load(&config, text), -1);
		first = item(&config.errors, 0);
		from = strstr(first, ": ");
		assert_non_null(from);
		snprintf(message, sizeof(message), "%.*s",
		    (int)strcspn(from + 2, "\n"), from + 2);
		assert_string_equal(message, rows[i].message);
		assert_int_equal(config.errors.count, 1);
	}
}

static void
test_a_cycle_is_printed_whole(void **state)
{
	struct config config;
	(void)state;

	assert_int_equal(load(&config, "services:\n"
	                               " a: {command: x, depends_on: [b]}\n"
	                               " b: {command: x, depends_on: [c]}\n"
	                               " c: {command: x, depends_on: [a]}\n"
	                               " d: {command: x, depends_on: [a]}\n"),
	    -1);
	assert_int_equal(config.errors.count, 1);
	assert_string_equal(config.errors.items[0],
	    "f:2:31: services.a.depends_on.b: cycle: a -> b -> c -> a\n"
	    " a: {command: x, depends_on: [b]}\n"
	    "                              ^");
}

static void
test_twenty_errors_and_how_many_more(void **state)
{
	char text[2000] = "services:\n a:\n  command: [x]\n";
	struct config config;
	(void)state;

	for (int i = 0; i < 33; i++) {
		char line[32];

		snprintf(line, sizeof(line), "  wrong%d: 1\n", i);
		strcat(text, line);
	}
	assert_int_equal(load(&config, text), -1);
	assert_int_equal(config.errors.count, 21);
	assert_non_null(strstr(config.errors.items[0], "services.a.wrong0:"));
	assert_non_null(strstr(config.errors.items[19], "services.a.wrong19:"));
	assert_string_equal(config.errors.items[20], "... and 13 more errors");
}

static void
test_a_long_line_is_shown_around_the_mark(void **state)
{
	char text[1200] = "services: {a: {command: [\"";
	struct config config;
	const char *shown, *caret;
	(void)state;

	memset(text + strlen(text), 'x', 900);
	strcat(text, "\"], bad: 1}}");
	assert_int_equal(load(&config, text), -1);
	shown = strchr(config.errors.items[0], '\n') + 1;
	caret = strchr(shown, '\n') + 1;
	assert_true(strlen(shown) < 300);
	assert_int_equal(
	    strncmp(shown + (strchr(caret, '^') - caret), "bad: 1", 6), 0);
}

/* ---- what is bounded ---- */

static void
test_bombs(void **state)
{
	char text[4000], *deep;
	struct config config;
	(void)state;

	/* a billion laughs: nine times nine aliases */
	strcpy(text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		char line[200];

		snprintf(line, sizeof(line),
		    "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
		    i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
		strcat(text, line);
	}
	assert_int_equal(load(&config, text), -1);
	assert_non_null(
	    strstr(item(&config.errors, 0), "its aliases unfold to too much"));

	deep = malloc(100001);
	assert_non_null(deep);
	memset(deep, '[', 100000);
	deep[100000] = '\0';
	assert_int_equal(load(&config, deep), -1);
	assert_non_null(strstr(item(&config.errors, 0), "nested too deep"));
	free(deep);
}

static void
test_too_large(void **state)
{
	size_t size = TREE_BYTES_MAX + 1;
	char *text = malloc(size + 1);
	struct config config;
	(void)state;

	assert_non_null(text);
	memset(text, 'a', size);
	text[size] = '\0';
	assert_int_equal(load(&config, text), -1);
	assert_string_equal(item(&config.errors, 0), "f: larger than 4 MiB");
	for (size_t i = 0; i + 3 < size; i += 3)
		memcpy(text + i, "- a", 3);
	text[TREE_BYTES_MAX] = '\0';
	for (size_t i = 0; i + 4 <= TREE_BYTES_MAX; i += 4)
		memcpy(text + i, "- a\n", 4);
	assert_int_equal(load(&config, text), -1);
	assert_non_null(
	    strstr(item(&config.errors, 0), "too much for one config"));
	free(text);
}

/* ---- what is said ---- */

static void
test_merge_and_variables(void **state)
{
	static const char text[] =
	    "x-base: &base {restart: always, environment: &e {A: '1', B: "
	    "$SET}}\n"
	    "services:\n"
	    "  a: {<<: *base, command: \"x 'y z'\"}\n"
	    "  b:\n"
	    "    <<: [{stop_signal: INT, restart: no}, *base]\n"
	    "    command: [$SET, $$SET, \"${NO:-d}\"]\n"
	    "    environment: {<<: *e, A: '2', C: , HALE_X: }\n";
	struct config config;
	struct service_config *a, *b;
	(void)state;

	assert_int_equal(load(&config, text), 0);
	a = config_service(&config, "a");
	b = config_service(&config, "b");
	assert_int_equal(a->policy->restart.policy, RESTART_ALWAYS);
	assert_int_equal(a->argv.count, 2);
	assert_string_equal(a->argv.items[1], "y z");
	assert_int_equal(a->vars->env.count, 2);
	assert_string_equal(a->vars->env.items[1], "B=value");
	assert_int_equal(b->policy->restart.policy, RESTART_NO);
	assert_int_equal(b->policy->stop_signal, SIGINT);
	assert_string_equal(b->argv.items[0], "value");
	assert_string_equal(b->argv.items[1], "$SET");
	assert_string_equal(b->argv.items[2], "d");
	assert_int_equal(b->vars->env.count, 3);
	assert_string_equal(b->vars->env.items[0], "A=2");
	assert_string_equal(b->vars->env.items[1], "HALE_X=1");
	assert_string_equal(b->vars->env.items[2], "B=value");
	assert_null(config_service(&config, "c"));
}

static void
test_scalars_are_never_guessed(void **state)
{
	struct config config;
	struct service_config *a;
	(void)state;

	assert_int_equal(load(&config, "services:\n  a:\n"
	                               "    command: [no, 1e3, 0777, ~, '']\n"
	                               "    environment: {N: no, X: 0x10}\n"),
	    0);
	a = config_service(&config, "a");
	assert_string_equal(a->argv.items[0], "no");
	assert_string_equal(a->argv.items[1], "1e3");
	assert_string_equal(a->argv.items[2], "0777");
	assert_string_equal(a->argv.items[3], "~");
	assert_string_equal(a->argv.items[4], "");
	assert_null(a->argv.items[5]);
	assert_string_equal(a->vars->env.items[0], "N=no");
	assert_string_equal(a->vars->env.items[1], "X=0x10");
}

static void
test_needs(void **state)
{
	struct config config;
	const struct config_need *needs;
	(void)state;

	assert_int_equal(
	    load(&config, "services:\n"
	                  "  a: {command: x, depends_on: [b, d]}\n"
	                  "  b: {command: x}\n"
	                  "  c: {command: x, depends_on: {a: {condition: "
	                  "service_ready, restart: true, required: false}}}\n"
	                  "dependencies: {d: {tcp: \"d:1\", retries: 7}}\n"),
	    0);
	needs = config.services[0].depends_on.items;
	assert_int_equal(needs[0].condition, CONDITION_STARTED);
	assert_int_equal(needs[0].target, TARGET_SERVICE);
	assert_int_equal(needs[0].index, 1);
	assert_int_equal(needs[0].required, 1);
	assert_int_equal(needs[1].condition, CONDITION_HEALTHY);
	assert_int_equal(needs[1].target, TARGET_DEPENDENCY);
	assert_int_equal(needs[1].index, 0);
	needs = config.services[2].depends_on.items;
	assert_int_equal(needs[0].condition, CONDITION_READY);
	assert_int_equal(needs[0].restart, 1);
	assert_int_equal(needs[0].required, 0);
	{
		const struct test_probe *probe =
		    config_dependency(&config, "d")->extensions[0];

		assert_int_equal(probe->retries, 7);
		assert_int_equal(probe->interval_ms, 30000);
	}
}

static void
test_listen(void **state)
{
	static const struct {
		const char *text;
		int kind;
		unsigned port, first, last;
		const char *path, *name;
	} rows[] = {
		{ "tcp://127.0.0.1:80", LISTEN_TCP, 80, 127, 1, NULL, "" },
		{ "tcp://:8080#web", LISTEN_TCP, 8080, 0, 0, NULL, "web" },
		{ "udp://10.0.0.9:53", LISTEN_UDP, 53, 10, 9, NULL, "" },
		{ "unix:///run/x#y", LISTEN_UNIX, 0, 0, 0, "/run/x", "y" },
		{ "unix-dgram:///run/x", LISTEN_UNIX_DGRAM, 0, 0, 0, "/run/x",
		    "" },
	};
	static const char *const bad[] = { "", "80", "tcp://", "tcp://a:80",
		"tcp://1.2.3.4", "tcp://1.2.3.4:0", "tcp://1.2.3.4:65536",
		"tcp://[::1:80", "tcp://[x]:80", "unix://run/x", "unix:///",
		"http://1.2.3.4:80", "tcp://1.2.3.4:80#a:b" };
	struct config_listen listen;
	struct conf_error err;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    config_parse_listen(&listen, rows[i].text, &err), 0);
		assert_int_equal(listen.kind, rows[i].kind);
		assert_int_equal(listen.port, rows[i].port);
		assert_int_equal(listen.address[0], rows[i].first);
		assert_int_equal(listen.address[3], rows[i].last);
		assert_string_equal(listen.name, rows[i].name);
		if (rows[i].path != NULL)
			assert_string_equal(listen.path, rows[i].path);
	}
	assert_int_equal(
	    config_parse_listen(&listen, "tcp://[::1]:80", &err), 0);
	assert_true(listen.ipv6);
	assert_int_equal(listen.address[15], 1);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    config_parse_listen(&listen, bad[i], &err), -1);
}

static void
test_a_command_from_the_command_line(void **state)
{
	static char word[] = "y", more[] = "z";
	static char *const command[] = { word, more, NULL };
	struct config_source source =
	    source_of("services: {a: {command: x, depends_on: [main]},\n"
	              " main: {entrypoint: [e], command: [gone]}}");
	struct config config;
	(void)state;

	source.command = command;
	assert_int_equal(config_load(&config, &source), 0);
	assert_int_equal(config.service_count, 2);
	assert_int_equal(config.services[1].argv.count, 3);
	assert_string_equal(config.services[1].argv.items[0], "e");
	assert_string_equal(config.services[1].argv.items[1], "y");

	source.text = "services: {a: {command: x}}";
	source.text_size = strlen(source.text);
	assert_int_equal(config_load(&config, &source), 0);
	assert_int_equal(config.service_count, 2);
	assert_string_equal(config.services[1].name, "main");

	source.text = source.path = NULL;
	assert_int_equal(config_load(&config, &source), 0);
	assert_int_equal(config.service_count, 1);
	assert_string_equal(config.services[0].argv.items[1], "z");
	assert_int_equal(config.services[0].policy->stop_grace_period_ms, 9000);
	{
		struct test_probe *probe =
		    config_extend(&config.services[0].extensions, &source, 0);

		assert_int_equal(probe->retries, 3);
	}
}

static void
test_overrides(void **state)
{
	static const char *const pairs[] = { "stop_grace_period", "3s", NULL };
	static const char *const wrong[] = { "stop_grace_period", "3", NULL };
	struct config_source source = source_of(
	    "services: {a: {command: x}}\nhale: {stop_grace_period: 5s}");
	struct config config;
	(void)state;

	source.overrides = pairs;
	assert_int_equal(config_load(&config, &source), 0);
	assert_int_equal(config.hale.stop_grace_period_ms, 3000);
	assert_int_equal(config.services[0].policy->stop_grace_period_ms, 3000);
	source.overrides = wrong;
	assert_int_equal(config_load(&config, &source), -1);
	assert_string_equal(item(&config.errors, 0),
	    "f: stop_grace_period: \"3\" needs a unit: 3ms, 3s, 3m or 3h");
}

static void
test_warnings_and_notes(void **state)
{
	struct config config;
	(void)state;

	assert_int_equal(
	    load(&config,
	        "version: '3'\n"
	        "services:\n"
	        "  db: {command: x, image: y, stop_grace_period: 5s}\n"
	        "  web: {command: a && b, depends_on: [db], ports: [80],\n"
	        "    stop_grace_period: 5s, environment: {A: $NO}}\n"),
	    0);
	assert_int_equal(config.warnings.count, 3);
	assert_non_null(strstr(config.warnings.items[0],
	    "f:5:45: warning: services.web.environment.A: NO is not set: "
	    "taken as empty\n"));
	assert_non_null(strstr(config.warnings.items[1],
	    "services.web.command: no shell runs, && is passed as a word"));
	assert_non_null(strstr(config.warnings.items[2],
	    "f:3:30: warning: services.db.stop_grace_period: stopping web -> "
	    "db may need 10s, but hale.stop_grace_period is 9s: each gets a "
	    "share\n"));
	assert_int_equal(config.notes.count, 1);
	assert_string_equal(config.notes.items[0],
	    "f: note: no meaning inside a container, ignored: version, "
	    "services.db.image, services.web.ports");
}

static void
test_security_opt(void **state)
{
	struct config config;
	(void)state;

	assert_int_equal(
	    load(&config, "services: {a: {command: x, security_opt: "
	                  "[\"no-new-privileges=true\", "
	                  "\"seccomp:unconfined\", apparmor:x]},\n"
	                  " b: {command: x}}"),
	    0);
	assert_int_equal(config.services[0].confine->no_new_privileges, 1);
	assert_string_equal(config.services[0].confine->seccomp, "none");
	assert_int_equal(config.services[1].confine->no_new_privileges, -1);
	assert_null(config.services[1].confine->seccomp);
}

/* ---- what is shown ---- */

static void
assert_dump(const struct config *config, const struct config_source *source,
    bool json, const char *wanted)
{
	struct text out = { 0 };

	config_dump(&out, config, source, json);
	assert_non_null(out.data);
	if (wanted != NULL)
		assert_non_null(strstr(out.data, wanted));
	/* What is shown can be read, and is shown the same again. */
	{
		struct config_source from = *source;
		struct config again;
		struct text twice = { 0 };

		from.text = out.data;
		from.text_size = out.size;
		assert_int_equal(config_load(&again, &from), 0);
		config_dump(&twice, &again, &from, json);
		assert_string_equal(out.data, twice.data);
		text_finish(&twice);
	}
	text_finish(&out);
}

static void
test_the_dump_can_be_read_again(void **state)
{
	struct config_source source =
	    source_of("services:\n"
	              "  a:\n"
	              "    command: ['$$x', \"q\\\"\\n\\x01\xc3\xa9\"]\n"
	              "    environment: {A: , B: {secret: s}, C: 'no'}\n"
	              "    cpus: 1.5\n"
	              "    mem_limit: 64m\n"
	              "    umask: 0027\n"
	              "    ulimits: {nofile: {soft: 1, hard: 2}}\n"
	              "    pre_stop: [[x, y], {command: z, timeout: 1m}]\n"
	              "    healthcheck: {test: [CMD, x]}\n"
	              "    depends_on: {d: {required: no}}\n"
	              "dependencies: {d: {tcp: \"[::1]:5\"}}\n"
	              "secrets: {s: {environment: S}}\n");
	struct config config;
	(void)state;

	assert_int_equal(config_load(&config, &source), 0);
	assert_dump(&config, &source, false,
	    "    environment:\n"
	    "      A: null\n"
	    "      B:\n"
	    "        secret: s\n"
	    "      C: \"no\"\n");
	assert_dump(&config, &source, true, "\"cpus\": 1.500,\n");
	assert_dump(&config, &source, false, "    restart: \"no\"\n");
	assert_dump(&config, &source, false, "      interval: 30s\n");
}

static void
test_the_graph(void **state)
{
	struct text out = { 0 };
	struct config config;
	(void)state;

	assert_int_equal(
	    load(&config, "services: {a: {command: x, depends_on: {b: "
	                  "{required: no}, d: {restart: yes}}}, b: {command: "
	                  "x}}\ndependencies: {d: {tcp: \"d:1\"}}"),
	    0);
	config_graph(&out, &config);
	assert_string_equal(out.data,
	    "digraph hale {\n\trankdir=LR;\n\tnode [shape=box];\n\t\"a\";\n"
	    "\t\"b\";\n\t\"d\" [shape=ellipse, style=dashed];\n"
	    "\t\"a\" -> \"b\" [label=\"started\", style=dashed];\n"
	    "\t\"a\" -> \"d\" [label=\"healthy, restart\"];\n}\n");
	text_finish(&out);
}

/* ---- the tables themselves ---- */

static void
check_table(const struct conf_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_key *key = &table->keys[i];

		/* Of no size: its fields are those of what it stands in. */
		if (table->size > 0)
			assert_true(key->offset + key->width <= table->size);
		if (key->type == CONF_INLINE || key->type == CONF_SHARED ||
		    key->type == CONF_TABLE || key->type == CONF_TABLES ||
		    key->type == CONF_OPTIONAL || key->type == CONF_NAMED)
			check_table(key->table);
		if (key->type == CONF_INLINE || key->type == CONF_SHARED)
			continue;
		assert_non_null(key->help);
		assert_true(key->help[0] != '\0');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(key->name, table->keys[k].name);
	}
}

static void
test_the_tables_are_sane(void **state)
{
	struct config_root root;
	struct service_config service;
	(void)state;

	check_table(&config_table);
	assert_int_equal(conf_defaults(&root, &config_table), 0);
	assert_int_equal(conf_defaults(&service, &service_table), 0);
	assert_int_equal(service.policy->stop_signal, SIGTERM);
	assert_int_equal(service.policy->backoff.delay_ms, 500);
	assert_int_equal(service.policy->backoff.max_delay_ms, 30000);
	assert_int_equal(service.policy->backoff.window_ms, 60000);
	assert_int_equal(service.policy->essential, -1);
	assert_int_equal(service.policy->watchdog_ms, -1);
	assert_int_equal(root.hale.stop_grace_period_ms, 9000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_error),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_a_cycle_is_printed_whole),
		cmocka_unit_test(test_twenty_errors_and_how_many_more),
		cmocka_unit_test(test_a_long_line_is_shown_around_the_mark),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_merge_and_variables),
		cmocka_unit_test(test_scalars_are_never_guessed),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_a_command_from_the_command_line),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_warnings_and_notes),
		cmocka_unit_test(test_security_opt),
		cmocka_unit_test(test_the_dump_can_be_read_again),
		cmocka_unit_test(test_the_graph),
		cmocka_unit_test(test_the_tables_are_sane),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, release);
}
