/* SPDX-License-Identifier: MIT */
/* connection.c - the life of one: its state, its deadline, its end. */
#include "connection.h"

#include "documents.h"
#include "status.h"

#include <unistd.h>

static struct {
	const struct snapshot *(*gather)(bool figures);
	uint64_t version;
} shared;

void
connection_init(const struct status_settings *settings)
{
	shared.gather = settings->gather;
}

void
connection_changed(void)
{
	shared.version++;
}

void
connection_let_go(struct client *client)
{
	if (client->document != NULL)
		client->document->readers--;
	client->document = NULL;
}

void
connection_close_fds(struct client *client)
{
	for (int i = 0; i < ERRAND_FDS; i++) {
		if (client->fds[i] >= 0)
			close(client->fds[i]);
		client->fds[i] = -1;
	}
}

void
connection_drop(struct client *client)
{
	if (client->state == CLIENT_FREE)
		return;
	if (client->asked)
		supervisor_forget(client);
	if (client->errand)
		errand_abandon(client);
	client->asked = client->errand = false;
	connection_close_fds(client);
	connection_let_go(client);
	loop_disarm(&client->deadline);
	loop_unwatch(&client->watch);
	close(client->watch.fd);
	client->watch.fd = -1;
	client->state = CLIENT_FREE;
}

void
connection_on_deadline(struct loop_timer *timer)
{
	connection_drop(LOOP_OWNER(timer, struct client, deadline));
}

void
connection_enter(
    struct client *client, enum client_state state, int64_t limit_ms)
{
	client->state = state;
	client->active_ms = loop_now_ms();
	if (limit_ms > 0)
		loop_arm(&client->deadline, loop_now_ms() + limit_ms);
	else
		loop_disarm(&client->deadline);
}

struct route_context
connection_context(const struct client *client)
{
	return (struct route_context){
		.gather = shared.gather,
		.version = shared.version,
		.now_ms = loop_now_ms(),
		.may_act = client->may_act,
		.tcp = client->tcp,
	};
}
