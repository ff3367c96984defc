/* SPDX-License-Identifier: MIT */
/*
 * format.h - what printf() does, without floating-point numbers, wide
 * characters and positions, which are 11 kB of the C library that hale never
 * uses.
 *
 * Source: ISO C11, 7.21.6.1. Flags - and 0; width and precision, also *; the
 * lengths l, ll, j and z; the conversions d i u o x c s and %. Anything else is
 * a bug of ours, and traps.
 */
#ifndef SUPERVISOR_FORMAT_H
#define SUPERVISOR_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct format_sink {
	char *data;  /* filled by format_text() */
	size_t size; /* of data, in bytes */
	size_t used;
	size_t total; /* of all bytes, also of those that found no room */
	FILE *file;   /* takes data whenever it is full, or NULL */
};

/* Appends the text to the sink, without a terminating NUL. */
void format_text(struct format_sink *sink, const char *format, va_list list);

#endif
