/* SPDX-License-Identifier: MIT */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "forkserver.h"
#include "run.h"
#include "supervisor/clock.h"
#include "supervisor/packed.h"
#include "supervisor/shed.h"

enum {
	/* A child says itself what it waited for; it gets time to say it. */
	SAY_MS = 100,
	SPARE_MAX = 8,
	OFTEN_MS = 1000, /* a process more is worth it */
};

/*
 * Pipes for the answers of children, which are reused: between two attempts an
 * empty one.  Commands get one of their own, which ends when they do.
 */
static struct pipe_ends {
	int read_fd, write_fd;
} spare[SPARE_MAX];
static unsigned spares;

/* A child writes once; a command's output is a pipe as any other. */
static int
take_pipe(struct attempt *attempt)
{
	int ends[2];

	if (!attempt->is_command && spares > 0) {
		spares--;
		attempt->pipe_fd = spare[spares].read_fd;
		attempt->write_fd = spare[spares].write_fd;
		return 0;
	}
	if (pipe2(ends, O_CLOEXEC | (attempt->is_command ? 0 : O_NONBLOCK)) < 0)
		return -1;
	if (attempt->is_command)
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	attempt->pipe_fd = ends[0];
	attempt->write_fd = ends[1];
	return 0;
}

/* Nobody else has it any more; may it still hold something? */
static void
leave_pipe(struct attempt *attempt)
{
	bool is_empty = attempt->got < sizeof(*attempt->heard);

	if (attempt->slot >= 0) {
		while (!is_empty && read(attempt->pipe_fd, attempt->heard,
		                        sizeof(*attempt->heard)) > 0)
			;
		forkserver_leave(attempt->slot);
		attempt->slot = -1;
	} else if (!attempt->is_command && is_empty && spares < SPARE_MAX) {
		spare[spares].read_fd = attempt->pipe_fd;
		spare[spares++].write_fd = attempt->write_fd;
	} else {
		close(attempt->pipe_fd);
		if (attempt->write_fd >= 0)
			close(attempt->write_fd);
	}
	attempt->pipe_fd = -1;
	attempt->write_fd = -1;
}

static void
clear(struct answer *answer)
{
	memset(answer, 0, offsetof(struct answer, output));
}

/* All of it came in one piece, and lies where it is to be; not checked yet. */
static void
take_answer(struct attempt *attempt, struct answer *answer)
{
	ssize_t n = read(attempt->pipe_fd, answer, sizeof(*answer));

	attempt->got = n > 0 ? (size_t)n : 0;
}

static int
launch(struct attempt *attempt)
{
	const struct attempt_hooks *hooks = attempt->hooks;
	const char *const *argv = probe_argv(attempt->probe);

	if (!attempt->is_command)
		attempt->pid = child_start(attempt, &attempt->pidfd);
	else if (hooks != NULL && hooks->spawn != NULL)
		return hooks->spawn(attempt->owner, argv, attempt->write_fd,
		    &attempt->pid, &attempt->pidfd);
	else
		attempt->pid =
		    child_execute(argv, attempt->write_fd, &attempt->pidfd);
	return attempt->pid < 0 ? -1 : 0;
}

bool
attempt_is_anybodys(const struct probe *probe)
{
	bool has_secret = false;

	for (size_t i = 0; i < probe->headers.count; i++)
		has_secret |= probe->headers.pairs[i].secret;
	return (probe->kind == PROBE_HTTP || probe->kind == PROBE_TCP) &&
	       probe->host != NULL && !has_secret;
}

bool
attempt_is_served(const struct probe *probe)
{
	return probe->interval_ms <= OFTEN_MS && attempt_is_anybodys(probe);
}

/* Has the fork server make the child. */
static bool
delegate(struct attempt *attempt)
{
	const struct attempt_hooks *hooks = attempt->hooks;
	const struct child_order order = {
		.probe = attempt->probe,
		.service_pid = attempt->service_pid,
		.deadline_ms = attempt->started_ms + attempt->probe->timeout_ms,
	};

	if (attempt->direct || hooks == NULL || hooks->become_nobody == NULL ||
	    !attempt_is_served(attempt->probe))
		return false;
	attempt->slot = forkserver_ask(&order, hooks->become_nobody);
	if (attempt->slot < 0)
		return false;
	attempt->pipe_fd = forkserver_fd(attempt->slot);
	return true;
}

