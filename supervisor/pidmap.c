/* SPDX-License-Identifier: MIT */
#include "supervisor/pidmap.h"

#include <stdlib.h>

int
pidmap_init(struct pidmap *map, uint32_t count)
{
	uint32_t size = 16;

	while (size < count * 2)
		size *= 2;
	map->entries = calloc(size, sizeof(*map->entries));
	map->mask = size - 1;
	return map->entries == NULL ? -1 : 0;
}

static uint32_t
home(const struct pidmap *map, pid_t pid)
{
	return (uint32_t)pid * UINT32_C(2654435769) & map->mask;
}

/* Where pid is, or the free place where it would be; size if neither. */
static uint32_t
find(const struct pidmap *map, pid_t pid)
{
	uint32_t at = home(map, pid);

	for (uint32_t i = 0; i <= map->mask; i++, at = (at + 1) & map->mask)
		if (map->entries[at].pid == pid || map->entries[at].pid == 0)
			return at;
	return map->mask + 1;
}

void
pidmap_put(struct pidmap *map, pid_t pid, uint32_t owner)
{
	uint32_t at = find(map, pid);

	if (at <= map->mask)
		map->entries[at] = (struct pidmap_entry){ pid, owner };
}

uint32_t
pidmap_get(const struct pidmap *map, pid_t pid)
{
	uint32_t at = find(map, pid);

	/* Outside of our namespace all are 0, which is nobody here. */
	return pid > 0 && at <= map->mask && map->entries[at].pid == pid
	           ? map->entries[at].owner
	           : PIDMAP_NONE;
}

void
pidmap_remove(struct pidmap *map, pid_t pid)
{
	uint32_t hole = find(map, pid), at;

	if (hole > map->mask || map->entries[hole].pid != pid)
		return;
	/* Close the gap: whoever was pushed past it moves back. */
	for (at = (hole + 1) & map->mask;
	     map->entries[at].pid != 0 && at != hole;
	     at = (at + 1) & map->mask) {
		uint32_t wants = home(map, map->entries[at].pid);

		if (((at - wants) & map->mask) < ((at - hole) & map->mask))
			continue;
		map->entries[hole] = map->entries[at];
		hole = at;
	}
	map->entries[hole].pid = 0;
}
