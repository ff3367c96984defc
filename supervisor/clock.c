/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include "sys.h"

#include <time.h>

#if defined(SYS_clock_gettime64) /* 32 bits: SYS_clock_gettime's end in 2038 */
#define NR_CLOCK_GETTIME SYS_clock_gettime64
#else
#define NR_CLOCK_GETTIME SYS_clock_gettime
#endif

/*
 * Not by the vDSO: its pages would have to be mapped first, which costs more
 * than the few calls that are made.
 */
static int64_t
read_ns(clockid_t id)
{
	int64_t now[2] = { 0 };

	sys2(NR_CLOCK_GETTIME, id, sys_ptr(now));
	return now[0] * 1000000000 + now[1];
}

int64_t
clock_now_ms(void)
{
	return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t
clock_now_us(void)
{
	return read_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_wall_ms(void)
{
	return read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t
clock_cpu_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}
