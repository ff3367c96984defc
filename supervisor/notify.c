/* SPDX-License-Identifier: MIT */
#include "supervisor/notify.h"

#include "supervisor/log.h"
#include "supervisor/notify_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Datagrams of one service served in one turn: the others have a turn too. */
#define TURN_MAX 16

/* More than wait in one socket. */
#define QUEUE_MAX 1024

enum { STATUS_BYTES = 160, FDS_PER_MESSAGE = 253 };

struct notify {
	struct unit *unit;
	struct loop_watch watch; /* the socket, or our end of the pipe */
	struct loop_timer watchdog;
	int64_t watchdog_ms; /* 0: none */
	int child_fd;        /* the pipe's other end, during a launch */
	pid_t main_pid;
	bool warned; /* of somebody who is not of the service */
	char variable[64];
	char usec[40];
	char status[STATUS_BYTES];
};

static char directory[48];

/* Where sockets can be made; nobody but root may put others there. */
static int
make_directory(struct conf_error *err)
{
	struct stat ns;

	if (directory[0] != '\0')
		return 0;
	snprintf(directory, sizeof(directory), "/run/hale.notify.%d",
	    (int)supervisor.self);
	if (mkdir(directory, 0711) == 0 || errno == EEXIST)
		if (access(directory, W_OK) == 0)
			return 0;
	if (stat("/proc/self/ns/pid", &ns) < 0)
		ns.st_ino = (ino_t)supervisor.self;
	snprintf(directory, sizeof(directory), "/dev/shm/hale-%lu",
	    (unsigned long)ns.st_ino);
	if ((mkdir(directory, 0711) == 0 || errno == EEXIST) &&
	    access(directory, W_OK) == 0)
		return 0;
	directory[0] = '\0';
	return conf_refuse(err,
	    "notify: neither /run nor /dev/shm can hold a socket: %s",
	    strerror(errno));
}

static void post(const struct notify *notify, enum core_input input);

/* ---- what a service says */

static void
arm(struct notify *notify)
{
	if (notify->watchdog_ms > 0)
		loop_arm(
		    &notify->watchdog, loop_now_ms() + notify->watchdog_ms);
	else
		loop_disarm(&notify->watchdog);
}

static void
watchdog_fire(struct loop_timer *timer)
{
	struct notify *notify = LOOP_OWNER(timer, struct notify, watchdog);

	/* We are late, of a paused container maybe: then so is the service. */
	if (loop_now_ms() - timer->due_ms > 100 + notify->watchdog_ms / 2)
		arm(notify);
	else
		post(notify, CORE_WATCHDOG);
}

static void
post(const struct notify *notify, enum core_input input)
{
	uint32_t index = unit_index(notify->unit);

	supervisor_post(&(struct core_event){ .input = input,
	    .index = index,
	    .generation = supervisor.core.services[index].generation });
}

static void
keep_status(struct notify *notify, const char *text, size_t size)
{
	if (size > sizeof(notify->status) - 1)
		size = sizeof(notify->status) - 1;
	memcpy(notify->status, text, size);
	notify->status[size] = '\0';
}

static void
keep_main_pid(struct notify *notify, pid_t pid)
{
	if (getsid(pid) == notify->unit->session)
		notify->main_pid = pid;
	else
		log_warn(notify->unit->config->name,
		    "notify: MAINPID=%d is not one of its processes", (int)pid);
}

static void
extend(const struct notify *notify, int64_t ms)
{
	uint32_t index = unit_index(notify->unit);

	supervisor_post(&(struct core_event){ .input = CORE_EXTEND,
	    .index = index,
	    .generation = supervisor.core.services[index].generation,
	    .ms = ms });
}

