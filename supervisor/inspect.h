/* SPDX-License-Identifier: MIT */
/*
 * inspect.h - what a process may do in effect, read from the kernel.
 *
 * Not from the config: what /proc/PID says now, one row for each item with a
 * verdict in a few words, for people as a table and for programs as JSON.
 */
#ifndef HALE_SUPERVISOR_INSPECT_H
#define HALE_SUPERVISOR_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packed.h"

enum inspect_grade { INSPECT_GOOD, INSPECT_FAIR, INSPECT_BAD, INSPECT_UNKNOWN };

/* What the kernel says of one process; -1 where it does not say. */
struct inspect_facts {
	char name[20]; /* of the program */
	int64_t uid[4], gid[4];
	int64_t groups; /* supplementary, how many */
	char group_list[80];
	uint64_t permitted, effective, inheritable, bounding, ambient;
	int64_t no_new_privs, seccomp, filters;
	int64_t landlock_abi; /* of the kernel; 0: none */
	int64_t oom_score_adj;
	int64_t descriptors; /* how many are open */
	int64_t nofile;      /* soft limit */
};

struct inspect_row {
	const char *item;
	char value[120];
	enum inspect_grade grade;
	const char *verdict;
};

enum { INSPECT_ROWS = 11 };

/* Reads the text of /proc/PID/status.  Pure; unknown lines are skipped. */
void inspect_parse(const char *status, struct inspect_facts *facts);

/* The rows of the table.  Pure.  Returns how many. */
size_t inspect_judge(
    const struct inspect_facts *facts, struct inspect_row rows[INSPECT_ROWS]);

/*
 * hale inspect [SERVICE|PID] [--json]; without one: PID 1 and its children.
 * Returns 0, or 1 when there is no such process.
 */
PACKED_ENTRY int verb_inspect(int argc, char **argv);

/* The pid of a service by name, or 0; set by whoever can ask PID 1. */
PACKED_ENTRY extern int (*inspect_lookup)(const char *service);

#endif
