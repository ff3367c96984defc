/* SPDX-License-Identifier: MIT */
/* pidmap.h - from a process number to whose it is; fixed memory. */
#ifndef HALE_SUPERVISOR_PIDMAP_H
#define HALE_SUPERVISOR_PIDMAP_H

#include <stdint.h>
#include <sys/types.h>

struct pidmap_entry {
	pid_t pid; /* 0: free */
	uint32_t owner;
};

struct pidmap {
	struct pidmap_entry *entries;
	uint32_t mask; /* entries - 1, a power of two less one */
};

#define PIDMAP_NONE UINT32_MAX

/* Room for count processes at a time.  Returns 0, or -1 with errno. */
int pidmap_init(struct pidmap *map, uint32_t count);

/* What is there is replaced.  More than fit: the last ones are not kept. */
void pidmap_put(struct pidmap *map, pid_t pid, uint32_t owner);

/* The owner, or PIDMAP_NONE. */
uint32_t pidmap_get(const struct pidmap *map, pid_t pid);
void pidmap_remove(struct pidmap *map, pid_t pid);

#endif
