/* SPDX-License-Identifier: MIT */
/*
 * handover.h - what whoever started hale meant for its services, not for it:
 * descriptors, sockets that were announced, a working directory, a limit.
 *
 * A command alone gets all that hale got, as it would without hale.  With a
 * file, main gets the sockets of LISTEN_FDS, and nobody anything else.
 */
#ifndef HALE_SUPERVISOR_HANDOVER_H
#define HALE_SUPERVISOR_HANDOVER_H

#include <stdbool.h>

#include "supervisor/conf.h"

struct environment;
struct launch;
struct unit;

/*
 * Before anything else is opened: notes the descriptors that are there (all: as
 * for a command alone), and raises our own limit of open files to the hard one,
 * which services have back.  Returns 0, or -1 with err->text set.
 */
int handover_take(bool all, struct conf_error *err);

/* Main is started once: then nothing of it is kept open. */
void handover_once(void);

/* Leaves the working directory, which services begin in, and returns to it. */
void handover_leave(void);
void handover_return(void);

/* Gives it to *what, and the variables to *env, if unit is main. */
void handover_prepare(
    const struct unit *unit, struct launch *what, struct environment *env);
void handover_launched(const struct unit *unit);

#endif
