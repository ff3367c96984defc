/* SPDX-License-Identifier: MIT */
/* HTTP/2 frames: the first byte says in pieces of which size they come. */
#include <stdlib.h>

#include "healthcheck/h2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct h2 h2;
	char text[40];
	size_t step;

	h2_huffman(text, sizeof(text), data, size > 64 ? 64 : size);
	if (size < 1)
		return 0;
	step = 1u + *data++ % 64;
	size--;
	h2_begin(&h2);
	for (size_t at = 0; at < size; at += step) {
		h2_feed(&h2, data + at, size - at < step ? size - at : step);
		if (h2.send_size > sizeof(h2.send) ||
		    h2.body_size > sizeof(h2.body))
			abort();
	}
	if (h2_serving(h2.body, h2.body_size) < -1)
		abort();
	return 0;
}
