/* SPDX-License-Identifier: MIT */
/*
 * identity.h - who a service is: user, group, supplementary groups.
 *
 * Names are looked up in /etc/passwd and /etc/group by a reader of our own,
 * which holds one field at a time and can't be kept waiting; no NSS.  Numbers
 * are strictly decimal.  What does not resolve is refused, it is never root.
 */
#ifndef HALE_SUPERVISOR_IDENTITY_H
#define HALE_SUPERVISOR_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_error;
struct conf_list;

enum { IDENTITY_GROUPS_MAX = 128, IDENTITY_NAME_MAX = 64 };

/* No user has this number: it is what (uid_t)-1 means to the kernel. */
#define IDENTITY_NONE UINT32_C(0xffffffff)

struct identity {
	uint32_t uid, gid;
	uint32_t groups[IDENTITY_GROUPS_MAX]; /* supplementary, ascending */
	size_t group_count;
	char name[IDENTITY_NAME_MAX]; /* USER, LOGNAME; "": no entry */
	char home[256];               /* HOME; "/" where there is no entry */
};

/*
 * Reads a whole decimal number, 0 to 4294967294: no sign, no space, no leading
 * zero, no other base.  Returns 0, or -1 with *id unchanged.
 */
int identity_number(const char *text, uint32_t *id);

struct passwd_scan;

enum identity_problem {
	IDENTITY_NAME_EMPTY,
	IDENTITY_NAME_LONG,
	IDENTITY_NAME_WRONG,
	IDENTITY_NUMBER_WRONG,
	IDENTITY_UNREADABLE, /* path, with error */
	IDENTITY_NOT_FOUND,
	IDENTITY_MALFORMED, /* path and line */
	IDENTITY_GROUPS_UNREADABLE,
	IDENTITY_MANY_GROUPS,
};

/* Zero but for the paths. */
struct identity_lookup {
	const char *passwd_path, *group_path;
	struct identity id; /* the answer */

	/* why there is none */
	enum identity_problem problem;
	bool of_group; /* it is about a group */
	const char *name, *path;
	int error; /* errno */
	unsigned line;

	char text[2 * IDENTITY_NAME_MAX + 2]; /* USER[:GROUP], cut in two */
	const char *group;                    /* in text, or NULL */
};

/* Cuts USER[:GROUP]; whether each part is a number, or could be a name. */
int identity_fit(struct identity_lookup *in, const char *user);

/*
 * What identity_resolve() does but for group_add, by raw system calls.
 * Returns 0 with in->id filled, or -1 with in->problem and its details.
 */
int identity_find(struct identity_lookup *in, const char *user);

/* A group by name or number: likewise, into *gid. */
int identity_find_group(
    struct identity_lookup *in, const char *name, uint32_t *gid);

/* Adds a supplementary group, once.  Returns -1 when there are too many. */
int identity_insert(struct identity *id, uint32_t gid);

/*
 * Feeds the file at path to *scan.  A FIFO, a device or a directory is refused,
 * so nobody keeps us waiting.  Returns 0 or -errno: -EINVAL when it is not a
 * file, -EFBIG when it is too large.
 */
int identity_scan(const char *path, struct passwd_scan *scan);

/*
 * Resolves USER[:GROUP], names or numbers, and the groups of group_add (may
 * be NULL).  A name brings the groups that /etc/group lists it in, a number
 * and an explicit GROUP bring none.  A number without an entry and without a
 * GROUP gets the group of the same number; never group 0 by omission.
 *
 * Returns 0, or -1 with err->text set and *out unchanged.
 */
int identity_resolve(const char *user, const struct conf_list *group_add,
    struct identity *out, struct conf_error *err);

/*
 * Whether USER[:GROUP] could be resolved on some machine: what can be said
 * without /etc/passwd.  Returns 0, or -1 with err->text set.
 */
int identity_check(const char *user, struct conf_error *err);

/* What identity_resolve() does, reading other files than the usual two. */
int identity_resolve_in(const char *passwd_path, const char *group_path,
    const char *user, const struct conf_list *group_add, struct identity *out,
    struct conf_error *err);

/* One group, by name or number, as identity_resolve() reads it. */
int identity_group(const char *name, uint32_t *gid, struct conf_error *err);

/* Adds a supplementary group, once.  Returns 0, or -1 with err->text set. */
int identity_add(struct identity *id, uint32_t gid, struct conf_error *err);

/* HOME=, USER= and LOGNAME= with the longest values that there are. */
struct identity_words {
	char home[256 + 5], user[IDENTITY_NAME_MAX + 5],
	    logname[IDENTITY_NAME_MAX + 8];
};

/*
 * Gives envp, with count variables and room for four more pointers, HOME, USER
 * and LOGNAME, unless it has its own; they are borrowed from *words.
 */
void identity_environment(const struct identity *id,
    struct identity_words *words, char **envp, size_t count);

/* The name of a user or group number into out ("" if none); for people. */
void identity_user_name(uint32_t uid, char out[IDENTITY_NAME_MAX]);
void identity_group_name(uint32_t gid, char out[IDENTITY_NAME_MAX]);

#endif
