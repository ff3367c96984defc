/* SPDX-License-Identifier: MIT */
/* Users and groups: what is read, and above all what is refused. */
#include "unit.h"

#include "supervisor/conf.h"
#include "supervisor/identity.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char passwd[] = "/tmp/hale-passwd.XXXXXX";
static char group[] = "/tmp/hale-group.XXXXXX";

static void
put(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, size), (ssize_t)size);
	close(fd);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static int
resolve(const char *user, struct identity *id, struct conf_error *err)
{
	return identity_resolve_in(passwd, group, user, NULL, id, err);
}

static void
usual_files(void)
{
	PUT(passwd, "root:x:0:0:root:/root:/bin/sh\n"
	            "daemon:*:1:1::/usr/sbin:/usr/sbin/nologin\n"
	            "app:x:1000:1001:App,,,:/srv/app:/bin/sh\n"
	            "bad:x:4294967296:5::/:/bin/sh\n"
	            "short:x\n"
	            "odd:x:0x0:0::/:/bin/sh\n"
	            "last:x:77:78::/home/last");
	PUT(group, "root:x:0:\n"
	           "tls:x:30:daemon,app\n"
	           "big:x:20:app\n"
	           "like:x:40:apple,xapp,ap\n"
	           "wheel:x:1:app,daemon");
}

static void
test_numbers_are_strictly_decimal(void **state)
{
	static const char *const refused[] = { "", "4294967295", "4294967296",
		"18446744073709551616", "-1", "+1", " 1", "1 ", "0x0", "01000",
		"00", "1e3", "1000abc", "1.0", "1\n" };
	uint32_t id = 42;
	(void)state;

	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_int_equal(identity_number(refused[i], &id), -1);
		assert_int_equal(id, 42);
	}
	assert_int_equal(identity_number("4294967294", &id), 0);
	assert_int_equal(id, 4294967294u);
	assert_int_equal(identity_number("0", &id), 0);
	assert_int_equal(id, 0);
}

static void
test_a_name_brings_its_groups(void **state)
{
	struct identity id;
	struct conf_error err;
	(void)state;

	usual_files();
	assert_int_equal(resolve("app", &id, &err), 0);
	assert_int_equal(id.uid, 1000);
	assert_int_equal(id.gid, 1001);
	assert_string_equal(id.name, "app");
	assert_string_equal(id.home, "/srv/app");
	assert_int_equal(id.group_count, 3);
	assert_int_equal(id.groups[0], 1);
	assert_int_equal(id.groups[1], 20);
	assert_int_equal(id.groups[2], 30);
}

static void
test_a_group_or_a_number_brings_none(void **state)
{
	struct identity id;
	struct conf_error err;
	(void)state;

	usual_files();
	assert_int_equal(resolve("app:tls", &id, &err), 0);
	assert_int_equal(id.gid, 30);
	assert_int_equal(id.group_count, 0);
	assert_int_equal(resolve("1000", &id, &err), 0);
	assert_int_equal(id.gid, 1001);
	assert_string_equal(id.home, "/srv/app");
	assert_int_equal(id.group_count, 0);
	assert_int_equal(resolve("5000", &id, &err), 0);
	assert_int_equal(id.uid, 5000);
	assert_int_equal(id.gid, 5000);
	assert_string_equal(id.home, "/");
	assert_string_equal(id.name, "");
	assert_int_equal(resolve("last", &id, &err), 0);
	assert_int_equal(id.uid, 77);
	assert_string_equal(id.home, "/home/last");
}

static void
test_what_does_not_resolve_is_refused(void **state)
{
	static const struct {
		const char *user, *text;
	} rows[] = {
		{ "nosuch", "user \"nosuch\": not in" },
		{ "app:nosuch", "group \"nosuch\": not in" },
		{ "ap", "not in" },
		{ "", "the user name is empty" },
		{ "app:", "the group name is empty" },
		{ ":tls", "the user name is empty" },
		{ "app:tls:x", "not a name" },
		{ "4294967296", "not a decimal number from 0 to 4294967294" },
		{ "4294967295", "not a decimal number" },
		{ "-1", "not a decimal number" },
		{ "0x0", "not a decimal number" },
		{ "01000", "not a decimal number" },
		{ " 1000", "not a name" },
		{ "1000\n", "not a name" },
		{ "1000abc", "not a decimal number" },
		{ "bad", ":4 is malformed" },
		{ "short", ":5 is malformed" },
		{ "odd", ":6 is malformed" },
	};
	(void)state;

	usual_files();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct identity before, after;
		struct conf_error err = { 0 };

		memset(&before, 7, sizeof(before));
		after = before;
		assert_int_equal(resolve(rows[i].user, &after, &err), -1);
		if (strstr(err.text, rows[i].text) == NULL)
			fail_msg("%s: %s", rows[i].user, err.text);
		assert_memory_equal(&before, &after, sizeof(after));
	}
}

