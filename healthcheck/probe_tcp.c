/* SPDX-License-Identifier: MIT */
/* probe_tcp.c - connect, over TCP or a unix socket, say and hear something. */
#include "run.h"

#include <string.h>

#include "net.h"
#include "target.h"

enum { HEARD_MAX = 16384, BYTES_MAX = 1024 };

/* What came, with all that can't be shown escaped. */
static enum outcome
say_unexpected(struct run *run, const char *heard, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char shown[81];
	size_t used = 0;

	for (size_t i = 0; i < size && used < sizeof(shown) - 5; i++) {
		unsigned char c = (unsigned char)heard[i];

		if (c >= 0x20 && c < 0x7f) {
			shown[used++] = (char)c;
			continue;
		}
		shown[used++] = '\\';
		if (c == '\r' || c == '\n') {
			shown[used++] = c == '\r' ? 'r' : 'n';
			continue;
		}
		shown[used++] = 'x';
		shown[used++] = digits[c >> 4];
		shown[used++] = digits[c & 15];
	}
	shown[used] = '\0';
	return answer_say(run->answer, OUTCOME_FAIL, REASON_MISMATCH,
	    size == 0 ? "closed without the expected answer"
	              : "not the expected answer: \"%s\"",
	    shown);
}

/* Reads until the pattern came, or will not come any more. */
static enum outcome
hear(struct stream *stream, const char *pattern, size_t size, bool must_not)
{
	static char heard[HEARD_MAX];
	struct run *run = stream->run;
	size_t used = 0;

	for (;;) {
		ssize_t n = net_read(stream, heard + used, sizeof(heard) - used,
		    "waiting for the answer");

		if (n < 0) {
			/* Silence, then: "must not" hopes for it, and what
			 * came before tells more than that time ran out. */
			if (used > 0 && run->answer->reason == REASON_TIMEOUT)
				break;
			answer_keep(run->answer, heard, used);
			return OUTCOME_FAIL;
		}
		run_trace(run, '<', heard + used, (size_t)n);
		used += (size_t)n;
		if (memmem(heard, used, pattern, size) != NULL) {
			answer_keep(run->answer, heard, used);
			if (must_not)
				return say_unexpected(run, heard, used);
			return answer_say(run->answer, OUTCOME_PASS, REASON_OK,
			    "connected, the answer matches");
		}
		if (n == 0 || used == sizeof(heard))
			break;
		if (must_not && used >= size)
			break;
	}
	answer_keep(run->answer, heard, used);
	if (must_not && used > 0)
		return answer_say(run->answer, OUTCOME_PASS, REASON_OK,
		    "connected, the answer is another");
	return say_unexpected(run, heard, used);
}

static enum outcome
talk(struct stream *stream)
{
	struct run *run = stream->run;
	const char *expect = run->probe->expect;
	bool must_not = expect != NULL && expect[0] == '!';
	char bytes[BYTES_MAX];
	long size;

	if (run->probe->send != NULL) {
		size = target_bytes(bytes, sizeof(bytes), run->probe->send);
		if (size > 0)
			run_trace(run, '>', bytes, (size_t)size);
		if (size > 0 && net_write(stream, bytes, (size_t)size) < 0)
			return OUTCOME_FAIL;
	}
	if (expect == NULL)
		return answer_say(
		    run->answer, OUTCOME_PASS, REASON_OK, "connected");
	size = target_bytes(bytes, sizeof(bytes), expect + must_not);
	return hear(stream, bytes, size < 0 ? 0 : (size_t)size, must_not);
}

enum outcome
run_tcp(struct run *run)
{
	struct stream stream;

	if (net_open(&stream, run, run->probe->host, run->probe->port,
	        run->probe->path) < 0)
		return (enum outcome)run->answer->outcome;
	talk(&stream);
	net_close(&stream);
	return (enum outcome)run->answer->outcome;
}
