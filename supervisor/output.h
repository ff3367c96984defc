/* SPDX-License-Identifier: MIT */
/*
 * output.h - `logging:`: a service's lines, marked with its name.
 *
 * A service that asks for it writes to two pipes that PID 1 holds; its lines
 * leave whole, as "api | text" or as JSON objects, on PID 1's own stdout and
 * stderr.  When those can't take more, lines are dropped and counted: neither
 * PID 1 nor a service ever waits for a reader.
 */
#ifndef HALE_SUPERVISOR_OUTPUT_H
#define HALE_SUPERVISOR_OUTPUT_H

#include "supervisor/unit.h"

/* Makes what unit's config asks for.  0, or -1 with err->text. */
int output_init(struct unit *unit, struct conf_error *err);

/* Watches the pipes: when the loop is there. */
void output_open(struct unit *unit);

/* The ends that the service gets as 1 and 2, or -1. */
int output_fd(const struct unit *unit, int number);

/* Its last process is gone: what it wrote last, and did not end, too. */
void output_flush(struct unit *unit);

/* Lines that could not be written. */
uint64_t output_dropped(const struct unit *unit);

/* At the end: gives what is left a last chance, for at most a moment. */
void output_finish(void);

#endif
