/* SPDX-License-Identifier: MIT */
#include "inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "identity.h"
#include "landlock.h"

static void
parse_four(const char *text, int64_t out[4])
{
	char *end = (char *)(uintptr_t)text;

	for (int i = 0; i < 4; i++)
		out[i] = strtoll(end, &end, 10);
}

static void
parse_groups(const char *text, size_t length, struct inspect_facts *facts)
{
	size_t used = 0;

	facts->groups = 0;
	for (const char *p = text; p < text + length; p++) {
		bool digit = *p >= '0' && *p <= '9';

		if (digit && (p == text || p[-1] < '0' || p[-1] > '9'))
			facts->groups++;
		if ((digit || used > 0) && used + 1 < sizeof(facts->group_list))
			facts->group_list[used++] = *p;
	}
	while (used > 0 && facts->group_list[used - 1] == ' ')
		used--;
	facts->group_list[used] = '\0';
}

static void
parse_line(const char *line, size_t length, struct inspect_facts *facts)
{
	static const struct {
		char key[16];
		uint8_t base;
		uint16_t offset;
	} numbers[] = {
#define ROW(key, base, field)                                                  \
	{ key, base, offsetof(struct inspect_facts, field) }
		ROW("CapInh", 16, inheritable),
		ROW("CapPrm", 16, permitted),
		ROW("CapEff", 16, effective),
		ROW("CapBnd", 16, bounding),
		ROW("CapAmb", 16, ambient),
		ROW("NoNewPrivs", 10, no_new_privs),
		ROW("Seccomp", 10, seccomp),
		ROW("Seccomp_filters", 10, filters),
#undef ROW
	};
	const char *colon = memchr(line, ':', length);
	size_t key = colon != NULL ? (size_t)(colon - line) : 0;
	uint64_t value;

	if (colon == NULL)
		return;
	if (key == 3 && memcmp(line, "Uid", 3) == 0)
		parse_four(colon + 1, facts->uid);
	else if (key == 3 && memcmp(line, "Gid", 3) == 0)
		parse_four(colon + 1, facts->gid);
	else if (key == 6 && memcmp(line, "Groups", 6) == 0)
		parse_groups(colon + 1, length - key - 1, facts);
	else if (key == 4 && memcmp(line, "Name", 4) == 0)
		snprintf(facts->name, sizeof(facts->name), "%.*s",
		    (int)(length - key - 2), colon + 2);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strlen(numbers[i].key) == key &&
		    memcmp(numbers[i].key, line, key) == 0) {
			value = strtoull(colon + 1, NULL, numbers[i].base);
			memcpy((char *)facts + numbers[i].offset, &value,
			    sizeof(value));
		}
}

void
inspect_parse(const char *status, struct inspect_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->no_new_privs = facts->seccomp = facts->filters = -1;
	facts->oom_score_adj = facts->descriptors = facts->nofile = -1;
	while (*status != '\0') {
		size_t length = strcspn(status, "\n");

		if (length > 0)
			parse_line(status, length, facts);
		status += length + (status[length] != '\0');
	}
}

static struct inspect_row *
next(struct inspect_row *rows, size_t *count, const char *item,
    enum inspect_grade grade, const char *verdict)
{
	struct inspect_row *row = &rows[(*count)++];

	row->item = item;
	row->grade = grade;
	row->verdict = verdict;
	row->value[0] = '\0';
	return row;
}

static void
name_id(char *out, size_t size, int64_t id, const char *name)
{
	snprintf(
	    out, size, name[0] != '\0' ? "%u (%s)" : "%u", (unsigned)id, name);
}

static void
judge_ids(const struct inspect_facts *f, struct inspect_row *rows, size_t *n)
{
	bool root = f->uid[0] == 0 || f->uid[1] == 0 || f->uid[2] == 0;
	/* Without capabilities, and with no way to any. */
	bool in_name = (f->permitted | f->effective | f->ambient) == 0 &&
	               f->no_new_privs == 1;
	bool root_group = f->gid[0] == 0 || f->gid[1] == 0;
	char name[IDENTITY_NAME_MAX];
	struct inspect_row *row;

	row = next(rows, n, "user",
	    !root     ? INSPECT_GOOD
	    : in_name ? INSPECT_FAIR
	              : INSPECT_BAD,
	    !root     ? "is not root"
	    : in_name ? "owns what root owns, may no more"
	              : "is root, or can be again");
	identity_user_name((uint32_t)f->uid[1], name);
	name_id(row->value, sizeof(row->value), f->uid[1], name);
	row = next(rows, n, "group", root_group ? INSPECT_FAIR : INSPECT_GOOD,
	    root_group ? "may what group root may" : "is not group root");
	identity_group_name((uint32_t)f->gid[1], name);
	name_id(row->value, sizeof(row->value), f->gid[1], name);
	row =
	    next(rows, n, "groups", f->groups > 0 ? INSPECT_FAIR : INSPECT_GOOD,
	        f->groups > 0 ? "may what these groups may"
	                      : "none beside its own");
	snprintf(row->value, sizeof(row->value), "%s",
	    f->groups > 0 ? f->group_list : "none");
}

