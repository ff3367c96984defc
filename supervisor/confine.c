/* SPDX-License-Identifier: MIT */
/* confine.c - from what the user typed to a plan that a child can follow. */
#include "confine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine_making.h"
#include "landlock.h"
#include "shed.h"

enum {
	CAP_BIT_SETGID = 6,
	CAP_BIT_SETPCAP = 8,

	/* SECBIT_NOROOT and SECBIT_NO_CAP_AMBIENT_RAISE, both locked. */
	NO_CAPABILITIES = 0xc3,
};

/* What a user, or a file, brings along unless it is said otherwise. */
static void
choose_sandbox(struct confine_making *m)
{
	bool secure = m->wants->user != NULL || m->wants->from_file;

	if (m->wants->sandbox >= 0)
		m->sandbox = (enum confine_sandbox)m->wants->sandbox;
	else if (secure && m->wants->no_new_privileges != 0)
		m->sandbox = SANDBOX_DEFAULT;
	else
		m->sandbox = SANDBOX_NONE;
	if (m->wants->no_new_privileges == 1 ||
	    (m->wants->no_new_privileges < 0 &&
	        (secure || m->sandbox != SANDBOX_NONE)))
		confine_add(m, STEP_NO_NEW_PRIVILEGES);
}

static int
current_identity(struct confine_making *m)
{
	struct identity *id = &m->id;
	struct conf_error *err = m->err;
	gid_t groups[IDENTITY_GROUPS_MAX];
	int count = getgroups(IDENTITY_GROUPS_MAX, groups);

	if (count < 0)
		return conf_refuse(err, "this process has more than %d groups",
		    IDENTITY_GROUPS_MAX);
	id->uid = getuid();
	id->gid = getgid();
	id->group_count = (size_t)count;
	for (int i = 0; i < count; i++)
		id->groups[i] = groups[i];
	return 0;
}

/* group_add: without user: they join the groups that we are in. */
static int
add_groups(struct confine_making *m)
{
	struct identity *id = &m->id;
	const struct conf_list *list = &m->wants->group_add;

	for (size_t i = 0; i < list->count; i++) {
		uint32_t gid;

		if (identity_group(list->items[i], &gid, m->err) < 0 ||
		    identity_add(id, gid, m->err) < 0)
			return -1;
	}
	return 0;
}

/* Without CAP_SETGID a process that is the user already stays in its groups:
 * an image runs as it does where some platform has chosen the uid. */
static int
stay_who_we_are(struct confine_making *m)
{
	struct identity wanted = m->id;

	if (current_identity(m) < 0)
		return -1;
	/* A group that was asked for is left to the kernel to refuse. */
	if (strchr(m->wants->user, ':') != NULL)
		m->id.gid = wanted.gid;
	return add_groups(m);
}

static bool
same_groups(const struct identity *a, const struct identity *b)
{
	return a->group_count == b->group_count &&
	       memcmp(a->groups, b->groups,
	           a->group_count * sizeof(a->groups[0])) == 0;
}

/* One for all plans that have it: it is larger than the rest of a plan. */
static int
keep_identity(struct confine_making *m)
{
	static struct kept {
		struct kept *next;
		struct identity id;
	} * all;
	struct kept *kept = all;

	while (kept != NULL && memcmp(&kept->id, &m->id, sizeof(m->id)) != 0)
		kept = kept->next;
	if (kept == NULL) {
		kept = calloc(1, sizeof(*kept));
		if (kept == NULL)
			return conf_refuse(m->err, "no memory for a user");
		kept->id = m->id;
		kept->next = all;
		all = kept;
	}
	m->plan.id = &kept->id;
	return 0;
}

static int
plan_identity(struct confine_making *m)
{
	const struct confine_wants *wants = m->wants;
	struct confine_making now = { .err = m->err };
	uid_t r, e, s;
	gid_t gr, ge, gs;

	if (wants->user == NULL && wants->group_add.count == 0)
		return 0;
	m->plan.has_user = wants->user != NULL;
	m->groups_said =
	    wants->group_add.count > 0 ||
	    (wants->user != NULL && strchr(wants->user, ':') != NULL);
	m->plan.implied_groups = !m->groups_said;
	getresuid(&r, &e, &s);
	getresgid(&gr, &ge, &gs);
	if (wants->user == NULL) {
		if (current_identity(m) < 0 || add_groups(m) < 0)
			return -1;
	} else if (identity_resolve(
	               wants->user, &wants->group_add, &m->id, m->err) < 0) {
		return -1;
	}
	if (m->id.uid == e && r == e && s == e &&
	    (m->held.effective & CAPS_BIT(CAP_BIT_SETGID)) == 0 &&
	    wants->user != NULL && stay_who_we_are(m) < 0)
		return -1;
	if (current_identity(&now) < 0 || !same_groups(&now.id, &m->id))
		confine_add(m, STEP_GROUPS);
	if (m->id.gid != ge || gr != ge || gs != ge)
		confine_add(m, STEP_GROUP);
	if (m->id.uid != e || r != e || s != e)
		confine_add(m, STEP_USER);
	confine_add(m, STEP_VERIFY_USER);
	confine_add(m, STEP_VERIFY_GROUPS);
	confine_add(m, STEP_VERIFY_REGAIN);
	return keep_identity(m);
}

