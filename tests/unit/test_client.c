/* SPDX-License-Identifier: MIT */
/* What the client reads of an answer, where it looks for the socket. */
#include "unit.h"

#include "healthcheck/client.h"
#include "healthcheck/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_json_text(void **state)
{
	static const char json[] =
	    "{\"ok\":false,\"error\":\"no \\\"x\\\" \\\\ here\",\"a\":\"\"}";
	char out[32], small[6];

	(void)state;
	assert_string_equal(client_json_text(json, "error", out, sizeof(out)),
	    "no \"x\" \\ here");
	assert_string_equal(client_json_text(json, "a", out, sizeof(out)), "");
	assert_string_equal(
	    client_json_text(json, "error", small, sizeof(small)), "no \"x");
	assert_null(client_json_text(json, "ok", out, sizeof(out)));
	assert_null(client_json_text(json, "rror", out, sizeof(out)));
	assert_null(client_json_text("", "a", out, sizeof(out)));
	assert_string_equal(
	    client_json_text("{\"a\":\"cut", "a", out, sizeof(out)), "cut");
}

static void
test_plain(void **state)
{
	static const char *const bad[] = { "", " ", "a b", "a/b", "a?b", "a&b",
		"a#b", "a%20", "a\n", "\177", "\303\244" };
	char longest[201] = "";

	(void)state;
	assert_true(client_is_plain("api"));
	assert_true(client_is_plain("a.b-c_d:1"));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(client_is_plain(bad[i]));
	memset(longest, 'n', 199);
	assert_true(client_is_plain(longest));
	longest[199] = 'n';
	assert_false(client_is_plain(longest));
}

static char directory[] = "/tmp/hale-unit.XXXXXX";
static char path[64], chosen[PLACE_BYTES], why[256];

static int
set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/hale-unit.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s.sock", directory);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	unsetenv("HALE_SOCKET");
	return rmdir(directory);
}

static void
test_place(void **state)
{
	struct stat file;
	int fd = place_listen(path, chosen, why, sizeof(why)), client;

	(void)state;
	assert_true(fd >= 0);
	assert_string_equal(chosen, path);
	assert_int_equal(stat(path, &file), 0);
	assert_true(S_ISSOCK(file.st_mode));
	assert_int_equal(file.st_mode & 0777, 0666);
	/* A server that lives is not replaced. */
	assert_int_equal(place_listen(path, chosen, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "in use"));
	setenv("HALE_SOCKET", path, 1);
	client = place_connect(1000, why, sizeof(why));
	assert_true(client >= 0);
	close(client);
	close(fd);
	/* One that is dead is. */
	fd = place_listen(path, chosen, why, sizeof(why));
	assert_true(fd >= 0);
	close(fd);
	place_remove(path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(place_connect(1000, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "(HALE_SOCKET): No such file"));
}

/* What is not ours is neither followed, replaced nor taken away. */
static void
test_others(void **state)
{
	char target[80];
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(place_listen(path, chosen, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "File exists"));
	place_remove(path);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	snprintf(target, sizeof(target), "%s/target", directory);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(place_listen(path, chosen, why, sizeof(why)), -1);
	assert_int_equal(access(target, F_OK), -1);
}

static void
test_too_long(void **state)
{
	char longer[PLACE_BYTES + 2];

	(void)state;
	memset(longer, 'n', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(place_listen(longer, chosen, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "too long"));
	setenv("HALE_SOCKET", longer, 1);
	assert_int_equal(place_connect(1000, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "too long"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_text),
		cmocka_unit_test(test_plain),
		cmocka_unit_test_setup_teardown(test_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_too_long, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