static void
hear(struct notify *notify, const char *bytes, size_t size)
{
	struct notify_message message;
	const char *name = notify->unit->config->name;
	bool is_up = supervisor.core.services[unit_index(notify->unit)].state ==
	             SERVICE_UP;

	notify_parse(&message, bytes, size);
	if (message.main_pid != 0)
		keep_main_pid(notify, (pid_t)message.main_pid);
	if (message.status != NULL) {
		keep_status(notify, message.status, message.status_size);
		log_info(name, "says: %s", notify->status);
	}
	if (message.error != 0)
		log_warn(name, "says: error: %s", strerror(message.error));
	if (message.fdstore)
		log_warn(name, "notify: descriptors are not kept (FDSTORE)");
	if (message.watchdog_ms >= 0)
		notify->watchdog_ms = message.watchdog_ms;
	if (is_up && (message.alive || message.watchdog_ms >= 0))
		arm(notify);
	if (message.extend_ms >= 0)
		extend(notify, message.extend_ms);
	if (message.ready)
		post(notify, CORE_NOTIFIED);
	if (message.trigger)
		post(notify, CORE_WATCHDOG);
}

static bool
is_ours(const struct notify *notify, const struct ucred *sender)
{
	const struct unit *unit = notify->unit;
	pid_t session = sender->pid > 0 ? getsid(sender->pid) : 0;

	if (unit->session <= 0)
		return false;
	if (session > 0)
		return session == unit->session;
	/* It is gone already (systemd-notify): then its user has to do. */
	return session < 0 &&
	       sender->uid == (unit->plan != NULL && unit->plan->has_user
	                              ? unit->plan->id->uid
	                              : geteuid());
}

/* musl's CMSG_NXTHDR() mixes signs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"

/* Takes the ancillary data apart; descriptors are closed, every one. */
static struct ucred
open_envelope(struct msghdr *header)
{
	struct ucred sender = { .pid = 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
	     c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&sender, CMSG_DATA(c), sizeof(sender));
		if (c->cmsg_type == SCM_RIGHTS)
			for (size_t at = 0;
			     CMSG_LEN(at + sizeof(int)) <= c->cmsg_len;
			     at += sizeof(int)) {
				int fd;

				memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
				close(fd);
			}
	}
	return sender;
}

#pragma GCC diagnostic pop

/* One datagram.  Returns false when there is none. */
static bool
receive(struct notify *notify, bool listen)
{
	static char bytes[NOTIFY_BYTES_MAX];
	static union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred)) +
		          CMSG_SPACE(sizeof(int) * FDS_PER_MESSAGE)];
	} control;
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	ssize_t size =
	    recvmsg(notify->watch.fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct ucred sender;

	if (size < 0)
		return errno == EINTR;
	sender = open_envelope(&header);
	if (!listen || (header.msg_flags & MSG_TRUNC) != 0)
		return true;
	if (is_ours(notify, &sender)) {
		hear(notify, bytes, (size_t)size);
	} else if (!notify->warned) {
		notify->warned = true;
		log_warn(notify->unit->config->name,
		    "notify: not listening to process %d of user %u",
		    (int)sender.pid, (unsigned)sender.uid);
	}
	return true;
}

static void
socket_ready(struct loop_watch *watch, uint32_t events)
{
	struct notify *notify = LOOP_OWNER(watch, struct notify, watch);

	(void)events;
	for (int i = 0; i < TURN_MAX && receive(notify, true); i++)
		;
}

static void
close_pipe(struct notify *notify)
{
	if (notify->watch.fd >= 0) {
		loop_unwatch(&notify->watch);
		close(notify->watch.fd);
		notify->watch.fd = -1;
	}
	notify_launched(notify->unit);
}

static void
pipe_ready(struct loop_watch *watch, uint32_t events)
{
	struct notify *notify = LOOP_OWNER(watch, struct notify, watch);
	char bytes[256];
	ssize_t size = read(watch->fd, bytes, sizeof(bytes));

	(void)events;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0 && memchr(bytes, '\n', (size_t)size) != NULL) {
		/* All that it had to say; the end may stay open or not. */
		close_pipe(notify);
		post(notify, CORE_NOTIFIED);
	} else if (size <= 0) {
		close_pipe(notify);
		/* A dying service closes it too; that is told elsewhere. */
		if (notify->unit->pid > 0)
			log_warn(notify->unit->config->name,
			    "closed its ready descriptor without a newline");
		post(notify, CORE_UNREADY);
	}
}

/* ---- before the loop, and around a launch */