static uint32_t
uid_of(const struct confine_making *m)
{
	return m->plan.has_user ? m->id.uid : getuid();
}

static int
check_added(const struct confine_making *m, uint64_t keep)
{
	uint64_t lacking = keep & ~m->held.permitted;
	char text[200];

	if (lacking == 0)
		return 0;
	return conf_refuse(m->err, "cap_add: the container lacks CAP_%s",
	    caps_text(lacking, text, sizeof(text)));
}

static int
plan_capabilities(struct confine_making *m)
{
	const struct confine_wants *wants = m->wants;
	uint64_t keep;

	if (wants->user == NULL && wants->cap_add.count == 0 &&
	    wants->cap_drop.count == 0)
		return 0;
	if (caps_tweak(wants->user != NULL ? 0 : m->held.permitted,
	        m->held.permitted, &wants->cap_add, &wants->cap_drop, &keep,
	        m->err) < 0 ||
	    check_added(m, keep) < 0)
		return -1;
	m->plan.capabilities = keep;
	m->plan.ambient = uid_of(m) != 0 ? keep : 0;
	confine_add(m, STEP_BOUNDING);
	if (keep == 0 && (m->held.effective & CAPS_BIT(CAP_BIT_SETPCAP)) != 0) {
		m->plan.securebits = NO_CAPABILITIES;
		confine_add(m, STEP_SECUREBITS);
	}
	if (keep != 0 && confine_has(m, STEP_USER))
		confine_add(m, STEP_KEEP_CAPS);
	confine_add(m, STEP_CAPABILITIES);
	if (m->plan.ambient != 0) {
		confine_add(m, STEP_AMBIENT);
		confine_add(m, STEP_VERIFY_AMBIENT);
	}
	confine_add(m, STEP_VERIFY_CAPABILITIES);
	confine_add(m, STEP_VERIFY_BOUNDING);
	confine_add(m, STEP_VERIFY_SECUREBITS);
	return 0;
}

/* both, then each of the two that is said by itself. */
static int
read_limit(struct confine_range *range, const struct confine_limit *limit,
    struct conf_error *err)
{
	struct confine_range soft, hard;

	if (limit->both != NULL &&
	    confine_limit_read(range, limit->both, err) < 0)
		return -1;
	if (limit->hard != NULL) {
		if (confine_limit_read(&hard, limit->hard, err) < 0)
			return -1;
		range->hard = hard.soft;
	}
	if (limit->soft != NULL) {
		if (confine_limit_read(&soft, limit->soft, err) < 0)
			return -1;
		range->soft = soft.soft;
	}
	return 0;
}

static int
plan_limit(
    struct confine_making *m, unsigned i, const struct confine_limit *limit)
{
	struct confine_range range;

	if (limit->both == NULL && limit->soft == NULL && limit->hard == NULL)
		return 0;
	if (confine_limit_now(i, &range) < 0)
		return conf_refuse(m->err, "ulimit %s: this kernel has none",
		    confine_limit_name(i));
	if (read_limit(&range, limit, m->err) < 0)
		return -1;
	if (range.soft > range.hard)
		return conf_refuse(m->err,
		    "ulimit %s: the soft limit is above the hard",
		    confine_limit_name(i));
	m->limits[m->limit_count++] = range;
	m->plan.limit_mask |= 1u << i;
	confine_add(m, STEP_LIMIT);
	return 0;
}

static int
plan_limits(struct confine_making *m)
{
	const struct confine_limit *limits = m->wants->ulimits;
	struct confine_range *kept;

	for (unsigned i = 0; limits != NULL && i < CONFINE_LIMITS; i++)
		if (plan_limit(m, i, &limits[i]) < 0)
			return -1;
	if (m->limit_count == 0)
		return 0;
	kept = conf_alloc(m->limit_count * sizeof(*kept));
	if (kept == NULL)
		return conf_refuse(m->err, "no memory for ulimits");
	memcpy(kept, m->limits, m->limit_count * sizeof(*kept));
	m->plan.limits = kept;
	return 0;
}