static void
judge_capabilities(
    const struct inspect_facts *f, struct inspect_row *rows, size_t *n)
{
	uint64_t held = f->permitted | f->effective | f->ambient;
	bool guarded = f->no_new_privs == 1;
	struct inspect_row *row;

	row = next(rows, n, "capabilities",
	    held == 0 ? INSPECT_GOOD : INSPECT_FAIR,
	    held == 0 ? "may nothing that only root may"
	              : "may do part of what root may");
	caps_text(held, row->value, sizeof(row->value));
	row = next(rows, n, "bounding set",
	    f->bounding == 0 ? INSPECT_GOOD
	    : guarded        ? INSPECT_FAIR
	                     : INSPECT_BAD,
	    f->bounding == 0 ? "nothing it executes can have any"
	    : guarded        ? "out of reach by no_new_privs"
	                     : "setuid programs may get these");
	caps_text(f->bounding, row->value, sizeof(row->value));
}

static void
judge_filters(
    const struct inspect_facts *f, struct inspect_row *rows, size_t *n)
{
	struct inspect_row *row;

	row = next(rows, n, "no_new_privs",
	    f->no_new_privs == 1   ? INSPECT_GOOD
	    : f->no_new_privs == 0 ? INSPECT_BAD
	                           : INSPECT_UNKNOWN,
	    f->no_new_privs == 1 ? "setuid programs give it nothing"
	                         : "setuid programs may make it root");
	snprintf(row->value, sizeof(row->value), "%s",
	    f->no_new_privs == 1 ? "on" : "off");
	row = next(rows, n, "seccomp",
	    f->seccomp == 2 ? INSPECT_GOOD : INSPECT_BAD,
	    f->seccomp == 2 ? "system calls are filtered"
	                    : "any system call is let through");
	if (f->seccomp == 2 && f->filters >= 0)
		snprintf(row->value, sizeof(row->value), "%d filter%s",
		    (int)f->filters, f->filters == 1 ? "" : "s");
	else
		snprintf(row->value, sizeof(row->value), "%s",
		    f->seccomp == 2 ? "on" : "off");
}

/* /proc does not show a domain, only which parts there could be. */
static void
judge_landlock(
    const struct inspect_facts *f, struct inspect_row *rows, size_t *n)
{
	struct inspect_row *row;
	char lacks[120];

	row = next(rows, n, "landlock",
	    f->landlock_abi > 0 ? INSPECT_UNKNOWN : INSPECT_BAD,
	    f->landlock_abi > 0 ? "the kernel won't say who uses it"
	                        : "this kernel has none, or denies it");
	landlock_text(
	    landlock_lacks((int)f->landlock_abi), lacks, sizeof(lacks));
	if (f->landlock_abi > 0)
		snprintf(row->value, sizeof(row->value), "ABI %d%s%.80s",
		    (int)f->landlock_abi, lacks[0] != '\0' ? " without " : "",
		    lacks);
	else
		snprintf(row->value, sizeof(row->value), "none");
}

static void
judge_resources(
    const struct inspect_facts *f, struct inspect_row *rows, size_t *n)
{
	struct inspect_row *row;

	row = next(rows, n, "descriptors",
	    f->descriptors < 0 ? INSPECT_UNKNOWN : INSPECT_GOOD,
	    f->descriptors < 0 ? "not ours to see" : "open now");
	if (f->descriptors >= 0)
		snprintf(
		    row->value, sizeof(row->value), "%d", (int)f->descriptors);
	row = next(rows, n, "nofile",
	    f->nofile < 0 ? INSPECT_UNKNOWN : INSPECT_GOOD,
	    f->nofile < 0 ? "not ours to see" : "soft limit");
	if (f->nofile >= 0)
		snprintf(row->value, sizeof(row->value), "%llu",
		    (unsigned long long)f->nofile);
	row = next(rows, n, "oom_score_adj", INSPECT_GOOD,
	    f->oom_score_adj < 0   ? "goes late when memory runs out"
	    : f->oom_score_adj > 0 ? "goes early when memory runs out"
	                           : "as any process");
	snprintf(row->value, sizeof(row->value), "%d", (int)f->oom_score_adj);
}

size_t
inspect_judge(
    const struct inspect_facts *facts, struct inspect_row rows[INSPECT_ROWS])
{
	size_t count = 0;

	judge_ids(facts, rows, &count);
	judge_capabilities(facts, rows, &count);
	judge_filters(facts, rows, &count);
	judge_landlock(facts, rows, &count);
	judge_resources(facts, rows, &count);
	return count;
}
