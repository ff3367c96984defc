/* SPDX-License-Identifier: MIT */
/*
 * child.h - the process that one attempt runs in, from its birth to its answer
 */
#ifndef HALE_HEALTHCHECK_CHILD_H
#define HALE_HEALTHCHECK_CHILD_H

#include <sys/types.h>

#include "attempt.h"

/* Exit status of a child that could not give up what it must not have. */
enum { CHILD_NOT_STARTED = 126 };

/*
 * Starts a child that runs what attempt asks, in a cage, and writes its answer
 * to its write_fd.  Unless the caller reaps all children, it is no business of
 * whoever waits for any, only of who has its pidfd.  Returns its pid, with
 * *pidfd (-1: it has none), or -1 with errno.
 */
pid_t child_start(const struct attempt *attempt, int *pidfd);

/*
 * Starts argv with its output on out_fd, as we are, in a process group of its
 * own.  Returns as child_start() does.
 */
pid_t child_execute(const char *const *argv, int out_fd, int *pidfd);

#endif
