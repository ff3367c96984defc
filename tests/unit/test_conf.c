/* SPDX-License-Identifier: MIT */
/* What each type of value accepts, what it refuses, and in which words. */
#include "unit.h"

#include "supervisor/conf.h"

#include <string.h>

struct inner {
	int64_t delay_ms;
};

struct shared {
	const char *user;
	int umask;
};

struct pair_of_numbers {
	const char *text;
	int64_t first, second;
};

struct all {
	const char *string;
	int flag;
	int32_t small;
	int64_t count, duration_ms, size_bytes, octal, milli;
	int64_t negative;
	int choice, signal;
	struct conf_list strings, command;
	struct conf_map map;
	struct inner inner;
	struct shared *shared;
	struct inner *optional;
	struct pair_of_numbers custom;
};

static const char *const colours[] = { "red", "green", "blue", NULL };

static int
parse_numbers(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	struct pair_of_numbers *numbers = field;

	(void)key;
	if (text[0] == 'x')
		return conf_refuse(err, "no x");
	numbers->first = (unsigned char)text[0];
	return 0;
}

static const struct conf_key inner_keys[] = {
	{ "delay", CONF_DURATION, CONF_AT(struct inner, delay_ms), 0, 60000,
	    "1s" },
};
static const struct conf_table inner_table = { .name = "inner",
	.keys = inner_keys,
	.count = 1,
	.size = sizeof(struct inner) };

static const struct conf_key shared_keys[] = {
	{ "user", CONF_STRING, CONF_AT(struct shared, user) },
	{ "umask", CONF_OCTAL, CONF_AT(struct shared, umask), 0, 0777 },
};
static const struct conf_table shared_table = { .name = "shared",
	.keys = shared_keys,
	.count = 2,
	.size = sizeof(struct shared) };

#define AT(member) CONF_AT(struct all, member)

static const struct conf_key keys[] = {
	{ "string", CONF_STRING, AT(string), .fallback = "text" },
	{ "flag", CONF_BOOL, AT(flag) },
	{ "small", CONF_INT, AT(small), 1, 10, "3" },
	{ "count", CONF_INT, AT(count) },
	{ "negative", CONF_INT, AT(negative), -5, 5 },
	{ "duration", CONF_DURATION, AT(duration_ms), 100, 3600000, "10s" },
	{ "size", CONF_SIZE, AT(size_bytes) },
	{ "octal", CONF_OCTAL, AT(octal), 0, 0777 },
	{ "milli", CONF_DECIMAL, AT(milli) },
	{ "choice", CONF_CHOICE, AT(choice), .fallback = "green",
	    .choices = colours },
	{ "signal", CONF_SIGNAL, AT(signal) },
	{ "strings", CONF_STRINGS, AT(strings) },
	{ "command", CONF_COMMAND, AT(command) },
	{ "map", CONF_MAP, AT(map) },
	{ "inner", CONF_TABLE, AT(inner), .table = &inner_table },
	{ "custom", CONF_CUSTOM, AT(custom), .parse = parse_numbers },
	{ "", CONF_SHARED, AT(shared), .table = &shared_table },
	{ "optional", CONF_OPTIONAL, AT(optional), .table = &inner_table },
};
static const struct conf_table table = { .name = "all",
	.keys = keys,
	.count = COUNT(keys),
	.size = sizeof(struct all) };

static int
release(void **state)
{
	(void)state;
	conf_release();
	return 0;
}

static void
test_defaults_and_not_said(void **state)
{
	struct all all;
	(void)state;

	assert_int_equal(conf_defaults(&all, &table), 0);
	assert_string_equal(all.string, "text");
	assert_int_equal(all.flag, -1);
	assert_int_equal(all.small, 3);
	assert_int_equal(all.count, -1);
	assert_int_equal(all.negative, INT32_MIN);
	assert_int_equal(all.duration_ms, 10000);
	assert_int_equal(all.size_bytes, -1);
	assert_int_equal(all.octal, -1);
	assert_int_equal(all.choice, 1);
	assert_int_equal(all.signal, 0);
	assert_int_equal(all.strings.count, 0);
	assert_int_equal(all.inner.delay_ms, 1000);
	assert_null(all.custom.text);
	assert_int_equal(all.shared->umask, -1);
}

