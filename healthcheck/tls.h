/* SPDX-License-Identifier: MIT */
/*
 * tls.h - TLS 1.2 and 1.3 as a client, behind four functions.
 *
 * mbedTLS does the work; `make TLS=none` builds without it, and tls_open()
 * then says so.  Never called in PID 1.
 */
#ifndef HALE_HEALTHCHECK_TLS_H
#define HALE_HEALTHCHECK_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "supervisor/packed.h"

struct run;
struct stream;
struct tls;

/* What a certificate probe wants to see of the server's chain. */
typedef void tls_seen(void *arg, const uint8_t *der, size_t size);

/*
 * Makes a TLS connection of a plain one: host for SNI and the name check,
 * protocol for ALPN ("h2", "http/1.1" or NULL).  The authorities, server name
 * and client certificate are those of run->probe.  seen, if not NULL, gets
 * each certificate, the server's own first, before it is judged.
 * Returns 0, or -1 with the answer settled.
 */
PACKED_ENTRY int tls_open(struct stream *stream, const char *host,
    const char *protocol, tls_seen *seen, void *arg);

/*
 * As read() and write(); -1 with errno EAGAIN: wait for the descriptor; EPROTO:
 * the answer is settled.
 */
PACKED_ENTRY ssize_t tls_read(
    struct tls *tls, struct run *run, void *data, size_t size);
PACKED_ENTRY ssize_t tls_write(
    struct tls *tls, struct run *run, const void *data, size_t size);

PACKED_ENTRY void tls_close(struct tls *tls);

#endif
