/* SPDX-License-Identifier: MIT */
/*
 * packed.h - parts of the binary that few runs need, and that are packed in its
 * file until one does.
 *
 * mk/packed.ld says what is in each, mk/pack.c packs them. Calling what lies in
 * a part before packed_load() is a jump into zeros: so each part is linked by
 * itself first, and only what is marked as its entries can be called at all.
 */
#ifndef HALE_SUPERVISOR_PACKED_H
#define HALE_SUPERVISOR_PACKED_H

#include <stdbool.h>
#include <stdint.h>

/* What can be called from outside of the part that it is in. */
#if defined(__GNUC__) && !defined(__clang__)
#define PACKED_ENTRY __attribute__((externally_visible))
#else
#define PACKED_ENTRY
#endif

/* For texts and numbers, not pointers: they lie in PACKED_TEXTS. */
#define PACKED_TEXT __attribute__((section(".packed_text")))

enum packed {
	PACKED_TLS,   /* TLS, gRPC and certificates: 5 ms, 130 kB */
	PACKED_VERBS, /* what clients run, and words for errors: 1 ms, 35 kB */
	PACKED_METRICS,
	PACKED_FILES, /* who reads env_file: and seccomp profiles */
	PACKED_TEXTS, /* what is PACKED_TEXT; loading that never fails */
	PACKED_END
};

/* At the start of the packed segment, one for each part; see mk/pack.c. */
struct packed_part {
	uint32_t place,
	    size;      /* from the file's first byte in memory, unpacked */
	uint32_t from; /* the packed bytes, from this table's start */
	uint32_t is_code;
};

/*
 * Unpacks a part to where the linker had it, and makes it executable, never
 * to be written again. Does nothing the second time, for all who are forked
 * later, and in a binary that isn't packed. Returns 0, or -1 with errno.
 */
int packed_load(enum packed which);

/* A PACKED_TEXT, to be read. */
static inline const char *
packed_text(const char *text)
{
	packed_load(PACKED_TEXTS);
	return text;
}

/* Is that done, or nothing to do? */
bool packed_is_loaded(enum packed which);

#endif
