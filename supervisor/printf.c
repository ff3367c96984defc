/* SPDX-License-Identifier: MIT */
/*
 * printf.c - the C library's names for format_text(), so that its own, larger
 * ones are not linked. Tests and sanitizers use the C library's.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "format.h"

static int
length_of(const struct format_sink *sink)
{
	return sink->total > INT_MAX ? -1 : (int)sink->total;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library has names of its own for them */
int
vsnprintf(char *text, size_t size, const char *format, va_list args)
{
	struct format_sink sink = { .data = text };

	if (size > 0)
		sink.size = size - 1;
	format_text(&sink, format, args);
	if (size > 0)
		text[sink.used] = '\0';
	return length_of(&sink);
}

int
snprintf(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, size, format, args);
	va_end(args);
	return length;
}

int
vfprintf(FILE *file, const char *format, va_list args)
{
	char data[256];
	struct format_sink sink = {
		.data = data,
		.size = sizeof(data),
		.file = file,
	};

	format_text(&sink, format, args);
	if (sink.used > 0 && fwrite(data, 1, sink.used, file) < sink.used)
		return -1;
	return length_of(&sink);
}

int
fprintf(FILE *file, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vfprintf(file, format, args);
	va_end(args);
	return length;
}

int
printf(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vfprintf(stdout, format, args);
	va_end(args);
	return length;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
