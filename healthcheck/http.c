/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <string.h>
#include <strings.h>

enum { STEP_SIZE, STEP_EXTENSION, STEP_DATA, STEP_DATA_END, STEP_TRAILER };

void
http_begin(struct http *http, bool no_body)
{
	memset(http, 0, offsetof(struct http, head));
	http->no_body = no_body;
	http->left = -1;
	http->body = http->head;
}

static enum http_state
bad(struct http *http, const char *why)
{
	http->why = why;
	http->state = HTTP_BAD;
	return HTTP_BAD;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What else may answer on a port: say which. */
static const char *
guess(const char *head, size_t size)
{
	if (size >= 2 && (head[0] == 0x15 || head[0] == 0x16) &&
	    head[1] == 0x03)
		return "the server speaks TLS: ask with https";
	if (size >= 9 && head[3] == 4 && memcmp(head + 4, "\0\0\0\0\0", 5) == 0)
		return "the server speaks HTTP/2 only";
	return "not an HTTP response";
}

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static bool
parse_status_line(struct http *http, const char *line, size_t size)
{
	if (size < 12 || strncasecmp(line, "HTTP/1.", 7) != 0 ||
	    !is_digit(line[7]) || line[8] != ' ')
		return false;
	for (int i = 9; i < 12; i++)
		if (!is_digit(line[i]))
			return false;
	if (size > 12 && line[12] != ' ')
		return false;
	http->status =
	    (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	return http->status >= 100 && http->status <= 599;
}

static bool
parse_length(struct http *http, const char *value)
{
	int64_t length = 0;

	if (!is_digit(*value))
		return false;
	for (; is_digit(*value); value++) {
		if (length > (INT64_C(1) << 53))
			return false;
		length = length * 10 + (*value - '0');
	}
	if (*value != '\0' || (http->left >= 0 && http->left != length))
		return false;
	http->left = length;
	return true;
}

/* One header line, NUL-terminated in place. */
static bool
parse_header(struct http *http, char *line)
{
	char *colon = strchr(line, ':'), *value, *end;

	if (colon == NULL || colon == line)
		return *line == ' ' || *line == '\t'; /* an old folded line */
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	if (strcasecmp(line, "Content-Length") == 0)
		return parse_length(http, value);
	if (strcasecmp(line, "Transfer-Encoding") == 0) {
		size_t n = strlen(value);

		http->has_chunks =
		    n >= 7 && strcasecmp(value + n - 7, "chunked") == 0;
	}
	if (strcasecmp(line, "Location") == 0)
		http->location = value;
	return true;
}

/* The head is whole: cut it into lines. */
static enum http_state
parse_head(struct http *http)
{
	char *line = http->head, *end = http->head + http->head_size;
	int lines = 0;

	if (memchr(line, '\0', http->head_size) != NULL)
		return bad(http, "a NUL byte in the response's head");
	http->left = -1;
	http->has_chunks = false;
	http->location = NULL;
	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)(newline - line);

		if (n > 0 && line[n - 1] == '\r')
			n--;
		line[n] = '\0';
		if (++lines > HTTP_LINES_MAX)
			return bad(http, "too many header lines");
		if (lines == 1 && !parse_status_line(http, line, n))
			return bad(http, guess(http->head, http->head_size));
		if (lines > 1 && n > 0 && !parse_header(http, line))
			return bad(http, "a malformed header line");
		line = newline + 1;
	}
	if (http->status == 101)
		return bad(http, "the server switches protocols");
	if (http->status < 200) {
		if (++http->interim > HTTP_INTERIM_MAX)
			return bad(http, "too many interim responses");
		http->head_size = 0;
		return http->state;
	}
	http->body = end;
	http->state = http->has_chunks ? HTTP_CHUNK : HTTP_BODY;
	if (http->no_body || http->status == 204 || http->status == 304 ||
	    (!http->has_chunks && http->left == 0))
		http->state = HTTP_DONE;
	return http->state;
}

/* Takes head bytes up to the blank line; returns how many. */
static size_t
feed_head(struct http *http, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		size_t n = http->head_size;
		char c = data[i];

		if (n == 0 && (c == '\r' || c == '\n'))
			continue; /* tolerate blank lines before it */
		if (n >= HTTP_HEAD_MAX) {
			bad(http, "the response's head is too large");
			return size;
		}
		http->head[n] = c;
		http->head_size = ++n;
		if (n == 5 && strncasecmp(http->head, "HTTP/", 5) != 0) {
			/* with a few bytes more, guess what it is */
			size_t more = size - i - 1;

			if (more > HTTP_HEAD_MAX - n)
				more = HTTP_HEAD_MAX - n;
			memcpy(http->head + n, data + i + 1, more);
			bad(http, guess(http->head, n + more));
			return size;
		}
		if (c == '\n' && ((n >= 2 && http->head[n - 2] == '\n') ||
		                     (n >= 3 && http->head[n - 2] == '\r' &&
		                         http->head[n - 3] == '\n'))) {
			parse_head(http);
			if (http->state != HTTP_HEAD)
				return i + 1;
		}
	}
	return size;
}