static int
plan_process(struct confine_making *m)
{
	const struct confine_wants *wants = m->wants;

	if (wants->secret_count > 0) {
		memcpy(m->plan.secrets, wants->secrets, sizeof(wants->secrets));
		m->plan.secret_count = wants->secret_count;
		confine_add(m, STEP_SECRETS);
	}
	if (wants->oom_score_adj != INT32_MIN) {
		m->plan.oom_score_adj = wants->oom_score_adj;
		confine_add(m, STEP_OOM);
	}
	if (wants->nice != INT32_MIN) {
		m->plan.nice = wants->nice;
		confine_add(m, STEP_NICE);
	}
	if (wants->umask >= 0) {
		m->plan.umask = (unsigned)wants->umask;
		confine_add(m, STEP_UMASK);
	}
	if (wants->working_dir != NULL) {
		m->plan.working_dir = wants->working_dir;
		confine_add(m, STEP_DIRECTORY);
	}
	if (m->sandbox != SANDBOX_NONE && m->plan.has_user)
		confine_add(m, STEP_KEYRING);
	return plan_limits(m);
}

static int
plan_landlock(struct confine_making *m)
{
	const struct confine_wants *wants = m->wants;
	bool strict = m->sandbox == SANDBOX_STRICT;
	struct landlock_wants parts = {
		.files = strict || wants->read_only_paths.count > 0 ||
		         wants->read_write_paths.count > 0,
		.scratch = strict && wants->read_write_paths.count == 0 &&
		           wants->read_only_paths.count == 0,
		.abstract = strict,
		.signals = strict,
		.directory = wants->working_dir,
		.read_only = &wants->read_only_paths,
		.read_write = &wants->read_write_paths,
		.bind = &wants->socket_bind_allow,
		.connect = &wants->socket_connect_allow,
	};
	char text[120];
	int abi;

	if (wants->landlock == LANDLOCK_NONE ||
	    (!parts.files && parts.bind->count == 0 &&
	        parts.connect->count == 0))
		return 0;
	abi = landlock_abi();
	if (landlock_compile(
	        &parts, abi, &m->plan.landlock, &m->plan.missing, m->err) < 0)
		return -1;
	if (wants->landlock == LANDLOCK_REQUIRED && m->plan.missing != 0)
		return conf_refuse(m->err,
		    "landlock: required, but this kernel (ABI %d) can't "
		    "restrict %s",
		    abi, landlock_text(m->plan.missing, text, sizeof(text)));
	if (m->plan.landlock != NULL)
		confine_add(m, STEP_LANDLOCK);
	return 0;
}

/* The kernel loads filters and domains only for those who can't abuse them. */
static int
check_privileges(struct confine_making *m)
{
	uint64_t kept = confine_has(m, STEP_CAPABILITIES) ? m->plan.capabilities
	                                                  : m->held.effective;

	if ((!confine_has(m, STEP_SECCOMP) && !confine_has(m, STEP_LANDLOCK)) ||
	    confine_has(m, STEP_NO_NEW_PRIVILEGES) ||
	    (kept & CAPS_BIT(CAP_BIT_SYS_ADMIN)) != 0)
		return 0;
	if (m->wants->no_new_privileges == 0)
		return conf_refuse(m->err,
		    "a sandbox needs no_new_privileges, or CAP_SYS_ADMIN");
	confine_add(m, STEP_NO_NEW_PRIVILEGES);
	return 0;
}

int
confine_compile(const struct confine_wants *wants, struct confinement *out,
    struct conf_error *err)
{
	struct confine_making m = { .wants = wants, .err = err };

	if (caps_get(&m.held) < 0)
		return conf_refuse(err, "can't read our own capabilities");
	m.plan.held = m.held.effective;
	choose_sandbox(&m);
	if (plan_identity(&m) < 0 || plan_capabilities(&m) < 0 ||
	    plan_process(&m) < 0 || plan_landlock(&m) < 0 ||
	    confine_plan_filter(&m) < 0 || check_privileges(&m) < 0)
		return -1;
	if (m.plan.has_user)
		shed_expect(m.id.uid);
	*out = m.plan;
	return 0;
}

const char *
confine_missing(
    const struct confinement *confinement, char *out, size_t out_size)
{
	return landlock_text(confinement->missing, out, out_size);
}
