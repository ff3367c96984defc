/* SPDX-License-Identifier: MIT */
#include "supervisor/backoff.h"

/* A window of nothing would be a loop without a pause. */
#define WINDOW_MIN_MS 1000

#define JITTER_DIVISOR 10

/* delay doubled `times` times, at most max; can't overflow. */
static int64_t
doubled(int64_t delay_ms, int64_t max_ms, uint32_t times)
{
	if (delay_ms >= max_ms || delay_ms <= 0)
		return delay_ms > 0 ? max_ms : 0;
	for (; times > 0; times--) {
		if (delay_ms > max_ms / 2)
			return max_ms;
		delay_ms *= 2;
	}
	return delay_ms;
}

int64_t
backoff_next(const struct backoff *backoff, uint32_t *attempts,
    int64_t lived_ms, uint32_t random)
{
	int64_t window_ms = backoff->window_ms > WINDOW_MIN_MS
	                        ? backoff->window_ms
	                        : WINDOW_MIN_MS;
	int64_t delay_ms;

	if (lived_ms >= window_ms) {
		*attempts = 1;
		return 0;
	}
	if (backoff->max_attempts != 0 && *attempts >= backoff->max_attempts)
		return BACKOFF_GIVE_UP;

	delay_ms = doubled(backoff->delay_ms, backoff->max_delay_ms, *attempts);
	if (*attempts < UINT32_MAX)
		(*attempts)++;
	return delay_ms + random % (delay_ms / JITTER_DIVISOR + 1);
}
