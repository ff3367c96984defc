/* SPDX-License-Identifier: MIT */
/* clock.h - the only caller of clock_gettime(). */
#ifndef HALE_SUPERVISOR_CLOCK_H
#define HALE_SUPERVISOR_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: deadlines, durations. */
int64_t clock_now_ms(void);

/* Milliseconds since the Epoch: only ever shown to people and programs. */
int64_t clock_wall_ms(void);

#endif
