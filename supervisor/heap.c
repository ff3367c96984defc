/* SPDX-License-Identifier: MIT */
#include "supervisor/heap.h"

#ifdef __SANITIZE_ADDRESS__ /* it has its own, which sees more */

void
heap_trim(void)
{
}

#else

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE        ((size_t)4096)
#define ALIGNMENT   ((size_t)16)
#define FIRST_BYTES ((size_t)256 * 1024)
#define CHUNK_BYTES ((size_t)1024 * 1024)
#define BLOCK_MAX   ((size_t)256 * 1024) /* larger ones are the kernel's */
#define SPARSE_MIN  ((size_t)12 * 1024)  /* zeroed by the kernel, if touched */
#define SIZE_LIMIT  (SIZE_MAX / 2 - PAGE)

enum { EXACT = 64, CLASSES = EXACT + 4 * 8 + 1 };

/* Before each block, which is aligned to 16. */
struct head {
	uint32_t mark;       /* FREE or USED, mixed with where it is */
	uint32_t sixteenths; /* size, with this; 0: a mapping of its own */
};

#define USED UINT32_C(0x5ed1ba5e)
#define FREE UINT32_C(0xf4eeb10c)

struct unused {
	struct unused *next;
};

/* A stretch that blocks are cut from; the rest of it begins at used. */
struct chunk {
	struct chunk *next;
	size_t size, used;
	size_t dirty; /* from here on it is still as the kernel gave it: zero */
};

