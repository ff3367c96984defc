/* SPDX-License-Identifier: MIT */
/* confine_table.c - the keys of confine.h, a row each. */
#include "confine.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "caps.h"
#include "identity.h"
#include "landlock.h"
#include "seccomp.h"
#include "sys.h"

#define AT(field)    CONF_AT(struct confine_wants, field)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const sandboxes[] = {
	[SANDBOX_NONE] = "none",
	[SANDBOX_DEFAULT] = "default",
	[SANDBOX_STRICT] = "strict",
	NULL,
};

static const char *const landlocks[] = {
	[LANDLOCK_BEST_EFFORT] = "best-effort",
	[LANDLOCK_REQUIRED] = "required",
	[LANDLOCK_NONE] = "none",
	NULL,
};

static int
parse_one(
    uint64_t *value, const char *text, size_t length, struct conf_error *err)
{
	char word[24];
	int64_t number;

	if (length >= sizeof(word)) {
		conf_refuse(err, "\"%.40s\" is not a limit", text);
		return -1;
	}
	memcpy(word, text, length);
	word[length] = '\0';
	if (strcmp(word, "unlimited") == 0 || strcmp(word, "infinity") == 0 ||
	    strcmp(word, "-1") == 0) {
		*value = UINT64_MAX;
		return 0;
	}
	if (conf_number(&number, word) < 0 || number < 0) {
		conf_refuse(
		    err, "\"%.40s\" is not a number, nor \"unlimited\"", text);
		return -1;
	}
	*value = (uint64_t)number;
	return 0;
}

int
confine_limit_read(
    struct confine_range *range, const char *text, struct conf_error *err)
{
	const char *colon = strchr(text, ':');
	size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);

	if (parse_one(&range->soft, text, length, err) < 0)
		return -1;
	range->hard = range->soft;
	if (colon != NULL &&
	    parse_one(&range->hard, colon + 1, strlen(colon + 1), err) < 0)
		return -1;
	if (range->soft > range->hard)
		return conf_refuse(
		    err, "\"%.40s\": the soft limit is above the hard", text);
	return 0;
}

/* Only its text is kept: few services have any, most have one of sixteen. */
static int
parse_limit(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	struct confine_range unused = { 0 };

	(void)field;
	(void)key;
	return confine_limit_read(&unused, text, err);
}

static int check_limit(void *owner, struct conf_error *err);

static const struct conf_key limit_keys[] = {
	{ "both", .type = CONF_CUSTOM, .parse = parse_limit,
	    CONF_AT(struct confine_limit, both),
	    .help = "soft and hard limit, or SOFT:HARD" },
	{ "soft", .type = CONF_CUSTOM, .parse = parse_limit,
	    CONF_AT(struct confine_limit, soft),
	    .help = "what a process starts with" },
	{ "hard", .type = CONF_CUSTOM, .parse = parse_limit,
	    CONF_AT(struct confine_limit, hard),
	    .help = "how far it may raise it itself" },
};

static const struct conf_table limit_table = {
	.name = "limit",
	.keys = limit_keys,
	.count = COUNT(limit_keys),
	.size = sizeof(struct confine_limit),
	.scalar_key = "both",
	.check = check_limit,
};

#define LIMIT(n, word, text)                                                   \
	{                                                                      \
		.name = word, .type = CONF_TABLE, .table = &limit_table,       \
		.offset = (n) * sizeof(struct confine_limit),                  \
		.width = sizeof(struct confine_limit), .help = text            \
	}

/* Row n is RLIMIT_ n. */
static const struct conf_key ulimit_keys[] = {
	LIMIT(0, "cpu", "seconds of processor time"),
	LIMIT(1, "fsize", "bytes of a file"),
	LIMIT(2, "data", "bytes of data segment"),
	LIMIT(3, "stack", "bytes of stack"),
	LIMIT(4, "core", "bytes of a core file"),
	LIMIT(5, "rss", "bytes of resident memory; Linux ignores it"),
	LIMIT(6, "nproc", "processes of this user on the whole host"),
	LIMIT(7, "nofile", "open files"),
	LIMIT(8, "memlock", "bytes of locked memory"),
	LIMIT(9, "as", "bytes of address space"),
	LIMIT(10, "locks", "file locks; Linux ignores it"),
	LIMIT(11, "sigpending", "queued signals"),
	LIMIT(12, "msgqueue", "bytes of POSIX message queues"),
	LIMIT(13, "nice", "20 less the lowest nice value"),
	LIMIT(14, "rtprio", "real-time priority"),
	LIMIT(15, "rttime", "microseconds of real-time running"),
};

