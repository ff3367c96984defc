/* SPDX-License-Identifier: MIT */
/* Any datagram: what is found in it lies inside of it, and is in range. */
#include "supervisor/notify_parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct notify_message message;

	notify_parse(&message, bytes, size);
	if (message.status != NULL &&
	    (message.status < bytes ||
	        message.status + message.status_size > bytes + size))
		abort();
	if (message.main_pid < 0 || message.main_pid == 1 ||
	    message.watchdog_ms < -1 || message.extend_ms < -1 ||
	    message.error < 0)
		abort();
	return 0;
}