static void
test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = { { "0", 0 }, { "250ms", 250 }, { "10s", 10000 },
		{ "1m30s", 90000 }, { "1h5m", 3900000 }, { "1.5s", 1500 },
		{ "0.25s", 250 }, { "100us", 1 }, { "1us", 1 }, { "2000us", 2 },
		{ "0s", 0 } };
	static const char *const bad[] = { "", "s", "10", "-1s", "1 s", "1d",
		"1.s", ".5s", "1sm", "s1", "1s ", "99999999999999999999s",
		"9999999999999999h", "9223372036854775807us" };
	int64_t ms = 77;
	(void)state;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(conf_duration(&ms, good[i].text), 0);
		assert_int_equal(ms, good[i].ms);
	}
	ms = 77;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(conf_duration(&ms, bad[i]), -1);
		assert_int_equal(ms, 77);
	}
}

static void
test_durations_are_shown_as_they_are_read(void **state)
{
	static const int64_t all[] = { 0, 1, 999, 1000, 90000, 3600000, 3661001,
		86400000, 123456789, INT64_MAX / 1000 };
	(void)state;

	for (size_t i = 0; i < COUNT(all); i++) {
		char shown[CONF_SHOWN];
		int64_t again;

		conf_show_duration(shown, all[i]);
		assert_int_equal(conf_duration(&again, shown), 0);
		assert_int_equal(again, all[i]);
	}
}

static void
test_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = { { "0", 0 }, { "512", 512 }, { "1b", 1 }, { "1k", 1024 },
		{ "1kb", 1024 }, { "1KiB", 1024 }, { "64m", 67108864 },
		{ "1.5g", 1610612736 }, { "2T", INT64_C(2199023255552) } };
	static const char *const bad[] = { "", "m", "1x", "1bb", "1mm", "-1",
		"1 m", "99999999999g", "1k2", "1ib" };
	int64_t bytes = 77;
	(void)state;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(conf_size(&bytes, good[i].text), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	bytes = 77;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(conf_size(&bytes, bad[i]), -1);
		assert_int_equal(bytes, 77);
	}
}

static void
test_signals(void **state)
{
	static const struct {
		const char *text;
		int number;
	} rows[] = { { "SIGTERM", 15 }, { "TERM", 15 }, { "sigquit", 3 },
		{ "9", 9 }, { "64", 64 }, { "SIGRTMIN", 34 },
		{ "SIGRTMIN+3", 37 }, { "RTMAX-1", 63 }, { "RTMAX", 64 },
		{ "IOT", 6 }, { "SIGPOLL", 29 }, { "SYS", 31 }, { "0", 0 },
		{ "65", 0 }, { "-1", 0 }, { "SIG", 0 }, { "SIGFOO", 0 },
		{ "RTMIN+31", 0 }, { "RTMIN-1", 0 }, { "", 0 }, { "015", 0 },
		{ "15 ", 0 } };
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(conf_signal(rows[i].text), rows[i].number);
	for (int n = 1; n <= 64; n++) {
		char text[CONF_SHOWN];
		const char *name = conf_signal_name(n, text);

		if (n == 32 || n == 33)
			assert_null(name);
		else
			assert_int_equal(conf_signal(name), n);
	}
	assert_null(conf_signal_name(0, (char[CONF_SHOWN]){ "" }));
	assert_null(conf_signal_name(65, (char[CONF_SHOWN]){ "" }));
}

static void
test_words_are_split_as_a_shell_does(void **state)
{
	static const struct {
		const char *text, *joined;
	} good[] = {
		{ "a b  c", "a|b|c" },
		{ " a\tb\nc ", "a|b|c" },
		{ "'a b' c", "a b|c" },
		{ "\"a b\" 'c\"d'", "a b|c\"d" },
		{ "a'b'\"c\"", "abc" },
		{ "a\\ b \\'", "a b|'" },
		{ "\"a\\\"b\\$c\\d\"", "a\"b$c\\d" },
		{ "''", "" },
		{ "a '' b", "a||b" },
		{ "$HOME `x` *", "$HOME|`x`|*" },
		{ "a#b # c", "a#b|#|c" },
		{ "'a\\b'", "a\\b" },
	};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "'a", "a ' is never closed" },
		{ "a \"b", "a \" is never closed" },
		{ "a\\", "ends in the middle of an escape: \\" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(good); i++) {
		struct conf_list words = { 0 };
		struct conf_error err;
		char joined[100] = "";

		assert_int_equal(conf_words(&words, good[i].text, &err), 0);
		for (size_t k = 0; k < words.count; k++) {
			if (k > 0)
				strcat(joined, "|");
			strcat(joined, words.items[k]);
		}
		assert_null(words.items[words.count]);
		assert_string_equal(joined, good[i].joined);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct conf_list words = { 0 };
		struct conf_error err;

		assert_int_equal(conf_words(&words, bad[i].text, &err), -1);
		assert_string_equal(err.text, bad[i].why);
		assert_int_equal(words.count, 0);
	}
}

