/* SPDX-License-Identifier: MIT */
/* Capabilities, Landlock plans, what PID 1 keeps, inspect, and the words. */
#include "unit.h"

#include "supervisor/caps.h"
#include "supervisor/conf.h"
#include "supervisor/confine.h"
#include "supervisor/inspect.h"
#include "supervisor/landlock.h"
#include "supervisor/shed.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#define LIST(...)                                                              \
	(&(struct conf_list){ (const char *[]){ __VA_ARGS__, NULL },           \
	    sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *) })
#define NOTHING (&(struct conf_list){ 0 })

static void
test_names_are_libcaps(void **state)
{
	(void)state;

	for (unsigned i = 0; i < CAPS_COUNT; i++) {
		char *theirs = cap_to_name((cap_value_t)i);

		if (strncmp(theirs, "cap_", 4) == 0)
			assert_int_equal(
			    strcasecmp(theirs + 4, caps_name(i)), 0);
		cap_free(theirs);
	}
	assert_null(caps_name(CAPS_COUNT));
}

static void
test_dockers_words(void **state)
{
	struct conf_error err;
	uint64_t mask = 0;
	(void)state;

	assert_int_equal(caps_parse("NET_RAW", &mask, &err), 0);
	assert_int_equal(mask, 1 << 13);
	assert_int_equal(caps_parse("CAP_NET_RAW", &mask, &err), 0);
	assert_int_equal(mask, 1 << 13);
	assert_int_equal(caps_parse("cap_chown", &mask, &err), 0);
	assert_int_equal(mask, 1);
	assert_int_equal(caps_parse("ALL", &mask, &err), 0);
	assert_int_equal(mask, CAPS_ALL);
	mask = 42;
	assert_int_equal(caps_parse("NET_ROW", &mask, &err), -1);
	assert_string_equal(err.text, "unknown capability \"NET_ROW\"");
	assert_int_equal(mask, 42);
}

static void
test_add_and_drop_as_docker_does(void **state)
{
	struct conf_error err;
	uint64_t out;
	(void)state;

	assert_int_equal(
	    caps_tweak(7, 0xff, LIST("KILL"), LIST("CHOWN"), &out, &err), 0);
	assert_int_equal(out, 6 | 1 << 5);
	assert_int_equal(
	    caps_tweak(7, 0xff, LIST("KILL"), LIST("ALL"), &out, &err), 0);
	assert_int_equal(out, 1 << 5);
	assert_int_equal(
	    caps_tweak(7, 0xff, LIST("ALL"), LIST("KILL"), &out, &err), 0);
	assert_int_equal(out, 0xff & ~(1 << 5));
	assert_int_equal(
	    caps_tweak(7, 0xff, LIST("ALL"), LIST("ALL"), &out, &err), -1);
	assert_int_equal(caps_tweak(7, 0xff, NOTHING, NOTHING, &out, &err), 0);
	assert_int_equal(out, 7);
}

static const struct landlock_plan *
plan(int abi, uint32_t *missing)
{
	struct landlock_wants wants = { .files = true,
		.abstract = true,
		.signals = true,
		.read_only = LIST("/usr", "-/opt"),
		.read_write = LIST("/data"),
		.bind = LIST("tcp:8080"),
		.connect = NOTHING };
	const struct landlock_plan *made = NULL;
	struct conf_error err;

	assert_int_equal(
	    landlock_compile(&wants, abi, &made, missing, &err), 0);
	return made;
}

static void
test_landlock_follows_the_abi(void **state)
{
	static const struct {
		uint64_t files, ports, scopes;
		uint32_t missing;
	} rows[] = {
		{ 0, 0, 0, 127 },
		{ 0x1fff, 0, 0, 126 },
		{ 0x3fff, 0, 0, 124 },
		{ 0x7fff, 0, 0, 120 },
		{ 0x7fff, 1, 0, 112 },
		{ 0xffff, 1, 0, 96 },
		{ 0xffff, 1, 3, 0 },
		{ 0xffff, 1, 3, 0 },
	};
	char text[200];
	(void)state;

	for (int abi = 0; abi < (int)COUNT(rows); abi++) {
		uint32_t missing = 42;
		const struct landlock_plan *p = plan(abi, &missing);

		assert_int_equal(missing, rows[abi].missing);
		if (abi == 0) {
			assert_null(p);
			continue;
		}
		assert_int_equal(p->files, rows[abi].files);
		assert_int_equal(p->ports, rows[abi].ports);
		assert_int_equal(p->scopes, rows[abi].scopes);
		for (size_t i = 0; i < p->path_count; i++)
			assert_int_equal(p->path[i].access & ~p->files, 0);
	}
	assert_string_equal(landlock_text(0x60, text, sizeof(text)),
	    "abstract sockets, signals");
	conf_release();
}

