/* SPDX-License-Identifier: MIT */
/*
 * confine_apply.c - the stages between fork and exec, one function each.
 *
 * Each returns 0 or -errno, by raw system calls and stores only.  Those that
 * verify return WRONG where the kernel's state is not what was asked for.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "caps.h"
#include "landlock.h"
#include "sys.h"

/* No errno has this value. */
#define WRONG (-4096L)

enum {
	SET_MDWE = 65, /* PR_SET_MDWE, younger than some headers */
	KEYRING_JOIN = 1,
	CAP_BIT_SETUID = 7,
};

/* arm's first calls take 16-bit ids. */
#if defined(SYS_setresuid32)
#define NR_SETGROUPS SYS_setgroups32
#define NR_GETGROUPS SYS_getgroups32
#define NR_SETRESUID SYS_setresuid32
#define NR_SETRESGID SYS_setresgid32
#define NR_GETRESUID SYS_getresuid32
#define NR_GETRESGID SYS_getresgid32
#else
#define NR_SETGROUPS SYS_setgroups
#define NR_GETGROUPS SYS_getgroups
#define NR_SETRESUID SYS_setresuid
#define NR_SETRESGID SYS_setresgid
#define NR_GETRESUID SYS_getresuid
#define NR_GETRESGID SYS_getresgid
#endif

typedef struct confine_failure why_t;

/* In PID 1 they are close-on-exec, so that no other service has them. */
static long
hand_over_secrets(const struct confinement *c, why_t *why)
{
	for (size_t i = 0; i < c->secret_count; i++) {
		long result = sys3(SYS_fcntl, c->secrets[i], F_SETFD, 0);

		why->detail = (int64_t)i;
		if (result < 0)
			return result;
	}
	return 0;
}

/* Must: as root, for a process that has just become another user does not own
 * its /proc/self.  Should: need no libc to write a number. */