_Static_assert(COUNT(ulimit_keys) == CONFINE_LIMITS, "a row for each limit");

const char *
confine_limit_name(unsigned limit)
{
	return limit < CONFINE_LIMITS ? ulimit_keys[limit].name : "?";
}

struct confine_range confine_nofile;
const char *confine_directory;

int
confine_limit_now(unsigned limit, struct confine_range *range)
{
	if (limit == RLIMIT_NOFILE && confine_nofile.hard != 0) {
		*range = confine_nofile;
		return 0;
	}
	return sys4(SYS_prlimit64, 0, (long)limit, 0, sys_ptr(range)) < 0 ? -1
	                                                                  : 0;
}

static const struct conf_table ulimit_table = {
	.name = "ulimits",
	.keys = ulimit_keys,
	.count = COUNT(ulimit_keys),
	.size = CONFINE_LIMITS * sizeof(struct confine_limit),
};

/* clang-format off */
static const struct conf_key keys[] = {
	{ "user", .type = CONF_STRING, AT(user),
	  .help = "USER[:GROUP], names or numbers; brings no capabilities" },
	{ "group_add", .type = CONF_STRINGS, AT(group_add),
	  .help = "further groups, names or numbers" },
	{ "cap_add", .type = CONF_STRINGS, AT(cap_add),
	  .help = "capabilities to keep, for a non-root user too; or ALL" },
	{ "cap_drop", .type = CONF_STRINGS, AT(cap_drop),
	  .help = "capabilities to give up; or ALL" },
	{ "no_new_privileges", .type = CONF_BOOL, AT(no_new_privileges),
	  .help = "setuid programs and file capabilities give nothing" },
	{ "sandbox", .type = CONF_CHOICE, .choices = sandboxes, AT(sandbox),
	  .help = "one word for system calls, families, namespaces, paths" },
	{ "seccomp", .type = CONF_STRING, AT(seccomp),
	  .help = "none, default, strict, or the path of a profile in JSON" },
	{ "system_call_filter", .type = CONF_STRINGS, AT(system_call_filter),
	  .help = "names and @groups that are allowed, or with ~ refused" },
	{ "restrict_address_families", .type = CONF_STRINGS,
	  AT(restrict_address_families),
	  .help = "families of sockets that may be opened: AF_INET ..." },
	{ "restrict_namespaces", .type = CONF_STRING, AT(restrict_namespaces),
	  .help = "true: none may be made; or the kinds that may" },
	{ "memory_deny_write_execute", .type = CONF_BOOL,
	  AT(memory_deny_write_execute),
	  .help = "no memory that was writable becomes executable" },
	{ "read_only_paths", .type = CONF_STRINGS, AT(read_only_paths),
	  .help = "what may be read and executed, and nothing else (Landlock)" },
	{ "read_write_paths", .type = CONF_STRINGS, AT(read_write_paths),
	  .help = "what may be written, and nothing else (Landlock)" },
	{ "socket_bind_allow", .type = CONF_STRINGS, AT(socket_bind_allow),
	  .help = "TCP ports that may be bound (Landlock)" },
	{ "socket_connect_allow", .type = CONF_STRINGS,
	  AT(socket_connect_allow),
	  .help = "TCP ports that may be connected to (Landlock)" },
	{ "landlock", .type = CONF_CHOICE, .choices = landlocks, AT(landlock),
	  .help = "what to do where the kernel lacks a part of Landlock" },
	{ "ulimits", .type = CONF_OPTIONAL, .table = &ulimit_table, AT(ulimits),
	  .help = "resource limits: nofile: 65536, or {soft: , hard: }" },
	{ "oom_score_adj", .type = CONF_INT, .min = -1000, .max = 1000,
	  AT(oom_score_adj),
	  .help = "who goes first when memory runs out: 1000, -1000 never" },
	{ "nice", .type = CONF_INT, .min = -20, .max = 19, AT(nice),
	  .help = "processor priority, 19 the least" },
	{ "umask", .type = CONF_OCTAL, .min = 0, .max = 0777, AT(umask),
	  .help = "permissions that new files don't get" },
	{ "working_dir", .type = CONF_STRING, AT(working_dir),
	  .help = "the directory that it starts in" },
};
/* clang-format on */

