/* SPDX-License-Identifier: MIT */
/*
 * notify.h - how a service says that it is ready, and alive.
 *
 * `notify: true`: a datagram socket of its own, NOTIFY_SOCKET, read as
 * sd_notify(3) says; who is not of the service's session isn't listened to.
 * `notify: fd:N`: a pipe whose end the service has as N; a newline is "ready".
 */
#ifndef HALE_SUPERVISOR_NOTIFY_H
#define HALE_SUPERVISOR_NOTIFY_H

#include "supervisor/environment.h"
#include "supervisor/unit.h"

/* Makes what unit's config asks for.  0, or -1 with err->text. */
int notify_init(struct unit *unit, struct conf_error *err);

/* Before each launch: forgets the last instance; adds to its environment. */
void notify_prepare(struct unit *unit, struct environment *env);

/* The end of the pipe that the service gets, or -1; its number there in *to. */
int notify_fd(const struct unit *unit, int *to);

/* Its launch is over (well or not): our copy of that end is closed. */
void notify_launched(struct unit *unit);

/* Its state is now `to`: the watchdog watches while it is up. */
void notify_changed(struct unit *unit, enum service_state to);

/* The process that the service named as its main one, or 0. */
pid_t notify_main_pid(struct unit *unit);

/* What it said of itself (STATUS=), or "". */
const char *notify_status(const struct unit *unit);

/* At the end: takes the sockets away. */
void notify_finish(void);

#endif
