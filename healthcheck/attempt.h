/* SPDX-License-Identifier: MIT */
/*
 * attempt.h - one run of one probe in a process of its own, from outside.
 *
 * The caller waits: for pipe_fd and pidfd to be readable, and until kill_ms.
 *
 *     attempt_start()          the child runs
 *     attempt_read()           whenever pipe_fd is readable
 *     attempt_kill()           when kill_ms has come
 *     attempt_finish()         when pidfd is readable: the answer
 *
 * Allocates nothing: PID 1 does this, thousands of times.
 */
#ifndef HALE_HEALTHCHECK_ATTEMPT_H
#define HALE_HEALTHCHECK_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "answer.h"
#include "probe.h"

/* How a probe gets to be its service; any may be NULL. */
struct attempt_hooks {
	/*
	 * Starts argv as owner's service would be, in a process group of its
	 * own, output on out_fd.  Returns 0 with *pid and *pidfd, or -1 with
	 * errno.
	 */
	int (*spawn)(void *owner, const char *const *argv, int out_fd,
	    pid_t *pid, int *pidfd);
	/*
	 * In the child, before the cage: becomes the service's user.
	 * only_asks: it looks at nothing that is root's, a name or a port on
	 * the network.  Raw system calls only.  Returns 0, or -1: the probe
	 * must not run.
	 */
	int (*become)(void *owner, bool only_asks);
	/*
	 * The same for what anybody may ask, or for the process that makes
	 * the children of such probes.  With reaps; NULL: there is no such
	 * process.
	 */
	int (*become_nobody)(void);
	/*
	 * The caller reaps all children, on SIGCHLD, and tells of each with
	 * attempt_reaped(): then only commands have a pidfd.
	 */
	bool reaps;
};

/* What came through the pipe, until it is judged. */
struct attempt_heard {
	_Alignas(8) char output[sizeof(struct answer)];
};

struct attempt {
	const struct attempt_hooks *hooks;
	const struct probe *probe;
	void *owner;
	int64_t service_pid;
	bool trace;
	bool plain;  /* run_is_plain() */
	bool direct; /* leave the fork server out of it */
	int slot;    /* of the fork server, whose child it is; -1: ours */
	pid_t pid;
	int pidfd, pipe_fd, write_fd; /* -1: none */
	bool killed, is_command;
	bool silent; /* its output came to an end */
	bool reaped; /* by us, or whoever waits for any child */
	int status;  /* then: of waitpid() */
	int64_t started_ms, started_us;
	int64_t kill_ms; /* of clock_now_ms() */
	size_t got;
	struct attempt_heard *heard; /* the caller's room for it */
};

/*
 * Unpacks the code that the probe is sure to need, so that not each attempt has
 * to; once is enough for all probes.
 */
void attempt_prepare(const struct probe *probe);

/*
 * Starts it, with attempt->heard set; pid is the service's main process, for process probes.  trace:
 * the child shows the exchange on stderr.
 * Returns 0, or -1 with *answer settled as an error: nothing runs.
 */
int attempt_start(struct attempt *attempt, const struct probe *probe,
    const struct attempt_hooks *hooks, void *owner, int64_t service_pid,
    bool trace, struct answer *answer);

/* Takes what is there.  Returns false at the end of the stream. */
bool attempt_read(struct attempt *attempt);

/* Kills it, a command with its whole process group; pidfd will tell. */
void attempt_kill(struct attempt *attempt);

/* Somebody else has reaped it, with this status of waitpid(). */
void attempt_reaped(struct attempt *attempt, int status);

/* Its child's pid; 0: it is still to be made. */
pid_t attempt_pid(const struct attempt *attempt);

/* Did the fork server end before it made the child?  Then nothing runs. */
bool attempt_lost(struct attempt *attempt);

/*
 * A port on the network, and nothing of the service's, no file and no secret:
 * anybody may ask it, so nobody does.
 */
bool attempt_is_anybodys(const struct probe *probe);

/*
 * Is its child one of the fork server's?  Those of probes that are seldom asked
 * are not: for them alone there is no process more.
 */
bool attempt_is_served(const struct probe *probe);

/* Has the child ended? */
bool attempt_ended(struct attempt *attempt);

/*
 * The child has ended (pidfd is readable, or it was reaped): settles *answer, kills what is left
 * of the group, closes the descriptors.  Returns false when it still runs, or
 * again, with other descriptors: it found out that it needs TLS, and the caller
 * has unpacked that now.
 */
bool attempt_finish(struct attempt *attempt, struct answer *answer);

#endif
