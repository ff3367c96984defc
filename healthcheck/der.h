/* SPDX-License-Identifier: MIT */
/*
 * der.h - when a certificate is valid (RFC 5280), without any cryptography.
 *
 * Pure: no I/O, no allocation; fuzzed.  The same in every build.
 */
#ifndef HALE_HEALTHCHECK_DER_H
#define HALE_HEALTHCHECK_DER_H

#include <stddef.h>
#include <stdint.h>

struct der_validity {
	int64_t not_before, not_after; /* seconds since the Epoch */
};

/* Returns 0, or -1 when data is not a DER certificate. */
int der_validity(
    struct der_validity *validity, const uint8_t *data, size_t size);

/*
 * The next PEM certificate at *text, decoded into out, *text moved past it.
 * Returns its size; 0: no more; -1: malformed or larger than out.
 */
long der_from_pem(
    uint8_t *out, size_t out_size, const char **text, const char *end);

#endif
