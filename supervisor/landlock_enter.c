/* SPDX-License-Identifier: MIT */
/* landlock_enter.c - enters a plan, by raw calls, in the child. */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>

#include "sys.h"

/* Linux's, of which older headers have fewer, or none. */
enum {
	NR_CREATE_RULESET = 444,
	NR_ADD_RULE = 445,
	NR_RESTRICT_SELF = 446,
	RULE_PATH = 1,
	RULE_PORT = 2,

	/* Execute, write, read, truncate, ioctl: what is not a directory's. */
	OF_A_FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15,
};

struct ruleset {
	uint64_t files, ports, scopes;
};

struct path_rule {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

struct port_rule {
	uint64_t access, port;
};

static long
add_path(long ruleset, const struct landlock_path *path)
{
	struct path_rule rule = { .access = path->access };
	long result;
	long fd = sys4(
	    SYS_openat, AT_FDCWD, sys_ptr(path->path), O_PATH | O_CLOEXEC, 0);

	if (fd < 0)
		return path->optional ? 0 : fd;
	rule.fd = (int32_t)fd;
	result = sys4(NR_ADD_RULE, ruleset, RULE_PATH, sys_ptr(&rule), 0);
	if (result == -EINVAL) { /* a file has fewer rights than a directory */
		rule.access &= OF_A_FILE;
		result =
		    sys4(NR_ADD_RULE, ruleset, RULE_PATH, sys_ptr(&rule), 0);
	}
	sys1(SYS_close, fd);
	return result;
}

static long
add_all(
    const struct landlock_plan *plan, long ruleset, int *step, size_t *index)
{
	long result = 0;

	*step = LANDLOCK_STEP_PATH;
	for (*index = 0; *index < plan->path_count; (*index)++)
		if ((result = add_path(ruleset, &plan->path[*index])) < 0)
			return result;
	*step = LANDLOCK_STEP_PORT;
	for (*index = 0; *index < plan->port_count; (*index)++) {
		struct port_rule rule = {
			.access = plan->port[*index].access,
			.port = plan->port[*index].port,
		};

		result =
		    sys4(NR_ADD_RULE, ruleset, RULE_PORT, sys_ptr(&rule), 0);
		if (result < 0)
			return result;
	}
	return result;
}

long
landlock_enter(const struct landlock_plan *plan, int *step, size_t *index)
{
	struct ruleset set = { plan->files, plan->ports, plan->scopes };
	long ruleset, result;

	*index = 0;
	*step = LANDLOCK_STEP_RULESET;
	ruleset = sys3(NR_CREATE_RULESET, sys_ptr(&set), sizeof(set), 0);
	if (ruleset < 0)
		return ruleset;
	result = add_all(plan, ruleset, step, index);
	if (result >= 0) {
		*step = LANDLOCK_STEP_ENTER;
		result = sys2(NR_RESTRICT_SELF, ruleset, 0);
	}
	sys1(SYS_close, ruleset);
	return result;
}
