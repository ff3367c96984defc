/* SPDX-License-Identifier: MIT */
/*
 * lines.h - puts the bytes of a pipe together to whole lines.
 *
 * Pure.  A line that is longer than the room for it comes in pieces: the first
 * ones with `more` set.
 */
#ifndef HALE_SUPERVISOR_LINES_H
#define HALE_SUPERVISOR_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	char *bytes; /* room of them: what is kept of an unfinished line */
	size_t room, used;
	bool inside; /* a piece of the line has been given out */
};

/* One piece, without the newline; begins: the line's first, more: not its last. */
typedef void lines_piece(
    void *owner, const char *bytes, size_t size, bool begins, bool more);

/* Gives out what size bytes complete, and keeps the rest. */
void lines_feed(struct lines *lines, const char *bytes, size_t size,
    lines_piece *piece, void *owner);

/* The end of the stream: what is kept is a line, too. */
void lines_end(struct lines *lines, lines_piece *piece, void *owner);

#endif
