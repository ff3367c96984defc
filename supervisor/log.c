/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 1024 /* below PIPE_BUF: a line is never torn */

static enum log_level threshold = LOG_WARN;
static enum log_format style = LOG_TEXT;

void
log_setup(enum log_level level, enum log_format format)
{
	threshold = level;
	style = format;
}

/* The length of the UTF-8 sequence at text, or 0 if it is none. */
static size_t
sequence_length(const unsigned char *text, size_t size)
{
	size_t length = text[0] < 0x80   ? 1
	                : text[0] < 0xc2 ? 0
	                : text[0] < 0xe0 ? 2
	                : text[0] < 0xf0 ? 3
	                : text[0] < 0xf5 ? 4
	                                 : 0;

	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond the last code point. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

size_t
log_json_text(char *out, size_t out_size, const char *text, size_t size)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0;

	for (size_t i = 0; i < size;) {
		char piece[8];
		size_t step = sequence_length(in + i, size - i), length;

		if (step == 0) {
			length = 3;
			memcpy(piece, "\xef\xbf\xbd", 3);
			step = 1;
		} else if (in[i] == '"' || in[i] == '\\') {
			length = 2;
			piece[0] = '\\';
			piece[1] = (char)in[i];
		} else if (in[i] < 0x20 || in[i] == 0x7f) {
			length = (size_t)snprintf(
			    piece, sizeof(piece), "\\u%04x", in[i]);
		} else {
			length = step;
			memcpy(piece, in + i, step);
		}
		if (used + length + 1 > out_size)
			break;
		memcpy(out + used, piece, length);
		used += length;
		i += step;
	}
	if (out_size > 0)
		out[used] = '\0';
	return used;
}

/* Copies text, showing control characters as \xNN. */
static size_t
plain_text(char *out, size_t out_size, const char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used + 5 < out_size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f)
			used += (size_t)snprintf(
			    out + used, out_size - used, "\\x%02x", c);
		else
			out[used++] = (char)c;
	}
	out[used] = '\0';
	return used;
}

/* A write that would have to wait is not made: poll first, at most once. */
static void
put(const char *line, size_t size)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&pfd, 1, 0) != 1 || (pfd.revents & POLLOUT) == 0)
		return;
	if (write(STDERR_FILENO, line, size) < 0)
		return; /* nor is there anyone to tell */
}

static size_t
json_line(char *line, size_t size, enum log_level level, const char *service,
    const char *text, size_t length)
{
	static const char names[][6] = { "error", "warn", "info", "debug" };
	int64_t wall_ms = clock_wall_ms();
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	size_t used;

	gmtime_r(&seconds, &tm);
	used = (size_t)snprintf(line, size,
	    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\","
	    "\"level\":\"%s\",\"service\":",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(wall_ms % 1000), names[level]);
	if (service != NULL) {
		line[used++] = '"';
		used += log_json_text(
		    line + used, size / 4, service, strlen(service));
		line[used++] = '"';
	} else {
		memcpy(line + used, "null", 4);
		used += 4;
	}
	used += (size_t)snprintf(line + used, size - used, ",\"message\":\"");
	used += log_json_text(line + used, size - used - 3, text, length);
	memcpy(line + used, "\"}\n", 3);
	return used + 3;
}

static size_t
text_line(char *line, size_t size, const char *service, const char *text,
    size_t length)
{
	size_t used = 6;

	memcpy(line, "hale: ", 6);
	if (service != NULL) {
		used +=
		    plain_text(line + used, size / 4, service, strlen(service));
		line[used++] = ':';
		line[used++] = ' ';
	}
	used += plain_text(line + used, size - used - 1, text, length);
	line[used++] = '\n';
	return used;
}

void
log_line(enum log_level level, const char *service, const char *fmt, ...)
{
	char text[LINE_BYTES / 2], line[LINE_BYTES];
	int saved = errno, length;
	va_list ap;

	if (level > threshold)
		return;
	va_start(ap, fmt);
	length = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (length < 0)
		length = 0;
	if (length >= (int)sizeof(text))
		length = (int)sizeof(text) - 1;

	put(line, style == LOG_JSON ? json_line(line, sizeof(line), level,
	                                  service, text, (size_t)length)
	                            : text_line(line, sizeof(line), service,
	                                  text, (size_t)length));
	errno = saved;
}
