/* SPDX-License-Identifier: MIT */
#include "supervisor/notify_parse.h"

#include <string.h>

/* A year: beyond it, a time-out is as good as none, and sums stay small. */
#define TIME_MAX_US (INT64_C(365) * 86400 * 1000000)

/* The whole of text as a decimal number from 0 to max, or -1. */
static int64_t
number(const char *text, size_t size, int64_t max)
{
	int64_t value = 0;

	if (size == 0)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int64_t digit = text[i] - '0';

		if (text[i] < '0' || text[i] > '9' ||
		    value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	return value;
}

/* Microseconds as milliseconds, never rounded to nothing; -1 if wrong. */
static int64_t
milliseconds(const char *text, size_t size)
{
	int64_t us = number(text, size, TIME_MAX_US);

	return us < 0 ? -1 : (us + 999) / 1000;
}

static bool
is(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && memcmp(text, word, size) == 0;
}

static void
take(struct notify_message *message, const char *line, size_t size)
{
	const char *equals = memchr(line, '=', size);
	const char *value;
	size_t name_size, value_size;
	int64_t n;

	if (equals == NULL)
		return;
	value = equals + 1;
	name_size = (size_t)(equals - line);
	value_size = size - name_size - 1;

	if (is(line, name_size, "READY")) {
		message->ready |= is(value, value_size, "1");
	} else if (is(line, name_size, "RELOADING")) {
		message->reloading |= is(value, value_size, "1");
	} else if (is(line, name_size, "STOPPING")) {
		message->stopping |= is(value, value_size, "1");
	} else if (is(line, name_size, "BARRIER")) {
		message->barrier |= is(value, value_size, "1");
	} else if (is(line, name_size, "FDSTORE")) {
		message->fdstore |= is(value, value_size, "1");
	} else if (is(line, name_size, "WATCHDOG")) {
		message->alive |= is(value, value_size, "1");
		message->trigger |= is(value, value_size, "trigger");
	} else if (is(line, name_size, "STATUS")) {
		message->status = value;
		message->status_size = value_size;
	} else if (is(line, name_size, "ERRNO")) {
		n = number(value, value_size, 4095);
		if (n >= 0)
			message->error = (int32_t)n;
	} else if (is(line, name_size, "MAINPID")) {
		n = number(value, value_size, INT32_MAX);
		if (n > 1)
			message->main_pid = n;
	} else if (is(line, name_size, "WATCHDOG_USEC")) {
		n = milliseconds(value, value_size);
		if (n >= 0)
			message->watchdog_ms = n;
	} else if (is(line, name_size, "EXTEND_TIMEOUT_USEC")) {
		n = milliseconds(value, value_size);
		if (n >= 0)
			message->extend_ms = n;
	}
}

void
notify_parse(struct notify_message *message, const char *bytes, size_t size)
{
	*message =
	    (struct notify_message){ .watchdog_ms = -1, .extend_ms = -1 };

	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end == NULL ? size : (size_t)(end - bytes);

		take(message, bytes, length);
		if (end == NULL)
			break;
		bytes += length + 1;
		size -= length + 1;
	}
}
