/* SPDX-License-Identifier: MIT */
/*
 * confine_making.h - a plan while it is made; private to confine.c and
 * confine_filter.c.
 */
#ifndef HALE_SUPERVISOR_CONFINE_MAKING_H
#define HALE_SUPERVISOR_CONFINE_MAKING_H

#include "caps.h"
#include "confine.h"

enum { CAP_BIT_SYS_ADMIN = 21 };

/* What is being made, and from what. */
struct confine_making {
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

static inline void
confine_add(struct confine_making *m, enum confine_step step)
{
	m->plan.steps |= UINT64_C(1) << step;
}

static inline bool
confine_has(const struct confine_making *m, enum confine_step step)
{
	return (m->plan.steps & UINT64_C(1) << step) != 0;
}

/* Adds the filters of the sandbox, and of a profile.  0, or -1 and m->err. */
int confine_plan_filter(struct confine_making *m);

#endif
