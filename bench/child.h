/* SPDX-License-Identifier: MIT */
/* child.h - what the measured child tells the harness, on its stdout. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdint.h>

/* One record; read whole, because pipes don't split writes this short. */
struct record {
	uint64_t at_ns;  /* CLOCK_MONOTONIC: first instruction, or arrival */
	uint64_t end_ns; /* stamp mode: the last thing before exit */
	int32_t sig;     /* echo mode: the signal; 0 in the first record */
	int32_t code;    /* its si_code */
	int32_t value;   /* its si_value, for queued ones */
	int32_t unused;
};

/*
 * Modes, the child's first argument:
 *   s   stamp, exit 0
 *   p   stamp, then sleep for ever
 *   t   stamp with SIGTERM held, exit 0 when it comes
 *   e   stamp with every signal held, then a record per signal
 *   n FILE  write the stamp to the end of FILE, exit 0 on SIGTERM
 *   q FILE  the same, and exit 0 at once: a probe's command
 *   o N L   leave L living orphans, stamp, wait for a byte on stdin, then
 *           make N orphans that end at once, stamp, sleep for ever
 */
#endif
