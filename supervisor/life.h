/* SPDX-License-Identifier: MIT */
/*
 * life.h - one service's side of core.c: does what its table says.
 *
 * Private to core.c and life.c.  Pure, as core.h.
 */
#ifndef HALE_SUPERVISOR_LIFE_H
#define HALE_SUPERVISOR_LIFE_H

#include "supervisor/core.h"

/* Takes service index one step through its table, with all that follows. */
void life_step(struct core *core, uint32_t index, enum service_event event,
    enum core_why why);

/* News of the instance that is alive: CORE_STARTED to CORE_WATCHDOG. */
void life_news(struct core *core, const struct core_event *event);

/* CORE_TIMER of one service; late ones change nothing. */
void life_expire(struct core *core, const struct core_event *event);

/* Arms the timer of service index, or of the whole stop (CORE_ALL). */
void life_timer(struct core *core, uint32_t index, int64_t due_ms);

/* Back in core.c: look at a service (and its neighbours) before we return. */
void core_queue(struct core *core, uint32_t index);
void core_queue_near(struct core *core, uint32_t index);
void core_begin_stop(struct core *core, uint32_t culprit);

#endif
