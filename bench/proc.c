/* SPDX-License-Identifier: MIT */
/* proc.c - numbers out of /proc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proc.h"

long long
proc_field(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	size_t length = strlen(key);
	long long value = -1;
	char line[256];

	if (f == NULL)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, length) == 0)
			value = atoll(line + length);
	(void)fclose(f);
	return value;
}

long long
proc_of(pid_t pid, const char *file, const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return proc_field(path, key);
}

uint64_t
proc_cpu_ns(pid_t pid)
{
	long long ns = proc_of(pid, "schedstat", "");

	return ns < 0 ? 0 : (uint64_t)ns;
}

long long
proc_switches(pid_t pid)
{
	return proc_of(pid, "status", "voluntary_ctxt_switches:") +
	       proc_of(pid, "status", "nonvoluntary_ctxt_switches:");
}

static bool
is_zombie(pid_t pid)
{
	char path[64], line[256] = "";
	const char *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return true;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	(void)fclose(f);
	end = strrchr(line, ')');
	return end == NULL || end[1] == '\0' || end[2] == 'Z';
}

int
proc_children(pid_t pid, bool living_only)
{
	char path[64];
	int child, n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	while (fscanf(f, "%d", &child) == 1)
		n += !living_only || !is_zombie(child);
	(void)fclose(f);
	return n;
}
