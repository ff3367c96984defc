/* SPDX-License-Identifier: MIT */
/*
 * text.h - text that grows: for start-up and for verbs, never in the loop.
 *
 * Out of memory, or longer than limit, is remembered in failed and looked at
 * once, at the end; what was added until then stays.
 */
#ifndef HALE_SUPERVISOR_TEXT_H
#define HALE_SUPERVISOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data; /* NUL-terminated; NULL while empty */
	size_t size, room;
	size_t limit; /* 0: none */
	bool failed;
};

void text_finish(struct text *text);

void text_bytes(struct text *text, const char *bytes, size_t size);
void text_add(struct text *text, const char *string);
void text_char(struct text *text, char c);
void text_repeat(struct text *text, char c, size_t count);
void text_format(struct text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "string" as JSON writes it, which is YAML too; bad UTF-8 becomes U+FFFD. */
void text_json(struct text *text, const char *string);

/* Writes all of it to fd.  Returns 0, or -1 with errno. */
int text_write(const struct text *text, int fd);

#endif
