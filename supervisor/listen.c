/* SPDX-License-Identifier: MIT */
#include "supervisor/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG     4096 /* the kernel's somaxconn cuts it */
#define FIRST_FD    3    /* SD_LISTEN_FDS_START */
#define NAMES_BYTES 512

struct listen_set {
	uint32_t count;
	int fds[LISTEN_MAX];
	bool made[LISTEN_MAX]; /* a unix socket whose name is ours */
	char fds_variable[24];
	char names_variable[NAMES_BYTES];
};

static bool
is_stream(const struct config_listen *one)
{
	return one->kind == LISTEN_TCP || one->kind == LISTEN_UNIX;
}

/* The address, and its length. */
socklen_t
listen_address(const struct config_listen *one, struct sockaddr_storage *out)
{
	struct sockaddr_un *un = (void *)out;
	struct sockaddr_in *in = (void *)out;
	struct sockaddr_in6 *in6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (one->path != NULL) {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", one->path);
		return sizeof(*un);
	}
	if (one->ipv6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(one->port);
		memcpy(&in6->sin6_addr, one->address, 16);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(one->port);
	memcpy(&in->sin_addr, one->address, 4);
	return sizeof(*in);
}

/* Whoever made that name is gone: a socket, and nobody answers. */
static bool
is_dead(const struct config_listen *one, const struct sockaddr_storage *address,
    socklen_t size)
{
	struct stat status;
	bool dead = false;
	int fd;

	if (lstat(one->path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return false;
	fd = socket(AF_UNIX,
	    (is_stream(one) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC |
	        SOCK_NONBLOCK,
	    0);
	if (fd >= 0) {
		dead = connect(fd, (const void *)address, size) < 0 &&
		       errno == ECONNREFUSED;
		close(fd);
	}
	return dead;
}

static int
open_one(const struct config_listen *one)
{
	struct sockaddr_storage address;
	socklen_t size = listen_address(one, &address);
	const int on = 1;
	int fd = socket(address.ss_family,
	    (is_stream(one) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	if (one->path == NULL)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	else if (is_dead(one, &address, size))
		unlink(one->path);
	if (bind(fd, (const void *)&address, size) == 0 &&
	    (one->path == NULL || chmod(one->path, 0666) == 0) &&
	    (!is_stream(one) || listen(fd, BACKLOG) == 0))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void
name_all(struct listen_set *set, const struct config_listen *all)
{
	size_t used = (size_t)snprintf(set->names_variable,
	    sizeof(set->names_variable), "LISTEN_FDNAMES=");

	for (uint32_t i = 0; i < set->count && used < NAMES_BYTES; i++)
		used += (size_t)snprintf(set->names_variable + used,
		    NAMES_BYTES - used, "%s%.30s", i > 0 ? ":" : "",
		    all[i].name != NULL && all[i].name[0] != '\0' ? all[i].name
		                                                  : "unknown");
	snprintf(set->fds_variable, sizeof(set->fds_variable), "LISTEN_FDS=%u",
	    set->count);
}

int
listen_init(struct unit *unit, struct conf_error *err)
{
	const struct service_config *config = unit->config;
	struct listen_set *set;

	if (config->extras->listen_text.count == 0)
		return 0;
	if (config->extras->listen_text.count > LISTEN_MAX)
		return conf_refuse(err, "services.%s: listen: more than %d",
		    config->name, LISTEN_MAX);
	set = calloc(1, sizeof(*set));
	if (set == NULL)
		return conf_refuse(err, "out of memory");
	unit->listen = set;
	for (; set->count < config->extras->listen_text.count; set->count++) {
		const struct config_listen *one =
		    &config->extras->listen[set->count];

		set->fds[set->count] = open_one(one);
		if (set->fds[set->count] < 0)
			return conf_refuse(err, "services.%s: listen: %s: %s",
			    config->name, one->text, strerror(errno));
		set->made[set->count] = one->path != NULL;
	}
	name_all(set, config->extras->listen);
	return 0;
}

uint32_t
listen_prepare(
    const struct unit *unit, struct environment *env, struct launch_fd *fds)
{
	const struct listen_set *set = unit->listen;

	if (set == NULL)
		return 0;
	for (uint32_t i = 0; i < set->count; i++)
		fds[i] = (struct launch_fd){ set->fds[i], FIRST_FD + (int)i };
	environment_put(env, set->fds_variable);
	environment_put(env, set->names_variable);
	environment_put(env, "LISTEN_PID=");
	return set->count;
}

void
listen_finish(void)
{
	for (uint32_t i = 0; i < supervisor.graph.services; i++) {
		const struct unit *unit = &supervisor.units[i];

		for (uint32_t j = 0;
		     unit->listen != NULL && j < unit->listen->count; j++)
			if (unit->listen->made[j])
				unlink(unit->config->extras->listen[j].path);
	}
}