static void
test_hostile_files_neither_hang_nor_mislead(void **state)
{
	static const char zero[] = "ro\0ot:x:0:0::/:\napp\0:x:0:0::/:\n"
	                           "app:x:10\0:0::/:/\n";
	struct identity id;
	struct conf_error err;
	char *huge = malloc(3000000);
	(void)state;

	assert_non_null(huge);
	usual_files();
	put(passwd, zero, sizeof(zero) - 1);
	assert_int_equal(resolve("app", &id, &err), -1);
	assert_non_null(strstr(err.text, ":3 is malformed"));

	memset(huge, 'a', 3000000);
	put(passwd, huge, 3000000);
	assert_int_equal(resolve("a", &id, &err), -1);
	assert_int_equal(resolve("7", &id, &err), 0);

	memset(huge, ':', 3000000);
	memcpy(huge + 2999980, "\napp:x:5:6::/a:/b\n", 18);
	put(passwd, huge, 2999998);
	assert_int_equal(resolve("app:9", &id, &err), 0);
	assert_int_equal(id.uid, 5);
	free(huge);

	unlink(passwd);
	assert_int_equal(mkfifo(passwd, 0600), 0);
	assert_int_equal(resolve("app", &id, &err), -1);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(resolve("12", &id, &err), 0);
	unlink(passwd);
	assert_int_equal(resolve("app", &id, &err), -1);
	assert_int_equal(symlink(passwd, passwd), 0);
	assert_int_equal(resolve("app", &id, &err), -1);
	unlink(passwd);
	PUT(passwd, "");
	assert_int_equal(truncate(passwd, 100 * 1024 * 1024), 0);
	assert_int_equal(resolve("app", &id, &err), -1);
	assert_non_null(strstr(err.text, "larger than 16 MiB"));
}

static void
test_group_add_is_sorted_and_single(void **state)
{
	const char *items[] = { "tls", "5", "30", "wheel", NULL };
	struct conf_list list = { items, 4 };
	struct identity id;
	struct conf_error err;
	(void)state;

	usual_files();
	assert_int_equal(
	    identity_resolve_in(passwd, group, "1000:1000", &list, &id, &err),
	    0);
	assert_int_equal(id.group_count, 3);
	assert_int_equal(id.groups[0], 1);
	assert_int_equal(id.groups[1], 5);
	assert_int_equal(id.groups[2], 30);
	items[1] = "nosuch";
	assert_int_equal(
	    identity_resolve_in(passwd, group, "1000", &list, &id, &err), -1);
}

static void
test_check_needs_no_file(void **state)
{
	static char long_name[IDENTITY_NAME_MAX + 3];
	static const char *const good[] = { "app", "app:tls", "1001", "0:0",
		"4294967294:wheel", "nosuch" };
	static const char *const bad[] = { "", ":1", "1:", "0777", "app:-1",
		"4294967295", "1:2:3", "a b", "0x0:1", long_name };
	struct conf_error err;
	(void)state;

	memset(long_name, 'a', sizeof(long_name) - 3);
	memcpy(long_name + sizeof(long_name) - 3, ":1", 3);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(identity_check(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(identity_check(bad[i], &err), -1);
}

static int
make_files(void **state)
{
	(void)state;
	close(mkstemp(passwd));
	close(mkstemp(group));
	return 0;
}

static int
remove_files(void **state)
{
	(void)state;
	unlink(passwd);
	unlink(group);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_strictly_decimal),
		cmocka_unit_test(test_a_name_brings_its_groups),
		cmocka_unit_test(test_a_group_or_a_number_brings_none),
		cmocka_unit_test(test_what_does_not_resolve_is_refused),
		cmocka_unit_test(test_hostile_files_neither_hang_nor_mislead),
		cmocka_unit_test(test_group_add_is_sorted_and_single),
		cmocka_unit_test(test_check_needs_no_file),
	};

	return cmocka_run_group_tests_name(
	    "identity", tests, make_files, remove_files);
}
