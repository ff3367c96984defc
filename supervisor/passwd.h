/* SPDX-License-Identifier: MIT */
/*
 * passwd.h - reads /etc/passwd and /etc/group, a piece at a time.
 *
 * Pure: bytes in, one answer out.  It holds one field, not one line, so that a
 * line of a gigabyte costs what a line of ten bytes does.  A NUL is a byte
 * like any other, and belongs to no name.  The first entry that fits counts.
 */
#ifndef HALE_SUPERVISOR_PASSWD_H
#define HALE_SUPERVISOR_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity.h"

enum passwd_kind {
	PASSWD_USER_NAME,    /* of passwd, by name */
	PASSWD_USER_NUMBER,  /* of passwd, by number */
	PASSWD_GROUP_NAME,   /* of group, by name */
	PASSWD_GROUP_NUMBER, /* of group, by number */
	PASSWD_MEMBERSHIPS,  /* of group, all that list name as a member */
};

struct passwd_scan {
	/* what is looked for */
	enum passwd_kind kind;
	const char *name; /* shorter than IDENTITY_NAME_MAX */
	uint32_t number;

	/* what was found */
	bool done; /* no more input is needed */
	bool found;
	bool malformed; /* found, and its numbers are not numbers */
	bool too_many;  /* memberships than gids has room for */
	unsigned line;  /* of the entry, counted from 1 */
	char entry_name[IDENTITY_NAME_MAX];
	uint32_t uid, gid;
	char home[256];
	uint32_t gids[IDENTITY_GROUPS_MAX];
	size_t gid_count;

	/* the line being read */
	unsigned field;
	size_t length;    /* of token; past its end: too long */
	char token[256];  /* not terminated while being read */
	bool bad_numbers; /* of this line */
	bool member;      /* this line lists name */
};

/* Zero but for what is looked for, then feed any number of pieces, then end. */
void passwd_feed(struct passwd_scan *scan, const char *bytes, size_t size);

/* The last line needs no newline. */
void passwd_end(struct passwd_scan *scan);

#endif
