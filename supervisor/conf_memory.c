/* SPDX-License-Identifier: MIT */
/*
 * conf_memory.c - memory for settings: taken at start-up, never given back.
 *
 * Pages of our own, so that the parser's heap can be returned to the kernel
 * behind us and what stays lies close together.
 */
#include "supervisor/conf.h"

#include <string.h>
#include <sys/mman.h>

struct chunk {
	struct chunk *next;
	size_t size, used; /* of the whole mapping */
};

/* Under a sanitizer each piece ends at the end of its own pages. */
#ifdef __SANITIZE_ADDRESS__
#define CHUNK_SIZE ((size_t)1)
#else
#define CHUNK_SIZE ((size_t)64 * 1024)
#endif
#define PIECE_MAX ((size_t)64 * 1024 * 1024)
#define PAGE      ((size_t)4096)

static struct chunk *chunks;

static int
grow(size_t size)
{
	size_t want = sizeof(struct chunk) + size;
	struct chunk *chunk;

	want = want < CHUNK_SIZE ? CHUNK_SIZE : want;
	want = (want + PAGE - 1) & ~(PAGE - 1);
	chunk = mmap(NULL, want, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return -1;
	chunk->next = chunks;
	chunk->size = want;
	chunk->used = sizeof(*chunk);
#ifdef __SANITIZE_ADDRESS__
	chunk->used = (want - size) & ~(size_t)15;
#endif
	chunks = chunk;
	return 0;
}

static void *
take(size_t size, size_t align)
{
	size_t at =
	    chunks == NULL ? 0 : (chunks->used + align - 1) & ~(align - 1);

	if (size > PIECE_MAX)
		return NULL;
	if (chunks == NULL || at > chunks->size || chunks->size - at < size) {
		if (grow(size + align) < 0)
			return NULL;
		at = (chunks->used + align - 1) & ~(align - 1);
	}
	chunks->used = at + size;
	return (char *)chunks + at;
}

void *
conf_alloc(size_t size)
{
	return take(size, sizeof(max_align_t) / 2);
}

char *
conf_copy(const char *text, size_t size)
{
	char *copy = take(size + 1, 1);

	if (copy != NULL && text != NULL)
		memcpy(copy, text, size); /* pages come zeroed */
	return copy;
}

void
conf_release_memory(void)
{
	while (chunks != NULL) {
		struct chunk *next = chunks->next;

		munmap(chunks, chunks->size);
		chunks = next;
	}
}
