/* SPDX-License-Identifier: MIT */
#include "descend.h"

#include "kernel.h"
#include "shed.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define FOUND_MAX 1024 /* in one pass; who asks again finds the rest */
#define DEPTH_MAX 64

struct dirent64 {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

struct found {
	int pids[FOUND_MAX];
	int count;
};

/* Opens /proc/PID/FILE; pid 0: our own. */
static long
open_proc(int pid, const char *file)
{
	char path[40], digits[12];
	size_t at = 6;
	int count = 0;

	memcpy(path, "/proc/", 6);
	do
		digits[count++] = (char)('0' + pid % 10);
	while ((pid /= 10) > 0);
	if (count == 1 && digits[0] == '0') {
		memcpy(path + at, "self", 4);
		at += 4;
	} else {
		while (count > 0)
			path[at++] = digits[--count];
	}
	path[at++] = '/';
	memcpy(path + at, file, strlen(file) + 1);
	return kernel_open(path, O_RDONLY);
}

int
descend_parent(int pid, char comm[16])
{
	char text[256];
	const char *open, *end;
	size_t length;
	int parent = 0;

	long fd = open_proc(pid, "stat"), size;

	if (fd < 0)
		return -1;
	size = kernel_read(fd, text, sizeof(text) - 1);
	kernel_close(fd);
	if (size <= 0)
		return -1;
	text[size] = '\0';
	/* "7 (a) name) S 1": the name may hold anything, so the last ')'. */
	open = strchr(text, '(');
	end = strrchr(text, ')');
	if (open == NULL || end == NULL || strlen(end) < 4)
		return -1;
	length = (size_t)(end - open - 1);
	if (length > 15)
		length = 15;
	memcpy(comm, open + 1, length);
	comm[length] = '\0';
	for (const char *c = end + 4; *c >= '0' && *c <= '9'; c++)
		parent = parent * 10 + (*c - '0');
	return parent;
}

/*
 * The number of a line, its key with a newline before it; *text moves on to it.
 * Not strstr(): musl's wants the stack protector's canary.
 */
static bool
hex_after(const char **text, const char *end, const char *key, uint64_t *bits)
{
	const long length = (long)strlen(key);
	const char *at = *text;

	while (end - at > length + 16 &&
	       (*at != '\n' || memcmp(at, key, (size_t)length) != 0))
		at++;
	if (end - at <= length + 16)
		return false;
	*text = at;
	*bits = 0;
	for (at += length; *at > ' '; at++)
		*bits = *bits << 4 |
		        (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return true;
}

long
descend_status(int pid, struct descend_status *status)
{
	char text[2048];
	long fd = open_proc(pid, "status"), size;
	const char *at = text, *end;

	if (fd < 0)
		return -1;
	size = kernel_read(fd, text, sizeof(text));
	end = text + (size > 0 ? size : 0);
	if (hex_after(&at, end, "\nSigIgn:\t", &status->ignored) &&
	    hex_after(&at, end, "\nCapBnd:\t", &status->bounding))
		return fd;
	kernel_close(fd);
	return -1;
}

static bool
contains(const struct found *found, int pid)
{
	for (int i = 0; i < found->count; i++)
		if (found->pids[i] == pid)
			return true;
	return false;
}

static int
pid_of(const char *name)
{
	int pid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		pid = pid * 10 + (*name - '0');
	return *name == '\0' ? pid : 0;
}

/* Adds the pids in /proc whose parent is self or was found; how many. */
static int
look_once(struct found *found, int self, long proc)
{
	char entries[2048] __attribute__((aligned(8)));
	int before = found->count;
	long size;

	sys3(SYS_lseek, proc, 0, 0);
	while ((size = sys3(SYS_getdents64, proc, sys_ptr(entries),
	            sizeof(entries))) > 0)
		for (long at = 0; at < size;) {
			const struct dirent64 *entry =
			    (const void *)(entries + at);
			int pid = pid_of(entry->name), parent;
			char comm[16];

			at += entry->length;
			if (pid <= 0 || found->count == FOUND_MAX ||
			    contains(found, pid))
				continue;
			parent = descend_parent(pid, comm);
			if (parent == self || contains(found, parent))
				found->pids[found->count++] = pid;
		}
	return found->count - before;
}

void
descend_signal(int self, int sig)
{
	static struct found found;
	long proc;

	if (self == 1) {
		shed_kill(-1, sig);
		return;
	}
	proc = kernel_open("/proc", O_RDONLY | O_DIRECTORY);
	if (proc < 0)
		return;
	found.count = 0;
	for (int depth = 0; depth < DEPTH_MAX; depth++)
		if (look_once(&found, self, proc) == 0)
			break;
	kernel_close(proc);
	for (int i = 0; i < found.count; i++)
		shed_kill(found.pids[i], sig);
}
