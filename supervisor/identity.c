/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <errno.h>
#include <string.h>

#include "conf.h"
#include "passwd.h"

static const char *
file_problem(int error)
{
	return error == EINVAL  ? "not a regular file"
	       : error == EFBIG ? "larger than 16 MiB"
	                        : strerror(error);
}

/* What the lookup found wrong, in words; -1. */
static int
refuse(const struct identity_lookup *in, struct conf_error *err)
{
	const char *what = in->of_group ? "group" : "user";

	switch (in->problem) {
	case IDENTITY_NAME_EMPTY:
		return conf_refuse(err, "the %s name is empty", what);
	case IDENTITY_NAME_LONG:
		return conf_refuse(
		    err, "%s \"%.20s...\": name too long", what, in->name);
	case IDENTITY_NAME_WRONG:
		return conf_refuse(err,
		    "%s \"%s\": not a name, nor a number from 0 to 4294967294",
		    what, in->name);
	case IDENTITY_NUMBER_WRONG:
		return conf_refuse(err,
		    "%s \"%s\": not a decimal number from 0 to 4294967294",
		    what, in->name);
	case IDENTITY_UNREADABLE:
		return conf_refuse(err, "%s \"%s\": %s: %s", what, in->name,
		    in->path, file_problem(in->error));
	case IDENTITY_NOT_FOUND:
		return conf_refuse(
		    err, "%s \"%s\": not in %s", what, in->name, in->path);
	case IDENTITY_MALFORMED:
		return conf_refuse(err, "%s \"%s\": %s:%u is malformed", what,
		    in->name, in->path, in->line);
	case IDENTITY_GROUPS_UNREADABLE:
		return conf_refuse(err, "groups of user \"%s\": %s: %s",
		    in->name, in->path, file_problem(in->error));
	case IDENTITY_MANY_GROUPS:
		return conf_refuse(err, "user \"%s\": more than %d groups",
		    in->name, IDENTITY_GROUPS_MAX);
	}
	return -1;
}

int
identity_check(const char *user, struct conf_error *err)
{
	struct identity_lookup in = { 0 };

	return identity_fit(&in, user) == 0 ? 0 : refuse(&in, err);
}

int
identity_add(struct identity *id, uint32_t gid, struct conf_error *err)
{
	if (identity_insert(id, gid) == 0)
		return 0;
	return conf_refuse(err, "more than %d groups", IDENTITY_GROUPS_MAX);
}

int
identity_resolve_in(const char *passwd_path, const char *group_path,
    const char *user, const struct conf_list *group_add, struct identity *out,
    struct conf_error *err)
{
	struct identity_lookup in = { .passwd_path = passwd_path,
		.group_path = group_path };

	if (identity_find(&in, user) < 0)
		return refuse(&in, err);
	for (size_t i = 0; group_add != NULL && i < group_add->count; i++) {
		uint32_t gid;

		if (identity_find_group(&in, group_add->items[i], &gid) < 0)
			return refuse(&in, err);
		if (identity_add(&in.id, gid, err) < 0)
			return -1;
	}
	*out = in.id;
	return 0;
}

int
identity_resolve(const char *user, const struct conf_list *group_add,
    struct identity *out, struct conf_error *err)
{
	return identity_resolve_in(
	    "/etc/passwd", "/etc/group", user, group_add, out, err);
}

int
identity_group(const char *name, uint32_t *gid, struct conf_error *err)
{
	struct identity_lookup in = { .group_path = "/etc/group" };

	return identity_find_group(&in, name, gid) == 0 ? 0 : refuse(&in, err);
}

static void
name_of(const char *path, enum passwd_kind kind, uint32_t number,
    char out[IDENTITY_NAME_MAX])
{
	struct passwd_scan scan = { .kind = kind, .number = number };

	out[0] = '\0';
	if (identity_scan(path, &scan) == 0 && scan.found && !scan.malformed)
		memcpy(out, scan.entry_name, IDENTITY_NAME_MAX);
}

void
identity_user_name(uint32_t uid, char out[IDENTITY_NAME_MAX])
{
	name_of("/etc/passwd", PASSWD_USER_NUMBER, uid, out);
}

void
identity_group_name(uint32_t gid, char out[IDENTITY_NAME_MAX])
{
	name_of("/etc/group", PASSWD_GROUP_NUMBER, gid, out);
}
