/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <string.h>

#include "probe.h"

/* Changes of mind within the history that make it flap, and unmake it. */
enum { FLAP_ON = 6, FLAP_OFF = 3 };

void
verdict_begin(struct tally *tally, int64_t now_ms)
{
	tally->verdict = VERDICT_STARTING;
	tally->passed = false;
	tally->ran = false;
	tally->streak = 0;
	tally->errors = 0;
	tally->started_ms = now_ms;
	tally->changed_ms = now_ms;
	tally->failing_ms = 0;
}

const struct verdict_result *
verdict_past(const struct tally *tally, uint32_t back)
{
	if (back >= tally->count || back >= VERDICT_HISTORY)
		return NULL;
	return &tally->history[(tally->count - 1 - back) % VERDICT_HISTORY];
}

static void
remember(struct tally *tally, const struct answer *answer, int64_t now_ms)
{
	struct verdict_result *r =
	    &tally->history[tally->count++ % VERDICT_HISTORY];

	r->when_ms = now_ms;
	r->duration_us = answer->duration_us;
	r->outcome = (uint8_t)answer->outcome;
	r->reason = (uint8_t)answer->reason;
	r->code = (int16_t)answer->code;
	memcpy(r->text, answer->text, sizeof(r->text));
	r->text[sizeof(r->text) - 1] = '\0';
	memcpy(&tally->last, answer, answer_size(answer));
	tally->total[answer->outcome]++;

	/* After two laps, the same slot: one is enough to say "full". */
	if (tally->count == 2 * VERDICT_HISTORY)
		tally->count = VERDICT_HISTORY;
}

/* How often the answers of the history differ from the one before. */
static int
changes(const struct tally *tally)
{
	const struct verdict_result *r;
	int previous = -1, n = 0;

	for (uint32_t i = 0; (r = verdict_past(tally, i)) != NULL; i++) {
		if (r->outcome == OUTCOME_ERROR)
			continue;
		n += previous >= 0 && previous != r->outcome;
		previous = r->outcome;
	}
	return n;
}

static bool
settle(struct tally *tally, enum verdict verdict, int64_t now_ms)
{
	if (tally->verdict == verdict)
		return false;
	tally->verdict = verdict;
	tally->changed_ms = now_ms;
	return true;
}

bool
verdict_count(struct tally *tally, const struct probe *probe,
    const struct answer *answer, int64_t now_ms)
{
	bool ok = answer->outcome == OUTCOME_PASS;
	int n;

	remember(tally, answer, now_ms);
	tally->ran = true;
	if (answer->outcome == OUTCOME_ERROR) {
		tally->errors++;
		return false;
	}
	tally->errors = 0;
	n = changes(tally);
	tally->flapping = n >= (tally->flapping ? FLAP_OFF : FLAP_ON);

	if (ok)
		tally->failing_ms = 0;
	else if (tally->failing_ms == 0)
		tally->failing_ms = now_ms;

	/* Docker's words: the first pass ends the start period. */
	if (!ok && !tally->passed &&
	    now_ms - tally->started_ms < probe->start_period_ms)
		return false;
	if (ok != tally->last_ok)
		tally->streak = 0;
	tally->last_ok = ok;
	tally->passed |= ok;
	tally->streak++;
	if (tally->streak < (ok ? probe->success_retries : probe->retries))
		return false;
	return settle(tally, ok ? VERDICT_HEALTHY : VERDICT_UNHEALTHY, now_ms);
}

int64_t
verdict_interval_ms(const struct tally *tally, const struct probe *probe)
{
	if (tally->passed || probe->start_interval_ms <= 0 ||
	    probe->start_interval_ms > probe->interval_ms)
		return probe->interval_ms;
	return probe->start_interval_ms;
}

const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) { /* no default: a new verdict must not compile */
	case VERDICT_STARTING:
		return "starting";
	case VERDICT_HEALTHY:
		return "healthy";
	case VERDICT_UNHEALTHY:
		return "unhealthy";
	}
	return "invalid";
}
