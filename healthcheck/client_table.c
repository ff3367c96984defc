/* SPDX-License-Identifier: MIT */
#include "client_table.h"

#include "errand.h"
#include "report.h"
#include "request.h"
#include "routes.h"
#include "status.h"
#include "verdict.h"

#include "supervisor/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Those who come over TCP can't take the places of those inside. */
#define CLIENTS_LOCAL 64
#define CLIENTS_TCP   32
#define CLIENTS       (CLIENTS_LOCAL + CLIENTS_TCP)
#define HEAD_BYTES    512

#define AT_A_TIME 4 /* requests of one client a turn */

#define REQUEST_MS 5000   /* for a whole request, and to take its answer */
#define IDLE_MS    60000  /* between requests */
#define ASK_MS     120000 /* for an outcome: longer than any stop */
#define LINGER_MS  1000   /* for what comes after the last answer */

/* In the order in which they lose their places to new ones. */
enum client_state {
	CLIENT_FREE,
	CLIENT_LINGERING, /* all is said; it may still be writing */
	CLIENT_READING,
	CLIENT_SENDING,
	CLIENT_FOLLOWING, /* events, as they come */
	CLIENT_WAITING,   /* for an outcome: never */
};

struct client {
	struct loop_watch watch;
	struct loop_timer deadline;
	enum client_state state;
	bool tcp, may_act;
	bool keep_alive, head_only;
	bool asked;  /* the supervisor knows us as an owner */
	bool errand; /* its command runs */
	bool ended;  /* it has said that it has nothing more to say */
	int64_t active_ms;

	int fds[ERRAND_FDS]; /* that it passed; -1: none */
	char *in;            /* [REQUEST_HEAD_MAX] */
	size_t in_used;

	char *head; /* [HEAD_BYTES]; or one event that is being sent */
	size_t head_used, sent;
	struct document *document;
	uint64_t next_event;
};

/* Apart from the clients: pages that nobody uses are never touched. */
struct buffers {
	char in[REQUEST_HEAD_MAX];
	char head[HEAD_BYTES];
};

static struct {
	struct client *clients;  /* [CLIENTS] */
	struct buffers *buffers; /* [CLIENTS] */
	const struct status_settings *settings;
	struct status_settings copy;
	uid_t owner;
	uint64_t version;
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

static void on_ready(struct loop_watch *watch, uint32_t events);
static void on_deadline(struct loop_timer *timer);

int
client_table_init(const struct status_settings *settings)
{
	table.copy = *settings;
	table.settings = &table.copy;
	table.owner = geteuid();
	table.clients = calloc(CLIENTS, sizeof(*table.clients));
	table.buffers = calloc(CLIENTS, sizeof(*table.buffers));
	if (table.clients == NULL || table.buffers == NULL)
		return -1;
	if (errand_init() < 0)
		return -1;
	return documents_init(longest_answer(settings));
}

static void
let_go(struct client *client)
{
	if (client->document != NULL)
		client->document->readers--;
	client->document = NULL;
}

static void
close_fds(struct client *client)
{
	for (int i = 0; i < ERRAND_FDS; i++) {
		if (client->fds[i] >= 0)
			close(client->fds[i]);
		client->fds[i] = -1;
	}
}

static void
drop(struct client *client)
{
	if (client->state == CLIENT_FREE)
		return;
	if (client->asked)
		supervisor_forget(client);
	if (client->errand)
		errand_abandon(client);
	client->asked = client->errand = false;
	close_fds(client);
	let_go(client);
	loop_disarm(&client->deadline);
	loop_unwatch(&client->watch);
	close(client->watch.fd);
	client->watch.fd = -1;
	client->state = CLIENT_FREE;
}

static void
on_deadline(struct loop_timer *timer)
{
	drop(LOOP_OWNER(timer, struct client, deadline));
}

static void
enter(struct client *client, enum client_state state, int64_t limit_ms)
{
	client->state = state;
	client->active_ms = loop_now_ms();
	if (limit_ms > 0)
		loop_arm(&client->deadline, loop_now_ms() + limit_ms);
	else
		loop_disarm(&client->deadline);
}

static struct route_context
context_of(const struct client *client)
{
	return (struct route_context){
		.gather = table.settings->gather,
		.version = table.version,
		.now_ms = loop_now_ms(),
		.may_act = client->may_act,
		.tcp = client->tcp,
	};
}

/* ---- sending ------------------------------------------------------------------ */

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

/* Sends what is left: 1 all, 0 later, -1 gone. */
static int
push(struct client *client)
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

static void
prepare(struct client *client, const struct answer_plan *plan)
{
	size_t length =
	    plan->document != NULL ? plan->document->writer.used : 0;

	client->document = plan->document;
	if (client->document != NULL)
		client->document->readers++;
	client->sent = 0;
	client->head_used = (size_t)snprintf(client->head, HEAD_BYTES,
	    "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
	    "%s%s%s%s\r\n",
	    plan->status, route_status_text(plan->status),
	    plan->type != NULL ? plan->type : "text/plain", length,
	    plan->allow != NULL ? "Allow: " : "",
	    plan->allow != NULL ? plan->allow : "",
	    plan->allow != NULL ? "\r\n" : "",
	    client->keep_alive ? "" : "Connection: close\r\n");
	enter(client, CLIENT_SENDING, REQUEST_MS);
}

/* The one who is told of an outcome may have been waiting for long. */
static void
on_outcome(void *owner, bool ok, const char *text)
{
	struct client *client = owner;
	struct route_context context = context_of(client);
	struct answer_plan plan;

	client->asked = false;
	if (client->state != CLIENT_WAITING)
		return;
	route_say(&plan, &context, ok ? 200 : 409, text);
	prepare(client, &plan);
	loop_rewatch(&client->watch, EPOLLIN | EPOLLOUT);
}

static void
ask(struct client *client, struct answer_plan *plan)
{
	struct route_context context = context_of(client);

	enter(client, CLIENT_WAITING, ASK_MS);
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
	prepare(client, plan);
}

static void
on_errand_done(void *owner, int exit_status, const char *why)
{
	struct client *client = owner;
	struct route_context context = context_of(client);
	struct answer_plan plan;

	client->errand = false;
	/* What it said meanwhile was signals, not requests. */
	client->in_used = 0;
	client->keep_alive = false;
	route_exit(&plan, &context, exit_status, why);
	prepare(client, &plan);
	loop_rewatch(&client->watch, EPOLLIN | EPOLLOUT);
}

static void
begin_errand(struct client *client, struct answer_plan *plan)
{
	struct route_context context = context_of(client);
	char why[160];

	enter(client, CLIENT_WAITING, 0);
	loop_rewatch(&client->watch, EPOLLIN);
	client->errand = errand_start(plan->service, client->fds,
	                     plan->terminal ? plan->terminal_type : NULL,
	                     on_errand_done, client, why, sizeof(why)) == 0;
	close_fds(client);
	if (client->errand)
		return;
	client->keep_alive = false;
	route_say(plan, &context, 409, why);
	prepare(client, plan);
}

/* ---- following ------------------------------------------------------------------ */

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
	struct writer writer = { .text = client->head, .size = HEAD_BYTES };

