/* SPDX-License-Identifier: MIT */
/*
 * linger.c - --wait-children: main has ended, and what it left is waited for.
 *
 * That is its session; where no other service is, it is all that is there:
 * daemons made sessions of their own.
 */
#include "supervisor/descend.h"
#include "supervisor/session.h"
#include "supervisor/unit.h"

static bool
is_alone(void)
{
	return supervisor.graph.services == 1;
}

static bool
is_over(const struct unit *unit)
{
	return is_alone() ? !children_any() : session_is_empty(unit->session);
}

bool
linger_begin(struct unit *unit, int status)
{
	if (!supervisor.init->wait_children || !unit_is_main(unit) ||
	    supervisor.core.stopping)
		return false;
	if (supervisor.hooks.lingering != NULL)
		supervisor.hooks.lingering();
	if (is_over(unit))
		return false;
	unit->lingers = true;
	unit->linger_status = (int16_t)status;
	return true;
}

void
linger_signal(const struct unit *unit, int sig)
{
	if (is_alone())
		descend_signal(supervisor.self, sig);
	else
		session_signal(unit->session, sig);
}

bool
linger_over(struct unit *unit)
{
	if (!unit->lingers || !is_over(unit))
		return false;
	unit->lingers = false;
	return true;
}
