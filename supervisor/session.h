/* SPDX-License-Identifier: MIT */
/*
 * session.h - a service is its whole session, not its first process.
 *
 * The number of a session is not given away while anybody is in it, in
 * whatever process group: so it names the session as long as that is not empty.
 */
#ifndef HALE_SUPERVISOR_SESSION_H
#define HALE_SUPERVISOR_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

/* Before the loop: finds out how this kernel can be asked. */
void session_init(void);

/*
 * Is anyone left in it?  To be asked when its leader has been reaped; one
 * system call.
 */
bool session_is_empty(pid_t session);

/*
 * Sends sig to all of a session: to its leader's group, and to other groups
 * that a shell, say, made inside it.  Reads /proc.
 */
void session_signal(pid_t session, int sig);

#endif