static void
test_a_refusal_says_why_and_changes_nothing(void **state)
{
	static const struct {
		const char *name, *value, *text;
	} rows[] = {
		{ "perod", "5s", "unknown key \"perod\"" },
		{ "inner.x", "5s", "unknown key \"x\"" },
		{ "string.x", "5s", "unknown key \"string\"" },
		{ "flag", "maybe", "\"maybe\" is neither true nor false" },
		{ "small", "0", "0 is not within 1 to 10" },
		{ "small", "11", "11 is not within 1 to 10" },
		{ "small", "3x", "\"3x\" is not a whole number" },
		{ "small", "03", "\"03\" is not a whole number" },
		{ "small", "1e3", "\"1e3\" is not a whole number" },
		{ "count", "99999999999999999999",
		    "\"99999999999999999999\" is not a whole number" },
		{ "negative", "-6", "-6 is not within -5 to 5" },
		{ "duration", "30",
		    "\"30\" needs a unit: 30ms, 30s, 30m or 30h" },
		{ "duration", "soon",
		    "\"soon\" is not a duration such as 250ms, 10s or "
		    "1m30s" },
		{ "duration", "2h", "2h is not within 100ms to 1h" },
		{ "duration", "0", "0 is not within 100ms to 1h" },
		{ "size", "5 x",
		    "\"5 x\" is not a size such as 512k, 64m or 1g" },
		{ "octal", "0999",
		    "\"0999\" is not an octal number such as 0027" },
		{ "octal", "1777", "1777 is not within 0000 to 0777" },
		{ "milli", "a", "\"a\" is not a number such as 0.5" },
		{ "choice", "gren",
		    "\"gren\" is not one of red, green, blue (did you mean "
		    "\"green\"?)" },
		{ "choice", "x", "\"x\" is not one of red, green, blue" },
		{ "signal", "SIGFOO", "\"SIGFOO\" is not a signal" },
		{ "map", "=x", "\"=x\" has no name" },
		{ "map", "", "\"\" has no name" },
		{ "custom", "x", "no x" },
		{ "inner", "x", "can't be said in one word" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct all before, after;
		struct conf_error err = { 0 };

		conf_defaults(&before, &table);
		conf_defaults(&after, &table);
		assert_int_equal(
		    conf_set(&after, &table, rows[i].name, rows[i].value, &err),
		    -1);
		assert_string_equal(err.text, rows[i].text);
		assert_memory_equal(&before, &after, sizeof(after));
	}
}

static void
test_values_reach_their_fields(void **state)
{
	struct all all;
	struct conf_error err;
	(void)state;

	conf_defaults(&all, &table);
	assert_int_equal(conf_set(&all, &table, "flag", "yes", &err), 0);
	assert_int_equal(conf_set(&all, &table, "small", "10", &err), 0);
	assert_int_equal(conf_set(&all, &table, "negative", "-5", &err), 0);
	assert_int_equal(conf_set(&all, &table, "octal", "0027", &err), 0);
	assert_int_equal(conf_set(&all, &table, "milli", "1.25", &err), 0);
	assert_int_equal(conf_set(&all, &table, "choice", "blue", &err), 0);
	assert_int_equal(conf_set(&all, &table, "inner.delay", "2s", &err), 0);
	assert_int_equal(conf_set(&all, &table, "custom", "abc", &err), 0);
	assert_int_equal(all.flag, 1);
	assert_int_equal(all.small, 10);
	assert_int_equal(all.negative, -5);
	assert_int_equal(all.octal, 027);
	assert_int_equal(all.milli, 1250);
	assert_int_equal(all.choice, 2);
	assert_int_equal(all.inner.delay_ms, 2000);
	assert_string_equal(all.custom.text, "abc");
	assert_int_equal(all.custom.first, 'a');
}

static void
test_lists_and_maps_gain_one_item_a_call(void **state)
{
	struct all all;
	struct conf_error err;
	char text[9][4];
	(void)state;

	conf_defaults(&all, &table);
	for (int i = 0; i < 9; i++) {
		text[i][0] = (char)('a' + i);
		strcpy(text[i] + 1, "=1");
		assert_int_equal(
		    conf_set(&all, &table, "strings", text[i], &err), 0);
		assert_int_equal(
		    conf_set(&all, &table, "map", text[i], &err), 0);
		assert_null(all.strings.items[all.strings.count]);
	}
	assert_int_equal(all.strings.count, 9);
	assert_int_equal(all.map.count, 9);
	assert_string_equal(all.strings.items[8], "i=1");
	assert_int_equal(conf_set(&all, &table, "map", "a=2", &err), 0);
	assert_int_equal(conf_set(&all, &table, "map", "b", &err), 0);
	assert_int_equal(all.map.count, 9);
	assert_string_equal(all.map.pairs[0].value, "2");
	assert_null(all.map.pairs[1].value);
}

static void
test_what_is_shared_becomes_ones_own_when_set(void **state)
{
	struct all one, other;
	struct conf_error err;
	(void)state;

	conf_defaults(&one, &table);
	conf_defaults(&other, &table);
	assert_ptr_equal(one.shared, other.shared);
	assert_int_equal(conf_set(&one, &table, "user", "app", &err), 0);
	assert_int_equal(conf_set(&one, &table, "umask", "022", &err), 0);
	assert_string_equal(one.shared->user, "app");
	assert_int_equal(one.shared->umask, 022);
	assert_null(other.shared->user);
	assert_int_equal(other.shared->umask, -1);
}

/* Whoever says the same comes to have the same record, and one's own again. */
static void
test_what_is_the_same_is_settled_as_one(void **state)
{
	static const char *const users[] = { "app", "app", "web", NULL };
	static const char *const delays[] = { "2s", "2s", "2s", NULL };
	struct conf_error err = { 0 };
	struct all all[4];
	(void)state;

	conf_draft(true);
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_int_equal(conf_defaults(&all[i], &table), 0);
		if (users[i] == NULL)
			continue;
		assert_int_equal(
		    conf_set(&all[i], &table, "user", users[i], &err), 0);
		assert_int_equal(conf_set(&all[i], &table, "optional.delay",
		                     delays[i], &err),
		    0);
	}
	for (size_t i = 0; i < COUNT(all); i++)
		assert_int_equal(conf_settle(&all[i], &table), 0);
	conf_draft(false);

	assert_ptr_equal(all[0].shared, all[1].shared);
	assert_ptr_not_equal(all[0].shared, all[2].shared);
	assert_ptr_equal(all[0].optional, all[2].optional);
	assert_int_equal(all[2].optional->delay_ms, 2000);
	assert_string_equal(all[2].shared->user, "web");
	assert_null(all[3].optional);
	assert_null(all[3].shared->user);

	assert_int_equal(conf_set(&all[1], &table, "user", "db", &err), 0);
	assert_int_equal(
	    conf_set(&all[1], &table, "optional.delay", "3s", &err), 0);
	assert_string_equal(all[0].shared->user, "app");
	assert_string_equal(all[1].shared->user, "db");
	assert_int_equal(all[0].optional->delay_ms, 2000);
	assert_int_equal(all[1].optional->delay_ms, 3000);
	assert_int_equal(conf_set(&all[0], &table, "optional", "3s", &err), -1);
}

