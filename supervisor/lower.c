/* SPDX-License-Identifier: MIT */
#include "supervisor/lower.h"

#include "supervisor/caps.h"
#include "supervisor/log.h"
#include "supervisor/shed.h"
#include "supervisor/sys.h"
#include "supervisor/unit.h"

#include <string.h>
#include <sys/resource.h>

enum {
	CAP_BIT_SETGID = 6,
	CAP_BIT_SETUID = 7,
	CAP_BIT_SYS_ADMIN = 21,
};

/* What all services together will need again. */
struct demand {
	uint64_t capabilities;
	bool everything;           /* one is to have whatever we have */
	struct confinement common; /* steps that none does without */
	bool baseline;             /* the filter is one of these */
};

static bool
takes(const struct confinement *plan, enum confine_step step)
{
	return plan != NULL && (plan->steps & UINT64_C(1) << step) != 0;
}

static void
add_unit(struct demand *demand, const struct unit *unit)
{
	const struct confinement *plan = unit->plan;

	if (!takes(plan, STEP_CAPABILITIES))
		demand->everything = true;
	else
		demand->capabilities |= shed_needs(plan);
	demand->common.steps &= plan != NULL ? plan->steps : 0;
	if (plan == NULL || !plan->baseline)
		demand->baseline = false;
	else
		demand->common.filters[0] = plan->filters[0];
}

static struct demand
sum_up(void)
{
	struct demand demand = { .common.steps = ~UINT64_C(0),
		.baseline = true };

	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		add_unit(&demand, &supervisor.units[i]);
	/* Who asks what lives elsewhere is nobody. */
	if (supervisor.config->dependency_count > 0)
		demand.capabilities |=
		    CAPS_BIT(CAP_BIT_SETUID) | CAPS_BIT(CAP_BIT_SETGID);
	demand.common.filter_count = demand.baseline;
	demand.common.baseline =
	    demand.baseline && takes(&demand.common, STEP_NO_NEW_PRIVILEGES);
	/* What one of them keeps, the others' steps would take away. */
	demand.common.steps &=
	    ~(CONFINE_STEP(STEP_BOUNDING) | CONFINE_STEP(STEP_SECUREBITS));
	return demand;
}

/* The hard limit stays, so that a service can have its own back. */
static void
forbid_cores(void)
{
	struct confine_range now, none;

	if (confine_limit_now(RLIMIT_CORE, &now) < 0 || now.soft == 0)
		return;
	none = (struct confine_range){ .soft = 0, .hard = now.hard };
	if (sys4(SYS_prlimit64, 0, RLIMIT_CORE, sys_ptr(&none), 0) == 0)
		launch_core = now;
}

void
lower_privileges(void)
{
	struct demand demand = sum_up();
	struct confine_failure why = { 0 };
	struct caps_state held;
	long error = 0;

	forbid_cores();
	if (caps_get(&held) < 0)
		return;
	if (demand.everything)
		demand.capabilities = held.permitted;
	else
		demand.capabilities =
		    shed_keep(held.permitted, demand.capabilities, true);
	/* While there is CAP_SETPCAP. */
	if (!demand.everything)
		caps_drop_bounding(caps_bounding(), demand.capabilities);
	error = shed_privileges(demand.capabilities, false);
	if (error < 0)
		log_warn(NULL, "can't give up capabilities: %s",
		    strerror((int)-error));
	/* All of them would load it: a service that starts has it already. */
	error = confine_ourselves(&demand.common, &why);
	if (error < 0)
		log_warn(NULL, "can't confine hale itself: %s",
		    strerror((int)-error));
}
