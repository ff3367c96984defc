/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "passwd.h"

/* A file of users larger than this is not one. */
enum { FILE_MAX = 16 * 1024 * 1024 };

int
identity_number(const char *text, uint32_t *id)
{
	uint64_t number = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 10 || text[digits] != '\0' ||
	    (text[0] == '0' && digits > 1))
		return -1;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	if (number >= IDENTITY_NONE)
		return -1;
	*id = (uint32_t)number;
	return 0;
}

/*
 * Feeds the file at path to *scan until it has seen enough.  A FIFO, a device
 * or a directory is refused, so nobody keeps us waiting.  Returns 0, or -1
 * with errno: EINVAL when it is not a file, EFBIG when it is too large.
 */
static int
scan_file(const char *path, struct passwd_scan *scan)
{
	char buffer[4096];
	struct stat st;
	size_t total = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error = 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		error = EINVAL;
	while (error == 0 && !scan->done &&
	       (got = read(fd, buffer, sizeof(buffer))) > 0) {
		total += (size_t)got;
		if (total > FILE_MAX)
			error = EFBIG;
		else
			passwd_feed(scan, buffer, (size_t)got);
	}
	if (error == 0 && got < 0)
		error = errno;
	close(fd);
	if (error == 0)
		passwd_end(scan);
	errno = error;
	return error == 0 ? 0 : -1;
}

static const char *
file_problem(int error)
{
	return error == EINVAL  ? "not a regular file"
	       : error == EFBIG ? "larger than 16 MiB"
	                        : strerror(error);
}

/* The two files, and where the answer is gathered. */
struct lookup {
	const char *passwd_path, *group_path;
	struct identity id;
	struct conf_error *err;
};

/* A name that no passwd file can hold would only be found by mistake. */
static int
check_name(const char *what, const char *name, struct conf_error *err)
{
	if (name[0] == '\0')
		return conf_refuse(err, "the %s name is empty", what);
	if (strlen(name) >= IDENTITY_NAME_MAX)
		return conf_refuse(
		    err, "%s \"%.20s...\": name too long", what, name);
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == ':' || *p == ',' ||
		    *p == '/' || *p == 0x7f)
			return conf_refuse(err,
			    "%s \"%s\": not a name, nor a number from 0 to "
			    "4294967294",
			    what, name);
	/* Looks like a number and is none: 4294967296, 0x0, -1, 01000. */
	if (strchr("0123456789+-", name[0]) != NULL)
		return conf_refuse(err,
		    "%s \"%s\": not a decimal number from 0 to 4294967294",
		    what, name);
	return 0;
}

/* Each part a number, or fit to be a name: the part before the colon first. */
int
identity_check(const char *user, struct conf_error *err)
{
	size_t size = strcspn(user, ":");
	char name[IDENTITY_NAME_MAX] = "";
	uint32_t id;

	memcpy(name, user, size < sizeof(name) ? size : sizeof(name) - 1);
	if (identity_number(name, &id) < 0 &&
	    check_name("user", size < sizeof(name) ? name : user, err) < 0)
		return -1;
	user += size;
	if (*user == '\0' || identity_number(user + 1, &id) == 0)
		return 0;
	return check_name("group", user + 1, err);
}

/* A user by name: the entry must be there and be sound. */
static int
find_user(struct lookup *in, const char *name)
{
	struct passwd_scan scan = { .kind = PASSWD_USER_NAME, .name = name };

	if (check_name("user", name, in->err) < 0)
		return -1;
	if (scan_file(in->passwd_path, &scan) < 0)
		return conf_refuse(in->err, "user \"%s\": %s: %s", name,
		    in->passwd_path, file_problem(errno));
	if (!scan.found)
		return conf_refuse(
		    in->err, "user \"%s\": not in %s", name, in->passwd_path);
	if (scan.malformed)
		return conf_refuse(in->err, "user \"%s\": %s:%u is malformed",
		    name, in->passwd_path, scan.line);
	in->id.uid = scan.uid;
	in->id.gid = scan.gid;
	memcpy(in->id.name, scan.entry_name, sizeof(in->id.name));
	memcpy(in->id.home, scan.home, sizeof(in->id.home));
	return 0;
}

/* A user by number: what the file adds is welcome, and not needed. */
static void
find_number(struct lookup *in, uint32_t uid)
{
	struct passwd_scan scan = { .kind = PASSWD_USER_NUMBER, .number = uid };

	in->id.uid = in->id.gid = uid;
	if (scan_file(in->passwd_path, &scan) < 0 || !scan.found ||
	    scan.malformed)
		return;
	in->id.gid = scan.gid;
	memcpy(in->id.name, scan.entry_name, sizeof(in->id.name));
	memcpy(in->id.home, scan.home, sizeof(in->id.home));
}

