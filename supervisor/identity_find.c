/* SPDX-License-Identifier: MIT */
/*
 * identity_find.c - looks a user up, without a C library and without words.
 *
 * identity.c says what went wrong; `hale --user` does without, early.
 */
#include "identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel.h"
#include "passwd.h"

/* A file of users larger than this is not one. */
enum { FILE_MAX = 16 * 1024 * 1024 };

int
identity_number(const char *text, uint32_t *id)
{
	uint64_t number = 0;
	size_t digits = 0;

	while (text[digits] >= '0' && text[digits] <= '9' && digits <= 10)
		number = number * 10 + (uint64_t)(text[digits++] - '0');
	if (digits == 0 || digits > 10 || text[digits] != '\0' ||
	    (text[0] == '0' && digits > 1) || number >= IDENTITY_NONE)
		return -1;
	*id = (uint32_t)number;
	return 0;
}

/* Is it a file, and not a FIFO, a device or a directory?  0, or -errno. */
static long
check_file(long fd)
{
#if defined(SYS_fstat64) /* 32 bits: struct stat is the C library's own */
	uint32_t words[64], mode;
	long result = sys2(SYS_fstat64, fd, sys_ptr(words));

	mode = words[4];
#else
	struct stat st;
	long result = sys2(SYS_fstat, fd, sys_ptr(&st));
	uint32_t mode = st.st_mode;
#endif
	if (result < 0)
		return result;
	return S_ISREG(mode) ? 0 : -EINVAL;
}

/* Feeds what is in the file to *scan, until it has seen enough. */
static long
feed(long fd, struct passwd_scan *scan)
{
	char buffer[2048];
	size_t total = 0;
	long got;

	while (!scan->done &&
	       (got = kernel_read(fd, buffer, sizeof(buffer))) != 0) {
		if (got < 0)
			return got;
		total += (size_t)got;
		if (total > FILE_MAX)
			return -EFBIG;
		passwd_feed(scan, buffer, (size_t)got);
	}
	passwd_end(scan);
	return 0;
}

int
identity_scan(const char *path, struct passwd_scan *scan)
{
	long fd = kernel_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	long result;

	if (fd < 0)
		return (int)fd;
	result = check_file(fd);
	if (result == 0)
		result = feed(fd, scan);
	kernel_close(fd);
	return (int)result;
}

static int
problem(struct identity_lookup *in, enum identity_problem problem)
{
	in->problem = problem;
	return -1;
}

/* A name that no passwd file can hold would only be found by mistake. */
static int
check_name(struct identity_lookup *in, const char *name)
{
	in->name = name;
	if (name[0] == '\0')
		return problem(in, IDENTITY_NAME_EMPTY);
	if (strlen(name) >= IDENTITY_NAME_MAX)
		return problem(in, IDENTITY_NAME_LONG);
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == ':' || *p == ',' ||
		    *p == '/' || *p == 0x7f)
			return problem(in, IDENTITY_NAME_WRONG);
	/* Looks like a number and is none: 4294967296, 0x0, -1, 01000. */
	if (strchr("0123456789+-", name[0]) != NULL)
		return problem(in, IDENTITY_NUMBER_WRONG);
	return 0;
}

/* An entry by name: it must be there and be sound. */
static int
find_entry(struct identity_lookup *in, struct passwd_scan *scan,
    const char *path, const char *name)
{
	in->path = path;
	in->name = scan->name = name;
	in->error = -identity_scan(path, scan);
	if (in->error != 0)
		return problem(in, IDENTITY_UNREADABLE);
	in->line = scan->line;
	if (!scan->found)
		return problem(in, IDENTITY_NOT_FOUND);
	return scan->malformed ? problem(in, IDENTITY_MALFORMED) : 0;
}

static void
take_user(struct identity *id, const struct passwd_scan *scan)
{
	id->uid = scan->uid;
	id->gid = scan->gid;
	memcpy(id->name, scan->entry_name, sizeof(id->name));
	memcpy(id->home, scan->home, sizeof(id->home));
}

/* A user by number: what the file adds is welcome, and not needed. */
static void
find_number(struct identity_lookup *in, uint32_t uid)
{
	struct passwd_scan scan = { .kind = PASSWD_USER_NUMBER, .number = uid };

	in->id.uid = in->id.gid = uid;
	if (identity_scan(in->passwd_path, &scan) == 0 && scan.found &&
	    !scan.malformed)
		take_user(&in->id, &scan);
}

int
identity_find_group(struct identity_lookup *in, const char *name, uint32_t *gid)
{
	struct passwd_scan scan = { .kind = PASSWD_GROUP_NAME };

	if (identity_number(name, gid) == 0)
		return 0;
	in->of_group = true;
	if (check_name(in, name) < 0 ||
	    find_entry(in, &scan, in->group_path, name) < 0)
		return -1;
	*gid = scan.gid;
	return 0;
}

/* Keeps the list ascending and free of doubles, as getgroups() gives it. */
int
identity_insert(struct identity *id, uint32_t gid)
{
	size_t at = 0;

	while (at < id->group_count && id->groups[at] < gid)
		at++;
	if (at < id->group_count && id->groups[at] == gid)
		return 0;
	if (id->group_count == IDENTITY_GROUPS_MAX)
		return -1;
	memmove(&id->groups[at + 1], &id->groups[at],
	    (id->group_count - at) * sizeof(id->groups[0]));
	id->groups[at] = gid;
	id->group_count++;
	return 0;
}

/* The groups that list a user by name.  No file: none, as everywhere. */
static int
find_memberships(struct identity_lookup *in, const char *name)
{
	struct passwd_scan scan = { .kind = PASSWD_MEMBERSHIPS, .name = name };

	in->path = in->group_path;
	in->name = name;
	in->error = -identity_scan(in->group_path, &scan);
	if (in->error == ENOENT)
		return 0;
	if (in->error != 0)
		return problem(in, IDENTITY_GROUPS_UNREADABLE);
	if (scan.too_many)
		return problem(in, IDENTITY_MANY_GROUPS);
	for (size_t i = 0; i < scan.gid_count; i++)
		if (identity_insert(&in->id, scan.gids[i]) < 0)
			return problem(in, IDENTITY_MANY_GROUPS);
	return 0;
}

int
identity_fit(struct identity_lookup *in, const char *user)
{
	size_t length = strlen(user);
	uint32_t id;
	char *group;

	in->name = user;
	if (length >= sizeof(in->text))
		return problem(in, IDENTITY_NAME_LONG);
	memcpy(in->text, user, length + 1);
	group = strchr(in->text, ':');
	if (group != NULL)
		*group++ = '\0';
	in->group = group;
	if (identity_number(in->text, &id) < 0 && check_name(in, in->text) < 0)
		return -1;
	in->of_group = true;
	if (group != NULL && identity_number(group, &id) < 0 &&
	    check_name(in, group) < 0)
		return -1;
	in->of_group = false;
	return 0;
}

int
identity_find(struct identity_lookup *in, const char *user)
{
	struct passwd_scan scan = { .kind = PASSWD_USER_NAME };
	bool by_number;
	uint32_t uid;

	in->id.home[0] = '/';
	if (identity_fit(in, user) < 0)
		return -1;
	by_number = identity_number(in->text, &uid) == 0;
	if (by_number)
		find_number(in, uid);
	else if (find_entry(in, &scan, in->passwd_path, in->text) < 0)
		return -1;
	else
		take_user(&in->id, &scan);
	if (in->group != NULL)
		return identity_find_group(in, in->group, &in->id.gid);
	return by_number ? 0 : find_memberships(in, in->text);
}
