/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - from single answers to a settled opinion of one probe.
 *
 *              success_retries passes          retries failures
 *   STARTING ---------------------> HEALTHY -------------------> UNHEALTHY
 *      |                               ^                           |   ^
 *      |                               +---- success_retries ------+   |
 *      +------ retries failures, those in start_period not counted ----+
 *
 * An error (hale could not ask) changes nothing but its own counter.
 * Pure: no clock, no I/O, no allocation, so a test can say it all.
 */
#ifndef HALE_HEALTHCHECK_VERDICT_H
#define HALE_HEALTHCHECK_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "answer.h"

#define VERDICT_HISTORY 20
#define VERDICT_LINE    96

enum verdict { VERDICT_STARTING, VERDICT_HEALTHY, VERDICT_UNHEALTHY };

struct probe;

struct verdict_result {
	int64_t when_ms; /* clock_now_ms() at its end */
	int64_t duration_us;
	uint8_t outcome; /* enum outcome */
	uint8_t reason;  /* enum reason */
	int16_t code;
	char text[VERDICT_LINE];
};

struct tally {
	enum verdict verdict;
	bool passed;    /* once at least, in this instance */
	bool ran;       /* an answer came in this instance */
	bool last_ok;   /* the answer being repeated */
	bool flapping;  /* it changes its mind too often */
	int64_t streak; /* how many times in a row */
	int64_t errors; /* in a row */
	int64_t started_ms;
	int64_t changed_ms; /* the verdict's last change */
	int64_t failing_ms; /* the first failure of the streak; 0: none */
	uint64_t total[OUTCOME_END];
	uint32_t count; /* of results, 20 to 39 once full: (count - 1) % 20 */
	struct verdict_result history[VERDICT_HISTORY];
	struct answer last; /* whole, with its output */
};

/* A new instance of the service: starting again; the history is kept. */
void verdict_begin(struct tally *tally, int64_t now_ms);

/*
 * Counts one answer.  Returns true if and only if the verdict changed: one
 * change, one event.
 */
bool verdict_count(struct tally *tally, const struct probe *probe,
    const struct answer *answer, int64_t now_ms);

/* Time from one start to the next: start_interval until the first pass. */
int64_t verdict_interval_ms(
    const struct tally *tally, const struct probe *probe);

/* Result back steps ago (0: the newest), or NULL. */
const struct verdict_result *verdict_past(
    const struct tally *tally, uint32_t back);

/* The word used in logs, JSON and metrics; never NULL. */
const char *verdict_name(enum verdict verdict);

#endif
