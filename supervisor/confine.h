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

/* "Not said" is -1: default where a user or a file says more, else none. */
enum confine_sandbox { SANDBOX_NONE, SANDBOX_DEFAULT, SANDBOX_STRICT };

enum confine_landlock {
	LANDLOCK_BEST_EFFORT, /* what the kernel can; the rest shows */
	LANDLOCK_REQUIRED,    /* the kernel lacks any: no start */
	LANDLOCK_NONE,
};

enum { CONFINE_SECRETS_MAX = 8 };

/* In the order of RLIMIT_*, which is the same on every architecture we have. */
enum { CONFINE_LIMITS = 16 };

/* Each "65536", "1024:4096" or "unlimited"; NULL: not said. */
struct confine_limit {
	const char *both; /* nofile: 65536 */
	const char *soft, *hard;
};

/* What the user typed.  Filled through confine_table; texts are borrowed. */
struct confine_wants {
	const char *user; /* USER[:GROUP]; NULL: stay who PID 1 is */
	struct conf_list group_add;
	struct conf_list cap_add, cap_drop;
	int no_new_privileges; /* -1: on with a user or in a file, else off */
	int sandbox;           /* enum confine_sandbox; -1: not said */
	const char *seccomp;   /* none, default, strict, or a path */
	struct conf_list system_call_filter;
	struct conf_list restrict_address_families;
	const char *restrict_namespaces; /* true, false, or those allowed */
	int memory_deny_write_execute;   /* -1: as sandbox says */
	struct conf_list read_only_paths, read_write_paths;
	struct conf_list socket_bind_allow, socket_connect_allow;
	int landlock; /* enum confine_landlock; -1: best-effort */
	struct confine_limit *ulimits; /* CONFINE_LIMITS of them; or NULL */
	int oom_score_adj, nice;       /* INT32_MIN: inherited */
	int umask;                     /* -1: inherited */
	const char *working_dir;

	/* Not keys: descriptors of PID 1 that are the service's secrets. */
	int secrets[CONFINE_SECRETS_MAX];
	size_t secret_count;

	bool from_file; /* not a key: a config file is secure by default */
};

/* The keys, for the config reader, the command line, help and schema. */
extern const struct conf_table confine_table;

/* UINT64_MAX is unlimited. */
struct confine_range {
	uint64_t soft, hard;
};

/* Reads one of a limit's texts.  0, or -1 with err->text set. */
int confine_limit_read(
    struct confine_range *range, const char *text, struct conf_error *err);

/* "nofile" for RLIMIT_NOFILE. */
const char *confine_limit_name(unsigned limit);

/* In the order in which they are taken; confine_step.c has a row for each. */
enum confine_step {
	STEP_NONE,
	STEP_SECRETS,
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

#define CONFINE_STEP(step) (UINT64_C(1) << (step))

enum { CONFINE_FILTERS_MAX = 2 };

struct confine_filter {
	const struct sock_filter *code;
	uint16_t length; /* in instructions */
};

/* Ready to be applied any number of times; owns what it points to for ever. */
struct confinement {
	uint64_t steps; /* 1 << enum confine_step; 0: nothing to do */
	const struct identity *id; /* with has_user, or a step that sets it */
	bool has_user;         /* a user was given: set HOME, USER, LOGNAME */
	bool implied_groups;   /* nobody asked for them by name */
	uint64_t held;         /* the capabilities that hale had to give */
	uint64_t capabilities; /* kept: permitted, effective, bounding */
	uint64_t bounding;     /* the bounding set before; 0: to be asked */
	uint64_t ambient;      /* those of them that a non-root user inherits */
	unsigned securebits;
	unsigned limit_mask;                /* 1 << RLIMIT_* */
	const struct confine_range *limits; /* one for each bit in it */
	int oom_score_adj, nice;
	unsigned umask;
	const char *working_dir;
	const struct landlock_plan *landlock;
	struct confine_filter filters[CONFINE_FILTERS_MAX];
	size_t filter_count;
	int secrets[CONFINE_SECRETS_MAX]; /* kept open at exec */
	size_t secret_count;
	uint64_t taken;   /* steps that a child inherits, taken already */
	bool baseline;    /* the one filter is the default preset, as it is */
	uint32_t missing; /* enum landlock_part that this kernel lacks */
};

/* What the limit of open files was before PID 1 raised its own, and is for its
 * services; hard 0: it is as it was. */
extern struct confine_range confine_nofile;

/* Where services begin that have no working_dir, since PID 1 went elsewhere;
 * NULL: where it is. */
extern const char *confine_directory;

/* What RLIMIT_ limit is now, for a service; -1: there is none such. */
int confine_limit_now(unsigned limit, struct confine_range *range);

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
 * Takes those steps itself that a child inherits: the keyring, the bounding
 * set, securebits, no_new_privs, and the filter if it is the default preset.
 * Of no plan are they taken again.  Raw calls only.
 *
 * Returns 0, or -errno with *why set.
 */
long confine_ourselves(
    const struct confinement *common, struct confine_failure *why);

/*
 * Becomes what *confinement says.  To be called in the child just before
 * exec: signals are reset and unblocked, descriptors placed, all others
 * close-on-exec.  Raw system calls and stores only; writes nothing but *why.
 *
 * Returns 0, or -1 with *why set: the caller must not exec.
 */
int confine_apply(
    const struct confinement *confinement, struct confine_failure *why);

/* The two above as single.h wants them, plan being a struct confinement that
 * notes what is taken, and why a struct confine_failure; bounding is what PID 1
 * has.  0, or -errno. */
int confine_before(void *plan, uint64_t bounding, void *why);
int confine_between(const void *plan, void *why);

/* Words for a failure: "setting user 1001: operation not permitted: the
 * container lacks CAP_SETUID", NUL-terminated.  Returns out. */
const char *confine_explain(const struct confinement *confinement,
    const struct confine_failure *why, char *out, size_t out_size);

/* What the kernel lacks of what was wanted, comma-separated; "" if nothing. */
const char *confine_missing(
    const struct confinement *confinement, char *out, size_t out_size);

#endif
