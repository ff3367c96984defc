/* SPDX-License-Identifier: MIT */
/*
 * backoff.h - how long until a service that ended is started again.
 *
 * The delay doubles from delay_ms to max_delay_ms with up to 10 % on top, so
 * that services which fail together don't come back together.  What counts is
 * how long the service lived, not how often it was started: alive for window_ms
 * (never less than a second) it starts again from none: at once.
 *
 * Pure; the random number is the caller's.
 */
#ifndef HALE_SUPERVISOR_BACKOFF_H
#define HALE_SUPERVISOR_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t delay_ms;
	int64_t max_delay_ms;
	int64_t window_ms;
	uint32_t max_attempts; /* in a row; 0: no limit */
};

#define BACKOFF_GIVE_UP (-1)

/*
 * The delay in ms before the next start of a service that lived for lived_ms,
 * or BACKOFF_GIVE_UP.  *attempts counts the starts since the last good life;
 * it is left alone when giving up.
 */
int64_t backoff_next(const struct backoff *backoff, uint32_t *attempts,
    int64_t lived_ms, uint32_t random);

#endif
