/* SPDX-License-Identifier: MIT */
/*
 * status.h - the status socket and the read-only listener, inside PID 1.
 *
 * A fixed table of clients with fixed buffers and a deadline each; nothing is
 * allocated after status_open().  Whoever is slow, silent or huge loses the
 * connection, nobody else notices.
 */
#ifndef HALE_HEALTHCHECK_STATUS_H
#define HALE_HEALTHCHECK_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

struct conf_error;

/* Timers that are armed at a time, at most: for loop_init(). */
size_t status_timers(void);

struct status_settings {
	const char *socket; /* a path, "none", or NULL: the usual places */
	const char *listen; /* ADDR:PORT, or NULL: none */

	/*
	 * Fills the snapshot anew; it stays until the next call.  What the
	 * kernel counts is read only when figures are asked for.
	 */
	const struct snapshot *(*gather)(bool figures);
	size_t services, probes; /* how many: sizes the buffers */
};

/*
 * Binds what settings ask for, before there is a loop.  A status socket that
 * can't be made is a warning; a listener that can't is an error.  Returns 0, or
 * -1 with err.
 */
int status_open(const struct status_settings *settings, struct conf_error *err);

/* Serves, from the loop, which must be there. */
void status_serve(void);

/* Where the socket is, for HALE_SOCKET and messages; "" if there is none. */
const char *status_socket(void);

/* Something that a snapshot shows has changed; events may have come. */
void status_changed(void);

/* The end: clients are told what is ready to be told, the socket goes. */
void status_close(void);

#endif
