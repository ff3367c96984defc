/* SPDX-License-Identifier: MIT */
/*
 * answer.h - the one message from a probe's child: fixed size, no pointers.
 *
 * PID 1 never parses what a probe's target sends.  A child does, and says what
 * came of it in this struct; answer_check() trusts none of its bytes.
 */
#ifndef HALE_HEALTHCHECK_ANSWER_H
#define HALE_HEALTHCHECK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_TEXT   200  /* one line why, for people */
#define ANSWER_OUTPUT 4096 /* what the target said: Docker's limit */

/* An error is hale's own failure to ask: it is shown, and not counted. */
enum outcome { OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_ERROR, OUTCOME_END };

enum reason {
	REASON_OK,
	REASON_WARNING, /* passed, but look at it */
	REASON_TIMEOUT,
	REASON_RESOLVE, /* the name has no address */
	REASON_REFUSED,
	REASON_CONNECT, /* any other failure to connect */
	REASON_CLOSED,  /* closed or reset before the answer was whole */
	REASON_STATUS,  /* HTTP status, gRPC status, exit status */
	REASON_MISMATCH,
	REASON_PROTOCOL, /* not what the protocol allows */
	REASON_TLS,
	REASON_CERTIFICATE,
	REASON_EXPIRED,
	REASON_MISSING, /* no such file, socket or command */
	REASON_STALE,
	REASON_LIMIT,
	REASON_SIGNAL,
	REASON_CRASH,
	REASON_RESOURCE, /* no memory, no process, no descriptor to be had */
	REASON_END
};

struct answer {
	int32_t outcome; /* enum outcome */
	int32_t reason;  /* enum reason */
	int32_t code;    /* exit status, HTTP status, ...; else 0 */
	uint32_t output_size;
	int64_t duration_us;
	char text[ANSWER_TEXT]; /* NUL-terminated, printable, one line */
	char output[ANSWER_OUTPUT];
};

/* A word for JSON and metrics: "refused"; never NULL. */
const char *reason_name(enum reason reason);
const char *outcome_name(enum outcome outcome);

/* Settles an answer and returns its outcome, so that it is one statement. */
enum outcome answer_say(struct answer *answer, enum outcome outcome,
    enum reason reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Keeps up to ANSWER_OUTPUT bytes of what the target said. */
void answer_keep(struct answer *answer, const void *data, size_t size);

/* Bytes of *answer that are worth sending. */
size_t answer_size(const struct answer *answer);

/*
 * Are the size bytes that a child wrote to *answer a whole, well-formed answer?
 * Its text is made printable.
 */
bool answer_check(struct answer *answer, size_t size);

#endif
