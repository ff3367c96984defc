/* SPDX-License-Identifier: MIT */
/* descend.h - all processes below us, by raw system calls and /proc. */
#ifndef HALE_SUPERVISOR_DESCEND_H
#define HALE_SUPERVISOR_DESCEND_H

#include <stdint.h>

/*
 * Sends sig to every process below self: as PID 1 to all of the namespace, else
 * to all descendants that /proc shows, in one pass from the nearest down.
 */
void descend_signal(int self, int sig);

/* Of /proc/PID/status; signals and capabilities as bits. */
struct descend_status {
	uint64_t ignored, bounding;
};

/*
 * Reads it of process pid (0: we ourselves).  Returns the descriptor of the
 * file that said so, for the caller to close, or -1 if /proc can't tell.
 */
long descend_status(int pid, struct descend_status *status);

/*
 * Copies the name of process pid into comm (16 bytes, NUL-terminated) and
 * returns its parent's pid, or -1 if /proc can't tell.
 */
int descend_parent(int pid, char comm[16]);

#endif
