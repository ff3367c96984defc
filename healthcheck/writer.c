/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include "supervisor/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void
write_bytes(struct writer *writer, const char *data, size_t size)
{
	if (size > writer->size - writer->used) {
		writer->full = true;
		return;
	}
	memcpy(writer->text + writer->used, data, size);
	writer->used += size;
}

void
write_text(struct writer *writer, const char *text)
{
	write_bytes(writer, text, strlen(text));
}

void
write_number(struct writer *writer, int64_t number)
{
	write_fixed(writer, number, 0);
}

void
write_fixed(struct writer *writer, int64_t number, int decimals)
{
	char digits[32];
	size_t at = sizeof(digits);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	for (int i = 0; i <= decimals || left > 0; i++, left /= 10) {
		if (i == decimals && decimals > 0)
			digits[--at] = '.';
		digits[--at] = (char)('0' + left % 10);
	}
	if (number < 0)
		digits[--at] = '-';
	write_bytes(writer, digits + at, sizeof(digits) - at);
}

void
write_time(struct writer *writer, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char text[80];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(wall_ms % 1000));
	write_text(writer, text);
}

/* The comma before, and the key if it has one. */
static void
begin(struct writer *writer, const char *key)
{
	if (writer->more)
		write_bytes(writer, ",", 1);
	writer->more = true;
	if (key == NULL)
		return;
	write_bytes(writer, "\"", 1);
	write_text(writer, key);
	write_bytes(writer, "\":", 2);
}

void
json_open(struct writer *writer, const char *key, char bracket)
{
	begin(writer, key);
	write_bytes(writer, &bracket, 1);
	writer->more = false;
}

void
json_close(struct writer *writer, char bracket)
{
	write_bytes(writer, &bracket, 1);
	writer->more = true;
}

void
json_texts(
    struct writer *writer, const char *key, const char *text, size_t size)
{
	begin(writer, key);
	write_bytes(writer, "\"", 1);
	/* A byte becomes six at most. */
	if (writer->size - writer->used <= size * 6 + 1)
		writer->full = true;
	else
		writer->used += log_json_text(writer->text + writer->used,
		    writer->size - writer->used, text, size);
	write_bytes(writer, "\"", 1);
}

void
json_text(struct writer *writer, const char *key, const char *text)
{
	json_texts(writer, key, text, strlen(text));
}

void
json_number(struct writer *writer, const char *key, int64_t number)
{
	begin(writer, key);
	write_number(writer, number);
}

void
json_fixed(struct writer *writer, const char *key, int64_t number, int decimals)
{
	begin(writer, key);
	write_fixed(writer, number, decimals);
}

void
json_bool(struct writer *writer, const char *key, bool value)
{
	begin(writer, key);
	write_text(writer, value ? "true" : "false");
}

void
json_null(struct writer *writer, const char *key)
{
	begin(writer, key);
	write_text(writer, "null");
}

void
json_time(struct writer *writer, const char *key, int64_t wall_ms)
{
	begin(writer, key);
	write_bytes(writer, "\"", 1);
	write_time(writer, wall_ms);
	write_bytes(writer, "\"", 1);
}
