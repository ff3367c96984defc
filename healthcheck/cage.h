/* SPDX-License-Identifier: MIT */
/*
 * cage.h - what a probe's child is left with before it meets its target.
 *
 * No capabilities, no way to get any, no other descriptor, little memory, and a
 * system-call filter that lets it connect, read files and answer, no more.
 */
#ifndef HALE_HEALTHCHECK_CAGE_H
#define HALE_HEALTHCHECK_CAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * To be called in the child; it keeps the descriptor answer_fd and (when
 * keep_stderr) standard error.  plain: it needs no more than sockets and the
 * contents of files.  Returns 0, or -1 with errno: then the probe
 * must not run.
 */
int cage_enter(int answer_fd, bool keep_stderr, bool plain);

/*
 * All of it but the descriptors.  With fork_key, clone() and close_range() are
 * left, too: clone() where its fifth argument is *fork_key, so that who does
 * not know that can't make a process.
 */
int cage_lock(bool plain, const uint64_t *fork_key);

/* Closes the descriptors from first to last. */
void cage_close(int first, int last);

#endif
