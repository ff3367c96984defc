/* SPDX-License-Identifier: MIT */
/* ${VAR} by the rules of Compose, files of variables, and one environment. */
#include "unit.h"

#include "supervisor/envfile.h"
#include "supervisor/environment.h"
#include "supervisor/interpolate.h"

#include <string.h>

static char set[] = "SET=value", empty[] = "EMPTY=", dollar[] = "DOLLAR=$SET";
static char *const variables[] = { set, empty, dollar, NULL };

static void
test_variables(void **state)
{
	static const struct {
		const char *text, *want, *missing;
	} rows[] = {
		{ "plain", "plain", "" },
		{ "$SET-${SET}", "value-value", "" },
		{ "$$SET $$$SET $${SET}", "$SET $value ${SET}", "" },
		{ "$NO.${NO}.", "..", "NO" },
		{ "${EMPTY}", "", "" },
		{ "${SET:-x}${EMPTY:-x}${NO:-x}", "valuexx", "" },
		{ "${SET-x}${EMPTY-x}${NO-x}", "valuex", "" },
		{ "${SET:+x}${EMPTY:+y}${NO:+z}", "x", "" },
		{ "${SET+x}${EMPTY+y}${NO+z}", "xy", "" },
		{ "${SET:?x}${EMPTY?x}", "value", "" },
		{ "${NO:-${EMPTY:-${SET}}}", "value", "" },
		{ "${NO:-a}b}", "ab}", "" },
		{ "${NO:-}", "", "" },
		{ "${NO:-$$}", "$", "" },
		{ "${DOLLAR}", "$SET", "" }, /* filled in once */
		{ "${NO:-a b:c-d}", "a b:c-d", "" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text out = { 0 };
		struct conf_error err;
		char missing[64];

		assert_int_equal(
		    interpolate(&out, rows[i].text, interpolate_environ,
		        variables, missing, &err),
		    0);
		assert_string_equal(
		    out.data == NULL ? "" : out.data, rows[i].want);
		assert_string_equal(missing, rows[i].missing);
		text_finish(&out);
	}
}

static void
test_variables_that_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "${NO:?is needed}",
		    "required variable NO is missing a value: is needed" },
		{ "${EMPTY:?}", "required variable EMPTY is missing a value" },
		{ "${NO?for $SET}",
		    "required variable NO is missing a value: for value" },
		{ "a $(date)",
		    "\"$(date)\" is no variable: write $$ for a plain $" },
		{ "100$", "\"$\" is no variable: write $$ for a plain $" },
		{ "${}", "\"${}\" is no variable: write $$ for a plain $" },
		{ "${1}", "\"${1}\" is no variable: write $$ for a plain $" },
		{ "${A B}",
		    "\"${A B}\" is no variable: write $$ for a plain $" },
		{ "${SET", "\"${SET\" has no closing }" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text out = { 0 };
		struct conf_error err = { 0 };
		char missing[64];

		assert_int_equal(
		    interpolate(&out, rows[i].text, interpolate_environ,
		        variables, missing, &err),
		    -1);
		assert_string_equal(err.text, rows[i].why);
		text_finish(&out);
	}
}

static void
test_env_files(void **state)
{
	static const struct {
		const char *text, *name, *value; /* NULL: no pair at all */
	} rows[] = {
		{ "A=b", "A", "b" },
		{ "A=b\r\n", "A", "b" },
		{ "\xef\xbb\xbf"
		  "A=b",
		    "A", "b" },
		{ "  export A=b", "A", "b" },
		{ "A = b ", "A", "b" },
		{ "A: b", "A", "b" },
		{ "A=", "A", "" },
		{ "A=b # c", "A", "b" },
		{ "A=b# c", "A", "b# c" },
		{ "A=# c", "A", "" },
		{ "A=\"b # c\" # d", "A", "b # c" },
		{ "A='b # c'# d", "A", "b # c" },
		{ "A=\"\"", "A", "" },
		{ "A=b'c'", "A", "b'c'" },
		{ "A=some\\tvalue", "A", "some\\tvalue" },
		{ "A='some\\tvalue'", "A", "some\\tvalue" },
		{ "A=\"some\\tvalue\"", "A", "some\tvalue" },
		{ "A=\"a\\\\b\\\"c\"", "A", "a\\b\"c" },
		{ "A='Let\\'s go!'", "A", "Let's go!" },
		{ "A=\"two\nlines\"\nB=1", "A", "two\nlines" },
		{ "A='two\nlines'", "A", "two\nlines" },
		{ "A=$SET", "A", "value" },
		{ "A=\"${SET}\"", "A", "value" },
		{ "A='${SET}'", "A", "${SET}" },
		{ "A=\"\\$SET\"", "A", "$SET" },
		{ "A=${NO:-x}", "A", "x" },
		{ "B=1\nA=${B}2", "A", "12" },
		{ "SET=x\nA=$SET", "A", "value" }, /* hale's own wins */
		{ "A=1\nA=2", "A", "2" },
		{ "SET", "SET", "value" },
		{ "A.b-c=1", "A.b-c", "1" },
		{ "NO", NULL, NULL },
		{ "# A=b\n\n  \n", NULL, NULL },
		{ "", NULL, NULL },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf_map map = { 0 };
		struct conf_error err;
		const char *value = NULL;
		size_t line;

		assert_int_equal(
		    envfile_parse(&map, rows[i].text, strlen(rows[i].text),
		        variables, &line, &err),
		    0);
		if (rows[i].name == NULL) {
			assert_int_equal(map.count, 0);
			continue;
		}
		for (size_t k = 0; k < map.count; k++)
			if (strcmp(map.pairs[k].name, rows[i].name) == 0)
				value = map.pairs[k].value;
		assert_non_null(value);
		assert_string_equal(value, rows[i].value);
	}
}

