/* SPDX-License-Identifier: MIT */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cage.h"
#include "run.h"
#include "supervisor/clock.h"
#include "supervisor/packed.h"
#include "supervisor/shed.h"

enum {
	/* A child says itself what it waited for; it gets time to say it. */
	SAY_MS = 100,
	NOT_STARTED = 126,
};

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/*
 * Without SIGCHLD as the signal of its end, the child is no business of
 * whoever waits for any child: only of who has its pidfd.
 */
static pid_t
fork_quietly(int *pidfd, int end_signal)
{
	uint64_t flags = CLONE_PIDFD;

#if defined(__s390x__)
#error "clone() has another order of arguments here"
#endif
	return (pid_t)syscall(
	    SYS_clone, flags | (uint64_t)end_signal, NULL, pidfd, NULL, NULL);
}

static _Noreturn void
child(const struct attempt *attempt, int fd)
{
	static struct answer answer;
	struct run run = {
		.probe = attempt->probe,
		.answer = &answer,
		.deadline_ms = attempt->started_ms + attempt->probe->timeout_ms,
		.pid = attempt->service_pid,
		.trace = attempt->trace,
	};
	const struct attempt_hooks *hooks = attempt->hooks;

	setpgid(0, 0); /* away from what is sent to our own group */
	if (hooks != NULL && hooks->become != NULL &&
	    hooks->become(attempt->owner) < 0)
		_exit(NOT_STARTED);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
	if (cage_enter(fd, attempt->trace) < 0)
		_exit(NOT_STARTED);
	run_probe(&run);
	_exit(write(fd, &answer, answer_size(&answer)) > 0 ? 0 : NOT_STARTED);
}

/* Without a service: as `hale probe exec:...` has it, as the caller. */
static int
spawn_plain(const char *const *argv, int out_fd, pid_t *pid, int *pidfd)
{
	*pid = fork_quietly(pidfd, SIGCHLD);
	if (*pid != 0)
		return *pid < 0 ? -1 : 0;
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL); /* the one that the verbs ignore */
	dup2(out_fd, STDOUT_FILENO);
	dup2(out_fd, STDERR_FILENO);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(errno == ENOENT ? 127 : NOT_STARTED);
}

static int
launch(struct attempt *attempt, int out_fd)
{
	const struct attempt_hooks *hooks = attempt->hooks;
	pid_t pid;

	if (attempt->is_command) {
		const char *const *argv = probe_argv(attempt->probe);

		if (hooks != NULL && hooks->spawn != NULL)
			return hooks->spawn(attempt->owner, argv, out_fd,
			    &attempt->pid, &attempt->pidfd);
		return spawn_plain(
		    argv, out_fd, &attempt->pid, &attempt->pidfd);
	}
	pid = fork_quietly(&attempt->pidfd, 0);
	if (pid == 0)
		child(attempt, out_fd);
	attempt->pid = pid;
	return pid < 0 ? -1 : 0;
}

static int
start(struct attempt *attempt, struct answer *answer)
{
	int ends[2];

	attempt->pid = -1;
	attempt->pidfd = -1;
	attempt->pipe_fd = -1;
	attempt->reaped = false;
	attempt->got = 0;
	/* Our child writes once; a command's output is a pipe as any other. */
	if (pipe2(ends, O_CLOEXEC | (attempt->is_command ? 0 : O_NONBLOCK)) <
	    0) {
		answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: no pipe: %s", run_errno(errno));
		return -1;
	}
	if (attempt->is_command)
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (launch(attempt, ends[1]) < 0) {
		answer_say(answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: no process: %s", run_errno(errno));
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	close(ends[1]);
	attempt->pipe_fd = ends[0];
	if (attempt->is_command)
		setpgid(attempt->pid, attempt->pid); /* whoever is first */
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
	attempt->started_us = now_us();
	attempt->started_ms = clock_now_ms();
	attempt->kill_ms = attempt->started_ms + probe->timeout_ms +
	                   (attempt->is_command ? 0 : SAY_MS);
	memset(answer, 0, offsetof(struct answer, output));
	attempt_prepare(probe);
	return start(attempt, answer);
}

/* What does not fit is read and dropped, so that a talker does not block. */
bool
attempt_read(struct attempt *attempt)
{
	static char dropped[4096];

	for (int turns = 0; turns < 16; turns++) {
		size_t room = sizeof(attempt->heard) - attempt->got;
		ssize_t n =
		    room > 0 ? read(attempt->pipe_fd,
		                   attempt->heard.output + attempt->got, room)
		             : read(attempt->pipe_fd, dropped, sizeof(dropped));

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			attempt->silent = true;
			return false;
		}
		if (n < 0)
			return true;
		if (room > 0)
			attempt->got += (size_t)n;
		if (!attempt->is_command)
			return true; /* all of it came in one piece */
	}
	return true;
}

void
attempt_kill(struct attempt *attempt)
{
	attempt->killed = true;
	/* Not reaped yet, so the number can't be another's. */
	if (attempt->is_command)
		shed_kill(-attempt->pid, SIGKILL);
	shed_kill(attempt->pid, SIGKILL);
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

	answer_keep(answer, attempt->heard.output, attempt->got);
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

	if (exited && code == 0 &&
	    answer_read(answer, &attempt->heard, attempt->got) == 0)
		return;
	if (attempt->killed) {
		say_timeout(answer, attempt->probe->timeout_ms);
	} else if (exited && code == NOT_STARTED) {
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
	int status = 0;

	if (!attempt->reaped &&
	    waitpid(attempt->pid, &status, WNOHANG | __WALL) != 0)
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
	int64_t duration_us = now_us() - attempt->started_us;

	if (!attempt_ended(attempt))
		return false;
	attempt_read(attempt);
	if (attempt->is_command) {
		shed_kill(-attempt->pid, SIGKILL); /* what is left of it */
		reap(attempt);
	}
	close(attempt->pidfd);
	close(attempt->pipe_fd);
	attempt->pidfd = -1;
	attempt->pipe_fd = -1;

	memset(answer, 0, offsetof(struct answer, output));
	if (found_tls(attempt)) {
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