static void
test_did_you_mean(void **state)
{
	static const char *const known[] = { "healthcheck", "command",
		"restart", "tty", "user" };
	static const struct {
		const char *word, *near;
	} rows[] = { { "helthcheck", "healthcheck" }, { "comand", "command" },
		{ "resatrt", "restart" }, { "tyt", "tty" }, { "ty", "tty" },
		{ "users", "user" }, { "zzz", NULL }, { "x", NULL },
		{ "", NULL }, { "commander-in-chief", NULL } };
	char longest[300];
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *near =
		    conf_nearest(rows[i].word, known, COUNT(known));

		if (rows[i].near == NULL)
			assert_null(near);
		else
			assert_string_equal(near, rows[i].near);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(conf_nearest(longest, known, COUNT(known)));
	assert_string_equal(conf_nearest_key("usr", &table), "user");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_and_not_said),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_durations_are_shown_as_they_are_read),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_words_are_split_as_a_shell_does),
		cmocka_unit_test(test_a_refusal_says_why_and_changes_nothing),
		cmocka_unit_test(test_values_reach_their_fields),
		cmocka_unit_test(test_lists_and_maps_gain_one_item_a_call),
		cmocka_unit_test(test_what_is_shared_becomes_ones_own_when_set),
		cmocka_unit_test(test_what_is_the_same_is_settled_as_one),
		cmocka_unit_test(test_did_you_mean),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, release);
}
