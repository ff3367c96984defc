/* SPDX-License-Identifier: MIT */
/*
 * heap.h - malloc() for one thread that is nearly done with it at start-up.
 *
 * Takes the place of the C library's, which asks the kernel for pages of their
 * own again and again, and returns them: a quarter of the time from the start
 * of `hale run` to its first service.  Here a block is cut from one stretch of
 * memory, a freed one is kept for the next of its size, and when none is left
 * all begins anew: what read the configuration leaves no hole behind.
 *
 * A block that was overrun or is freed twice ends the process, by SIGILL.
 */
#ifndef HALE_SUPERVISOR_HEAP_H
#define HALE_SUPERVISOR_HEAP_H

/* Gives back to the kernel what was used once and is not any more. */
void heap_trim(void);

#endif
