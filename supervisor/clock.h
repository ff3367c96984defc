/* SPDX-License-Identifier: MIT */
/* clock.h - the only caller of clock_gettime(). */
#ifndef HALE_SUPERVISOR_CLOCK_H
#define HALE_SUPERVISOR_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: deadlines, durations. */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);

/* Milliseconds since the Epoch: only ever shown to people and programs. */
int64_t clock_wall_ms(void);

/* Nanoseconds that this thread has run. */
int64_t clock_cpu_ns(void);

#endif
