/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup/"

/* Fields of /proc/PID/stat after the name, counted from the state: proc(5). */
enum {
	STAT_SESSION = 3,
	STAT_UTIME = 11,
	STAT_STIME,
	STAT_THREADS = 17,
	STAT_RSS = 21,
	STAT_FIELDS
};

/* The whole file, NUL-terminated; false if it is not there. */
static bool
read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static bool
read_stat(const char *pid, int64_t fields[STAT_FIELDS])
{
	char path[40], text[1024], *at;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	if (!read_file(path, text, sizeof(text)))
		return false;
	/* The name may hold anything, a ')' too. */
	at = strrchr(text, ')');
	if (at == NULL || at[1] != ' ' || at[2] == '\0' || at[2] == 'Z')
		return false;
	at += 3;
	fields[0] = 0;
	for (int i = 1; i < STAT_FIELDS; i++)
		fields[i] = strtoll(at, &at, 10);
	return true;
}

/* Since Linux 6.2 the directory's size is the number of its descriptors. */
static int64_t
count_fds(const char *pid)
{
	char path[40];
	struct stat stat_buffer;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	if (stat(path, &stat_buffer) < 0 || stat_buffer.st_size == 0)
		return -1;
	return (int64_t)stat_buffer.st_size;
}

static void
add(int64_t *sum, int64_t value)
{
	if (value >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + value;
}

static void
add_process(struct snapshot_resources *into, const char *pid,
    const int64_t fields[STAT_FIELDS])
{
	const int64_t ticks = (int64_t)getauxval(AT_CLKTCK);
	const int64_t page = (int64_t)getauxval(AT_PAGESZ);

	add(&into->cpu_ms,
	    (fields[STAT_UTIME] + fields[STAT_STIME]) * 1000 / ticks);
	add(&into->rss_bytes, fields[STAT_RSS] * page);
	add(&into->threads, fields[STAT_THREADS]);
	add(&into->fds, count_fds(pid));
}

static struct figures_session *
find(struct figures_session *sessions, size_t count, int64_t session)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sessions[middle].session < session)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && sessions[low].session == session ? &sessions[low]
	                                                       : NULL;
}

/* What getdents64(2) fills; no opendir(), which would allocate. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

void
figures_sessions(struct figures_session *sessions, size_t count)
{
	_Alignas(struct entry) char entries[4096];
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long size;

	if (proc < 0)
		return;
	while ((size = syscall(
	            SYS_getdents64, proc, entries, sizeof(entries))) > 0)
		for (long at = 0; at < size;) {
			const struct entry *entry =
			    (const void *)(entries + at);
			int64_t fields[STAT_FIELDS];
			struct figures_session *session;

			at += entry->length;
			if (entry->name[0] < '1' || entry->name[0] > '9' ||
			    !read_stat(entry->name, fields))
				continue;
			session = find(sessions, count, fields[STAT_SESSION]);
			if (session != NULL)
				add_process(session->into, entry->name, fields);
		}
	close(proc);
}

void
figures_own(struct snapshot_resources *into)
{
	int64_t fields[STAT_FIELDS];

	*into = (struct snapshot_resources){ -1, -1, -1, -1 };
	if (read_stat("self", fields))
		add_process(into, "self", fields);
}

static int64_t
read_number(const char *path)
{
	char text[64];

	/* "max" is no limit, and so no figure. */
	return read_file(path, text, sizeof(text)) && text[0] >= '0' &&
	               text[0] <= '9'
	           ? strtoll(text, NULL, 10)
	           : -1;
}

static int64_t
first_number(const char *v2, const char *v1)
{
	int64_t value = read_number(v2);

	return value >= 0 ? value : read_number(v1);
}

static int64_t
cpu_usec(void)
{
	char text[512];
	int64_t value;

	if (read_file(CGROUP "cpu.stat", text, sizeof(text)) &&
	    strncmp(text, "usage_usec ", 11) == 0)
		return strtoll(text + 11, NULL, 10);
	value = read_number(CGROUP "cpuacct/cpuacct.usage");
	return value >= 0 ? value / 1000 : -1;
}

bool
figures_pressure_line(
    const char *text, const char *word, int64_t *avg10, int64_t *usec)
{
	const char *line = text, *average, *total;
	size_t length = strlen(word);
	char *end;
	int64_t whole;

	while (strncmp(line, word, length) != 0 || line[length] != ' ') {
		line = strchr(line, '\n');
		if (line++ == NULL)
			return false;
	}
	average = strstr(line, "avg10=");
	total = strstr(line, "total=");
	if (average == NULL || total == NULL)
		return false;
	/* Always two digits behind the point. */
	whole = strtoll(average + 6, &end, 10);
	if (*end != '.')
		return false;
	*avg10 = whole * 100 + strtoll(end + 1, NULL, 10);
	*usec = strtoll(total + 6, NULL, 10);
	return true;
}

/* Returns whether it is our cgroup's own. */
static bool
read_pressure(struct snapshot_pressure *into, const char *resource)
{
	static const char *const places[][2] = { { CGROUP, ".pressure" },
		{ CGROUP "unified/", ".pressure" }, { "/proc/pressure/", "" } };
	char path[64], text[256];

	*into = (struct snapshot_pressure){ -1, -1, -1, -1 };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s%s", places[i][0], resource,
		    places[i][1]);
		if (!read_file(path, text, sizeof(text)) ||
		    !figures_pressure_line(
		        text, "some", &into->some_avg10, &into->some_usec))
			continue;
		figures_pressure_line(
		    text, "full", &into->full_avg10, &into->full_usec);
		return i < 2;
	}
	return false;
}

static void
read_disk(struct snapshot *snapshot)
{
	struct statvfs disk;

	snapshot->disk_bytes = snapshot->disk_free_bytes = -1;
	if (statvfs("/", &disk) < 0)
		return;
	snapshot->disk_bytes = (int64_t)(disk.f_blocks * disk.f_frsize);
	snapshot->disk_free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
}

void
figures_container(struct snapshot *snapshot)
{
	int64_t limit = first_number(
	    CGROUP "memory.max", CGROUP "memory/memory.limit_in_bytes");

	snapshot->memory_bytes = first_number(
	    CGROUP "memory.current", CGROUP "memory/memory.usage_in_bytes");
	/* Version 1 says "none" by a number that no machine has. */
	snapshot->memory_limit_bytes = limit < INT64_MAX / 2 ? limit : -1;
	snapshot->cpu_usec = cpu_usec();
	snapshot->pids =
	    first_number(CGROUP "pids.current", CGROUP "pids/pids.current");
	snapshot->pressure_own = true;
	for (int i = 0; i < PRESSURES; i++)
		snapshot->pressure_own &= read_pressure(
		    &snapshot->pressure[i], snapshot_resource_name(i));
	read_disk(snapshot);
}