static long
set_oom(const struct confinement *c, why_t *why)
{
	char text[8];
	size_t at = sizeof(text);
	int value = c->oom_score_adj;
	unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
	long fd, result;

	(void)why;
	do
		text[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		text[--at] = '-';
	fd = sys4(SYS_openat, AT_FDCWD, sys_ptr("/proc/self/oom_score_adj"),
	    O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	result =
	    sys3(SYS_write, fd, sys_ptr(text + at), (long)(sizeof(text) - at));
	sys1(SYS_close, fd);
	return result < 0 ? result : 0;
}

static long
set_nice(const struct confinement *c, why_t *why)
{
	(void)why;
	return sys3(SYS_setpriority, 0, 0, c->nice);
}

static long
set_limits(const struct confinement *c, why_t *why)
{
	const struct confine_range *range = c->limits;

	for (unsigned i = 0; i < CONFINE_LIMITS; i++) {
		long result;

		if ((c->limit_mask & 1u << i) == 0)
			continue;
		why->detail = i;
		result = sys4(SYS_prlimit64, 0, (long)i, sys_ptr(range++), 0);
		if (result < 0)
			return result;
	}
	return 0;
}

static long
set_umask(const struct confinement *c, why_t *why)
{
	(void)why;
	sys1(SYS_umask, (long)c->umask);
	return 0;
}

/* Best effort: many engines refuse it, having made one for the container. */
static long
join_keyring(const struct confinement *c, why_t *why)
{
	(void)c;
	(void)why;
	sys2(SYS_keyctl, KEYRING_JOIN, 0);
	return 0;
}

/* Mustn't fail without CAP_SETPCAP: the set may be empty already, or
 * no_new_privs may guard it.  verify_bounding() decides. */
static long
drop_bounding(const struct confinement *c, why_t *why)
{
	(void)why;
	caps_drop_bounding(
	    c->bounding != 0 ? c->bounding : caps_bounding(), c->capabilities);
	return 0;
}

static long
set_securebits(const struct confinement *c, why_t *why)
{
	(void)why;
	return sys5(SYS_prctl, PR_SET_SECUREBITS, (long)c->securebits, 0, 0, 0);
}

static long
keep_caps(const struct confinement *c, why_t *why)
{
	(void)c;
	(void)why;
	return sys5(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

/* Does this user namespace, like a rootless one, deny setgroups() for good? */
static bool
groups_are_denied(void)
{
	char word[4] = { 0 };
	long fd = sys4(SYS_openat, AT_FDCWD, sys_ptr("/proc/self/setgroups"),
	    O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return false;
	sys3(SYS_read, fd, sys_ptr(word), sizeof(word));
	sys1(SYS_close, fd);
	return word[0] == 'd' && word[1] == 'e' && word[2] == 'n';
}

static long
set_groups(const struct confinement *c, why_t *why)
{
	long result = sys2(
	    NR_SETGROUPS, (long)c->id->group_count, sys_ptr(c->id->groups));

	(void)why;
	if (result == -EPERM && c->implied_groups && groups_are_denied())
		return 0;
	return result;
}

static long
set_group(const struct confinement *c, why_t *why)
{
	long id = (long)c->id->gid;

	(void)why;
	return sys3(NR_SETRESGID, id, id, id);
}

static long
set_user(const struct confinement *c, why_t *why)
{
	long id = (long)c->id->uid;

	(void)why;
	return sys3(NR_SETRESUID, id, id, id);
}

/* Always, even if nothing is kept: a change from one non-root user to another
 * leaves all capabilities where they are. */
static long
set_capabilities(const struct confinement *c, why_t *why)
{
	struct caps_state state = {
		.effective = c->capabilities,
		.permitted = c->capabilities,
		.inheritable = c->ambient,
	};

	(void)why;
	sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return caps_set(&state);
}

static long
raise_ambient(const struct confinement *c, why_t *why)
{
	for (unsigned i = 0; i < 64; i++) {
		long result;

		if ((c->ambient & CAPS_BIT(i)) == 0)
			continue;
		why->detail = i;
		result = sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
		    (long)i, 0, 0);
		if (result < 0)
			return result;
	}
	return 0;
}

/* As the user, for that is whose permissions count (and root may have none on
 * a network filesystem); must end inside this root. */
static long
enter_directory(const struct confinement *c, why_t *why)
{
	char where[4096];
	long result = sys1(SYS_chdir, sys_ptr(c->working_dir));

	(void)why;
	if (result < 0)
		return result;
	result = sys2(SYS_getcwd, sys_ptr(where), sizeof(where));
	return result > 0 && where[0] == '/' ? 0 : WRONG;
}

static long
verify_user(const struct confinement *c, why_t *why)
{
	uint32_t r, e, s;
	uint32_t gr, ge, gs;

	(void)why;
	sys3(NR_GETRESUID, sys_ptr(&r), sys_ptr(&e), sys_ptr(&s));
	sys3(NR_GETRESGID, sys_ptr(&gr), sys_ptr(&ge), sys_ptr(&gs));
	return r == c->id->uid && e == r && s == r && gr == c->id->gid &&
	               ge == gr && gs == gr
	           ? 0
	           : WRONG;
}

static long
verify_groups(const struct confinement *c, why_t *why)
{
	uint32_t groups[IDENTITY_GROUPS_MAX];
	long count = sys2(NR_GETGROUPS, IDENTITY_GROUPS_MAX, sys_ptr(groups));
	bool same = count == (long)c->id->group_count;

	(void)why;
	for (size_t i = 0; same && i < c->id->group_count; i++)
		same = groups[i] == c->id->groups[i];
	if (!same && c->implied_groups && groups_are_denied())
		return 0;
	return same ? 0 : WRONG;
}

static long
verify_capabilities(const struct confinement *c, why_t *why)
{
	struct caps_state is;

	(void)why;
	if (caps_get(&is) < 0)
		return WRONG;
	return is.effective == c->capabilities &&
	               is.permitted == c->capabilities &&
	               is.inheritable == c->ambient
	           ? 0
	           : WRONG;
}

/* What is left in the set is harmless only where exec can't give it. */
static long
verify_bounding(const struct confinement *c, why_t *why)
{
	bool guarded = (c->steps & CONFINE_STEP(STEP_NO_NEW_PRIVILEGES)) != 0;
	uint64_t left = caps_bounding() & ~c->capabilities;

	for (unsigned i = 0; i < 64 && !guarded; i++)
		if ((left & CAPS_BIT(i)) != 0) {
			why->detail = i;
			return WRONG;
		}
	return 0;
}

static long
verify_ambient(const struct confinement *c, why_t *why)
{
	for (unsigned i = 0; i < 64; i++) {
		if ((c->ambient & CAPS_BIT(i)) == 0)
			continue;
		why->detail = i;
		if (sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET,
		        (long)i, 0, 0) != 1)
			return WRONG;
	}
	return 0;
}

/* KEEP_CAPS goes by itself at exec, but an old habit is to be sure. */
static long
verify_securebits(const struct confinement *c, why_t *why)
{
	long bits;

	(void)why;
	if (c->steps & CONFINE_STEP(STEP_KEEP_CAPS))
		sys5(SYS_prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
	bits = sys5(SYS_prctl, PR_GET_SECUREBITS, 0, 0, 0, 0);
	if (bits < 0)
		return bits;
	if (c->steps & CONFINE_STEP(STEP_SECUREBITS))
		return bits == (long)c->securebits ? 0 : WRONG;
	return (bits & 0x10) == 0 ? 0 : WRONG;
}

/* The proof of the pudding. */
static long
verify_regain(const struct confinement *c, why_t *why)
{
	(void)why;
	if (c->id->uid == 0 ||
	    (c->capabilities & CAPS_BIT(CAP_BIT_SETUID)) != 0)
		return 0;
	return sys3(NR_SETRESUID, -1, 0, -1) < 0 ? 0 : WRONG;
}

static long
set_no_new_privileges(const struct confinement *c, why_t *why)
{
	(void)c;
	(void)why;
	return sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static long
deny_write_execute(const struct confinement *c, why_t *why)
{
	(void)c;
	(void)why;
	return sys5(SYS_prctl, SET_MDWE, 1, 0, 0, 0);
}

static long
enter_landlock(const struct confinement *c, why_t *why)
{
	static const uint8_t steps[] = {
		[LANDLOCK_STEP_RULESET] = STEP_LANDLOCK,
		[LANDLOCK_STEP_PATH] = STEP_LANDLOCK_PATH,
		[LANDLOCK_STEP_PORT] = STEP_LANDLOCK_PORT,
		[LANDLOCK_STEP_ENTER] = STEP_LANDLOCK_ENTER,
	};
	int step;
	size_t index;
	long result = landlock_enter(c->landlock, &step, &index);

	if (result < 0) {
		why->step = steps[step];
		why->detail = (int64_t)index;
	}
	return result;
}

/* Last of all: from here on only what the filter allows can be done. */
static long
load_filters(const struct confinement *c, why_t *why)
{
	for (size_t i = 0; i < c->filter_count; i++) {
		struct sock_fprog program = {
			.len = c->filters[i].length,
			.filter =
			    (struct sock_filter *)(uintptr_t)c->filters[i].code,
		};
		long result = sys3(
		    SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, sys_ptr(&program));

		why->detail = (int64_t)i;
		if (result < 0)
			return result;
	}
	return 0;
}

/* A switch and no table: its addresses would have to be relocated first. */
static long
take(enum confine_step step, const struct confinement *c, why_t *why)
{
	switch (step) {
	case STEP_SECRETS:
		return hand_over_secrets(c, why);
	case STEP_OOM:
		return set_oom(c, why);
	case STEP_NICE:
		return set_nice(c, why);
	case STEP_LIMIT:
		return set_limits(c, why);
	case STEP_UMASK:
		return set_umask(c, why);
	case STEP_KEYRING:
		return join_keyring(c, why);
	case STEP_BOUNDING:
		return drop_bounding(c, why);
	case STEP_SECUREBITS:
		return set_securebits(c, why);
	case STEP_KEEP_CAPS:
		return keep_caps(c, why);
	case STEP_GROUPS:
		return set_groups(c, why);
	case STEP_GROUP:
		return set_group(c, why);
	case STEP_USER:
		return set_user(c, why);
	case STEP_CAPABILITIES:
		return set_capabilities(c, why);
	case STEP_AMBIENT:
		return raise_ambient(c, why);
	case STEP_DIRECTORY:
		return enter_directory(c, why);
	case STEP_VERIFY_USER:
		return verify_user(c, why);
	case STEP_VERIFY_GROUPS:
		return verify_groups(c, why);
	case STEP_VERIFY_CAPABILITIES:
		return verify_capabilities(c, why);
	case STEP_VERIFY_BOUNDING:
		return verify_bounding(c, why);
	case STEP_VERIFY_AMBIENT:
		return verify_ambient(c, why);
	case STEP_VERIFY_SECUREBITS:
		return verify_securebits(c, why);
	case STEP_VERIFY_REGAIN:
		return verify_regain(c, why);
	case STEP_NO_NEW_PRIVILEGES:
		return set_no_new_privileges(c, why);
	case STEP_WRITE_EXECUTE:
		return deny_write_execute(c, why);
	case STEP_LANDLOCK:
		return enter_landlock(c, why);
	case STEP_SECCOMP:
		return load_filters(c, why);
	case STEP_NONE:
	case STEP_LANDLOCK_PATH:
	case STEP_LANDLOCK_PORT:
	case STEP_LANDLOCK_ENTER:
	case STEP_END:
		break;
	}
	return 0;
}

/* Takes the steps in the order of the enum, which is where it is decided. */
static long
apply(const struct confinement *c, uint64_t steps, why_t *why)
{
	for (int step = STEP_NONE + 1; step < STEP_END; step++) {
		long result;

		if ((steps & CONFINE_STEP(step)) == 0)
			continue;
		why->step = step;
		why->detail = 0;
		result = take((enum confine_step)step, c, why);
		if (result < 0) {
			why->error = result == WRONG ? 0 : (int)-result;
			return result == WRONG ? -EPERM : result;
		}
	}
	why->step = STEP_NONE;
	return 0;
}

static uint64_t
inheritable(const struct confinement *c)
{
	return c->steps &
	       (CONFINE_STEP(STEP_KEYRING) | CONFINE_STEP(STEP_BOUNDING) |
	           CONFINE_STEP(STEP_SECUREBITS) |
	           CONFINE_STEP(STEP_NO_NEW_PRIVILEGES) |
	           (c->baseline ? CONFINE_STEP(STEP_SECCOMP) : 0));
}

/* Steps that this process took for all of its children. */
static uint64_t inherited;

long
confine_ourselves(const struct confinement *common, why_t *why)
{
	const uint64_t steps = inheritable(common);
	long result = apply(common, steps, why);

	if (result == 0)
		inherited = steps;
	return result;
}

int
confine_apply(const struct confinement *c, why_t *why)
{
	return apply(c, c->steps & ~inherited, why) < 0 ? -1 : 0;
}

int
confine_before(void *plan, uint64_t bounding, void *why)
{
	struct confinement *ours = plan;
	const uint64_t steps = inheritable(ours);
	long result;

	ours->bounding = bounding;
	result = apply(ours, steps, why);
	if (result == 0)
		ours->taken = steps;
	return (int)result;
}

int
confine_between(const void *plan, void *why)
{
	const struct confinement *ours = plan;

	return (int)apply(ours, ours->steps & ~ours->taken, why);
}
