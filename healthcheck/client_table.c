/* SPDX-License-Identifier: MIT */
#include "client_table.h"

#include "connection.h"
#include "documents.h"
#include "errand.h"
#include "request.h"
#include "status.h"
#include "verdict.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Those who come over TCP can't take the places of those inside. */
#define CLIENTS_LOCAL 64
#define CLIENTS_TCP   32
#define CLIENTS       (CLIENTS_LOCAL + CLIENTS_TCP)

/* Apart from the clients: pages that nobody uses are never touched. */
struct buffers {
	char in[REQUEST_HEAD_MAX];
	char head[CONNECTION_HEAD_BYTES];
};

static struct {
	struct client *clients;  /* [CLIENTS] */
	struct buffers *buffers; /* [CLIENTS] */
	uid_t owner;
} table;

size_t
client_table_timers(void)
{
	return CLIENTS;
}

/* Room for the longest answer: /v1/status, or /metrics, with all texts full. */
static size_t
longest_answer(const struct status_settings *settings)
{
	size_t line = (size_t)VERDICT_LINE * 6 + 200;

	return 65536 + settings->services * 8192 +
	       settings->probes *
	           (ANSWER_OUTPUT * 6 + 4096 + VERDICT_HISTORY * line);
}

int
client_table_init(const struct status_settings *settings)
{
	connection_init(settings);
	table.owner = geteuid();
	table.clients = calloc(CLIENTS, sizeof(*table.clients));
	table.buffers = calloc(CLIENTS, sizeof(*table.buffers));
	if (table.clients == NULL || table.buffers == NULL)
		return -1;
	if (errand_init() < 0)
		return -1;
	return documents_init(longest_answer(settings));
}

/* A place of its kind: a free one, or that of the least important. */
static struct client *
free_place(bool tcp)
{
	size_t first = tcp ? CLIENTS_LOCAL : 0;
	size_t end = tcp ? CLIENTS : CLIENTS_LOCAL;
	struct client *least = NULL;

	for (size_t i = first; i < end; i++) {
		struct client *client = &table.clients[i];

		if (client->state == CLIENT_FREE)
			return client;
		if (client->state != CLIENT_WAITING &&
		    (least == NULL || client->state < least->state ||
		        (client->state == least->state &&
		            client->active_ms < least->active_ms)))
			least = client;
	}
	if (least != NULL)
		connection_drop(least);
	return least;
}

static bool
peer_may_act(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == table.owner);
}

void
client_table_add(int fd, bool tcp)
{
	struct client *client = free_place(tcp);

	if (client == NULL) {
		close(fd);
		return;
	}
	client->watch = (struct loop_watch){
		.fd = fd, .rank = LOOP_CONTROL, .ready = connection_on_ready
	};
	client->deadline.fire = connection_on_deadline;
	client->in = table.buffers[client - table.clients].in;
	client->head = table.buffers[client - table.clients].head;
	if (loop_watch(&client->watch, EPOLLIN) < 0) {
		close(fd);
		return;
	}
	client->tcp = tcp;
	client->may_act = !tcp && peer_may_act(fd);
	client->in_used = 0;
	client->document = NULL;
	client->asked = client->ended = client->errand = false;
	for (int i = 0; i < ERRAND_FDS; i++)
		client->fds[i] = -1;
	connection_enter(client, CLIENT_READING, CONNECTION_REQUEST_MS);
	/* Most have asked before they were accepted: save a turn. */
	connection_on_ready(&client->watch, EPOLLIN);
}

void
client_table_changed(void)
{
	connection_changed();
	for (size_t i = 0; i < CLIENTS; i++)
		if (table.clients[i].state == CLIENT_FOLLOWING)
			connection_follow(&table.clients[i]);
}

void
client_table_close(void)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		/* An outcome that is ready shall still be heard. */
		if (table.clients[i].state == CLIENT_SENDING)
			connection_push(&table.clients[i]);
		connection_drop(&table.clients[i]);
	}
}