static void
test_what_pid_1_keeps(void **state)
{
	struct confinement same = { 0 };
	struct confinement other = { .steps = UINT64_C(1) << STEP_USER |
		                              UINT64_C(1) << STEP_GROUP |
		                              UINT64_C(1) << STEP_CAPABILITIES,
		.capabilities = 1 << 10 };
	(void)state;

	assert_int_equal(shed_needs(&same), 0);
	assert_int_equal(
	    shed_needs(&other), 1 << 7 | 1 << 6 | 1 << 8 | 1 << 10);
	assert_int_equal(shed_keep(CAPS_ALL, 0, true), 1 << 5);
	assert_int_equal(shed_keep(1 << 6 | 1 << 7, 0, true), 1 << 7);
	assert_int_equal(shed_keep(0, 0, true), 0);
	assert_int_equal(shed_keep(CAPS_ALL, 1 << 7, false), 1 << 7);
}

static void
test_failures_are_worded(void **state)
{
	static const char *const paths[] = { "/nosuch" };
	struct landlock_path path = { .path = paths[0] };
	struct landlock_plan landlock = { .path = &path, .path_count = 1 };
	const struct identity id = { .uid = 1001, .gid = 5 };
	const struct confinement c = { .has_user = true,
		.id = &id,
		.working_dir = "/srv",
		.nice = -5,
		.landlock = &landlock };
	static const struct {
		int step, error, detail;
		const char *text;
	} rows[] = {
		{ STEP_USER, EPERM, 0,
		    "setting user 1001: operation not permitted: the container "
		    "lacks CAP_SETUID and CAP_SETGID" },
		{ STEP_USER, EINVAL, 0,
		    "setting user 1001: invalid argument: not mapped in this "
		    "user namespace" },
		{ STEP_DIRECTORY, ENOENT, 0,
		    "entering working directory /srv: no such file or "
		    "directory" },
		{ STEP_LIMIT, EPERM, 7,
		    "setting ulimit nofile: operation not permitted: the "
		    "container lacks CAP_SYS_RESOURCE" },
		{ STEP_NICE, EACCES, 0,
		    "setting nice -5: permission denied: the container lacks "
		    "CAP_SYS_NICE" },
		{ STEP_LANDLOCK_PATH, ENOENT, 0,
		    "adding to the Landlock ruleset /nosuch: no such file or "
		    "directory" },
		{ STEP_VERIFY_REGAIN, 0, 0,
		    "verifying that root can't be regained: it is not what "
		    "was set" },
		{ STEP_SECCOMP, ENOSYS, 0,
		    "loading the seccomp filter: function not implemented: the "
		    "kernel lacks it, or the engine refuses it" },
		{ 999, 0, 0, "" },
	};
	char text[300];
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct confine_failure why = { rows[i].step, rows[i].error,
			rows[i].detail };

		assert_string_equal(
		    confine_explain(&c, &why, text, sizeof(text)),
		    rows[i].text);
		for (size_t room = 1; room < 40; room++)
			confine_explain(&c, &why, text, room);
	}
}

static void
test_every_step_has_words(void **state)
{
	const struct identity id = { .uid = 1 };
	struct confinement c = { .id = &id, .working_dir = "/" };
	struct landlock_path path = { .path = "/" };
	struct landlock_port port = { 0 };
	struct landlock_plan landlock = { .path = &path, .port = &port };
	char text[300];
	(void)state;

	c.landlock = &landlock;
	for (int step = STEP_NONE + 1; step < STEP_END; step++) {
		struct confine_failure why = { step, EPERM, 0 };

		confine_explain(&c, &why, text, sizeof(text));
		assert_true(strcspn(text, ":") > 6);
	}
}

static void
test_status_is_read_as_it_is(void **state)
{
	static const char status[] =
	    "Name:\tapi\nUid:\t1000\t1000\t1000\t1000\n"
	    "Gid:\t5\t5\t5\t5\nGroups:\t1 20 \nCapInh:\t0000000000000000\n"
	    "CapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"
	    "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000400\n"
	    "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\nOdd\n:\nX:\n";
	struct inspect_facts facts;
	struct inspect_row rows[INSPECT_ROWS];
	size_t count;
	(void)state;

	inspect_parse(status, &facts);
	assert_string_equal(facts.name, "api");
	assert_int_equal(facts.uid[1], 1000);
	assert_int_equal(facts.gid[3], 5);
	assert_int_equal(facts.groups, 2);
	assert_string_equal(facts.group_list, "1 20");
	assert_int_equal(facts.permitted, 0x400);
	assert_int_equal(facts.bounding, CAPS_ALL);
	assert_int_equal(facts.filters, 3);
	count = inspect_judge(&facts, rows);
	assert_int_equal(count, INSPECT_ROWS);
	assert_string_equal(rows[3].value, "NET_BIND_SERVICE");
	assert_int_equal(rows[0].grade, INSPECT_GOOD);
	assert_int_equal(rows[4].grade, INSPECT_FAIR);
	assert_string_equal(rows[6].value, "3 filters");
	assert_string_equal(rows[7].item, "landlock");
	assert_string_equal(rows[7].value, "none");
	assert_int_equal(rows[7].grade, INSPECT_BAD);
	facts.landlock_abi = 4;
	inspect_judge(&facts, rows);
	assert_string_equal(rows[7].value,
	    "ABI 4 without device ioctls, abstract sockets, signals");
	assert_int_equal(rows[7].grade, INSPECT_UNKNOWN);
	facts.landlock_abi = 7;
	facts.uid[0] = facts.uid[1] = facts.uid[2] = 0;
	facts.permitted = facts.effective = facts.ambient = 0;
	inspect_judge(&facts, rows);
	assert_string_equal(rows[7].value, "ABI 7");
	assert_int_equal(rows[0].grade, INSPECT_FAIR);
	facts.no_new_privs = 0;
	inspect_judge(&facts, rows);
	assert_int_equal(rows[0].grade, INSPECT_BAD);
	inspect_parse("", &facts);
	assert_int_equal(inspect_judge(&facts, rows), INSPECT_ROWS);
	assert_int_equal(rows[0].grade, INSPECT_BAD);
}

