/* SPDX-License-Identifier: MIT */
/* What a probe's child might send to PID 1 once somebody has taken it over. */
#include <stdlib.h>
#include <string.h>

#include "healthcheck/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer answer;

	memset(&answer, 0x5a, sizeof(answer));
	memcpy(&answer, data, size < sizeof(answer) ? size : sizeof(answer));
	if (!answer_check(&answer, size))
		return 0;
	for (const char *p = answer.text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			abort();
	if (strlen(answer.text) >= sizeof(answer.text) ||
	    answer.output_size > sizeof(answer.output) ||
	    outcome_name((enum outcome)answer.outcome)[0] == '\0' ||
	    reason_name((enum reason)answer.reason)[0] == '\0')
		abort();
	return 0;
}
