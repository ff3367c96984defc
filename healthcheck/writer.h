/* SPDX-License-Identifier: MIT */
/*
 * writer.h - text into a buffer that never overflows.
 *
 * What does not fit is dropped and remembered in `full`, so that a caller
 * checks once, at the end.
 */
#ifndef HALE_HEALTHCHECK_WRITER_H
#define HALE_HEALTHCHECK_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
	char *text;
	size_t size, used;
	bool full;
	bool more; /* the next JSON member needs a comma */
};

void write_bytes(struct writer *writer, const char *data, size_t size);
void write_text(struct writer *writer, const char *text);
void write_number(struct writer *writer, int64_t number);

/* number / 10^decimals, with that many decimals: 1234, 3 is 1.234. */
void write_fixed(struct writer *writer, int64_t number, int decimals);

/* "2026-11-23T01:02:03.004Z" of milliseconds since the Epoch. */
void write_time(struct writer *writer, int64_t wall_ms);

/* JSON: commas and quotes are put where they belong. */
void json_open(struct writer *writer, const char *key, char bracket);
void json_close(struct writer *writer, char bracket);
void json_text(struct writer *writer, const char *key, const char *text);
void json_texts(struct writer *writer, const char *key, const char *text,
    size_t size); /* size bytes of any kind */
void json_number(struct writer *writer, const char *key, int64_t number);
void json_fixed(
    struct writer *writer, const char *key, int64_t number, int decimals);
void json_bool(struct writer *writer, const char *key, bool value);
void json_null(struct writer *writer, const char *key);
void json_time(struct writer *writer, const char *key, int64_t wall_ms);

#endif