static int
set(const char *name, const char *text, struct conf_error *err)
{
	struct confine_wants wants;
	struct confinement out;

	if (conf_defaults(&wants, &confine_table) < 0)
		return -2;
	if (conf_set(&wants, &confine_table, name, text, err) < 0)
		return -1;
	return confine_compile(&wants, &out, err) < 0 ? -1
	       : out.steps != 0                       ? 1
	                                              : 0;
}

static void
test_nothing_wanted_is_nothing_done(void **state)
{
	struct confine_wants wants;
	struct confinement out;
	struct confine_failure why;
	struct conf_error err;
	(void)state;

	assert_int_equal(conf_defaults(&wants, &confine_table), 0);
	assert_int_equal(confine_compile(&wants, &out, &err), 0);
	assert_int_equal(out.steps, 0);
	assert_int_equal(confine_apply(&out, &why), 0);
	assert_int_equal(why.step, STEP_NONE);
}

static void
test_each_key_is_taken_or_refused(void **state)
{
	static const struct {
		const char *key, *text;
		int result;
	} rows[] = {
		{ "user", "4294967296", -1 },
		{ "user", "12345", 1 },
		{ "cap_add", "NO_SUCH", -1 },
		{ "cap_drop", "ALL", 1 },
		{ "sandbox", "loose", -1 },
		{ "sandbox", "default", 1 },
		{ "sandbox", "strict", 1 },
		{ "seccomp", "none", 0 },
		{ "seccomp", "default", 1 },
		{ "seccomp", "/nonexistent.json", -1 },
		{ "seccomp", "/etc", -1 },
		{ "system_call_filter", "@mounts", -1 },
		{ "system_call_filter", "~execve", -1 },
		{ "restrict_address_families", "AF_WHAT", -1 },
		{ "restrict_namespaces", "maybe", -1 },
		{ "restrict_namespaces", "true", 1 },
		{ "memory_deny_write_execute", "true", 1 },
		{ "no_new_privileges", "true", 1 },
		{ "landlock", "often", -1 },
		{ "read_only_paths", "usr", -1 },
		{ "read_only_paths", "/usr", 1 },
		{ "socket_bind_allow", "65536", -1 },
		{ "ulimits.nofile", "20:10", -1 },
		{ "ulimits.nofile", "many", -1 },
		{ "ulimits.nofile", "10:20", 1 },
		{ "ulimits.core", "0", 1 },
		{ "ulimits.nosuch", "1", -1 },
		{ "oom_score_adj", "1001", -1 },
		{ "oom_score_adj", "100", 1 },
		{ "nice", "-21", -1 },
		{ "nice", "5", 1 },
		{ "umask", "0999", -1 },
		{ "umask", "0027", 1 },
		{ "working_dir", "/tmp", 1 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf_error err = { 0 };
		int got = set(rows[i].key, rows[i].text, &err);

		if (got != rows[i].result)
			fail_msg("%s: %s: %d %s", rows[i].key, rows[i].text,
			    got, err.text);
		if (got < 0)
			assert_string_not_equal(err.text, "");
	}
	conf_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_libcaps),
		cmocka_unit_test(test_dockers_words),
		cmocka_unit_test(test_add_and_drop_as_docker_does),
		cmocka_unit_test(test_landlock_follows_the_abi),
		cmocka_unit_test(test_what_pid_1_keeps),
		cmocka_unit_test(test_failures_are_worded),
		cmocka_unit_test(test_every_step_has_words),
		cmocka_unit_test(test_status_is_read_as_it_is),
		cmocka_unit_test(test_nothing_wanted_is_nothing_done),
		cmocka_unit_test(test_each_key_is_taken_or_refused),
	};

	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
