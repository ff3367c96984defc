/* SPDX-License-Identifier: MIT */
/* connection_read.c - requests out of what a client sends, a few a turn. */
#include "connection.h"

#include "request.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define AT_A_TIME 4 /* requests of one client a turn */

#define IDLE_MS   60000 /* between requests */
#define LINGER_MS 1000  /* for what comes after the last answer */

static void
consume(struct client *client, size_t size)
{
	client->in_used -= size;
	memmove(client->in, client->in + size, client->in_used);
}

/* Takes one request from what was read; false: it isn't whole yet. */
static bool
take_request(struct client *client)
{
	struct route_context context = connection_context(client);
	struct answer_plan plan = { .deed = ROUTE_ANSWER };
	struct request request;
	int status = 400;
	long head =
	    request_read(&request, client->in, client->in_used, &status);
	size_t whole;

	if (head == 0)
		return false;
	if (head > 0 && request.body_length > REQUEST_HEAD_MAX - (size_t)head) {
		head = -1;
		status = 413;
	}
	if (head < 0) {
		client->keep_alive = client->head_only = false;
		route_say(&plan, &context, status, route_status_text(status));
		connection_prepare(client, &plan);
		return true;
	}
	whole = (size_t)head + request.body_length;
	if (client->in_used < whole)
		return false;
	client->keep_alive = request.keep_alive;
	client->head_only = request.method == REQUEST_HEAD;
	route(&request, &context, &plan);
	consume(client, whole);
	switch (plan.deed) {
	case ROUTE_ANSWER:
		connection_prepare(client, &plan);
		break;
	case ROUTE_FOLLOW:
		connection_begin_following(client);
		break;
	case ROUTE_ASK:
		connection_ask(client, &plan);
		break;
	case ROUTE_EXEC:
		connection_begin_errand(client, &plan);
		break;
	}
	return true;
}

/*
 * The last answer is out.  Over TCP, to close while something unread lies there
 * would take the answer away from the client: let it close first.
 */
static void
end(struct client *client)
{
	if (!client->tcp || client->ended) {
		connection_drop(client);
		return;
	}
	connection_let_go(client);
	shutdown(client->watch.fd, SHUT_WR);
	connection_enter(client, CLIENT_LINGERING, LINGER_MS);
	loop_rewatch(&client->watch, EPOLLIN);
}

/* Sends; true when the client may be read from again. */
static bool
finish_sending(struct client *client)
{
	int result = connection_push(client);

	if (result == 0)
		loop_rewatch(&client->watch, EPOLLOUT);
	else if (result < 0)
		connection_drop(client);
	else if (!client->keep_alive)
		end(client);
	if (result <= 0 || !client->keep_alive)
		return false;
	connection_let_go(client);
	connection_enter(client, CLIENT_READING,
	    client->in_used > 0 ? CONNECTION_REQUEST_MS : IDLE_MS);
	return true;
}

/* Works off requests that came together, a few a turn. */
static void
serve(struct client *client)
{
	for (int i = 0; i < AT_A_TIME; i++) {
		if (client->state == CLIENT_SENDING && !finish_sending(client))
			return;
		if (client->state != CLIENT_READING)
			return;
		if (!take_request(client)) {
			/* Half a request of one who says no more. */
			if (client->ended)
				connection_drop(client);
			else
				loop_rewatch(&client->watch, EPOLLIN);
			return;
		}
	}
	/* More of them wait in our buffer: be called again at once. */
	loop_rewatch(
	    &client->watch, client->ended ? EPOLLOUT : EPOLLIN | EPOLLOUT);
}

/* Takes descriptors too, from those who may pass any. */
static ssize_t
receive(struct client *client, char *into, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(ERRAND_FDS * sizeof(int))];
	} control;
	struct iovec piece = { into, size };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	const struct cmsghdr *header;
	ssize_t got;

	if (!client->may_act)
		return recv(client->watch.fd, into, size, MSG_DONTWAIT);
	got = recvmsg(
	    client->watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return got;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS) {
		size_t bytes = header->cmsg_len - CMSG_LEN(0);

		/* Whoever passes more than once means the last ones. */
		connection_close_fds(client);
		memcpy(client->fds, CMSG_DATA(header),
		    bytes < sizeof(client->fds) ? bytes : sizeof(client->fds));
	}
	return got;
}

/* Reads what is there; false: the connection is broken. */
static bool
fill(struct client *client)
{
	ssize_t got;

	if (client->in_used == REQUEST_HEAD_MAX || client->ended)
		return true;
	got = receive(client, client->in + client->in_used,
	    REQUEST_HEAD_MAX - client->in_used);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		client->ended = true;
	else if (client->in_used == 0 && client->state == CLIENT_READING)
		connection_enter(client, CLIENT_READING, CONNECTION_REQUEST_MS);
	client->in_used += (size_t)got;
	return true;
}

/* One who waits for an outcome may have said all that it has to say. */
static void
on_ready_waiting(struct client *client)
{
	if (client->errand) {
		for (size_t i = 0; i < client->in_used; i++)
			errand_signal(client, (unsigned char)client->in[i]);
		client->in_used = 0;
		/* Nobody is left to hear of the end of the command. */
		if (client->ended)
			connection_drop(client);
		return;
	}
	if (client->ended || client->in_used == REQUEST_HEAD_MAX)
		loop_rewatch(&client->watch, 0);
}

/* Whatever it says now is of no interest. */
static void
on_ready_following(struct client *client)
{
	client->in_used = 0;
	/* Over TCP, one who closes looks like one who only says no more. */
	if (client->ended && client->tcp)
		connection_drop(client);
	else
		connection_follow(client);
}

static void
on_ready_lingering(struct client *client)
{
	client->in_used = 0;
	if (client->ended)
		connection_drop(client);
}

void
connection_on_ready(struct loop_watch *watch, uint32_t events)
{
	struct client *client = LOOP_OWNER(watch, struct client, watch);

	/* Both ends are closed: nobody is there to be answered. */
	if ((events & EPOLLERR) != 0 || !fill(client) ||
	    ((events & EPOLLHUP) != 0 && client->state != CLIENT_READING)) {
		connection_drop(client);
		return;
	}
	switch (client->state) {
	case CLIENT_FREE:
		break;
	case CLIENT_LINGERING:
		on_ready_lingering(client);
		break;
	case CLIENT_READING:
	case CLIENT_SENDING:
		serve(client);
		break;
	case CLIENT_FOLLOWING:
		on_ready_following(client);
		break;
	case CLIENT_WAITING:
		on_ready_waiting(client);
		break;
	}
}