static void
keep_body(struct http *http, const char *data, size_t size)
{
	size_t room = HTTP_BODY_MAX - http->body_size;

	if (size > room) {
		size = room;
		http->body_full = true;
	}
	memcpy(http->body + http->body_size, data, size);
	http->body_size += size;
	if (http->body_full)
		http->state = HTTP_DONE; /* nobody wants the rest */
}

static size_t
feed_body(struct http *http, const char *data, size_t size)
{
	if (http->left >= 0 && (uint64_t)http->left < size)
		size = (size_t)http->left;
	if (http->left >= 0)
		http->left -= (int64_t)size;
	keep_body(http, data, size);
	if (http->left == 0)
		http->state = HTTP_DONE;
	return size;
}

static void
chunk_digit(struct http *http, char c)
{
	int value = -1;

	if (is_digit(c))
		value = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		value = (c | 0x20) - 'a' + 10;
	if (value < 0) {
		if (http->chunk_digits == 0 ||
		    (c != ';' && c != '\r' && c != '\n' && c != ' ' &&
		        c != '\t'))
			bad(http, "a malformed chunk size");
		http->chunk_step = STEP_EXTENSION;
		return;
	}
	if (++http->chunk_digits > 13) {
		bad(http, "a chunk too large");
		return;
	}
	http->chunk_size = http->chunk_size * 16 + (uint64_t)value;
}

/* The chunk's size line is at its end. */
static void
begin_chunk(struct http *http)
{
	http->left = (int64_t)http->chunk_size;
	http->chunk_step = http->left == 0 ? STEP_TRAILER : STEP_DATA;
	http->chunk_size = 0;
	http->chunk_digits = 0;
	http->trailer_size = 0;
}

/* Trailers end at an empty line. */
static void
trailer(struct http *http, char c)
{
	if (++http->chunk_size > HTTP_HEAD_MAX) {
		bad(http, "too large a trailer");
	} else if (c == '\n') {
		if (http->trailer_size == 0)
			http->state = HTTP_DONE;
		http->trailer_size = 0;
	} else if (c != '\r') {
		http->trailer_size++;
	}
}

static size_t
feed_chunk(struct http *http, const char *data, size_t size)
{
	char c = *data;

	switch (http->chunk_step) {
	case STEP_SIZE:
		chunk_digit(http, c);
		if (http->chunk_step == STEP_EXTENSION && c == '\n')
			begin_chunk(http);
		return 1;
	case STEP_EXTENSION:
		if (c == '\n')
			begin_chunk(http);
		else if (++http->trailer_size > HTTP_HEAD_MAX)
			bad(http, "too long a chunk extension");
		return 1;
	case STEP_DATA:
		if ((uint64_t)http->left < size)
			size = (size_t)http->left;
		http->left -= (int64_t)size;
		keep_body(http, data, size);
		if (http->left == 0)
			http->chunk_step = STEP_DATA_END;
		return size;
	case STEP_DATA_END:
		if (c == '\n')
			http->chunk_step = STEP_SIZE;
		else if (c != '\r')
			bad(http, "a chunk longer than its size");
		return 1;
	default:
		trailer(http, c);
		return 1;
	}
}

enum http_state
http_feed(struct http *http, const char *data, size_t size)
{
	while (size > 0 && http->state < HTTP_DONE) {
		size_t n = 0;

		if (http->state == HTTP_HEAD)
			n = feed_head(http, data, size);
		else if (http->state == HTTP_BODY)
			n = feed_body(http, data, size);
		else
			n = feed_chunk(http, data, size);
		data += n;
		size -= n;
	}
	return http->state;
}

enum http_state
http_end(struct http *http)
{
	if (http->state == HTTP_HEAD)
		return bad(
		    http, http->head_size == 0
		              ? "the server closed the connection unanswered"
		              : guess(http->head, http->head_size));
	if (http->state == HTTP_BODY && http->left < 0)
		http->state = HTTP_DONE;
	else if (http->state < HTTP_DONE)
		return bad(http, "the response ended early");
	return http->state;
}

/* Reads one number at *p; -1 when there is none. */
static int
number(const char **p)
{
	int value = 0, digits = 0;

	for (; is_digit(**p); ++*p) {
		if (++digits > 3)
			return -1;
		value = value * 10 + (**p - '0');
	}
	return digits == 0 ? -1 : value;
}

int
http_status_in(const char *list, int status)
{
	int found = 0;

	for (;;) {
		int from, to;

		list += strspn(list, " ");
		from = to = number(&list);
		if (*list == '-') {
			list++;
			to = number(&list);
		}
		list += strspn(list, " ");
		if (from < 100 || to > 599 || to < from)
			return -1;
		found |= status >= from && status <= to;
		if (*list == '\0')
			return found;
		if (*list++ != ',')
			return -1;
	}
}
