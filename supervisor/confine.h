/* SPDX-License-Identifier: MIT */
/*
 * confine.h - what a service may be and do, from the user's words to the kernel.
 *
 *     struct confine_wants   as typed: --user, cap_add:, sandbox: ...
 *     confine_compile()      before the loop: resolves, checks, allocates
 *     struct confinement     constant from then on
 *     confine_apply()        in the child, between fork and exec
 *     struct confine_failure which step, which errno; confine_explain() words it
 *
 * It fails closed: a step that was asked for and can't be done ends the start.
 * Nothing asked for: not one system call is made.
 */
#ifndef HALE_SUPERVISOR_CONFINE_H
#define HALE_SUPERVISOR_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "identity.h"

struct landlock_plan;
struct sock_filter;

enum confine_sandbox {
	SANDBOX_AUTO, /* default where a user or a file says more, else none */
	SANDBOX_NONE,
	SANDBOX_DEFAULT,
	SANDBOX_STRICT,
};

enum confine_landlock {
	LANDLOCK_BEST_EFFORT, /* what the kernel can; the rest shows */
	LANDLOCK_REQUIRED,    /* the kernel lacks any: no start */
	LANDLOCK_NONE,
};

/* In the order of RLIMIT_*, which is the same on every architecture we have. */
enum { CONFINE_LIMITS = 16 };

struct confine_limit {
	bool given;
	uint64_t soft, hard; /* UINT64_MAX: unlimited */
};

/* What the user typed.  Filled through confine_table; texts are borrowed. */
struct confine_wants {
	const char *user; /* USER[:GROUP]; NULL: stay who PID 1 is */
	struct conf_list group_add;
	struct conf_list cap_add, cap_drop;
	int no_new_privileges; /* -1: on with a user or in a file, else off */
	int sandbox;           /* enum confine_sandbox */
	const char *seccomp;   /* none, default, strict, or a path */
	struct conf_list system_call_filter;
	struct conf_list restrict_address_families;
	int restrict_namespaces;
	int memory_deny_write_execute;
	struct conf_list read_only_paths, read_write_paths;
	struct conf_list socket_bind_allow, socket_connect_allow;
	int landlock; /* enum confine_landlock */
	struct confine_limit ulimits[CONFINE_LIMITS];
	int64_t oom_score_adj; /* CONFINE_UNSET: inherited */
	int64_t nice;
	int64_t umask; /* -1: inherited */
	const char *working_dir;

	bool from_file; /* not a key: a config file is secure by default */
};

#define CONFINE_UNSET INT64_C(-1000000)

/* The keys, for the config reader, the command line, help and schema. */
extern const struct conf_table confine_table;

/* One row each in confine_step_text(), in the order in which they are taken. */
enum confine_step {
	STEP_NONE,
	STEP_OOM,
	STEP_NICE,
	STEP_LIMIT,
	STEP_UMASK,
	STEP_KEYRING,
	STEP_BOUNDING,
	STEP_SECUREBITS,
	STEP_KEEP_CAPS,
	STEP_GROUPS,
	STEP_GROUP,
	STEP_USER,
	STEP_CAPABILITIES,
	STEP_AMBIENT,
	STEP_DIRECTORY,
	STEP_VERIFY_USER,
	STEP_VERIFY_GROUPS,
	STEP_VERIFY_CAPABILITIES,
	STEP_VERIFY_BOUNDING,
	STEP_VERIFY_AMBIENT,
	STEP_VERIFY_SECUREBITS,
	STEP_VERIFY_REGAIN,
	STEP_NO_NEW_PRIVILEGES,
	STEP_WRITE_EXECUTE,
	STEP_LANDLOCK,
	STEP_LANDLOCK_PATH,
	STEP_LANDLOCK_PORT,
	STEP_LANDLOCK_ENTER,
	STEP_SECCOMP,
	STEP_END
};

enum { CONFINE_FILTERS_MAX = 2 };

struct confine_filter {
	const struct sock_filter *code;
	uint16_t length; /* in instructions */
};

/* Ready to be applied any number of times; owns what it points to for ever. */
struct confinement {
	uint64_t steps;        /* 1 << enum confine_step; 0: nothing to do */
	struct identity id;    /* meaningful with STEP_USER or has_user */
	bool has_user;         /* a user was given: set HOME, USER, LOGNAME */
	uint64_t capabilities; /* permitted, effective, inheritable, ambient */
	uint64_t bounding;     /* what may be left in the bounding set */
	uint32_t securebits;
	struct confine_limit limits[CONFINE_LIMITS];
	int oom_score_adj, nice;
	unsigned umask;
	const char *working_dir;
	const struct landlock_plan *landlock;
	struct confine_filter filters[CONFINE_FILTERS_MAX];
	size_t filter_count;
	uint32_t missing; /* best-effort parts that this kernel lacks */
};

/* What stopped confine_apply(); plain numbers, fit for a shared page. */
struct confine_failure {
	int step;       /* enum confine_step; STEP_NONE: nothing failed */
	int error;      /* errno; 0 when a check found the wrong state */
	int64_t detail; /* capability, limit or path, by step */
};

/*
 * Resolves and checks wants.  Allocates, reads files, may run one short-lived
 * child for a seccomp profile: only before the loop.
 *
 * Returns 0, or -1 with err->text set and *out unchanged.
 */
int confine_compile(const struct confine_wants *wants, struct confinement *out,
    struct conf_error *err);

/*
 * Becomes what *confinement says.  To be called in the child just before
 * exec: signals are reset and unblocked, descriptors placed, all others
 * close-on-exec.  Raw system calls and stores only; writes nothing but *why.
 *
 * Returns 0, or -1 with *why set: the caller must not exec.
 */
int confine_apply(
    const struct confinement *confinement, struct confine_failure *why);

/* Words for a failure: "setting user 1001: operation not permitted: the
 * container lacks CAP_SETUID", NUL-terminated.  Returns out. */
const char *confine_explain(const struct confinement *confinement,
    const struct confine_failure *why, char *out, size_t out_size);

/* What the kernel lacks of what was wanted, comma-separated; "" if nothing. */
const char *confine_missing(
    const struct confinement *confinement, char *out, size_t out_size);

#endif
