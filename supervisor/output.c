/* SPDX-License-Identifier: MIT */
#include "supervisor/output.h"

#include "supervisor/clock.h"
#include "supervisor/lines.h"
#include "supervisor/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_BYTES = 8192,   /* of an unfinished line, for each stream */
	SINK_BYTES = 262144, /* of lines on their way out, for each of two */
	READ_BYTES = 65536,
	READS_MAX = 4, /* of one stream in one turn */
	FINISH_MS = 200,
	MARK_BYTES = 256,
	HOLD_MS = 1000, /* others wait for the end of a long line */
};

struct stream;

/* Where lines leave: PID 1's stdout or stderr. */
struct sink {
	int fd;
	enum { SINK_PLAIN, SINK_NONBLOCKING, SINK_SOCKET, SINK_POLLED } kind;
	struct loop_watch watch;
	bool watched, open;
	char *bytes; /* SINK_BYTES: from first, used of them */
	size_t first, used;
	struct stream *holder;      /* is inside of a line */
	int64_t held_ms;            /* since when */
	struct loop_timer patience; /* of those who wait for its end */
};

struct stream {
	struct output *output;
	struct loop_watch watch;
	struct lines lines;
	struct sink *sink;
	int write_fd;
	bool dropping; /* what is left of this line is not to be told */
	bool muted;    /* waits for the end of another one's line */
	bool ending;   /* its service has ended: give out what is kept, then */
};

struct output {
	struct unit *unit;
	struct stream streams[2];
	uint64_t dropped;
	char mark[MARK_BYTES]; /* "api | " */
	size_t mark_size;
};

static struct sink sinks[2] = {
	{ .fd = STDOUT_FILENO, .watch.fd = -1 },
	{ .fd = STDERR_FILENO, .watch.fd = -1 },
};

static void wake_muted(struct sink *sink);

/* ---- a sink ---- */

