/* SPDX-License-Identifier: MIT */
/* PROBEs of the command line. */
#include <stdlib.h>
#include <string.h>

#include "healthcheck/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe probe;
	struct conf_error err;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	probe_init(&probe);
	if (probe_parse(&probe, text, &err) == 0) {
		if (probe.label == NULL || strlen(probe.label) > size + 16 ||
		    (probe.host != NULL && strlen(probe.host) > 253) ||
		    (probe.kind == PROBE_HTTP && probe.target[0] != '/'))
			abort();
		if (probe.path != NULL && probe.host != NULL)
			abort();
	} else if (err.text[0] == '\0') {
		abort();
	}
	probe_finish(&probe);
	free(text);
	return 0;
}
