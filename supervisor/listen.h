/* SPDX-License-Identifier: MIT */
/*
 * listen.h - `listen:`: sockets that PID 1 binds and keeps for a service.
 *
 * Bound before privileges go, handed over as sd_listen_fds(3) says (from 3 on),
 * kept across restarts: a client waits in the queue instead of being refused.
 */
#ifndef HALE_SUPERVISOR_LISTEN_H
#define HALE_SUPERVISOR_LISTEN_H

#include "supervisor/environment.h"
#include "supervisor/unit.h"

#include <sys/socket.h>

enum { LISTEN_MAX = 12 };

/* Binds all of them.  0, or -1 with err->text. */
int listen_init(struct unit *unit, struct conf_error *err);

/* Its address as bind() takes it, and how long that is. */
socklen_t listen_address(
    const struct config_listen *one, struct sockaddr_storage *out);

/* Adds LISTEN_FDS and its kin to env, and the sockets to fds; how many. */
uint32_t listen_prepare(
    const struct unit *unit, struct environment *env, struct launch_fd *fds);

/* At the end: takes the names of unix sockets away. */
void listen_finish(void);

#endif