#define CHUNK_HEAD                                                             \
	((sizeof(struct chunk) + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT -  \
	    sizeof(struct head))

static _Alignas(16) char first[FIRST_BYTES];

static struct {
	struct chunk *chunks; /* the last is first[] */
	struct unused *unused[CLASSES];
	size_t living; /* blocks in chunks */
} heap;

static uint32_t
mark_of(const void *block, uint32_t mark)
{
	return mark ^ (uint32_t)((uintptr_t)block >> 4);
}

/* The size that a block of at least so many sixteenths gets; its list. */
static unsigned
class_of(size_t *sixteenths)
{
	unsigned shift;

	if (*sixteenths <= EXACT)
		return (unsigned)*sixteenths - 1;
	/* Four sizes between one power of two and the next. */
	shift = 61 - (unsigned)__builtin_clzll(*sixteenths - 1);
	*sixteenths = ((*sixteenths - 1) >> shift) + 1;
	*sixteenths <<= shift;
	return EXACT + 4 * (shift - 4) +
	       (unsigned)((*sixteenths - 1) >> shift) - 4;
}

static void
begin(struct chunk *chunk, size_t size)
{
	chunk->size = size;
	chunk->used = CHUNK_HEAD;
	if (chunk->dirty < CHUNK_HEAD)
		chunk->dirty = CHUNK_HEAD;
	chunk->next = heap.chunks;
	heap.chunks = chunk;
}

static void *
map(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

/* Room for size bytes at the end of the newest chunk. */
static bool
make_room(size_t size)
{
	struct chunk *chunk = heap.chunks;

	if (chunk == NULL)
		begin(chunk = (struct chunk *)(void *)first, sizeof(first));
	if (chunk->size - chunk->used >= size)
		return true;
	chunk = map(CHUNK_BYTES);
	if (chunk == NULL)
		return false;
	begin(chunk, CHUNK_BYTES);
	return true;
}

static void *
cut(size_t size)
{
	struct chunk *chunk;
	struct head *head;

	if (!make_room(size))
		return NULL;
	chunk = heap.chunks;
	head = (struct head *)(void *)((char *)chunk + chunk->used);
	chunk->used += size;
	head->sixteenths = (uint32_t)(size / ALIGNMENT);
	return head + 1;
}

static void *
take_mapping(size_t size)
{
	char *pages = map(size + ALIGNMENT);
	struct head *head;

	if (pages == NULL)
		return NULL;
	*(size_t *)(void *)pages = size + ALIGNMENT;
	head = (struct head *)(void *)(pages + ALIGNMENT) - 1;
	head->sixteenths = 0;
	head->mark = mark_of(head + 1, USED);
	return head + 1;
}

/* *zeroed: of how many bytes we don't know that they are zero. */
static void *
take(size_t size, size_t *dirty)
{
	size_t sixteenths = (size + sizeof(struct head) + 15) / ALIGNMENT;
	unsigned class;
	void *block;

	*dirty = 0;
	if (size > SIZE_LIMIT)
		return NULL;
	if (size > BLOCK_MAX)
		return take_mapping(size);
	class = class_of(&sixteenths);
	block = heap.unused[class];
	if (block != NULL) {
		heap.unused[class] = ((struct unused *)block)->next;
		if (((struct head *)block - 1)->mark != mark_of(block, FREE))
			__builtin_trap();
		*dirty = size;
	} else {
		block = cut(sixteenths * ALIGNMENT);
		if (block == NULL)
			return NULL;
		if ((char *)block < (char *)heap.chunks + heap.chunks->dirty)
			*dirty = (size_t)((char *)heap.chunks +
			                  heap.chunks->dirty - (char *)block);
		if (heap.chunks->used > heap.chunks->dirty)
			heap.chunks->dirty = heap.chunks->used;
	}
	heap.living++;
	((struct head *)block - 1)->mark = mark_of(block, USED);
	return block;
}

/* Nothing lives: forgets all blocks, and all chunks but the first. */
static void
start_anew(void)
{
	struct chunk *chunk = heap.chunks;

	memset(heap.unused, 0, sizeof(heap.unused));
	while (chunk->next != NULL) {
		struct chunk *next = chunk->next;

		munmap(chunk, chunk->size);
		chunk = next;
	}
	chunk->used = CHUNK_HEAD;
	heap.chunks = chunk;
}

static struct head *
head_of(void *block)
{
	struct head *head = (struct head *)block - 1;

	if (head->mark != mark_of(block, USED))
		__builtin_trap();
	return head;
}

static size_t
room_of(void *block)
{
	const struct head *head = head_of(block);
	const char *pages = (char *)block - ALIGNMENT;

	return head->sixteenths != 0
	           ? head->sixteenths * ALIGNMENT - sizeof(*head)
	           : *(const size_t *)(const void *)pages - ALIGNMENT;
}

static void
give_back(void *block)
{
	struct head *head = head_of(block);
	size_t sixteenths = head->sixteenths;
	unsigned class;

	if (sixteenths == 0) {
		munmap((char *)block - ALIGNMENT, room_of(block) + ALIGNMENT);
		return;
	}
	head->mark = mark_of(block, FREE);
	class = class_of(&sixteenths);
	((struct unused *)block)->next = heap.unused[class];
	heap.unused[class] = block;
	if (--heap.living == 0)
		start_anew();
}

static void *
or_no_memory(void *block)
{
	if (block == NULL)
		errno = ENOMEM;
	return block;
}

void *
malloc(size_t size)
{
	size_t dirty;

	return or_no_memory(take(size, &dirty));
}

void
free(void *ptr)
{
	if (ptr != NULL)
		give_back(ptr);
}

void *
calloc(size_t nmemb, size_t size)
{
	size_t bytes, dirty;
	void *block;

	if (__builtin_mul_overflow(nmemb, size, &bytes))
		return or_no_memory(NULL);
	if (bytes >= SPARSE_MIN && bytes <= SIZE_LIMIT)
		return or_no_memory(take_mapping(bytes));
	block = or_no_memory(take(bytes, &dirty));
	if (block != NULL && dirty > 0)
		memset(block, 0, dirty < bytes ? dirty : bytes);
	return block;
}

void *
realloc(void *ptr, size_t size)
{
	size_t room, dirty;
	void *block;

	if (ptr == NULL)
		return malloc(size);
	room = room_of(ptr);
	if (size <= room)
		return ptr;
	block = or_no_memory(take(size, &dirty));
	if (block == NULL)
		return NULL;
	memcpy(block, ptr, room);
	give_back(ptr);
	return block;
}

/* The C library's own may ask for it; nobody else here does. */
void *
aligned_alloc(size_t alignment, size_t size)
{
	if (alignment <= ALIGNMENT)
		return malloc(size);
	errno = EINVAL;
	return NULL;
}

/* Pages beyond the last block, that it was zeroed is true again. */
void
heap_trim(void)
{
	struct chunk *chunk = heap.chunks;
	size_t from;

	if (chunk == NULL)
		return;
	from = ((uintptr_t)chunk + chunk->used + PAGE - 1) / PAGE * PAGE -
	       (uintptr_t)chunk;
	if (from >= chunk->dirty || madvise((char *)chunk + from,
	                                chunk->dirty - from, MADV_DONTNEED) < 0)
		return;
	chunk->dirty = from;
}

#endif
