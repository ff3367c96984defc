/* SPDX-License-Identifier: MIT */
#include "supervisor/service.h"

/* clang-format off */
#define STEP(state, action) { SERVICE_##state, DO_##action }

/* The columns of a row that has no process: news of one come too late. */
#define NO_PROCESS(state) \
	[EVENT_STARTED]    = STEP(state, NONE), \
	[EVENT_REFUSED]    = STEP(state, NONE), \
	[EVENT_READY]      = STEP(state, NONE), \
	[EVENT_EXITED]     = STEP(state, NONE), \
	[EVENT_EMPTY]      = STEP(state, NONE), \
	[EVENT_UNHEALTHY]  = STEP(state, NONE), \
	[EVENT_HOOK]       = STEP(state, NONE)

/* The columns of a row whose process is past its start. */
#define PAST_START(state) \
	[EVENT_START]      = STEP(state, NONE), \
	[EVENT_MET]        = STEP(state, NONE), \
	[EVENT_UNMEETABLE] = STEP(state, NONE), \
	[EVENT_REFUSED]    = STEP(DOWN, JUDGE), \
	[EVENT_EMPTY]      = STEP(DOWN, JUDGE), \
	[EVENT_KILL]       = STEP(KILLING, KILL)

static const struct service_step steps[SERVICE_STATE_END][EVENT_END] = {
	[SERVICE_DOWN] = {
		NO_PROCESS(DOWN),
		[EVENT_START]      = STEP(WAITING, CONSIDER),
		[EVENT_STOP]       = STEP(DOWN, NONE),
		[EVENT_MET]        = STEP(DOWN, NONE),
		[EVENT_UNMEETABLE] = STEP(DOWN, NONE),
		[EVENT_TIMER]      = STEP(DOWN, NONE),
		[EVENT_KILL]       = STEP(DOWN, NONE),
	},
	[SERVICE_WAITING] = {
		NO_PROCESS(WAITING),
		[EVENT_START]      = STEP(WAITING, NONE),
		[EVENT_STOP]       = STEP(DOWN, NONE),
		[EVENT_MET]        = STEP(STARTING, SPAWN),
		[EVENT_UNMEETABLE] = STEP(FAILED, FAIL),
		[EVENT_TIMER]      = STEP(WAITING, NAG),
		[EVENT_KILL]       = STEP(DOWN, NONE),
	},
	[SERVICE_STARTING] = {
		PAST_START(STARTING),
		[EVENT_STOP]       = STEP(STOPPING, TERM),
		[EVENT_STARTED]    = STEP(STARTING, STARTED),
		[EVENT_READY]      = STEP(UP, READY),
		[EVENT_EXITED]     = STEP(STOPPING, SWEEP),
		[EVENT_UNHEALTHY]  = STEP(STOPPING, TERM),
		[EVENT_HOOK]       = STEP(STARTING, NONE),
		/* It hangs between fork and exec. */
		[EVENT_TIMER]      = STEP(KILLING, KILL),
	},
	[SERVICE_UP] = {
		PAST_START(UP),
		[EVENT_STOP]       = STEP(DRAINING, DRAIN),
		[EVENT_STARTED]    = STEP(UP, NONE),
		[EVENT_READY]      = STEP(UP, NONE),
		[EVENT_EXITED]     = STEP(STOPPING, SWEEP),
		[EVENT_UNHEALTHY]  = STEP(LEAVING, PRE_STOP),
		[EVENT_HOOK]       = STEP(UP, NONE),
		[EVENT_TIMER]      = STEP(UP, NONE),
	},
	[SERVICE_DRAINING] = {
		PAST_START(DRAINING),
		[EVENT_STOP]       = STEP(DRAINING, RETIME),
		[EVENT_STARTED]    = STEP(DRAINING, NONE),
		[EVENT_READY]      = STEP(DRAINING, NONE),
		[EVENT_EXITED]     = STEP(STOPPING, SWEEP),
		[EVENT_UNHEALTHY]  = STEP(LEAVING, PRE_STOP),
		[EVENT_HOOK]       = STEP(DRAINING, NONE),
		[EVENT_TIMER]      = STEP(LEAVING, PRE_STOP),
	},
	[SERVICE_LEAVING] = {
		PAST_START(LEAVING),
		[EVENT_STOP]       = STEP(LEAVING, RETIME),
		[EVENT_STARTED]    = STEP(LEAVING, NONE),
		[EVENT_READY]      = STEP(LEAVING, NONE),
		[EVENT_EXITED]     = STEP(STOPPING, SWEEP),
		[EVENT_UNHEALTHY]  = STEP(LEAVING, NONE),
		[EVENT_HOOK]       = STEP(STOPPING, TERM),
		[EVENT_TIMER]      = STEP(STOPPING, TERM),
	},
	[SERVICE_STOPPING] = {
		PAST_START(STOPPING),
		[EVENT_STOP]       = STEP(STOPPING, RETIME),
		[EVENT_STARTED]    = STEP(STOPPING, NONE),
		[EVENT_READY]      = STEP(STOPPING, NONE),
		[EVENT_EXITED]     = STEP(STOPPING, SWEEP),
		[EVENT_UNHEALTHY]  = STEP(STOPPING, NONE),
		[EVENT_HOOK]       = STEP(STOPPING, NONE),
		[EVENT_TIMER]      = STEP(KILLING, KILL),
	},
	[SERVICE_KILLING] = {
		PAST_START(KILLING),
		[EVENT_STOP]       = STEP(KILLING, NONE),
		[EVENT_STARTED]    = STEP(KILLING, NONE),
		[EVENT_READY]      = STEP(KILLING, NONE),
		/* What the first one left behind gets it at once. */
		[EVENT_EXITED]     = STEP(KILLING, KILL),
		[EVENT_UNHEALTHY]  = STEP(KILLING, NONE),
		[EVENT_HOOK]       = STEP(KILLING, NONE),
		[EVENT_TIMER]      = STEP(KILLING, KILL),
	},
	[SERVICE_BACKOFF] = {
		NO_PROCESS(BACKOFF),
		[EVENT_START]      = STEP(WAITING, CONSIDER),
		[EVENT_STOP]       = STEP(DOWN, NONE),
		[EVENT_MET]        = STEP(BACKOFF, NONE),
		[EVENT_UNMEETABLE] = STEP(BACKOFF, NONE),
		[EVENT_TIMER]      = STEP(WAITING, CONSIDER),
		[EVENT_KILL]       = STEP(DOWN, NONE),
	},
	[SERVICE_DONE] = {
		NO_PROCESS(DONE),
		[EVENT_START]      = STEP(WAITING, CONSIDER),
		/* It stays what it is: who needs it completed may start. */
		[EVENT_STOP]       = STEP(DONE, NONE),
		[EVENT_MET]        = STEP(DONE, NONE),
		[EVENT_UNMEETABLE] = STEP(DONE, NONE),
		[EVENT_TIMER]      = STEP(DONE, NONE),
		[EVENT_KILL]       = STEP(DONE, NONE),
	},
	[SERVICE_FAILED] = {
		NO_PROCESS(FAILED),
		[EVENT_START]      = STEP(WAITING, CONSIDER),
		[EVENT_STOP]       = STEP(FAILED, NONE),
		[EVENT_MET]        = STEP(FAILED, NONE),
		[EVENT_UNMEETABLE] = STEP(FAILED, NONE),
		[EVENT_TIMER]      = STEP(FAILED, NONE),
		[EVENT_KILL]       = STEP(FAILED, NONE),
	},
};

