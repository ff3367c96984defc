/* SPDX-License-Identifier: MIT */
#include "supervisor/session.h"
#include "supervisor/shed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_PROCESS 0x3ffffffe /* above any pid_max */

/* A pipe of our own: its owner is never told anything. */
static int probe_fd = -1;

void
session_init(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	close(ends[1]);
	/* Kernels (and sandboxes) that don't look the number up are no help. */
	if (fcntl(ends[0], F_SETOWN, NO_PROCESS) == 0 || errno != ESRCH) {
		close(ends[0]);
		return;
	}
	probe_fd = ends[0];
}

bool
session_is_empty(pid_t session)
{
	if (probe_fd < 0)
		return kill(-session, 0) < 0 && errno == ESRCH;

	/*
	 * F_SETOWN refuses a number that names nothing; a session's number
	 * names it while anyone is in it.  kill(2) knows groups only.
	 */
	if (fcntl(probe_fd, F_SETOWN, session) < 0 && errno == ESRCH)
		return true;
	fcntl(probe_fd, F_SETOWN, 0);
	return false;
}

/* The session and group of a process, from the text of /proc/PID/stat. */
static bool
read_stat(const char *pid, long *group, long *session)
{
	char path[32], text[512], *after;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0)
		return false;
	text[size] = '\0';
	/* "12 (a name) with) S 1 12 12": the last ')' ends the name. */
	after = strrchr(text, ')');
	if (after == NULL || strlen(after) < 4)
		return false;
	strtol(after + 4, &after, 10);
	*group = strtol(after, &after, 10);
	*session = strtol(after, &after, 10);
	return true;
}

struct linux_dirent64 {
	uint64_t ino;
	int64_t off;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* Everyone of the session who is not in the leader's group. */
static void
signal_others(pid_t session, int sig)
{
	_Alignas(struct linux_dirent64) char buffer[4096];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long size;

	/* opendir() would allocate. */
	while (fd >= 0 &&
	       (size = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < size;) {
			struct linux_dirent64 *entry = (void *)(buffer + at);
			long group, owner;

			at += entry->length;
			if (entry->name[0] < '1' || entry->name[0] > '9' ||
			    !read_stat(entry->name, &group, &owner) ||
			    owner != session || group == session)
				continue;
			shed_kill((pid_t)strtol(entry->name, NULL, 10), sig);
		}
	if (fd >= 0)
		close(fd);
}

void
session_signal(pid_t session, int sig)
{
	shed_kill(-session, sig);
	signal_others(session, sig);
}