/* Its own open file where that can be had: O_NONBLOCK is for us alone. */
static void
sink_open(struct sink *sink)
{
	char path[32];
	struct stat status;
	int own;

	if (sink->open)
		return;
	sink->open = true;
	sink->kind = SINK_PLAIN;
	if (fstat(sink->fd, &status) < 0 || S_ISREG(status.st_mode))
		return;
	if (S_ISSOCK(status.st_mode)) {
		sink->kind = SINK_SOCKET;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", sink->fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	sink->kind = own < 0 ? SINK_POLLED : SINK_NONBLOCKING;
	if (own >= 0)
		sink->fd = own;
}

static ssize_t
sink_send(const struct sink *sink, const char *bytes, size_t size)
{
	struct pollfd now = { .fd = sink->fd, .events = POLLOUT };

	switch (sink->kind) {
	case SINK_SOCKET:
		return send(sink->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	case SINK_POLLED:
		/* Room for one page is promised by POLLOUT, not for more. */
		if (poll(&now, 1, 0) <= 0 || (now.revents & POLLOUT) == 0) {
			errno = EAGAIN;
			return -1;
		}
		return write(sink->fd, bytes, size < 4096 ? size : 4096);
	case SINK_PLAIN:
	case SINK_NONBLOCKING:
		break;
	}
	return write(sink->fd, bytes, size);
}

static void sink_ready(struct loop_watch *watch, uint32_t events);

static void
sink_watch(struct sink *sink, bool wanted)
{
	if (wanted == sink->watched || sink->kind == SINK_PLAIN)
		return;
	sink->watched = wanted;
	if (wanted) {
		sink->watch = (struct loop_watch){
			.fd = sink->fd, .rank = LOOP_PROBE, .ready = sink_ready
		};
		loop_watch(&sink->watch, EPOLLOUT);
	} else {
		loop_unwatch(&sink->watch);
	}
}

static void
sink_flush(struct sink *sink)
{
	while (sink->used > 0) {
		size_t size = sink->used;
		ssize_t sent;

		if (size > SINK_BYTES - sink->first)
			size = SINK_BYTES - sink->first;
		sent = sink_send(sink, sink->bytes + sink->first, size);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			sent = (ssize_t)size; /* nobody reads it any more */
		if (sent <= 0)
			break;
		sink->first = (sink->first + (size_t)sent) % SINK_BYTES;
		sink->used -= (size_t)sent;
	}
	if (sink->used == 0)
		sink->first = 0; /* the same pages again: they stay few */
	sink_watch(sink, sink->used > 0);
}

static void
sink_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	sink_flush(LOOP_OWNER(watch, struct sink, watch));
}

static void
sink_put(struct sink *sink, const char *bytes, size_t size)
{
	size_t at = (sink->first + sink->used) % SINK_BYTES;
	size_t part = SINK_BYTES - at < size ? SINK_BYTES - at : size;

	memcpy(sink->bytes + at, bytes, part);
	memcpy(sink->bytes, bytes + part, size - part);
	sink->used += size;
}

/* Makes room for size bytes and the newline that a cut line needs. */
static bool
sink_fits(struct sink *sink, size_t size)
{
	if (size + 1 > SINK_BYTES - sink->used)
		sink_flush(sink);
	return size + 1 <= SINK_BYTES - sink->used;
}

/* ---- lines ---- */

static void
drop(struct stream *stream, bool begins)
{
	if (begins)
		stream->output->dropped++;
	stream->dropping = true;
}

static void
put_raw(struct stream *stream, const char *bytes, size_t size, bool begins,
    bool more)
{
	struct sink *sink = stream->sink;
	const struct output *output = stream->output;
	size_t all = (begins ? output->mark_size : 0) + size + !more;

	if (begins && sink->holder != NULL && sink->holder != stream) {
		/* Held for too long: cut there. */
		sink_put(sink, "\n", 1);
		sink->holder->dropping = true;
		sink->holder = NULL;
	}
	if (!sink_fits(sink, all)) {
		/* The start of it has left: end it, count what is lost. */
		if (!begins) {
			stream->output->dropped++;
			sink_put(sink, "\n", 1);
			sink->holder = NULL;
		}
		drop(stream, begins);
		return;
	}
	if (begins)
		sink_put(sink, output->mark, output->mark_size);
	sink_put(sink, bytes, size);
	if (!more)
		sink_put(sink, "\n", 1);
	if (more && sink->holder != stream) {
		sink->holder = stream;
		sink->held_ms = loop_now_ms();
	} else if (!more && sink->holder == stream) {
		sink->holder = NULL;
	}
}

static void
put_json(struct stream *stream, const char *bytes, size_t size, bool begins,
    bool more)
{
	static char object[LINE_BYTES * 6 + 512];
	struct output *output = stream->output;
	int64_t wall_ms = clock_wall_ms();
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;
	size_t used;

	gmtime_r(&seconds, &utc);
	used = (size_t)snprintf(object, sizeof(object),
	    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"service\":\"",
	    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
	    utc.tm_min, utc.tm_sec, (int)(wall_ms % 1000));
	used += log_json_text(object + used, sizeof(object) - used,
	    output->unit->config->name, strlen(output->unit->config->name));
	used += (size_t)snprintf(object + used, sizeof(object) - used,
	    "\",\"stream\":\"%s\",%s\"line\":\"",
	    stream == &output->streams[0] ? "stdout" : "stderr",
	    more || !begins ? "\"partial\":true," : "");
	used += log_json_text(
	    object + used, sizeof(object) - used - 4, bytes, size);
	memcpy(object + used, "\"}\n", 3);
	used += 3;
	if (sink_fits(stream->sink, used))
		sink_put(stream->sink, object, used);
	else
		drop(stream, begins);
}

static void
piece(void *owner, const char *bytes, size_t size, bool begins, bool more)
{
	struct stream *stream = owner;

	if (begins)
		stream->dropping = false;
	if (stream->dropping)
		return;
	if (stream->output->unit->config->extras->logging.mode == LOGGING_JSON)
		put_json(stream, bytes, size, begins, more);
	else
		put_raw(stream, bytes, size, begins, more);
}

/* ---- a stream ---- */

static void
out_of_patience(struct loop_timer *timer)
{
	struct sink *sink = LOOP_OWNER(timer, struct sink, patience);

	wake_muted(sink);
	sink_flush(sink);
}

/* Another one's long line is on its way: wait for its end, not for ever. */
static bool
has_to_wait(struct stream *stream)
{
	struct sink *sink = stream->sink;

	if (sink->holder == NULL || sink->holder == stream ||
	    loop_now_ms() - sink->held_ms > HOLD_MS)
		return false;
	stream->muted = true;
	loop_rewatch(&stream->watch, 0);
	sink->patience.fire = out_of_patience;
	loop_arm(&sink->patience, sink->held_ms + HOLD_MS + 1);
	return true;
}

static void
stream_read(struct stream *stream, int reads)
{
	static char bytes[READ_BYTES];

	for (; reads > 0; reads--) {
		ssize_t size = read(stream->watch.fd, bytes, sizeof(bytes));

		if (size <= 0)
			break;
		lines_feed(&stream->lines, bytes, (size_t)size, piece, stream);
		if ((size_t)size < sizeof(bytes))
			break;
	}
}

static void
stream_ready(struct loop_watch *watch, uint32_t events)
{
	struct stream *stream = LOOP_OWNER(watch, struct stream, watch);

	(void)events;
	if (has_to_wait(stream))
		return;
	stream_read(stream, READS_MAX);
	sink_flush(stream->sink);
	if (stream->sink->holder == NULL)
		wake_muted(stream->sink);
}

/* All that a pipe can hold; nobody writes to it any more. */
static void
stream_end(struct stream *stream)
{
	stream->ending = false;
	stream_read(stream, 1 << 20);
	lines_end(&stream->lines, piece, stream);
	sink_flush(stream->sink);
}

static void
wake_muted(struct sink *sink)
{
	for (uint32_t i = 0; i < supervisor.graph.services; i++) {
		struct output *output = supervisor.units[i].output;

		for (int j = 0; output != NULL && j < 2; j++) {
			struct stream *stream = &output->streams[j];

			if (stream->sink != sink || !stream->muted)
				continue;
			stream->muted = false;
			loop_rewatch(&stream->watch, EPOLLIN);
			if (stream->ending)
				stream_end(stream);
		}
	}
}

static int
stream_init(struct output *output, int number)
{
	struct stream *stream = &output->streams[number];
	int ends[2];

	stream->output = output;
	stream->sink = &sinks[number];
	stream->lines.room = LINE_BYTES;
	stream->lines.bytes = malloc(LINE_BYTES);
	if (stream->sink->bytes == NULL)
		stream->sink->bytes = malloc(SINK_BYTES);
	if (stream->lines.bytes == NULL || stream->sink->bytes == NULL ||
	    pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	/* Only our end: a service may expect that its writes wait. */
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	stream->watch = (struct loop_watch){
		.fd = ends[0], .rank = LOOP_PROBE, .ready = stream_ready
	};
	stream->write_fd = ends[1];
	sink_open(stream->sink);
	return 0;
}

int
output_init(struct unit *unit, struct conf_error *err)
{
	struct output *output;

	if (unit->config->extras->logging.mode == LOGGING_RAW)
		return 0;
	output = calloc(1, sizeof(*output));
	if (output == NULL)
		return conf_refuse(err, "out of memory");
	output->unit = unit;
	snprintf(output->mark, sizeof(output->mark), "%.200s | ",
	    unit->config->name);
	output->mark_size = strlen(output->mark);
	unit->output = output;
	if (stream_init(output, 0) < 0 || stream_init(output, 1) < 0)
		return conf_refuse(err, "services.%s: logging: %s",
		    unit->config->name, strerror(errno));
	return 0;
}

void
output_open(struct unit *unit)
{
	for (int i = 0; unit->output != NULL && i < 2; i++)
		if (loop_watch(&unit->output->streams[i].watch, EPOLLIN) < 0)
			log_warn(
			    unit->config->name, "its output can't be read");
}

int
output_fd(const struct unit *unit, int number)
{
	return unit->output == NULL
	           ? -1
	           : unit->output->streams[number - 1].write_fd;
}

void
output_flush(struct unit *unit)
{
	for (int i = 0; unit->output != NULL && i < 2; i++) {
		struct stream *stream = &unit->output->streams[i];

		stream->ending = true;
		if (has_to_wait(stream))
			continue;
		stream_end(stream);
		if (stream->sink->holder == NULL)
			wake_muted(stream->sink);
	}
}

uint64_t
output_dropped(const struct unit *unit)
{
	return unit->output == NULL ? 0 : unit->output->dropped;
}

/* What nobody has read in time. */
static void
tell_left(const struct sink *sink)
{
	unsigned lines = 0;

	for (size_t i = 0; i < sink->used; i++)
		lines += sink->bytes[(sink->first + i) % SINK_BYTES] == '\n';
	if (lines > 0)
		log_warn(NULL,
		    "%u lines were dropped: they were not read in time", lines);
}

void
output_finish(void)
{
	int64_t until_ms = clock_now_ms() + FINISH_MS;

	for (uint32_t i = 0; i < supervisor.graph.services; i++) {
		struct unit *unit = &supervisor.units[i];

		output_flush(unit);
		for (int j = 0; unit->output != NULL && j < 2; j++)
			if (unit->output->streams[j].ending)
				stream_end(&unit->output->streams[j]);
		if (output_dropped(unit) > 0)
			log_warn(unit->config->name, "%llu lines were dropped",
			    (unsigned long long)output_dropped(unit));
	}
	for (int i = 0; i < 2; i++)
		while (sinks[i].used > 0 && clock_now_ms() < until_ms) {
			struct pollfd room = { .fd = sinks[i].fd,
				.events = POLLOUT };

			poll(&room, 1, (int)(until_ms - clock_now_ms()));
			sink_flush(&sinks[i]);
		}
	for (int i = 0; i < 2; i++)
		tell_left(&sinks[i]);
}
