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

/*
 * To be called in the child; it keeps the descriptor answer_fd and (when
 * keep_stderr) standard error.  plain: it needs no more than sockets and the
 * contents of files.  Returns 0, or -1 with errno: then the probe
 * must not run.
 */
int cage_enter(int answer_fd, bool keep_stderr, bool plain);

#endif