static int
start(struct attempt *attempt, struct answer *answer)
{
	attempt->slot = -1;
	attempt->pid = -1;
	attempt->pidfd = -1;
	attempt->pipe_fd = -1;
	attempt->write_fd = -1;
	attempt->reaped = false;
	attempt->got = 0;
	if (delegate(attempt))
		return 0;
	attempt->plain = run_is_plain(attempt->probe);
	if (take_pipe(attempt) < 0) {
		answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: no pipe: %s", run_errno(errno));
		return -1;
	}
	if (launch(attempt) < 0) {
		answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: no process: %s", run_errno(errno));
		leave_pipe(attempt);
		return -1;
	}
	if (attempt->is_command) {
		close(attempt->write_fd); /* so that it ends with the others */
		attempt->write_fd = -1;
		setpgid(attempt->pid, attempt->pid); /* whoever is first */
	}
	return 0;
}

void
attempt_prepare(const struct probe *probe)
{
	if (run_needs_packed(probe->kind))
		packed_load(PACKED_TLS); /* else attempt_finish() says it */
}

int
attempt_start(struct attempt *attempt, const struct probe *probe,
    const struct attempt_hooks *hooks, void *owner, int64_t service_pid,
    bool trace, struct answer *answer)
{
	attempt->hooks = hooks;
	attempt->probe = probe;
	attempt->owner = owner;
	attempt->service_pid = service_pid;
	attempt->trace = trace;
	attempt->killed = false;
	attempt->silent = false;
	attempt->is_command = probe->kind == PROBE_EXEC;
	attempt->started_us = clock_now_us();
	attempt->started_ms = clock_now_ms();
	attempt->kill_ms = attempt->started_ms + probe->timeout_ms +
	                   (attempt->is_command ? 0 : SAY_MS);
	clear(answer);
	attempt_prepare(probe);
	return start(attempt, answer);
}

pid_t
attempt_pid(const struct attempt *attempt)
{
	return attempt->slot >= 0 ? forkserver_pid(attempt->slot)
	                          : attempt->pid;
}

bool
attempt_lost(struct attempt *attempt)
{
	if (attempt->slot < 0 || !forkserver_lost(attempt->slot))
		return false;
	leave_pipe(attempt);
	return true;
}

/* What does not fit is read and dropped, so that a talker does not block. */
bool
attempt_read(struct attempt *attempt)
{
	static char dropped[4096];

	for (int turns = 0; attempt->is_command && turns < 16; turns++) {
		size_t room = sizeof(*attempt->heard) - attempt->got;
		ssize_t n =
		    room > 0 ? read(attempt->pipe_fd,
		                   attempt->heard->output + attempt->got, room)
		             : read(attempt->pipe_fd, dropped, sizeof(dropped));

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			attempt->silent = true;
			return false;
		}
		if (n < 0)
			return true;
		if (room > 0)
			attempt->got += (size_t)n;
	}
	return true;
}

void
attempt_kill(struct attempt *attempt)
{
	attempt->killed = true;
	if (attempt_pid(attempt) == 0) {
		forkserver_kill(); /* it hangs: attempt_lost() */
		return;
	}
	/* Not reaped yet, so the number can't be another's. */
	if (attempt->is_command)
		shed_kill(-attempt->pid, SIGKILL);
	shed_kill(attempt_pid(attempt), SIGKILL);
}

static void
say_signal(
    struct answer *answer, enum outcome outcome, enum reason reason, int number)
{
	answer->code = 128 + number;
	answer_say(answer, outcome, reason, "killed by signal %d (%s)", number,
	    strsignal(number));
}

static void
say_timeout(struct answer *answer, int64_t ms)
{
	if (ms % 1000 == 0)
		answer_say(answer, OUTCOME_FAIL, REASON_TIMEOUT,
		    "timed out after %d s", (int)(ms / 1000));
	else
		answer_say(answer, OUTCOME_FAIL, REASON_TIMEOUT,
		    "timed out after %d ms", (int)ms);
}

