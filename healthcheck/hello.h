/* SPDX-License-Identifier: MIT */
/*
 * hello.h - asks a TLS server for its certificates, without any cryptography.
 *
 * Up to TLS 1.2 a server sends them in clear (RFC 5246, 7.4.2).  That is enough
 * for `make TLS=none` to say until when they are valid, not whom they prove.
 */
#ifndef HALE_HEALTHCHECK_HELLO_H
#define HALE_HEALTHCHECK_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "net.h"
#include "tls.h"

enum { HELLO_MAX = 512 };

/*
 * Writes the record of a ClientHello for TLS 1.2; host NULL or an address: no
 * server name in it.  Returns its size.
 */
size_t hello_write(
    uint8_t out[HELLO_MAX], const char *host, const uint8_t random[32]);

/*
 * Takes a whole Certificate message's body apart: seen gets each certificate.
 * Returns how many there were, or -1: malformed.
 */
int hello_chain(const uint8_t *data, size_t size, tls_seen *seen, void *arg);

/*
 * Says hello on a connection and shows the certificates to seen.
 * Returns 0, or -1 with the answer settled.
 */
int hello_certificates(
    struct stream *stream, const char *host, tls_seen *seen, void *arg);

#endif