static int
open_socket(struct notify *notify, struct conf_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int on = 1;
	int fd;

	if (make_directory(err) < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%u", directory,
	    unit_index(notify->unit));
	snprintf(notify->variable, sizeof(notify->variable),
	    "NOTIFY_SOCKET=%.*s", 48, address.sun_path);
	unlink(address.sun_path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0666) < 0) {
		conf_refuse(err, "services.%s: notify: %s: %s",
		    notify->unit->config->name, address.sun_path,
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	notify->watch.fd = fd;
	return 0;
}

int
notify_init(struct unit *unit, struct conf_error *err)
{
	const struct service_config *config = unit->config;
	struct notify *notify;

	if (config->policy->notify.mode == NOTIFY_NONE &&
	    config->policy->watchdog_ms <= 0)
		return 0;
	notify = calloc(1, sizeof(*notify));
	if (notify == NULL)
		return conf_refuse(err, "out of memory");
	unit->notify = notify;
	notify->unit = unit;
	notify->child_fd = -1;
	notify->watch.fd = -1;
	notify->watch.rank = LOOP_NOTIFY;
	notify->watchdog.fire = watchdog_fire;
	if (config->policy->notify.mode == NOTIFY_FD) {
		notify->watch.ready = pipe_ready;
		return 0;
	}
	notify->watch.ready = socket_ready;
	return open_socket(notify, err);
}

void
notify_prepare(struct unit *unit, struct environment *env)
{
	struct notify *notify = unit->notify;
	int ends[2];

	if (notify == NULL)
		return;
	loop_disarm(&notify->watchdog);
	notify->status[0] = '\0';
	notify->main_pid = 0;
	notify->warned = false;
	notify->watchdog_ms = unit->config->policy->watchdog_ms > 0
	                          ? unit->config->policy->watchdog_ms
	                          : 0;
	if (notify->watchdog_ms > 0) {
		snprintf(notify->usec, sizeof(notify->usec),
		    "WATCHDOG_USEC=%lld",
		    (long long)notify->watchdog_ms * 1000);
		environment_put(env, notify->usec);
		environment_put(env, "WATCHDOG_PID=");
	}
	if (unit->config->policy->notify.mode == NOTIFY_FD) {
		close_pipe(notify);
		if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
			notify->watch.fd = ends[0];
			notify->child_fd = ends[1];
			loop_watch(&notify->watch, EPOLLIN);
		}
		return;
	}
	/* What an older instance said last is nobody's news. */
	for (int i = 0; i < QUEUE_MAX && receive(notify, false); i++)
		;
	environment_put(env, notify->variable);
	loop_unwatch(&notify->watch);
	loop_watch(&notify->watch, EPOLLIN);
}

int
notify_fd(const struct unit *unit, int *to)
{
	if (unit->notify == NULL || unit->notify->child_fd < 0)
		return -1;
	*to = unit->config->policy->notify.fd;
	return unit->notify->child_fd;
}

void
notify_launched(struct unit *unit)
{
	if (unit->notify == NULL || unit->notify->child_fd < 0)
		return;
	close(unit->notify->child_fd);
	unit->notify->child_fd = -1;
}

void
notify_changed(struct unit *unit, enum service_state to)
{
	if (unit->notify == NULL)
		return;
	if (to == SERVICE_UP)
		arm(unit->notify);
	else
		loop_disarm(&unit->notify->watchdog);
}

pid_t
notify_main_pid(struct unit *unit)
{
	struct notify *notify = unit->notify;

	if (notify == NULL)
		return 0;
	/* An end is served first, but what was said before it counts. */
	if (unit->config->policy->notify.mode == NOTIFY_SOCKET)
		for (int i = 0; i < QUEUE_MAX && receive(notify, true); i++)
			;
	return notify->main_pid;
}

const char *
notify_status(const struct unit *unit)
{
	return unit->notify == NULL ? "" : unit->notify->status;
}

void
notify_finish(void)
{
	char path[64];

	if (directory[0] == '\0')
		return;
	for (uint32_t i = 0; i < supervisor.graph.services; i++) {
		snprintf(path, sizeof(path), "%s/%u", directory, i);
		if (supervisor.units[i].notify != NULL)
			unlink(path);
	}
	rmdir(directory);
}
