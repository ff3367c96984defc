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

/* Hands over the whole lines of text; what is left moves to its beginning. */
static int
take_lines(char *text, size_t *used, client_line *take)
{
	char *at = text, *newline;
	int enough = 0;

	while (enough == 0 && (newline = strchr(at, '\n')) != NULL) {
		*newline = '\0';
		enough = take(at);
		at = newline + 1;
	}
	*used -= (size_t)(at - text);
	memmove(text, at, *used + 1);
	return enough;
}

static int
follow(int server, client_line *take)
{
	char text[4096];
	size_t used = 0;
	int status = 0;

	for (;;) {
		ssize_t got =
		    read(server, text + used, sizeof(text) - used - 1);
		char *body;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return status;
		used += (size_t)got;
		text[used] = '\0';
		body = status == 0 ? strstr(text, "\r\n\r\n") : NULL;
		if (body != NULL) {
			status = atoi(text + 9);
			used -= (size_t)(body + 4 - text);
			memmove(text, body + 4, used + 1);
		}
		if (status != 0 && take_lines(text, &used, take) != 0)
			return status;
		if (used == sizeof(text) - 1)
			return status; /* no line of hale's is that long */
	}
}

int
client_follow(const char *path, client_line *take, char *why, size_t why_size)
{
	int server = place_connect(0, why, why_size), status = -1;

	if (server < 0)
		return -1;
	if (send_request(server, "GET", path) == 0)
		status = follow(server, take);
	if (status <= 0)
		snprintf(why, why_size, "hale does not answer");
	close(server);
	return status > 0 ? status : -1;
}

const char *
client_json_text(const char *json, const char *key, char *out, size_t out_size)
{
	char name[32];
	size_t used = 0;

	snprintf(name, sizeof(name), "\"%s\":\"", key);
	json = strstr(json, name);
	if (json == NULL)
		return NULL;
	for (json += strlen(name);
	     *json != '"' && *json != '\0' && used + 1 < out_size; json++) {
		/* Of what is escaped only quotes and backslashes are text. */
		if (*json == '\\' && (json[1] == '"' || json[1] == '\\'))
			json++;
		out[used++] = *json;
	}
	out[used] = '\0';
	return out;
}

bool
client_is_plain(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("/?&#%", *c) != NULL)
			return false;
	return *name != '\0' && strlen(name) < 200;
}
