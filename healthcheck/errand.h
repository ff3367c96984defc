/* SPDX-License-Identifier: MIT */
/*
 * errand.h - `hale exec`, the server's side: a command that runs as a service
 * does, with the streams of the client that asked for it.
 *
 * The client passes four descriptors: its streams, and a memfd with the words
 * of the command, each followed by a NUL.  Nothing is allocated, nothing waits.
 */
#ifndef HALE_HEALTHCHECK_ERRAND_H
#define HALE_HEALTHCHECK_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	ERRAND_FDS = 4,
	ERRAND_WORDS = 1024,
	ERRAND_BYTES = 65536,
	ERRAND_TYPE = 40
}; /* a terminal's type, with its NUL */

/* Called once, when the command has ended: its status as a shell says it, and
 * why it could not be run, or "". */
typedef void errand_done(void *owner, int exit_status, const char *why);

/* Allocates; 0, or -1 with errno. */
int errand_init(void);

/*
 * Runs it as service index.  terminal: stdin becomes its controlling one, of
 * that type if it isn't ""; NULL: there is none.  The descriptors stay the
 * caller's.  Returns 0, or -1 with why.
 */
int errand_start(uint32_t index, const int fds[ERRAND_FDS],
    const char *terminal, errand_done *done, void *owner, char *why,
    size_t why_size);

/* To the process group of the owner's command. */
void errand_signal(const void *owner, int sig);

/* The owner is gone: the command is killed, nobody is told. */
void errand_abandon(const void *owner);

/* A child was reaped that is no service's: one of ours? */
bool errand_child(pid_t pid, int wait_status);

#endif