static const char *const state_names[SERVICE_STATE_END] = {
	[SERVICE_DOWN] = "down",
	[SERVICE_WAITING] = "waiting",
	[SERVICE_STARTING] = "starting",
	[SERVICE_UP] = "up",
	[SERVICE_DRAINING] = "draining",
	[SERVICE_LEAVING] = "leaving",
	[SERVICE_STOPPING] = "stopping",
	[SERVICE_KILLING] = "killing",
	[SERVICE_BACKOFF] = "backoff",
	[SERVICE_DONE] = "done",
	[SERVICE_FAILED] = "failed",
};

static const char *const event_names[EVENT_END] = {
	[EVENT_START] = "start",
	[EVENT_STOP] = "stop",
	[EVENT_MET] = "met",
	[EVENT_UNMEETABLE] = "unmeetable",
	[EVENT_STARTED] = "started",
	[EVENT_REFUSED] = "refused",
	[EVENT_READY] = "ready",
	[EVENT_EXITED] = "exited",
	[EVENT_EMPTY] = "empty",
	[EVENT_UNHEALTHY] = "unhealthy",
	[EVENT_HOOK] = "hook",
	[EVENT_TIMER] = "timer",
	[EVENT_KILL] = "kill",
};
/* clang-format on */

struct service_step
service_step(enum service_state state, enum service_event event)
{
	return steps[state][event];
}

bool
service_is_alive(enum service_state state)
{
	return state >= SERVICE_STARTING && state <= SERVICE_KILLING;
}

const char *
service_state_name(enum service_state state)
{
	return state > 0 && state < SERVICE_STATE_END ? state_names[state]
	                                              : "invalid";
}

const char *
service_event_name(enum service_event event)
{
	return (unsigned)event < EVENT_END ? event_names[event] : "invalid";
}
