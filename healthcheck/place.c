/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static int
make_address(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	if (length >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length + 1);
	return 0;
}

/* limit_ms 0: no limit; -1: at once, EAGAIN if its queue of clients is full. */
static int
connect_to(const char *path, int limit_ms)
{
	struct timeval limit = { .tv_sec = limit_ms / 1000,
		.tv_usec = limit_ms % 1000 * 1000 };
	struct sockaddr_un address;
	int fd, saved;

	if (make_address(&address, path) < 0)
		return -1;
	fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | (limit_ms < 0 ? SOCK_NONBLOCK : 0), 0);
	if (fd < 0)
		return -1;
	if (limit_ms > 0) {
		/* The second is for connect(), too. */
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

bool
place_is_served(const char *path)
{
	int fd = connect_to(path, -1);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == EAGAIN;
}

/* Clears the way for a socket at path; false: somebody else's is there. */
static bool
clear_way(const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) < 0)
		return errno == ENOENT;
	if (!S_ISSOCK(stat.st_mode)) {
		errno = EEXIST;
		return false;
	}
	if (place_is_served(path)) {
		errno = EADDRINUSE;
		return false;
	}
	return errno == ECONNREFUSED && unlink(path) == 0;
}

/* The file that place_listen() made, to know it again. */
static struct {
	dev_t device;
	ino_t inode;
} made;

static int
listen_at(const char *path)
{
	struct sockaddr_un address;
	struct stat stat;
	mode_t mask;
	int fd, saved;

	if (make_address(&address, path) < 0 || !clear_way(path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Anybody inside may ask; who may act is told by credentials. */
	mask = umask(0111);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, 128) == 0 && lstat(path, &stat) == 0) {
		umask(mask);
		made.device = stat.st_dev;
		made.inode = stat.st_ino;
		return fd;
	}
	saved = errno;
	umask(mask);
	close(fd);
	errno = saved;
	return -1;
}

static int
namespace_path(char path[PLACE_BYTES], bool make)
{
	struct stat stat_buffer;
	int length;

	if (stat("/proc/self/ns/pid", &stat_buffer) < 0)
		return -1;
	length = snprintf(path, PLACE_BYTES, "/dev/shm/hale-%llu",
	    (unsigned long long)stat_buffer.st_ino);
	if (make) {
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
		/* Somebody else's directory could be moved under our feet. */
		if (lstat(path, &stat_buffer) < 0)
			return -1;
		if (!S_ISDIR(stat_buffer.st_mode) ||
		    stat_buffer.st_uid != geteuid() ||
		    (stat_buffer.st_mode & 022) != 0) {
			errno = EPERM;
			return -1;
		}
	}
	snprintf(path + length, PLACE_BYTES - (size_t)length, "/hale.sock");
	return 0;
}

int
place_listen(
    const char *path, char chosen[PLACE_BYTES], char *why, size_t why_size)
{
	const char *first = path != NULL ? path : PLACE_RUN;
	bool usual = strcmp(first, PLACE_RUN) == 0;
	int fd = listen_at(first);

	if (fd >= 0) {
		snprintf(chosen, PLACE_BYTES, "%s", first);
		return fd;
	}
	snprintf(why, why_size, "%s: %s", first, strerror(errno));
	/* A living server at the usual place is no reason to hide elsewhere. */
	if (!usual || errno == EADDRINUSE)
		return -1;
	if (namespace_path(chosen, true) == 0)
		fd = listen_at(chosen);
	if (fd < 0) {
		size_t used = strlen(why);

		snprintf(why + used, why_size - used, "; /dev/shm: %s",
		    strerror(errno));
	}
	return fd;
}

void
place_remove(const char *chosen)
{
	char directory[PLACE_BYTES];
	struct stat stat;
	char *slash;

	/* Whoever put something else there meanwhile keeps it. */
	if (lstat(chosen, &stat) < 0 || !S_ISSOCK(stat.st_mode) ||
	    stat.st_dev != made.device || stat.st_ino != made.inode)
		return;
	unlink(chosen);
	if (strncmp(chosen, "/dev/shm/hale-", 14) != 0)
		return;
	snprintf(directory, sizeof(directory), "%s", chosen);
	slash = strrchr(directory, '/');
	*slash = '\0';
	rmdir(directory);
}

/* Only PID 1 speaks for the container. */
static bool
is_pid1(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.pid == 1;
}

static int
connect_named(const char *path, int timeout_ms, char *why, size_t why_size)
{
	int fd = connect_to(path, timeout_ms);

	if (fd < 0)
		snprintf(why, why_size, "%s (HALE_SOCKET): %s", path,
		    errno == EAGAIN ? "no answer in time" : strerror(errno));
	return fd;
}

int
place_connect(int timeout_ms, char *why, size_t why_size)
{
	const char *named = getenv("HALE_SOCKET");
	char second[PLACE_BYTES];
	const char *paths[2] = { PLACE_RUN, second };
	bool stranger = false, late = false;

	if (named != NULL && *named != '\0')
		return connect_named(named, timeout_ms, why, why_size);
	if (namespace_path(second, false) < 0)
		second[0] = '\0';
	for (int i = 0; i < 2 && *paths[i] != '\0'; i++) {
		int fd = connect_to(paths[i], timeout_ms);

		if (fd >= 0 && is_pid1(fd))
			return fd;
		late = late || (fd < 0 && errno == EAGAIN);
		stranger = stranger || fd >= 0;
		if (fd >= 0)
			close(fd);
	}
	snprintf(why, why_size, "%s",
	    late       ? "hale does not answer in time"
	    : stranger ? "the server at the status socket is not PID 1 "
	                 "(HALE_SOCKET names another)"
	               : "no status socket: PID 1 is not hale, or runs a "
	                 "plain command (--socket opens one)");
	return -1;
}
