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

/* The name of a user or group number into out ("" if none); for people. */
void identity_user_name(uint32_t uid, char out[IDENTITY_NAME_MAX]);
void identity_group_name(uint32_t gid, char out[IDENTITY_NAME_MAX]);

#endif
