/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/clock.h"

static enum outcome (*const runners[PROBE_KINDS])(struct run *) = {
	[PROBE_HTTP] = run_http,
	[PROBE_HTTPS] = run_http,
	[PROBE_TCP] = run_tcp,
	[PROBE_UNIX] = run_tcp,
	[PROBE_GRPC] = run_grpc,
	[PROBE_GRPCS] = run_grpc,
	[PROBE_CERT] = run_cert,
	[PROBE_FILE] = run_file,
	[PROBE_DISK] = run_disk,
	[PROBE_MEMORY] = run_memory,
	[PROBE_PROCESS] = run_process,
	[PROBE_DNS] = run_dns,
};

bool
run_needs_packed(enum probe_kind kind)
{
	return kind == PROBE_HTTPS || kind == PROBE_GRPC ||
	       kind == PROBE_GRPCS || kind == PROBE_CERT;
}

bool
run_is_plain(const struct probe *probe)
{
	return probe->kind == PROBE_TCP || probe->kind == PROBE_UNIX ||
	       probe->kind == PROBE_DNS ||
	       (probe->kind == PROBE_HTTP && !packed_is_loaded(PACKED_TLS));
}

void
run_need_tls(void)
{
	if (!packed_is_loaded(PACKED_TLS))
		_exit(RUN_NEEDS_TLS);
}

void
run_probe(struct run *run)
{
	enum probe_kind kind = run->probe->kind;

	if (run_needs_packed(kind))
		run_need_tls();
	if (kind == PROBE_NONE)
		answer_say(run->answer, OUTCOME_PASS, REASON_OK, "disabled");
	else if (runners[kind] == NULL)
		answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "a command can't be run from here");
	else
		runners[kind](run);
}

int
run_left_ms(const struct run *run)
{
	int64_t left = run->deadline_ms - clock_now_ms();

	if (left < 0)
		return 0;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

enum outcome
run_timed_out(struct run *run, const char *doing)
{
	int64_t ms = run->probe->timeout_ms;

	if (ms % 1000 == 0)
		return answer_say(run->answer, OUTCOME_FAIL, REASON_TIMEOUT,
		    "timed out after %d s %s", (int)(ms / 1000), doing);
	return answer_say(run->answer, OUTCOME_FAIL, REASON_TIMEOUT,
	    "timed out after %d ms %s", (int)ms, doing);
}

/* Is it hale that can't ask, whatever the target would have said? */
static bool
is_own(int number)
{
	switch (number) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EPERM:
	case ENOSYS:
		return true;
	default:
		return false;
	}
}

enum outcome
run_fail(struct run *run, int number, enum reason reason)
{
	bool forbidden =
	    number == EPERM || number == EACCES || number == ENOSYS;

	if (reason != REASON_RESOURCE && !is_own(number))
		return answer_say(
		    run->answer, OUTCOME_FAIL, reason, "%s", run_errno(number));
	return answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
	    "can't ask: %s%s", run_errno(number),
	    forbidden ? " (seccomp, Landlock or a firewall?)" : "");
}

void
run_trace(const struct run *run, char mark, const void *data, size_t n)
{
	const unsigned char *p = data;
	char line[512];
	size_t used = 0;

	if (!run->trace)
		return;
	for (size_t i = 0; i < n; i++) {
		if (used == 0) {
			line[used++] = mark;
			line[used++] = ' ';
		}
		if (p[i] >= 0x20 && p[i] < 0x7f)
			line[used++] = (char)p[i];
		else if (p[i] != '\n' && p[i] != '\r')
			used +=
			    (size_t)snprintf(line + used, 5, "\\x%02x", p[i]);
		if (p[i] == '\n' || i + 1 == n || used > sizeof(line) - 8) {
			line[used++] = '\n';
			if (write(STDERR_FILENO, line, used) < 0)
				return;
			used = 0;
		}
	}
}

void
run_note(const struct run *run, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	if (!run->trace)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		run_trace(run, '*', line, strlen(line));
}

const char *
run_errno(int number)
{
	static char text[64];

	strncpy(text, strerror(number), sizeof(text) - 1);
	if (text[0] >= 'A' && text[0] <= 'Z' &&
	    !(text[1] >= 'A' && text[1] <= 'Z'))
		text[0] = (char)(text[0] | 0x20);
	return text;
}
