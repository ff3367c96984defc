/* SPDX-License-Identifier: MIT */
/* connection_follow.c - events to a client, as they come. */
#include "connection.h"

#include "report.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/*
 * Puts the next event into head: 1 there is one, 0 none yet, -1 some are lost
 * to this reader, which is what head says then.
 */
static int
next_event(struct client *client)
{
	uint64_t expected = client->next_event;
	struct supervisor_event event;
	struct supervisor_view view;
	struct writer writer = { .text = client->head,
		.size = CONNECTION_HEAD_BYTES };

	if (!supervisor_event(&client->next_event, &event))
		return 0;
	client->sent = 0;
	if (expected != 0 && client->next_event != expected + 1) {
		client->head_used = (size_t)snprintf(client->head,
		    CONNECTION_HEAD_BYTES,
		    "{\"error\":\"too slow: %llu events are lost\"}\n",
		    (unsigned long long)(client->next_event - expected - 1));
		return -1;
	}
	supervisor_look(event.index, &view);
	report_event(&writer, view.name, &event);
	client->head_used = writer.used;
	return 1;
}

/*
 * The reader that doesn't read is told that it lost something and let go.  Its
 * buffer is full: make it larger, once, for the line that is cut off and ours.
 */
static void
give_up_following(struct client *client)
{
	int bytes = 1 << 20; /* or as much as the kernel allows */

	setsockopt(
	    client->watch.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (connection_push(client) == 1 && next_event(client) != 0)
		connection_push(client);
	connection_drop(client);
}

/* Are there more new events than the ring will keep? */
static bool
is_left_behind(const struct client *client)
{
	uint64_t next = client->next_event;
	struct supervisor_event event;

	return next != 0 && supervisor_event(&next, &event) &&
	       next != client->next_event + 1;
}

void
connection_follow(struct client *client)
{
	uint32_t reading = client->ended ? 0 : EPOLLIN;

	for (;;) {
		int result = connection_push(client);

		if (result < 0) {
			connection_drop(client);
			return;
		}
		if (result == 0 && is_left_behind(client)) {
			give_up_following(client);
			return;
		}
		if (result == 0) {
			/* No deadline: the ring is the limit. */
			loop_rewatch(&client->watch, reading | EPOLLOUT);
			return;
		}
		result = next_event(client);
		if (result == 0) {
			loop_rewatch(&client->watch, reading);
			return;
		}
		if (result < 0) {
			connection_push(client);
			connection_drop(client);
			return;
		}
	}
}

void
connection_begin_following(struct client *client)
{
	client->next_event = 0;
	client->document = NULL;
	client->keep_alive = false;
	client->sent = 0;
	client->head_used =
	    (size_t)snprintf(client->head, CONNECTION_HEAD_BYTES,
	        "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
	        "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
	if (client->head_only) {
		connection_enter(client, CLIENT_SENDING, CONNECTION_REQUEST_MS);
		return;
	}
	connection_enter(client, CLIENT_FOLLOWING, 0);
	connection_follow(client);
}
