/* SPDX-License-Identifier: MIT */
/*
 * early_health.c - plain `hale health [SERVICE]`, before the C library is up.
 *
 * Engines run it every few seconds in every container, so it costs what must
 * be: find the socket, connect, ask, print the first line of the answer. All
 * that is unusual (an option, no socket, somebody else's, an answer that is
 * none) is left to verb_health.c, before anything was printed, so that both
 * have the same words; see early.c for what may be called here.
 */
#include "early_health.h"

#include "place.h"

#include "supervisor/early.h"
#include "supervisor/exec.h"
#include "supervisor/kernel.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { NAME_MAX_BYTES = 100, ANSWER_BYTES = 2048 };

/* Only what can stand in a path as it is, and needs no quotes in any words. */
static bool
is_plain_name(const char *name)
{
	size_t length = 0;

	for (; name[length] != '\0'; length++) {
		char c = name[length];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!letter && !(c >= '0' && c <= '9') && c != '_' &&
		    c != '.' && !(c == '-' && length > 0))
			return false;
	}
	return length > 0 && length <= NAME_MAX_BYTES;
}

/* -1: not there, not now; the other path finds out why. */
static long
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	long fd;

	if (length >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, length);
	fd = sys3(
	    SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* In the place of a stream that was closed it would be written to. */
	if (fd > 2 &&
	    sys3(SYS_connect, fd, sys_ptr(&address), sizeof(address)) == 0)
		return fd;
	kernel_close(fd);
	return -1;
}

static bool
is_pid1(long fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return sys5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, sys_ptr(&peer),
	           sys_ptr(&size)) == 0 &&
	       peer.pid == 1;
}

/* /dev/shm/hale-INODE/hale.sock; the link reads "pid:[INODE]". */
static bool
namespace_path(char path[PLACE_BYTES])
{
	static const char before[] = "/dev/shm/hale-", after[] = "/hale.sock";
	char link[32];
	long length = sys4(SYS_readlinkat, AT_FDCWD,
	    sys_ptr("/proc/self/ns/pid"), sys_ptr(link), sizeof(link));

	if (length < 7 || length >= (long)sizeof(link))
		return false;
	length -= 6; /* "pid:[" and "]" */
	memcpy(path, before, sizeof(before) - 1);
	path += sizeof(before) - 1;
	memcpy(path, link + 5, (size_t)length);
	memcpy(path + length, after, sizeof(after));
	return true;
}

static long
connect_any(char *const *envp)
{
	const char *named = exec_getenv(envp, "HALE_SOCKET");
	char second[PLACE_BYTES];
	long fd;

	if (named != NULL && *named != '\0')
		return connect_to(named);
	fd = connect_to(PLACE_RUN);
	if (fd < 0 && namespace_path(second))
		fd = connect_to(second);
	if (fd >= 0 && is_pid1(fd))
		return fd;
	if (fd >= 0)
		kernel_close(fd);
	return -1;
}

static char *
append(char *at, const char *text)
{
	size_t length = strlen(text);

	memcpy(at, text, length);
	return at + length;
}

static bool
ask(long fd, const char *service)
{
	char text[NAME_MAX_BYTES + 100], *at = append(text, "GET /healthz?");
	long size;

	if (service != NULL)
		at = append(append(at, "service="), service);
	at = append(at, " HTTP/1.1\r\nHost: hale\r\nConnection: close\r\n\r\n");
	size = at - text;
	return sys6(SYS_sendto, fd, sys_ptr(text), size, MSG_NOSIGNAL, 0, 0) ==
	       size;
}

/* Where the body begins, or NULL. */
static char *
find_body(char *text, size_t size)
{
	for (size_t i = 0; i + 4 <= size; i++)
		if (memcmp(text + i, "\r\n\r\n", 4) == 0)
			return text + i + 4;
	return NULL;
}

/* The first line of the body, its end in *end; NULL: it isn't whole yet. */
static char *
first_line(char *text, size_t used, bool over, char **end)
{
	char *body = find_body(text, used);
	size_t size, length = 0;

	if (body == NULL)
		return NULL;
	size = used - (size_t)(body - text);
	while (length < size && body[length] != '\n' && body[length] != '\0')
		length++;
	if (length == size && !over)
		return NULL;
	*end = body + (length < HEALTH_LINE ? length : HEALTH_LINE - 1);
	return body;
}

_Noreturn static void
finish(const char *line, size_t length, int status)
{
	while (length > 0) {
		long done = sys3(SYS_write, 1, sys_ptr(line), (long)length);

		if (done < 0 && done != -EINTR)
			break;
		line += done > 0 ? done : 0;
		length -= done > 0 ? (size_t)done : 0;
	}
	kernel_exit(status);
}

/* Returns if the connection breaks. */
static void
hear(long fd)
{
	static const char late[] = "hale does not answer in time\n";
	static const char cut[] = "hale's answer was cut off\n";
	/* The kernel counts it down. */
	struct timespec left = { .tv_sec = HEALTH_LIMIT_MS / 1000 };
	char text[ANSWER_BYTES], *line = NULL, *end = NULL;
	size_t used = 0;
	bool over = false;

	while (!over && line == NULL) {
		struct pollfd pfd = { .fd = (int)fd, .events = POLLIN };
		long got =
		    sys5(SYS_PPOLL, sys_ptr(&pfd), 1, sys_ptr(&left), 0, 8);

		if (got == 0)
			finish(late, sizeof(late) - 1, 1);
		got = kernel_read(fd, text + used, sizeof(text) - 1 - used);
		if (got == -EINTR || got == -EAGAIN)
			continue;
		if (got < 0)
			return;
		used += (size_t)got;
		over = got == 0 || used == sizeof(text) - 1;
		line = first_line(text, used, over, &end);
	}
	if (line == NULL || used < 12 || memcmp(text, "HTTP/1.", 7) != 0)
		finish(cut, sizeof(cut) - 1, 1);
	*end++ = '\n';
	finish(line, (size_t)(end - line),
	    memcmp(text + 8, " 200", 4) == 0 ? 0 : 1);
}

void
early_verb(int argc, char *const *argv, char *const *envp, uint64_t mask)
{
	const char *service = argc > 2 ? argv[2] : NULL;
	long fd;

	if (argc < 2 || argc > 3 || strcmp(argv[1], "health") != 0 ||
	    (service != NULL && !is_plain_name(service)))
		return;
	kernel_mask(mask, NULL);
	fd = connect_any(envp);
	if (fd < 0)
		return;
	if (ask(fd, service))
		hear(fd);
	kernel_close(fd);
}
