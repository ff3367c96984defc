/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "resolve.h"
#include "supervisor/clock.h"

enum { NEXT_AFTER_MS = 250 }; /* as Happy Eyeballs has it */

/* The addresses of one target, and the connections being tried. */
struct race {
	struct run *run;
	const struct resolve_addresses *found;
	struct pollfd tried[RESOLVE_MAX];
	size_t started;
	int failure; /* errno of the most telling failure */
};

int
net_wait(const struct run *run, int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	for (;;) {
		int n = poll(&poll_fd, 1, run_left_ms(run));

		if (n > 0)
			return 0;
		if (n == 0 || errno != EINTR)
			return -1;
	}
}

/* Loopback and an ephemeral port: a socket may connect to itself. */
static bool
talks_to_itself(int fd, const struct resolve_address *there)
{
	struct sockaddr_storage here = { 0 };
	socklen_t size = sizeof(here);

	return getsockname(fd, (void *)&here, &size) == 0 &&
	       size == there->size && memcmp(&here, &there->any, size) == 0;
}

/* "No route" says less than "refused": keep what says more. */
static void
note_failure(struct race *race, int number)
{
	bool vague = number == EAFNOSUPPORT || number == ENETUNREACH ||
	             number == EADDRNOTAVAIL || number == EHOSTUNREACH;

	if (race->failure == 0 || !vague)
		race->failure = number;
}

static void
start_next(struct race *race)
{
	const struct resolve_address *a = &race->found->list[race->started];
	struct pollfd *slot = &race->tried[race->started++];

	slot->fd = socket(
	    a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	slot->events = POLLOUT;
	if (slot->fd < 0) {
		note_failure(race, errno);
		return;
	}
	if (connect(slot->fd, &a->any, a->size) < 0 && errno != EINPROGRESS) {
		note_failure(race, errno);
		close(slot->fd);
		slot->fd = -1;
	}
}

/* The first connection that stands, or -1; failed ones are put away. */
static int
winner(struct race *race)
{
	for (size_t i = 0; i < race->started; i++) {
		struct pollfd *slot = &race->tried[i];
		int number = 0;
		socklen_t size = sizeof(number);

		if (slot->fd < 0 || slot->revents == 0)
			continue;
		if (getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &number, &size) <
		    0)
			number = errno;
		if (number == 0 &&
		    talks_to_itself(slot->fd, &race->found->list[i]))
			number = ECONNREFUSED;
		if (number == 0)
			return slot->fd;
		note_failure(race, number);
		close(slot->fd);
		slot->fd = -1;
	}
	return -1;
}

static int
open_count(const struct race *race)
{
	int n = 0;

	for (size_t i = 0; i < race->started; i++)
		n += race->tried[i].fd >= 0;
	return n;
}

/* A connected descriptor; -1: all failed; -2: the deadline passed. */
static int
run_race(struct race *race)
{
	for (;;) {
		bool more = race->started < race->found->count;
		int left = run_left_ms(race->run), fd, n;

		if (left == 0)
			return -2;
		if (open_count(race) == 0) {
			if (!more)
				return -1;
			start_next(race);
			continue;
		}
		if (more && left > NEXT_AFTER_MS)
			left = NEXT_AFTER_MS;
		n = poll(race->tried, race->started, left);
		if (n == 0 && more)
			start_next(race);
		if (n <= 0)
			continue;
		fd = winner(race);
		if (fd >= 0)
			return fd;
	}
}

/* Landlock says EACCES of a port; of a socket's file it is its mode. */
static enum reason
connect_reason(int number, bool inet)
{
	if (number == ECONNREFUSED)
		return REASON_REFUSED;
	if (number == ENOENT)
		return REASON_MISSING;
	return inet && number == EACCES ? REASON_RESOURCE : REASON_CONNECT;
}

static int
say_failure(struct run *run, int number, bool inet)
{
	run_fail(run, number, connect_reason(number, inet));
	return -1;
}

static int
open_inet(struct run *run, const char *host, uint16_t port)
{
	struct resolve_addresses found;
	struct race race = { .run = run, .found = &found };
	int fd;

	if (resolve_name(run, host, port, &found) < 0)
		return -1;
	fd = run_race(&race);
	for (size_t i = 0; i < race.started; i++)
		if (race.tried[i].fd >= 0 && race.tried[i].fd != fd)
			close(race.tried[i].fd);
	if (fd == -2)
		return run_timed_out(run, "connecting"), -1;
	if (fd == -1)
		return say_failure(run, race.failure, true);
	run_note(run, "connected to %s port %u", host, port);
	return fd;
}

/* A full backlog of a unix socket is EAGAIN, and nothing to poll for. */
static int
open_unix(struct run *run, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	                             n + (*path != '@'));
	int fd;

	memcpy(address.sun_path, path, n); /* at most 107: target.c */
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return say_failure(run, errno, false);
	while (connect(fd, (void *)&address, size) < 0) {
		int number = errno;

		if (number == EAGAIN && run_left_ms(run) > 10) {
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
			continue;
		}
		close(fd);
		if (number == EAGAIN)
			return run_timed_out(run, "connecting"), -1;
		return say_failure(run, number, false);
	}
	run_note(run, "connected to %s", path);
	return fd;
}

int
net_open(struct stream *stream, struct run *run, const char *host,
    uint16_t port, const char *path)
{
	int fd =
	    host != NULL ? open_inet(run, host, port) : open_unix(run, path);

	if (fd < 0)
		return -1;
	*stream = (struct stream){
		.fd = fd,
		.run = run,
		.host = host,
		.path = path,
		.port = port,
	};
	return 0;
}

ssize_t
net_read(struct stream *stream, void *data, size_t size, const char *doing)
{
	struct run *run = stream->run;

	for (;;) {
		ssize_t n = stream->tls != NULL
		                ? tls_read(stream->tls, run, data, size)
		                : recv(stream->fd, data, size, 0);

		if (n >= 0 || (stream->tls != NULL && errno == EPROTO))
			return n;
		if (errno == EAGAIN || errno == EINTR) {
			if (net_wait(run, stream->fd, POLLIN) == 0)
				continue;
			return run_timed_out(run, doing), -1;
		}
		return run_fail(run, errno, REASON_CLOSED), -1;
	}
}

int
net_write(struct stream *stream, const void *data, size_t size)
{
	struct run *run = stream->run;
	const char *p = data;

	while (size > 0) {
		ssize_t n = stream->tls != NULL
		                ? tls_write(stream->tls, run, p, size)
		                : send(stream->fd, p, size, MSG_NOSIGNAL);

		if (n >= 0) {
			p += n;
			size -= (size_t)n;
			continue;
		}
		if (stream->tls != NULL && errno == EPROTO)
			return -1;
		if (errno == EAGAIN || errno == EINTR) {
			if (net_wait(run, stream->fd, POLLOUT) == 0)
				continue;
			return run_timed_out(run, "sending"), -1;
		}
		return run_fail(run, errno, REASON_CLOSED), -1;
	}
	return 0;
}

int
net_secure(struct stream *stream, const char *host, const char *protocol,
    tls_seen *seen, void *arg)
{
	run_need_tls();
	return tls_open(stream, host, protocol, seen, arg);
}

void
net_close(struct stream *stream)
{
	if (stream->tls != NULL)
		tls_close(stream->tls);
	if (stream->fd >= 0)
		close(stream->fd);
	stream->tls = NULL;
	stream->fd = -1;
}