static int
check_capabilities(const struct conf_list *words, struct conf_error *err)
{
	uint64_t mask;

	for (size_t i = 0; i < words->count; i++)
		if (caps_parse(words->items[i], &mask, err) < 0)
			return -1;
	return 0;
}

static int
check_filter(const struct conf_list *words, struct conf_error *err)
{
	const struct seccomp_wants wants = { .calls = words };
	struct bpf_rules rules;

	return seccomp_rules(&wants, &rules, err) < 0 ? -1 : 0;
}

static int
check_groups(const struct conf_list *words, struct conf_error *err)
{
	char text[80];

	for (size_t i = 0; i < words->count; i++) {
		snprintf(text, sizeof(text), "0:%s", words->items[i]);
		if (identity_check(text, err) < 0)
			return -1;
	}
	return 0;
}

static int
check_ports(const struct conf_list *words, struct conf_error *err)
{
	uint64_t port;

	for (size_t i = 0; i < words->count; i++)
		if (landlock_port(words->items[i], &port, err) < 0)
			return -1;
	return 0;
}

static int
check_limit(void *owner, struct conf_error *err)
{
	const struct confine_limit *limit = owner;
	struct confine_range soft, hard;

	if (limit->soft == NULL || limit->hard == NULL)
		return 0;
	if (confine_limit_read(&soft, limit->soft, err) < 0 ||
	    confine_limit_read(&hard, limit->hard, err) < 0)
		return -1;
	if (soft.soft <= hard.soft)
		return 0;
	err->key = "soft";
	return conf_refuse(err, "is above the hard limit");
}

static int
check_working_dir(const char *path, struct conf_error *err)
{
	return path[0] == '/' ? 0
	                      : conf_refuse(err,
	                            "\"%.60s\" is not an absolute path", path);
}

/* What can be said wrong without looking at this machine: names that no kernel
 * knows, a user that can't be one.  Each refusal points at its key. */
static int
check(void *owner, struct conf_error *err)
{
	const struct confine_wants *wants = owner;
	uint64_t families;
	uint32_t kinds;

	err->key = "working_dir";
	if (wants->working_dir != NULL &&
	    check_working_dir(wants->working_dir, err) < 0)
		return -1;
	err->key = "user";
	if (wants->user != NULL && identity_check(wants->user, err) < 0)
		return -1;
	err->key = "group_add";
	if (check_groups(&wants->group_add, err) < 0)
		return -1;
	err->key = "socket_bind_allow";
	if (check_ports(&wants->socket_bind_allow, err) < 0)
		return -1;
	err->key = "socket_connect_allow";
	if (check_ports(&wants->socket_connect_allow, err) < 0)
		return -1;
	err->key = "cap_add";
	if (check_capabilities(&wants->cap_add, err) < 0)
		return -1;
	err->key = "cap_drop";
	if (check_capabilities(&wants->cap_drop, err) < 0)
		return -1;
	err->key = "system_call_filter";
	if (check_filter(&wants->system_call_filter, err) < 0)
		return -1;
	err->key = "restrict_address_families";
	if (seccomp_families(
	        &wants->restrict_address_families, &families, err) < 0)
		return -1;
	err->key = "restrict_namespaces";
	return wants->restrict_namespaces == NULL
	           ? 0
	           : seccomp_namespaces(
	                 wants->restrict_namespaces, &kinds, err);
}

const struct conf_table confine_table = {
	.name = "confine",
	.keys = keys,
	.count = COUNT(keys),
	.size = sizeof(struct confine_wants),
	.check = check,
};
