/* SPDX-License-Identifier: MIT */
/*
 * persona_drop.c - called gosu or su-exec: become a user, then the command.
 *
 * As those do it, with their words and exit codes, but for two traps: a number
 * that does not fit is refused and not folded to root, and so is a user that
 * is empty, which both take for whoever runs them: mostly root.
 */
#include "persona_drop.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "conf.h"
#include "early.h"
#include "exec.h"
#include "packed.h"
#include "identity.h"
#include "kernel.h"

enum { FAILED = 1 };

static int
set_ids(const struct identity *id, const char **step)
{
	*step = "setgroups";
	if (setgroups(id->group_count, id->groups) < 0)
		return -1;
	*step = "setgid";
	if (setgid(id->gid) < 0)
		return -1;
	*step = "setuid";
	if (setuid(id->uid) < 0)
		return -1;
	return 0;
}

/* Neither knows of a group that was not given: a bare number keeps ours. */
static int
resolve(const char *spec, struct identity *id, struct conf_error *err)
{
	bool has_group = strchr(spec, ':') != NULL;
	uint32_t number;

	if (identity_resolve(spec, NULL, id, err) < 0)
		return -1;
	if (has_group || identity_number(spec, &number) < 0)
		return 0;
	if (id->name[0] == '\0')
		id->gid = getgid();
	else if (identity_resolve(id->name, NULL, id, err) < 0)
		return -1;
	return 0;
}

/* USER without :GROUP, into user[]; *group: what follows, or NULL. */
static void
split(const char *spec, char user[IDENTITY_NAME_MAX], const char **group)
{
	size_t length = strcspn(spec, ":");

	*group = spec[length] == ':' ? spec + length + 1 : NULL;
	snprintf(user, IDENTITY_NAME_MAX, "%.*s", (int)length, spec);
}

static void
become_ordinary(void)
{
	kernel_mask(early_inherited_mask, NULL);
}

static const char gosu_usage[] PACKED_TEXT =
    "Usage: gosu user-spec command [args]\n"
    "   eg: gosu tianon bash\n"
    "       gosu nobody:root bash -c 'whoami && id'\n"
    "       gosu 1000:1 id\n"
    "\n"
    "gosu version: 1.17 (hale " HALE_VERSION ")\n"
    "gosu license: MIT (see hale licenses)\n";

static int
gosu_refuse(const char *spec, const struct conf_error *err)
{
	struct identity unused;
	struct conf_error ignored;
	char user[IDENTITY_NAME_MAX];
	const char *group;
	bool is_group;

	split(spec, user, &group);
	is_group = group != NULL &&
	           identity_resolve(user, NULL, &unused, &ignored) == 0;
	fprintf(stderr, "error: failed switching to \"%s\": ", spec);
	if (strstr(err->text, "not in /etc/") != NULL)
		fprintf(stderr,
		    "unable to find %s %s: no matching entries in %s file\n",
		    is_group ? "group" : "user", is_group ? group : user,
		    is_group ? "group" : "passwd");
	else
		fprintf(stderr, "%s\n", err->text);
	return FAILED;
}

static const char *
lower(int error, char *text, size_t size)
{
	snprintf(text, size, "%s", strerror(error));
	if (text[0] >= 'A' && text[0] <= 'Z')
		text[0] = (char)(text[0] - 'A' + 'a');
	return text;
}

int
persona_gosu(int argc, char **argv)
{
	struct identity id;
	struct conf_error err;
	const char *step;
	char text[80], *colon;
	int error;

	become_ordinary();
	if (getauxval(AT_SECURE) != 0) {
		fprintf(stderr,
		    "error: \"%s\" appears to be installed with the 'setuid' "
		    "bit set, which is an *extremely* insecure and completely "
		    "unsupported configuration! (what you want instead is "
		    "likely 'sudo' or 'su')\n",
		    argv[0]);
		return FAILED;
	}
	if (argc >= 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	        strcmp(argv[1], "-?") == 0)) {
		fputs(packed_text(gosu_usage), stdout);
		return 0;
	}
	if (argc >= 2 &&
	    (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0)) {
		puts("1.17 (hale " HALE_VERSION ")");
		return 0;
	}
	if (argc <= 2) {
		fprintf(stderr, "%s\n", packed_text(gosu_usage));
		return FAILED;
	}
	/* "USER:" is USER to it. */
	colon = strchr(argv[1], ':');
	if (colon != NULL && colon != argv[1] && colon[1] == '\0')
		*colon = '\0';
	if (resolve(argv[1], &id, &err) < 0)
		return gosu_refuse(argv[1], &err);
	if (set_ids(&id, &step) < 0) {
		fprintf(stderr, "error: failed switching to \"%s\": %s\n",
		    argv[1], lower(errno, text, sizeof(text)));
		return FAILED;
	}
	setenv("HOME", id.home, 1);
	error = -exec_search(argv + 2, environ);
	if (strchr(argv[2], '/') == NULL &&
	    (error == ENOENT || error == EACCES))
		fprintf(stderr,
		    "error: exec: \"%s\": executable file not found in "
		    "$PATH\n",
		    argv[2]);
	else if (error == ENOENT)
		fprintf(stderr,
		    "error: exec: \"%s\": stat %s: no such file or "
		    "directory\n",
		    argv[2], argv[2]);
	else
		fprintf(stderr, "error: exec: \"%s\": %s\n", argv[2],
		    lower(error, text, sizeof(text)));
	return FAILED;
}

static int
su_exec_fail(const char *call, const char *what, int error)
{
	fprintf(stderr,
	    what != NULL ? "su-exec: %s(%s): %s\n" : "su-exec: %s%s: %s\n",
	    call, what != NULL ? what : "", strerror(error));
	return FAILED;
}

static int
su_exec_refuse(const char *spec)
{
	struct identity unused;
	struct conf_error ignored;
	char user[IDENTITY_NAME_MAX];
	const char *group;

	split(spec, user, &group);
	if (group != NULL &&
	    identity_resolve(user, NULL, &unused, &ignored) == 0)
		return su_exec_fail("getgrnam", group, ENOENT);
	return su_exec_fail("getpwnam", user, ENOENT);
}

int
persona_su_exec(int argc, char **argv)
{
	struct identity id;
	struct conf_error err;
	const char *step;
	char number[16];

	become_ordinary();
	if (argc < 3) {
		printf("Usage: %s user-spec command [args]\n", argv[0]);
		return 0;
	}
	if (resolve(argv[1], &id, &err) < 0)
		return su_exec_refuse(argv[1]);
	/* Its list of groups always has the group itself in it. */
	if (identity_add(&id, id.gid, &err) < 0)
		return su_exec_fail("setgroups", NULL, EINVAL);
	if (set_ids(&id, &step) < 0) {
		snprintf(number, sizeof(number), "%d",
		    (int)(strcmp(step, "setuid") == 0 ? id.uid : id.gid));
		return su_exec_fail(step, number, errno);
	}
	setenv("HOME", id.home, 1);
	return su_exec_fail(argv[2], NULL, -exec_search(argv + 2, environ));
}
