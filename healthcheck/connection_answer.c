/* SPDX-License-Identifier: MIT */
/* connection_answer.c - what is sent, and what is awaited before. */
#include "connection.h"

#include "documents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define ASK_MS 120000 /* for an outcome: longer than any stop */

/* What is left of head and document; false: nothing. */
static bool
pieces_left(const struct client *client, struct iovec pieces[2])
{
	const struct writer *writer =
	    client->document != NULL && !client->head_only
	        ? &client->document->writer
	        : NULL;
	size_t head = client->head_used, sent = client->sent;

	pieces[0] = (struct iovec){ NULL, 0 };
	pieces[1] = (struct iovec){ NULL, 0 };
	if (sent < head)
		pieces[0] = (struct iovec){ client->head + sent, head - sent };
	sent = sent > head ? sent - head : 0;
	if (writer != NULL && sent < writer->used)
		pieces[1] =
		    (struct iovec){ writer->text + sent, writer->used - sent };
	return pieces[0].iov_len + pieces[1].iov_len > 0;
}

int
connection_push(struct client *client)
{
	struct iovec pieces[2];

	while (pieces_left(client, pieces)) {
		struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
		ssize_t sent = sendmsg(
		    client->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? 0 : -1;
		client->sent += (size_t)sent;
	}
	return 1;
}

void
connection_prepare(struct client *client, const struct answer_plan *plan)
{
	size_t length =
	    plan->document != NULL ? plan->document->writer.used : 0;

	client->document = plan->document;
	if (client->document != NULL)
		client->document->readers++;
	client->sent = 0;
	client->head_used =
	    (size_t)snprintf(client->head, CONNECTION_HEAD_BYTES,
	        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
	        "%s%s%s%s\r\n",
	        plan->status, route_status_text(plan->status),
	        plan->type != NULL ? plan->type : "text/plain", length,
	        plan->allow != NULL ? "Allow: " : "",
	        plan->allow != NULL ? plan->allow : "",
	        plan->allow != NULL ? "\r\n" : "",
	        client->keep_alive ? "" : "Connection: close\r\n");
	connection_enter(client, CLIENT_SENDING, CONNECTION_REQUEST_MS);
}

/* The one who is told of an outcome may have been waiting for long. */
static void
on_outcome(void *owner, bool ok, const char *text)
{
	struct client *client = owner;
	struct route_context context = connection_context(client);
	struct answer_plan plan;

	client->asked = false;
	if (client->state != CLIENT_WAITING)
		return;
	route_say(&plan, &context, ok ? 200 : 409, text);
	connection_prepare(client, &plan);
	loop_rewatch(&client->watch, EPOLLIN | EPOLLOUT);
}

void
connection_ask(struct client *client, struct answer_plan *plan)
{
	struct route_context context = connection_context(client);

	connection_enter(client, CLIENT_WAITING, ASK_MS);
	/* It could be written to all the time: that is no news now. */
	loop_rewatch(&client->watch, client->ended ? 0 : EPOLLIN);
	client->asked = true;
	if (supervisor_ask(plan->verb, plan->service, on_outcome, client) == 0)
		return;
	client->asked = false;
	route_say(plan, &context, errno == EAGAIN ? 503 : 409,
	    errno == EBUSY    ? "the whole stop has begun"
	    : errno == EAGAIN ? "too many ask at a time"
	                      : strerror(errno));
	connection_prepare(client, plan);
}

static void
on_errand_done(void *owner, int exit_status, const char *why)
{
	struct client *client = owner;
	struct route_context context = connection_context(client);
	struct answer_plan plan;

	client->errand = false;
	/* What it said meanwhile was signals, not requests. */
	client->in_used = 0;
	client->keep_alive = false;
	route_exit(&plan, &context, exit_status, why);
	connection_prepare(client, &plan);
	loop_rewatch(&client->watch, EPOLLIN | EPOLLOUT);
}

void
connection_begin_errand(struct client *client, struct answer_plan *plan)
{
	struct route_context context = connection_context(client);
	char why[160];

	connection_enter(client, CLIENT_WAITING, 0);
	loop_rewatch(&client->watch, EPOLLIN);
	client->errand = errand_start(plan->service, client->fds,
	                     plan->terminal ? plan->terminal_type : NULL,
	                     on_errand_done, client, why, sizeof(why)) == 0;
	connection_close_fds(client);
	if (client->errand)
		return;
	client->keep_alive = false;
	route_say(plan, &context, 409, why);
	connection_prepare(client, plan);
}
