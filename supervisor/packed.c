/* SPDX-License-Identifier: MIT */
#include "supervisor/packed.h"

#include "supervisor/lzma.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { IS_FILTERED = 1 };
#else
enum { IS_FILTERED = 0 };
#endif

enum { CALL = 0xe8, WIDE = 0x0f, WIDE_JUMP = 0x80 };

/* The linker's: where the file begins, in memory and for its addresses. */
extern uint8_t __ehdr_start[] __attribute__((visibility("hidden")));

static bool loaded[PACKED_END];

/* The packed segment, which mk/pack.c gave no physical address, or NULL. */
static const uint8_t *
segment(void)
{
	const ElfW(Ehdr) *file = (const void *)__ehdr_start;
	const ElfW(Phdr) *entry = (const void *)(__ehdr_start + file->e_phoff);

	for (uint32_t i = 0; i < file->e_phnum; i++)
		if (entry[i].p_type == PT_LOAD &&
		    entry[i].p_paddr != entry[i].p_vaddr)
			return __ehdr_start + entry[i].p_vaddr;
	return NULL;
}

/*
 * Calls of one function from many places became the same bytes: the distance
 * was made a place. Distances that no place can be changed places with those
 * that none is, so that every value comes back.
 */
static void
unfilter(uint8_t *code, const struct packed_part *part)
{
	/* The image ends before this; mk/pack.c has the same. */
	const int32_t end = 1 << 24;
	int32_t value, here;
	uint32_t i;

	for (i = 0; i + 6 <= part->size; i++) {
		if (code[i] == WIDE && (code[i + 1] & 0xf0) == WIDE_JUMP)
			i++;
		else if ((code[i] & ~1) != CALL)
			continue;
		here = (int32_t)(part->place + i + 5);
		__builtin_memcpy(&value, code + i + 1, sizeof(value));
		if (value >= 0 && value < end)
			value -= here;
		else if (value < 0 && value >= -here)
			value += end;
		__builtin_memcpy(code + i + 1, &value, sizeof(value));
		i += 4;
	}
}

/* Where what was written must not become executable, a file's pages may. */
static int
map_copy(uint8_t *place, size_t size)
{
	int fd = memfd_create("hale", MFD_CLOEXEC), status = -1;

	if (fd < 0)
		return -1;
	if (write(fd, place, size) == (ssize_t)size &&
	    mmap(place, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
	        fd, 0) != MAP_FAILED)
		status = 0;
	close(fd);
	return status;
}

bool
packed_is_loaded(enum packed which)
{
	return loaded[which] || segment() == NULL;
}

int
packed_load(enum packed which)
{
	const uint8_t *packed = segment();
	const struct packed_part *part;
	uint8_t *place;

	if (packed == NULL || loaded[which])
		return 0;
	part = (const struct packed_part *)(const void *)packed + which;
	place = __ehdr_start + part->place;
	lzma_unpack(place, part->size, packed + part->from);
	if (IS_FILTERED && part->is_code)
		unfilter(place, part);
	if (!part->is_code)
		mprotect(place, part->size, PROT_READ);
	else if (mprotect(place, part->size, PROT_READ | PROT_EXEC) < 0 &&
	         map_copy(place, part->size) < 0)
		return -1;
	loaded[which] = true;
	return 0;
}
