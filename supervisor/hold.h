/* SPDX-License-Identifier: MIT */
/* hold.h - waits in PID 1 for something that a child of its own finds out. */
#ifndef HALE_SUPERVISOR_HOLD_H
#define HALE_SUPERVISOR_HOLD_H

#include <stdint.h>

/*
 * Runs work(argc, argv) in a child with the signal mask given, and waits for
 * its end.  All signals are blocked in the caller: one that asks for the end
 * ends the child and the wait; orphans are reaped meanwhile.
 *
 * Returns the child's exit status, or 128+N after signal N.
 */
int hold_until(
    int (*work)(int argc, char **argv), int argc, char **argv, uint64_t mask);

#endif
