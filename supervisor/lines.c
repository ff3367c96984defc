/* SPDX-License-Identifier: MIT */
#include "supervisor/lines.h"

#include <string.h>

static void
give(struct lines *lines, const char *bytes, size_t size, bool more,
    lines_piece *piece, void *owner)
{
	piece(owner, bytes, size, !lines->inside, more);
	lines->inside = more;
	lines->used = 0;
}

static void
keep(struct lines *lines, const char *bytes, size_t size, lines_piece *piece,
    void *owner)
{
	while (size > lines->room - lines->used) {
		size_t part = lines->room - lines->used;

		memcpy(lines->bytes + lines->used, bytes, part);
		give(lines, lines->bytes, lines->room, true, piece, owner);
		bytes += part;
		size -= part;
	}
	memcpy(lines->bytes + lines->used, bytes, size);
	lines->used += size;
}

void
lines_feed(struct lines *lines, const char *bytes, size_t size,
    lines_piece *piece, void *owner)
{
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end == NULL ? size : (size_t)(end - bytes);

		if (end == NULL) {
			keep(lines, bytes, size, piece, owner);
			return;
		}
		if (lines->used == 0 && length <= lines->room) {
			/* A whole line: given out where it lies. */
			give(lines, bytes, length, false, piece, owner);
		} else {
			keep(lines, bytes, length, piece, owner);
			give(lines, lines->bytes, lines->used, false, piece,
			    owner);
		}
		bytes += length + 1;
		size -= length + 1;
	}
}

void
lines_end(struct lines *lines, lines_piece *piece, void *owner)
{
	if (lines->used > 0 || lines->inside)
		give(lines, lines->bytes, lines->used, false, piece, owner);
}
