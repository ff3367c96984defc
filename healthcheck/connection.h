/* SPDX-License-Identifier: MIT */
/*
 * connection.h - one client of the status server: what it asks, what it gets.
 *
 * Private to client_table.c and connection*.c.
 */
#ifndef HALE_HEALTHCHECK_CONNECTION_H
#define HALE_HEALTHCHECK_CONNECTION_H

#include "errand.h"
#include "routes.h"

#include "supervisor/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct status_settings;

#define CONNECTION_HEAD_BYTES 512
#define CONNECTION_REQUEST_MS 5000 /* for a request, and to take its answer */

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

	char *head; /* [CONNECTION_HEAD_BYTES]; or an event on its way */
	size_t head_used, sent;
	struct document *document;
	uint64_t next_event;
};

/* Before the first client: they are shown what settings->gather() gathers. */
void connection_init(const struct status_settings *settings);

/* There is news: documents of before are old. */
void connection_changed(void);

/* What a route has to know about who asks. */
struct route_context connection_context(const struct client *client);

/* In that state from now on, for limit_ms at most; 0: without a limit. */
void connection_enter(
    struct client *client, enum client_state state, int64_t limit_ms);

/* Closes it, whatever it was about, and frees its place. */
void connection_drop(struct client *client);

/* It needs its document, or the descriptors that it passed, no more. */
void connection_let_go(struct client *client);
void connection_close_fds(struct client *client);

/* Sends what is left: 1 all, 0 later, -1 gone. */
int connection_push(struct client *client);

/* Its answer is that of plan, to be sent. */
void connection_prepare(struct client *client, const struct answer_plan *plan);

/* It waits for what the supervisor, or its command, comes to. */
void connection_ask(struct client *client, struct answer_plan *plan);
void connection_begin_errand(struct client *client, struct answer_plan *plan);

/* It gets events as they come, from now on; those that have come since. */
void connection_begin_following(struct client *client);
void connection_follow(struct client *client);

/* For its watch, and its deadline. */
void connection_on_ready(struct loop_watch *watch, uint32_t events);
void connection_on_deadline(struct loop_timer *timer);

#endif