static int
find_group(struct lookup *in, const char *name, uint32_t *gid)
{
	struct passwd_scan scan = { .kind = PASSWD_GROUP_NAME, .name = name };

	if (identity_number(name, gid) == 0)
		return 0;
	if (check_name("group", name, in->err) < 0)
		return -1;
	if (scan_file(in->group_path, &scan) < 0)
		return conf_refuse(in->err, "group \"%s\": %s: %s", name,
		    in->group_path, file_problem(errno));
	if (!scan.found)
		return conf_refuse(
		    in->err, "group \"%s\": not in %s", name, in->group_path);
	if (scan.malformed)
		return conf_refuse(in->err, "group \"%s\": %s:%u is malformed",
		    name, in->group_path, scan.line);
	*gid = scan.gid;
	return 0;
}

/* Keeps the list ascending and free of doubles, as getgroups() gives it. */
int
identity_add(struct identity *id, uint32_t gid, struct conf_error *err)
{
	size_t at = 0;

	while (at < id->group_count && id->groups[at] < gid)
		at++;
	if (at < id->group_count && id->groups[at] == gid)
		return 0;
	if (id->group_count == IDENTITY_GROUPS_MAX)
		return conf_refuse(
		    err, "more than %d groups", IDENTITY_GROUPS_MAX);
	memmove(&id->groups[at + 1], &id->groups[at],
	    (id->group_count - at) * sizeof(id->groups[0]));
	id->groups[at] = gid;
	id->group_count++;
	return 0;
}

/* The groups that list a user by name.  No file: none, as everywhere. */
static int
find_memberships(struct lookup *in, const char *name)
{
	struct passwd_scan scan = { .kind = PASSWD_MEMBERSHIPS, .name = name };

	if (scan_file(in->group_path, &scan) < 0)
		return errno == ENOENT
		           ? 0
		           : conf_refuse(in->err,
		                 "groups of user \"%s\": %s: %s", name,
		                 in->group_path, file_problem(errno));
	if (scan.too_many)
		return conf_refuse(in->err, "user \"%s\": more than %d groups",
		    name, IDENTITY_GROUPS_MAX);
	for (size_t i = 0; i < scan.gid_count; i++)
		if (identity_add(&in->id, scan.gids[i], in->err) < 0)
			return -1;
	return 0;
}

static int
find_all(struct lookup *in, const char *user, const char *group,
    const struct conf_list *group_add)
{
	uint32_t uid;
	bool by_number = identity_number(user, &uid) == 0;

	if (by_number)
		find_number(in, uid);
	else if (find_user(in, user) < 0)
		return -1;
	if (group != NULL) {
		if (find_group(in, group, &in->id.gid) < 0)
			return -1;
	} else if (!by_number && find_memberships(in, user) < 0) {
		return -1;
	}
	for (size_t i = 0; group_add != NULL && i < group_add->count; i++) {
		uint32_t gid;

		if (find_group(in, group_add->items[i], &gid) < 0 ||
		    identity_add(&in->id, gid, in->err) < 0)
			return -1;
	}
	return 0;
}

int
identity_resolve_in(const char *passwd_path, const char *group_path,
    const char *user, const struct conf_list *group_add, struct identity *out,
    struct conf_error *err)
{
	struct lookup in = { .passwd_path = passwd_path,
		.group_path = group_path,
		.id.home = "/",
		.err = err };
	char name[2 * IDENTITY_NAME_MAX + 2];
	char *group;

	if (strlen(user) >= sizeof(name))
		return conf_refuse(
		    err, "user \"%.20s...\": name too long", user);
	memcpy(name, user, strlen(user) + 1);
	group = strchr(name, ':');
	if (group != NULL)
		*group++ = '\0';
	if (find_all(&in, name, group, group_add) < 0)
		return -1;
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
	struct lookup in = { .group_path = "/etc/group", .err = err };

	return find_group(&in, name, gid);
}

static void
name_of(const char *path, enum passwd_kind kind, uint32_t number,
    char out[IDENTITY_NAME_MAX])
{
	struct passwd_scan scan = { .kind = kind, .number = number };

	out[0] = '\0';
	if (scan_file(path, &scan) == 0 && scan.found && !scan.malformed)
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
