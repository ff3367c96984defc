/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char reasons[REASON_END][12] = {
	[REASON_OK] = "ok",
	[REASON_WARNING] = "warning",
	[REASON_TIMEOUT] = "timeout",
	[REASON_RESOLVE] = "resolve",
	[REASON_REFUSED] = "refused",
	[REASON_CONNECT] = "connect",
	[REASON_CLOSED] = "closed",
	[REASON_STATUS] = "status",
	[REASON_MISMATCH] = "mismatch",
	[REASON_PROTOCOL] = "protocol",
	[REASON_TLS] = "tls",
	[REASON_CERTIFICATE] = "certificate",
	[REASON_EXPIRED] = "expired",
	[REASON_MISSING] = "missing",
	[REASON_STALE] = "stale",
	[REASON_LIMIT] = "limit",
	[REASON_SIGNAL] = "signal",
	[REASON_CRASH] = "crash",
	[REASON_RESOURCE] = "resource",
};

static const char outcomes[OUTCOME_END][8] = {
	[OUTCOME_PASS] = "pass",
	[OUTCOME_FAIL] = "fail",
	[OUTCOME_ERROR] = "error",
};

const char *
reason_name(enum reason reason)
{
	return reasons[(unsigned)reason < REASON_END ? reason : REASON_CRASH];
}

const char *
outcome_name(enum outcome outcome)
{
	return outcomes[(unsigned)outcome < OUTCOME_END ? outcome
	                                                : OUTCOME_ERROR];
}

/* What a target said may hold anything; a line of ours may not. */
static void
make_printable(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
}

enum outcome
answer_say(struct answer *answer, enum outcome outcome, enum reason reason,
    const char *fmt, ...)
{
	va_list ap;

	answer->outcome = (int32_t)outcome;
	answer->reason = (int32_t)reason;
	va_start(ap, fmt);
	vsnprintf(answer->text, sizeof(answer->text), fmt, ap);
	va_end(ap);
	make_printable(answer->text);
	return outcome;
}

void
answer_keep(struct answer *answer, const void *data, size_t size)
{
	size_t room = sizeof(answer->output) - answer->output_size;

	if (size > room)
		size = room;
	memcpy(answer->output + answer->output_size, data, size);
	answer->output_size += (uint32_t)size;
}

size_t
answer_size(const struct answer *answer)
{
	return offsetof(struct answer, output) + answer->output_size;
}

bool
answer_check(struct answer *answer, size_t size)
{
	if (size < offsetof(struct answer, output) || size > sizeof(*answer) ||
	    answer->output_size != size - offsetof(struct answer, output) ||
	    (uint32_t)answer->outcome >= OUTCOME_END ||
	    (uint32_t)answer->reason >= REASON_END || answer->duration_us < 0 ||
	    memchr(answer->text, '\0', sizeof(answer->text)) == NULL)
		return false;
	make_printable(answer->text);
	return true;
}
