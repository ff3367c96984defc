/* SPDX-License-Identifier: MIT */
/* Certificates, as DER and as PEM. */
#include <stdlib.h>

#include "healthcheck/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[2048];
	struct der_validity validity = { 0, 0 };
	const char *p = (const char *)data, *end = p + size;
	long n;

	/* within the years 1 and 9999 */
	if (der_validity(&validity, data, size) == 0 &&
	    (validity.not_after < -62135596800 ||
	        validity.not_after > 253402300800))
		abort();
	while ((n = der_from_pem(out, sizeof(out), &p, end)) > 0) {
		if ((size_t)n > sizeof(out) || p > end)
			abort();
		der_validity(&validity, out, (size_t)n);
	}
	return 0;
}
