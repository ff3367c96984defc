/* SPDX-License-Identifier: MIT */
/*
 * net.h - a connection to a probe's target, with one deadline for all of it.
 *
 * Every failure settles run->answer before it returns, so that callers only
 * have to give up.
 */
#ifndef HALE_HEALTHCHECK_NET_H
#define HALE_HEALTHCHECK_NET_H

#include <stddef.h>
#include <sys/types.h>

#include "run.h"
#include "tls.h"

struct tls;

struct stream {
	int fd;
	struct tls *tls; /* NULL: plain */
	struct run *run;
	const char *host, *path; /* as net_open() got them */
	uint16_t port;
};

/*
 * Connects to host and port, or, where host is NULL, to the socket at path.
 * All addresses are tried, a slow one does not hold up the next.
 * Returns 0, or -1 with the answer settled.
 */
int net_open(struct stream *stream, struct run *run, const char *host,
    uint16_t port, const char *path);

/*
 * Bytes read, 0 at the end of the stream, or -1 with the answer settled; doing
 * completes "timed out after 1 s ...".
 */
ssize_t net_read(
    struct stream *stream, void *data, size_t size, const char *doing);

/* Writes all.  Returns 0, or -1 with the answer settled. */
int net_write(struct stream *stream, const void *data, size_t size);

/*
 * tls_open(). Its code is packed, and nothing can be made executable in a cage:
 * when nobody has unpacked it, the process ends, and attempt.c starts it again.
 */
int net_secure(struct stream *stream, const char *host, const char *protocol,
    tls_seen *seen, void *arg);

void net_close(struct stream *stream);

/* Waits for poll() events.  Returns 0, or -1 when the deadline passed. */
int net_wait(const struct run *run, int fd, short events);

#endif
