/* SPDX-License-Identifier: MIT */
#include "early_user.h"

#include <string.h>

#include "baseline.h"
#include "caps.h"
#include "kernel.h"
#include "shed.h"

#if defined(SYS_getresuid32) /* arm's first calls take 16-bit ids */
#define NR_GETRESUID SYS_getresuid32
#define NR_GETGROUPS SYS_getgroups32
#else
#define NR_GETRESUID SYS_getresuid
#define NR_GETGROUPS SYS_getgroups
#endif

enum {
	/* CAP_SETGID, CAP_SETUID and CAP_SETPCAP */
	NEEDED = 1 << 6 | 1 << 7 | 1 << 8,
	CAP_KILL = 1 << 5,
	NO_CAPABILITIES = 0xc3, /* securebits, as in confine.c */
};

/* Only root that may do all of it: there everything goes one way. */
static bool
may_do_all(struct caps_state *held)
{
	uint32_t real, effective, saved;

	return sys3(NR_GETRESUID, sys_ptr(&real), sys_ptr(&effective),
	           sys_ptr(&saved)) == 0 &&
	       (real | effective | saved) == 0 && caps_get(held) == 0 &&
	       (held->effective & NEEDED) == NEEDED;
}

static void
plan(struct confinement *c, const struct identity *id, const char *user)
{
	c->id = id;
	c->has_user = true;
	c->implied_groups = strchr(user, ':') == NULL;
	c->securebits = NO_CAPABILITIES;
	c->filters[0].code = baseline_filter;
	c->filters[0].length = baseline_length;
	c->filter_count = 1;
	c->baseline = true;
	c->steps =
	    CONFINE_STEP(STEP_KEYRING) | CONFINE_STEP(STEP_BOUNDING) |
	    CONFINE_STEP(STEP_SECUREBITS) | CONFINE_STEP(STEP_GROUP) |
	    CONFINE_STEP(STEP_USER) | CONFINE_STEP(STEP_CAPABILITIES) |
	    CONFINE_STEP(STEP_VERIFY_USER) | CONFINE_STEP(STEP_VERIFY_GROUPS) |
	    CONFINE_STEP(STEP_VERIFY_CAPABILITIES) |
	    CONFINE_STEP(STEP_VERIFY_BOUNDING) |
	    CONFINE_STEP(STEP_VERIFY_SECUREBITS) |
	    CONFINE_STEP(STEP_VERIFY_REGAIN) |
	    CONFINE_STEP(STEP_NO_NEW_PRIVILEGES) | CONFINE_STEP(STEP_SECCOMP);
	if (id->group_count > 0 || sys2(NR_GETGROUPS, 0, 0) != 0)
		c->steps |= CONFINE_STEP(STEP_GROUPS);
}

bool
early_user(const char *user, struct early_user *made, struct single *single)
{
	struct identity_lookup lookup = { .passwd_path = "/etc/passwd",
		.group_path = "/etc/group" };
	struct caps_state held;
	size_t count = 0;

	while (single->envp[count] != NULL)
		if (++count > EARLY_ENVIRONMENT_MAX)
			return false;
	if (!may_do_all(&held) || identity_find(&lookup, user) < 0 ||
	    lookup.id.uid == 0)
		return false;
	memset(&made->plan, 0, sizeof(made->plan));
	made->plan.held = held.effective;
	made->id = lookup.id;
	plan(&made->plan, &made->id, user);
	memcpy(made->envp, single->envp, count * sizeof(made->envp[0]));
	identity_environment(&lookup.id, &made->words, made->envp, count);
	if ((held.effective & CAP_KILL) == 0)
		shed_expect(lookup.id.uid);
	single->envp = made->envp;
	single->prepare = confine_before;
	single->confine = confine_between;
	single->plan = &made->plan;
	single->why = &made->why;
	single->only_user = lookup.id.uid;
	return true;
}
