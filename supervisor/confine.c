/* SPDX-License-Identifier: MIT */
/* confine.c - from what the user typed to a plan that a child can follow. */
#include "confine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "baseline.h"
#include "caps.h"
#include "landlock.h"
#include "packed.h"
#include "profile.h"
#include "seccomp.h"
#include "shed.h"

enum {
	GET_MDWE = 66, /* PR_GET_MDWE, younger than some headers */
	CAP_BIT_SETGID = 6,
	CAP_BIT_SETPCAP = 8,
	CAP_BIT_SYS_ADMIN = 21,

	/* SECBIT_NOROOT and SECBIT_NO_CAP_AMBIENT_RAISE, both locked. */
	NO_CAPABILITIES = 0xc3,
};

/* What is being made, and from what. */
struct making {
	const struct confine_wants *wants;
	struct confinement plan;
	struct identity id;
	struct caps_state held;
	enum confine_sandbox sandbox;
	bool groups_said;                            /* a GROUP, or group_add */
	struct confine_range limits[CONFINE_LIMITS]; /* the first limit_count */
	size_t limit_count;
	struct conf_error *err;
};

static void
add(struct making *m, enum confine_step step)
{
	m->plan.steps |= UINT64_C(1) << step;
}

static bool
has(const struct making *m, enum confine_step step)
{
	return (m->plan.steps & UINT64_C(1) << step) != 0;
}

/* What a user, or a file, brings along unless it is said otherwise. */
static void
choose_sandbox(struct making *m)
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
		add(m, STEP_NO_NEW_PRIVILEGES);
}

static int
current_identity(struct making *m)
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
add_groups(struct making *m)
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
stay_who_we_are(struct making *m)
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
keep_identity(struct making *m)
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
plan_identity(struct making *m)
{
	const struct confine_wants *wants = m->wants;
	struct making now = { .err = m->err };
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
		add(m, STEP_GROUPS);
	if (m->id.gid != ge || gr != ge || gs != ge)
		add(m, STEP_GROUP);
	if (m->id.uid != e || r != e || s != e)
		add(m, STEP_USER);
	add(m, STEP_VERIFY_USER);
	add(m, STEP_VERIFY_GROUPS);
	add(m, STEP_VERIFY_REGAIN);
	return keep_identity(m);
}

static uint32_t
uid_of(const struct making *m)
{
	return m->plan.has_user ? m->id.uid : getuid();
}

static int
check_added(const struct making *m, uint64_t keep)
{
	uint64_t lacking = keep & ~m->held.permitted;
	char text[200];

	if (lacking == 0)
		return 0;
	return conf_refuse(m->err, "cap_add: the container lacks CAP_%s",
	    caps_text(lacking, text, sizeof(text)));
}

static int
plan_capabilities(struct making *m)
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
	add(m, STEP_BOUNDING);
	if (keep == 0 && (m->held.effective & CAPS_BIT(CAP_BIT_SETPCAP)) != 0) {
		m->plan.securebits = NO_CAPABILITIES;
		add(m, STEP_SECUREBITS);
	}
	if (keep != 0 && has(m, STEP_USER))
		add(m, STEP_KEEP_CAPS);
	add(m, STEP_CAPABILITIES);
	if (m->plan.ambient != 0) {
		add(m, STEP_AMBIENT);
		add(m, STEP_VERIFY_AMBIENT);
	}
	add(m, STEP_VERIFY_CAPABILITIES);
	add(m, STEP_VERIFY_BOUNDING);
	add(m, STEP_VERIFY_SECUREBITS);
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
plan_limit(struct making *m, unsigned i, const struct confine_limit *limit)
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
	add(m, STEP_LIMIT);
	return 0;
}

static int
plan_limits(struct making *m)
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
plan_process(struct making *m)
{
	const struct confine_wants *wants = m->wants;

	if (wants->secret_count > 0) {
		memcpy(m->plan.secrets, wants->secrets, sizeof(wants->secrets));
		m->plan.secret_count = wants->secret_count;
		add(m, STEP_SECRETS);
	}
	if (wants->oom_score_adj != INT32_MIN) {
		m->plan.oom_score_adj = wants->oom_score_adj;
		add(m, STEP_OOM);
	}
	if (wants->nice != INT32_MIN) {
		m->plan.nice = wants->nice;
		add(m, STEP_NICE);
	}
	if (wants->umask >= 0) {
		m->plan.umask = (unsigned)wants->umask;
		add(m, STEP_UMASK);
	}
	if (wants->working_dir != NULL) {
		m->plan.working_dir = wants->working_dir;
		add(m, STEP_DIRECTORY);
	}
	if (m->sandbox != SANDBOX_NONE && m->plan.has_user)
		add(m, STEP_KEYRING);
	return plan_limits(m);
}

static int
plan_landlock(struct making *m)
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
		add(m, STEP_LANDLOCK);
	return 0;
}

static void
add_filter(struct making *m, const struct sock_filter *code, size_t length)
{
	m->plan.filters[m->plan.filter_count].code = code;
	m->plan.filters[m->plan.filter_count++].length = (uint16_t)length;
	add(m, STEP_SECCOMP);
}

static int
assemble(struct making *m, const struct seccomp_wants *wants)
{
	struct sock_filter code[BPF_LENGTH_MAX];
	struct sock_filter *kept;
	struct bpf_rules rules;
	size_t length;
	int needed = seccomp_rules(wants, &rules, m->err);

	if (needed <= 0)
		return needed;
	length = bpf_assemble(&rules, code, BPF_LENGTH_MAX);
	kept = conf_alloc(length * sizeof(*kept));
	if (length == 0 || kept == NULL)
		return conf_refuse(m->err, "no memory for a seccomp filter");
	memcpy(kept, code, length * sizeof(*kept));
	if (seccomp_check("system_call_filter", kept, length, m->err) < 0)
		return -1;
	add_filter(m, kept, length);
	return 0;
}