/* The last line of what a command said is the best hint why. */
static void
append_last_line(struct answer *answer)
{
	const char *end = answer->output + answer->output_size, *begin;
	size_t used = strlen(answer->text), room;

	while (end > answer->output && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	begin = end;
	while (begin > answer->output && begin[-1] != '\n')
		begin--;
	room = sizeof(answer->text) - used - 3;
	if (begin == end || room > sizeof(answer->text))
		return;
	if ((size_t)(end - begin) < room)
		room = (size_t)(end - begin);
	memcpy(answer->text + used, ": ", 2);
	for (size_t i = 0; i < room; i++)
		answer->text[used + 2 + i] =
		    begin[i] >= ' ' && begin[i] <= '~' ? begin[i] : '?';
	answer->text[used + 2 + room] = '\0';
}

static void
judge_command(const struct attempt *attempt, struct answer *answer)
{
	bool exited = WIFEXITED(attempt->status);
	int code = WEXITSTATUS(attempt->status);

	clear(answer);
	answer_keep(answer, attempt->heard->output, attempt->got);
	/* Who ended by itself at the last moment was in time. */
	if (attempt->killed && !exited) {
		answer->code = WTERMSIG(attempt->status);
		say_timeout(answer, attempt->probe->timeout_ms);
	} else if (!exited) {
		say_signal(answer, OUTCOME_FAIL, REASON_SIGNAL,
		    WTERMSIG(attempt->status));
	} else if (code == 0) {
		answer_say(answer, OUTCOME_PASS, REASON_OK, "exit status 0");
		return;
	} else {
		answer->code = code;
		answer_say(answer, OUTCOME_FAIL,
		    code == 127 ? REASON_MISSING : REASON_STATUS,
		    "exit status %d%s", code,
		    code == 127   ? " (not found)"
		    : code == 126 ? " (can't be executed)"
		                  : "");
	}
	append_last_line(answer);
}

static void
judge_child(const struct attempt *attempt, struct answer *answer)
{
	bool exited = WIFEXITED(attempt->status);
	int code = WEXITSTATUS(attempt->status);

	if (exited && code == 0 && answer_check(answer, attempt->got))
		return;
	clear(answer);
	if (attempt->killed) {
		say_timeout(answer, attempt->probe->timeout_ms);
	} else if (exited && code == CHILD_NOT_STARTED) {
		answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: the probe could not give up its privileges");
	} else if (!exited) {
		say_signal(answer, OUTCOME_ERROR, REASON_CRASH,
		    WTERMSIG(attempt->status));
	} else {
		answer_say(answer, OUTCOME_ERROR, REASON_CRASH,
		    "the probe ended without an answer");
	}
}

void
attempt_reaped(struct attempt *attempt, int status)
{
	attempt->reaped = true;
	attempt->status = status;
}

static void
reap(struct attempt *attempt)
{
	pid_t pid = attempt_pid(attempt);
	int status = 0;

	if (!attempt->reaped && pid > 0 &&
	    waitpid(pid, &status, WNOHANG | __WALL) != 0)
		attempt_reaped(attempt, status);
}

/* A command is only looked at: until reaped, its group can't be another's. */
bool
attempt_ended(struct attempt *attempt)
{
	siginfo_t end = { 0 };

	if (attempt->is_command && !attempt->reaped)
		return waitid(P_PIDFD, (id_t)attempt->pidfd, &end,
		           WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
		       end.si_pid != 0;
	reap(attempt);
	return attempt->reaped;
}

/* A plain HTTP probe that was sent on to https://, for the first time. */
static bool
found_tls(const struct attempt *attempt)
{
	return !attempt->is_command && !attempt->killed &&
	       WIFEXITED(attempt->status) &&
	       WEXITSTATUS(attempt->status) == RUN_NEEDS_TLS;
}

static bool
tls_ready(struct answer *answer)
{
	if (packed_load(PACKED_TLS) == 0)
		return true;
	answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
	    "can't ask: can't unpack TLS: %s", run_errno(errno));
	return false;
}

bool
attempt_finish(struct attempt *attempt, struct answer *answer)
{
	int64_t duration_us = clock_now_us() - attempt->started_us;

	if (!attempt_ended(attempt))
		return false;
	if (attempt->is_command) {
		attempt_read(attempt);
		shed_kill(-attempt->pid, SIGKILL); /* what is left of it */
		reap(attempt);
	} else {
		take_answer(attempt, answer);
	}
	if (attempt->pidfd >= 0)
		close(attempt->pidfd);
	attempt->pidfd = -1;
	leave_pipe(attempt);

	if (found_tls(attempt)) {
		clear(answer);
		attempt->direct = true; /* from now on: it will need it again */
		if (tls_ready(answer) && start(attempt, answer) == 0)
			return false;
	} else if (attempt->is_command) {
		judge_command(attempt, answer);
	} else {
		judge_child(attempt, answer);
	}
	answer->duration_us = duration_us;
	return true;
}
