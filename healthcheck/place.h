/* SPDX-License-Identifier: MIT */
/*
 * place.h - where the status socket lies, for the server and for clients.
 *
 * /run/hale.sock, or, where that can't be made, a directory in /dev/shm that is
 * named after the PID namespace; never an abstract name, which everybody in
 * the network namespace could take.
 */
#ifndef HALE_HEALTHCHECK_PLACE_H
#define HALE_HEALTHCHECK_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#define PLACE_RUN "/run/hale.sock"

/* Room for any path that a socket can have, with its NUL. */
#define PLACE_BYTES sizeof(((struct sockaddr_un *)0)->sun_path)

/*
 * Binds and listens, non-blocking, close-on-exec.  path NULL, or the usual: the first place
 * that works.  What lies there is replaced only if it is a socket that nobody
 * listens on; no symbolic link is followed.
 *
 * Returns the descriptor and fills chosen, or -1 with why (a line for people).
 */
int place_listen(
    const char *path, char chosen[PLACE_BYTES], char *why, size_t why_size);

/* Whether somebody listens at path. */
bool place_is_served(const char *path);

/* Takes away what place_listen() made, if it still is that very socket. */
void place_remove(const char *chosen);

/*
 * Connects to the server of this PID namespace: HALE_SOCKET, then the usual
 * places.  Trusts only PID 1, or whoever HALE_SOCKET names; to connect, and
 * each read and write, takes timeout_ms at most (0: no limit).
 *
 * Returns the descriptor, or -1 with why.
 */
int place_connect(int timeout_ms, char *why, size_t why_size);

#endif