/* The preset, and the path of a profile, that sandbox: and seccomp: name. */
static void
choose_preset(
    const struct making *m, enum seccomp_preset *preset, const char **path)
{
	const char *word = m->wants->seccomp;

	*path = NULL;
	*preset = m->sandbox == SANDBOX_STRICT    ? SECCOMP_STRICT
	          : m->sandbox == SANDBOX_DEFAULT ? SECCOMP_DEFAULT
	                                          : SECCOMP_NONE;
	if (word == NULL)
		return;
	*preset = SECCOMP_NONE;
	if (strcmp(word, "default") == 0)
		*preset = SECCOMP_DEFAULT;
	else if (strcmp(word, "strict") == 0)
		*preset = SECCOMP_STRICT;
	else if (strcmp(word, "none") != 0 && strcmp(word, "unconfined") != 0)
		*path = word;
}

static bool
kernel_has_mdwe(void)
{
	return prctl(GET_MDWE, 0, 0, 0, 0) >= 0;
}

static int
want_calls(
    struct making *m, enum seccomp_preset preset, struct seccomp_wants *out)
{
	const struct confine_wants *wants = m->wants;
	const struct conf_list *families = &wants->restrict_address_families;
	bool preset_given = preset != SECCOMP_NONE;
	bool deny = wants->memory_deny_write_execute >= 0
	                ? wants->memory_deny_write_execute == 1
	                : m->sandbox == SANDBOX_STRICT;

	*out = (struct seccomp_wants){
		.preset = preset,
		.calls = &wants->system_call_filter,
		.restrict_families = preset_given || families->count > 0,
		.families = SECCOMP_FAMILIES,
		.namespaces = preset_given ? SECCOMP_NAMESPACES : 0,
		.deny_typing = preset_given,
	};
	if (deny && kernel_has_mdwe())
		add(m, STEP_WRITE_EXECUTE);
	else
		out->deny_write_execute = deny;
	if (caps_tweak(0, 0, &wants->cap_add, &(struct conf_list){ 0 },
	        &out->capabilities, m->err) < 0)
		return -1;
	if ((out->capabilities & CAPS_BIT(CAP_BIT_SYS_ADMIN)) != 0)
		out->namespaces = 0;
	if (families->count > 0 &&
	    seccomp_families(families, &out->families, m->err) < 0)
		return -1;
	if (wants->restrict_namespaces != NULL &&
	    seccomp_namespaces(
	        wants->restrict_namespaces, &out->namespaces, m->err) < 0)
		return -1;
	if (caps_tweak(0, 0, &wants->cap_add, &(struct conf_list){ 0 },
	        &out->capabilities, m->err) < 0)
		return -1;
	return 0;
}

/* Nothing was asked of the default preset, or against it. */
static bool
is_baseline(const struct seccomp_wants *calls)
{
	return calls->preset == SECCOMP_DEFAULT && calls->calls->count == 0 &&
	       calls->families == SECCOMP_FAMILIES &&
	       calls->namespaces == SECCOMP_NAMESPACES &&
	       calls->capabilities == 0 && !calls->deny_write_execute;
}

static int
plan_seccomp(struct making *m)
{
	struct seccomp_wants calls;
	enum seccomp_preset preset;
	struct confine_filter profile;
	const char *path;

	choose_preset(m, &preset, &path);
	if (want_calls(m, preset, &calls) < 0)
		return -1;
	if (is_baseline(&calls))
		add_filter(m, baseline_filter, baseline_length);
	else if (assemble(m, &calls) < 0)
		return -1;
	m->plan.baseline = path == NULL && is_baseline(&calls);
	/* Last: it may refuse seccomp() itself. */
	if (path != NULL) {
		if (packed_load(PACKED_FILES) < 0)
			return conf_refuse(m->err,
			    "seccomp: can't unpack the reader of profiles: %s",
			    strerror(errno));
		if (profile_compile(path,
		        m->plan.steps & UINT64_C(1) << STEP_CAPABILITIES
		            ? m->plan.capabilities
		            : m->held.permitted,
		        &profile, m->err) < 0)
			return -1;
		add_filter(m, profile.code, profile.length);
	}
	return 0;
}

/* The kernel loads filters and domains only for those who can't abuse them. */
static int
check_privileges(struct making *m)
{
	uint64_t kept = has(m, STEP_CAPABILITIES) ? m->plan.capabilities
	                                          : m->held.effective;

	if ((!has(m, STEP_SECCOMP) && !has(m, STEP_LANDLOCK)) ||
	    has(m, STEP_NO_NEW_PRIVILEGES) ||
	    (kept & CAPS_BIT(CAP_BIT_SYS_ADMIN)) != 0)
		return 0;
	if (m->wants->no_new_privileges == 0)
		return conf_refuse(m->err,
		    "a sandbox needs no_new_privileges, or CAP_SYS_ADMIN");
	add(m, STEP_NO_NEW_PRIVILEGES);
	return 0;
}

int
confine_compile(const struct confine_wants *wants, struct confinement *out,
    struct conf_error *err)
{
	struct making m = { .wants = wants, .err = err };

	if (caps_get(&m.held) < 0)
		return conf_refuse(err, "can't read our own capabilities");
	m.plan.held = m.held.effective;
	choose_sandbox(&m);
	if (plan_identity(&m) < 0 || plan_capabilities(&m) < 0 ||
	    plan_process(&m) < 0 || plan_landlock(&m) < 0 ||
	    plan_seccomp(&m) < 0 || check_privileges(&m) < 0)
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
