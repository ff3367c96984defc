/* SPDX-License-Identifier: MIT */
#include "client.h"

#include "place.h"

#include "supervisor/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Waits until fd can be read; false when the time is over. */
static bool
await_data(int fd, int64_t deadline_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left_ms = deadline_ms - clock_now_ms();
		int result;

		if (left_ms <= 0)
			return false;
		result = poll(&pfd, 1, (int)left_ms);
		if (result != 0 && !(result < 0 && errno == EINTR))
			return result > 0;
	}
}

static int
send_request(int fd, const char *method, const char *path)
{
	char text[1024];
	int size = snprintf(text, sizeof(text),
	    "%s %s HTTP/1.1\r\nHost: hale\r\nConnection: close\r\n\r\n", method,
	    path);

	if (size >= (int)sizeof(text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return write(fd, text, (size_t)size) == size ? 0 : -1;
}

/* Everything until the server closes, NUL-terminated. */
static int
read_all(int fd, int64_t deadline_ms, struct client_reply *reply)
{
	size_t room = 16384;

	reply->body = malloc(room);
	reply->size = 0;
	while (reply->body != NULL) {
		ssize_t got;

		if (!await_data(fd, deadline_ms)) {
			errno = ETIMEDOUT;
			break;
		}
		got =
		    read(fd, reply->body + reply->size, room - reply->size - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (got == 0) {
			reply->body[reply->size] = '\0';
			return 0;
		}
		reply->size += (size_t)got;
		if (reply->size == room - 1) {
			char *more = realloc(reply->body, room *= 2);

			if (more == NULL)
				break;
			reply->body = more;
		}
	}
	free(reply->body);
	reply->body = NULL;
	return -1;
}

/* Splits the head off; -1 if this is no HTTP answer. */
static int
split_head(struct client_reply *reply)
{
	char *end = strstr(reply->body, "\r\n\r\n");

	if (end == NULL || strncmp(reply->body, "HTTP/1.", 7) != 0 ||
	    reply->size < 12)
		return -1;
	reply->status = atoi(reply->body + 9);
	reply->size -= (size_t)(end + 4 - reply->body);
	memmove(reply->body, end + 4, reply->size + 1);
	return 0;
}

int
client_ask(const char *method, const char *path, int64_t limit_ms,
    struct client_reply *reply, char *why, size_t why_size)
{
	int64_t deadline_ms = clock_now_ms() + limit_ms;
	int fd = place_connect((int)limit_ms, why, why_size);
	int result = -1;

	if (fd < 0)
		return -1;
	if (send_request(fd, method, path) < 0 ||
	    read_all(fd, deadline_ms, reply) < 0) {
		snprintf(why, why_size,
		    errno == ETIMEDOUT || errno == EAGAIN
		        ? "hale does not answer in time"
		        : "hale does not answer: %s",
		    strerror(errno));
	} else if (split_head(reply) < 0) {
		free(reply->body);
		snprintf(why, why_size, "hale's answer was cut off");
	} else {
		result = 0;
	}
	close(fd);
	return result;
}

int
client_stream(const char *path, int fd, char *why, size_t why_size)
{
	char text[4096];
	size_t used = 0;
	int server = place_connect(0, why, why_size), status = 0;

	if (server < 0)
		return -1;
	if (send_request(server, "GET", path) < 0) {
		snprintf(
		    why, why_size, "hale does not answer: %s", strerror(errno));
		close(server);
		return -1;
	}
	for (;;) {
		ssize_t got =
		    read(server, text + used, sizeof(text) - used - 1);
		char *body = text;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
		text[used] = '\0';
		if (status == 0) {
			body = strstr(text, "\r\n\r\n");
			if (body == NULL)
				continue;
			status = atoi(text + 9);
			body += 4;
		}
		used -= (size_t)(body - text);
		if (write(fd, body, used) != (ssize_t)used)
			break;
		used = 0;
	}
	close(server);
	return status;
}
