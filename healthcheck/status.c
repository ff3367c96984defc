/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "client_table.h"
#include "place.h"

#include "supervisor/config_words.h"
#include "supervisor/listen.h"
#include "supervisor/log.h"
#include "supervisor/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAUSE_MS 100 /* when there is no descriptor to accept with */

struct listener {
	struct loop_watch watch;
	bool tcp;
};

static struct {
	struct listener local, tcp;
	struct loop_timer pause;
	char path[PLACE_BYTES];
	bool paused;
} status = { .local.watch.fd = -1, .tcp.watch.fd = -1 };

size_t
status_timers(void)
{
	return client_table_timers() + 1;
}

const char *
status_socket(void)
{
	return status.path;
}

/* A listener that nobody can serve would wake us for ever: look away. */
static void
set_paused(bool paused)
{
	status.paused = paused;
	if (status.local.watch.fd >= 0)
		loop_rewatch(&status.local.watch, paused ? 0 : EPOLLIN);
	if (status.tcp.watch.fd >= 0)
		loop_rewatch(&status.tcp.watch, paused ? 0 : EPOLLIN);
}

static void
pause_over(struct loop_timer *timer)
{
	(void)timer;
	set_paused(false);
}

static void
accept_clients(struct loop_watch *watch, uint32_t events)
{
	struct listener *listener = LOOP_OWNER(watch, struct listener, watch);

	(void)events;
	/* A few at a time: those who are in are served in between. */
	for (int i = 0; i < 16; i++) {
		int fd = accept4(
		    watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			client_table_add(fd, listener->tcp);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			set_paused(true);
			loop_arm(&status.pause, loop_now_ms() + PAUSE_MS);
		}
		return;
	}
}

static void
set_listener(struct listener *listener, int fd, bool tcp)
{
	listener->tcp = tcp;
	listener->watch.fd = fd;
	listener->watch.rank = LOOP_CONTROL;
	listener->watch.ready = accept_clients;
}

static void
serve_listener(struct listener *listener)
{
	if (listener->watch.fd >= 0 &&
	    loop_watch(&listener->watch, EPOLLIN) < 0)
		log_warn(
		    NULL, "the status can't be served: %s", strerror(errno));
}

void
status_serve(void)
{
	serve_listener(&status.local);
	serve_listener(&status.tcp);
}

static int
open_tcp(const char *text, struct conf_error *err)
{
	struct config_listen where = { 0 };
	struct sockaddr_storage address;
	socklen_t size;
	int fd, one = 1;

	if (config_parse_address(&where, text, strlen(text)) < 0)
		return conf_refuse(err,
		    "listen: \"%s\" is not ADDR:PORT, such as 127.0.0.1:9110 "
		    "or [::1]:9110",
		    text);
	size = listen_address(&where, &address);
	fd = socket(
	    address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
	    listen(fd, 128) < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return conf_refuse(
		    err, "listen: %s: %s", text, strerror(error));
	}
	set_listener(&status.tcp, fd, true);
	return 0;
}

static void
open_local(const char *path)
{
	char why[200];
	int fd = place_listen(path, status.path, why, sizeof(why));

	if (fd < 0) {
		status.path[0] = '\0';
		log_warn(NULL, "no status socket: %s", why);
		return;
	}
	set_listener(&status.local, fd, false);
}

int
status_open(const struct status_settings *settings, struct conf_error *err)
{
	bool none =
	    settings->socket != NULL && strcmp(settings->socket, "none") == 0;

	if (settings->socket != NULL && *settings->socket == '\0')
		return conf_refuse(err, "socket: neither a path nor none");
	if (client_table_init(settings) < 0)
		return conf_refuse(err, "no memory for the status socket");
	status.pause.fire = pause_over;
	if (!none)
		open_local(settings->socket);
	return settings->listen == NULL ? 0 : open_tcp(settings->listen, err);
}

void
status_changed(void)
{
	client_table_changed();
}

void
status_close(void)
{
	client_table_close();
	if (status.tcp.watch.fd >= 0) {
		loop_unwatch(&status.tcp.watch);
		close(status.tcp.watch.fd);
		status.tcp.watch.fd = -1;
	}
	if (status.local.watch.fd >= 0) {
		loop_unwatch(&status.local.watch);
		place_remove(status.path);
		close(status.local.watch.fd);
		status.local.watch.fd = -1;
	}
	loop_disarm(&status.pause);
}
