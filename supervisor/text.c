/* SPDX-License-Identifier: MIT */
/* text.c - text that grows. */
#include "supervisor/text.h"

#include "supervisor/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
text_finish(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

static int
reserve(struct text *text, size_t size)
{
	size_t room = text->room == 0 ? 256 : text->room;
	char *grown;

	if (text->failed ||
	    (text->limit != 0 && text->size + size > text->limit)) {
		text->failed = true;
		return -1;
	}
	if (text->room > text->size + size)
		return 0;
	while (room <= text->size + size)
		room *= 2;
	grown = realloc(text->data, room);
	if (grown == NULL) {
		text->failed = true;
		return -1;
	}
	text->data = grown;
	text->room = room;
	return 0;
}

void
text_bytes(struct text *text, const char *bytes, size_t size)
{
	if (reserve(text, size) < 0)
		return;
	memcpy(text->data + text->size, bytes, size);
	text->size += size;
	text->data[text->size] = '\0';
}

void
text_add(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

void
text_char(struct text *text, char c)
{
	text_bytes(text, &c, 1);
}

void
text_repeat(struct text *text, char c, size_t count)
{
	while (count-- > 0)
		text_char(text, c);
}

void
text_format(struct text *text, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int size;

	va_start(ap, fmt);
	size = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (size > 0)
		text_bytes(text, line,
		    (size_t)size < sizeof(line) ? (size_t)size
		                                : sizeof(line) - 1);
}

void
text_json(struct text *text, const char *string)
{
	size_t size = strlen(string);

	text_char(text, '"');
	/* At most six bytes, \u001f, come of one. */
	if (reserve(text, 6 * size + 1) == 0)
		text->size += log_json_text(
		    text->data + text->size, 6 * size + 1, string, size);
	text_char(text, '"');
}

int
text_write(const struct text *text, int fd)
{
	size_t at = 0;

	while (at < text->size) {
		ssize_t n = write(fd, text->data + at, text->size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}