static void
test_env_files_that_are_refused(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		const char *why;
	} rows[] = {
		{ "A=1\nB C", 2, "a = is missing behind B" },
		{ "=x", 1, "is no NAME=value" },
		{ "A=1\n\n\"x\"=1", 3, "is no NAME=value" },
		{ "A=1\nB=\"open\n\n", 2, "a \" is never closed" },
		{ "A='x' y", 1, "something stands behind the closing '" },
		{ "A=${NO:?must}", 1,
		    "required variable NO is missing a value: must" },
		{ "A=$(x)", 1,
		    "\"$(x)\" is no variable: write $$ for a plain $" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf_map map = { 0 };
		struct conf_error err;
		size_t line = 0;

		assert_int_equal(
		    envfile_parse(&map, rows[i].text, strlen(rows[i].text),
		        variables, &line, &err),
		    -1);
		assert_string_equal(err.text, rows[i].why);
		assert_int_equal(line, rows[i].line);
		assert_int_equal(map.count, 0);
	}
	{
		struct conf_map map = { 0 };
		struct conf_error err;
		size_t line;

		assert_int_equal(
		    envfile_parse(&map, "A=\0b", 4, NULL, &line, &err), -1);
		assert_string_equal(err.text, "is not text");
	}
}

/* The value of name, or NULL. */
static const char *
environment_get(const struct environment *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, length) == 0 &&
		    env->items[i][length] == '=')
			return env->items[i] + length + 1;
	return NULL;
}

static void
test_one_environment(void **state)
{
	static char path[] = "PATH=/bin", hale[] = "HALE_LOG_FORMAT=json",
	            sock[] = "HALE_SOCKET=/x", halex[] = "HALEX=1";
	static char *const base[] = { path, hale, sock, halex, NULL };
	const char *items[7];
	struct environment env = { .items = items, .room = 6 };
	static const char *own[] = { "PATH=/srv", "A=1", NULL };
	const struct conf_list list = { own, 2 };
	(void)state;

	assert_int_equal(environment_base(&env, base), 0);
	assert_int_equal(env.count, 3);
	assert_null(environment_get(&env, "HALE_LOG_FORMAT"));
	assert_string_equal(environment_get(&env, "HALE_SOCKET"), "/x");
	assert_string_equal(environment_get(&env, "HALEX"), "1");

	assert_int_equal(environment_put_all(&env, &list), 0);
	assert_int_equal(env.count, 4);
	assert_string_equal(environment_get(&env, "PATH"), "/srv");
	assert_int_equal(environment_give(&env, "PATH=/no"), 0);
	assert_string_equal(environment_get(&env, "PATH"), "/srv");
	assert_int_equal(environment_give(&env, "HOME=/h"), 0);
	assert_string_equal(environment_get(&env, "HOME"), "/h");
	assert_null(environment_get(&env, "HOM"));

	assert_int_equal(environment_put(&env, "X=1"), 0);
	assert_int_equal(environment_put(&env, "Y=1"), -1);
	assert_int_equal(env.count, 6);
	assert_int_equal(environment_put(&env, "X=2"), 0);
	assert_null(env.items[6]);
}

static int
release(void **state)
{
	(void)state;
	conf_release();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_variables_that_are_refused),
		cmocka_unit_test(test_env_files),
		cmocka_unit_test(test_env_files_that_are_refused),
		cmocka_unit_test(test_one_environment),
	};

	return cmocka_run_group_tests_name("envfile", tests, NULL, release);
}
