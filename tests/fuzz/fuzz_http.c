/* SPDX-License-Identifier: MIT */
/* HTTP responses: the first byte says in pieces of which size they come. */
#include <stdlib.h>
#include <string.h>

#include "healthcheck/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http http;
	size_t step;

	if (size < 1)
		return 0;
	step = 1u + *data++ % 64;
	size--;
	http_begin(&http, false);
	for (size_t at = 0; at < size; at += step)
		http_feed(&http, (const char *)data + at,
		    size - at < step ? size - at : step);
	http_end(&http);
	if (http.state != HTTP_DONE && http.state != HTTP_BAD)
		abort();
	if (http.state == HTTP_DONE &&
	    (http.status < 200 || http.status > 599 ||
	        (http.location != NULL && strlen(http.location) > 20000)))
		abort();
	if (http.body_size > HTTP_BODY_MAX)
		abort();
	return 0;
}