	if (!supervisor_event(&client->next_event, &event))
		return 0;
	client->sent = 0;
	if (expected != 0 && client->next_event != expected + 1) {
		client->head_used = (size_t)snprintf(client->head, HEAD_BYTES,
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
	if (push(client) == 1 && next_event(client) != 0)
		push(client);
	drop(client);
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

static void
follow(struct client *client)
{
	uint32_t reading = client->ended ? 0 : EPOLLIN;

	for (;;) {
		int result = push(client);

		if (result < 0) {
			drop(client);
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
			push(client);
			drop(client);
			return;
		}
	}
}

static void
begin_following(struct client *client)
{
	client->next_event = 0;
	client->document = NULL;
	client->keep_alive = false;
	client->sent = 0;
	client->head_used = (size_t)snprintf(client->head, HEAD_BYTES,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
	if (client->head_only) {
		enter(client, CLIENT_SENDING, REQUEST_MS);
		return;
	}
	enter(client, CLIENT_FOLLOWING, 0);
	follow(client);
}

/* ---- reading -------------------------------------------------------------------- */

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
	struct route_context context = context_of(client);
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
		prepare(client, &plan);
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
		prepare(client, &plan);
		break;
	case ROUTE_FOLLOW:
		begin_following(client);
		break;
	case ROUTE_ASK:
		ask(client, &plan);
		break;
	case ROUTE_EXEC:
		begin_errand(client, &plan);
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
		drop(client);
		return;
	}
	let_go(client);
	shutdown(client->watch.fd, SHUT_WR);
	enter(client, CLIENT_LINGERING, LINGER_MS);
	loop_rewatch(&client->watch, EPOLLIN);
}

/* Sends; true when the client may be read from again. */
static bool
finish_sending(struct client *client)
{
	int result = push(client);

	if (result == 0)
		loop_rewatch(&client->watch, EPOLLOUT);
	else if (result < 0)
		drop(client);
	else if (!client->keep_alive)
		end(client);
	if (result <= 0 || !client->keep_alive)
		return false;
	let_go(client);
	enter(
	    client, CLIENT_READING, client->in_used > 0 ? REQUEST_MS : IDLE_MS);
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
				drop(client);
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
		close_fds(client);
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
		enter(client, CLIENT_READING, REQUEST_MS);
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
			drop(client);
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
		drop(client);
	else
		follow(client);
}

static void
on_ready_lingering(struct client *client)
{
	client->in_used = 0;
	if (client->ended)
		drop(client);
}

static void
on_ready(struct loop_watch *watch, uint32_t events)
{
	struct client *client = LOOP_OWNER(watch, struct client, watch);

	/* Both ends are closed: nobody is there to be answered. */
	if ((events & EPOLLERR) != 0 || !fill(client) ||
	    ((events & EPOLLHUP) != 0 && client->state != CLIENT_READING)) {
		drop(client);
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

/* ---- the table -------------------------------------------------------------------- */

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
		drop(least);
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
		.fd = fd, .rank = LOOP_CONTROL, .ready = on_ready
	};
	client->deadline.fire = on_deadline;
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
	enter(client, CLIENT_READING, REQUEST_MS);
	/* Most have asked before they were accepted: save a turn. */
	on_ready(&client->watch, EPOLLIN);
}

void
client_table_changed(void)
{
	table.version++;
	for (size_t i = 0; i < CLIENTS; i++)
		if (table.clients[i].state == CLIENT_FOLLOWING)
			follow(&table.clients[i]);
}

void
client_table_close(void)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		/* An outcome that is ready shall still be heard. */
		if (table.clients[i].state == CLIENT_SENDING)
			push(&table.clients[i]);
		drop(&table.clients[i]);
	}
}
