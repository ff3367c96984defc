/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <stdint.h>
#include <string.h>

/* One line of a head: text without its end, and where the next begins. */
struct line {
	const char *text;
	size_t length;
};

/* The next line at *at, which ends with LF or CRLF; false if it is not whole. */
static bool
next_line(const char **at, const char *end, struct line *line)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));

	if (newline == NULL)
		return false;
	line->text = *at;
	line->length = (size_t)(newline - *at);
	if (line->length > 0 && line->text[line->length - 1] == '\r')
		line->length--;
	*at = newline + 1;
	return true;
}

static bool
equals(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool
equals_any_case(const char *text, size_t length, const char *word)
{
	if (strlen(word) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((text[i] | 0x20) != (word[i] | 0x20))
			return false;
	return true;
}

static enum request_method
method_of(const char *text, size_t length)
{
	return equals(text, length, "GET")    ? REQUEST_GET
	       : equals(text, length, "HEAD") ? REQUEST_HEAD
	       : equals(text, length, "POST") ? REQUEST_POST
	                                      : REQUEST_OTHER;
}

/* Printable and no space: nothing that could split a log line or an answer. */
static bool
is_visible(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' ||
		    (unsigned char)text[i] >= 0x7f)
			return false;
	return length > 0;
}

/* "GET /path?query HTTP/1.1" */
static int
read_first_line(struct request *request, const struct line *line)
{
	const char *end = line->text + line->length, *question;
	const char *space = memchr(line->text, ' ', line->length);
	const char *target, *version;

	if (space == NULL)
		return 400;
	request->method = method_of(line->text, (size_t)(space - line->text));
	target = space + 1;
	version = memchr(target, ' ', (size_t)(end - target));
	if (version == NULL ||
	    !is_visible(target, (size_t)(version - target)) || *target != '/')
		return 400;
	version++;
	request->version_1_1 =
	    equals(version, (size_t)(end - version), "HTTP/1.1");
	if (!request->version_1_1 &&
	    !equals(version, (size_t)(end - version), "HTTP/1.0"))
		return 505;
	request->keep_alive = request->version_1_1;

	request->path = target;
	request->path_length = (size_t)(version - 1 - target);
	request->query = "";
	request->query_length = 0;
	question = memchr(target, '?', request->path_length);
	if (question != NULL) {
		request->query = question + 1;
		request->query_length = (size_t)(version - 1 - request->query);
		request->path_length = (size_t)(question - target);
	}
	return 0;
}

/* Two lengths that differ are somebody's trick: RFC 9112, 6.3. */
static int
read_length(struct request *request, const char *text, size_t size)
{
	size_t value = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 400;
		if (value <= REQUEST_HEAD_MAX)
			value = value * 10 + (size_t)(text[i] - '0');
	}
	if (size == 0 || (request->has_length && request->body_length != value))
		return 400;
	request->has_length = true;
	request->body_length = value;
	return value > REQUEST_HEAD_MAX ? 413 : 0;
}

/* A token: RFC 9110, 5.6.2.  No blank before the colon, no folded lines. */
static bool
is_field_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = text[i] | 0x20;

		if (!(c >= 'a' && c <= 'z') &&
		    !(text[i] >= '0' && text[i] <= '9') &&
		    (text[i] == '\0' ||
		        strchr("!#$%&'*+-.^_`|~", text[i]) == NULL))
			return false;
	}
	return length > 0;
}

/* No NUL, no bare CR, nothing that could be taken for the end of a line. */
static bool
is_field_value(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') ||
		    text[i] == 0x7f)
			return false;
	return true;
}

/* Only the fields that change what the bytes after the head are. */
static int
read_field(struct request *request, const struct line *line)
{
	const char *colon = memchr(line->text, ':', line->length);
	const char *value, *end = line->text + line->length;
	size_t name, size;

	if (colon == NULL)
		return 400;
	name = (size_t)(colon - line->text);
	if (!is_field_name(line->text, name))
		return 400;
	for (value = colon + 1;
	     value < end && (*value == ' ' || *value == '\t');)
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	size = (size_t)(end - value);
	if (!is_field_value(value, size))
		return 400;

	if (equals_any_case(line->text, name, "content-length"))
		return read_length(request, value, size);
	if (equals_any_case(line->text, name, "transfer-encoding"))
		return 501;
	if (equals_any_case(line->text, name, "connection")) {
		if (equals_any_case(value, size, "close"))
			request->keep_alive = false;
		else if (equals_any_case(value, size, "keep-alive"))
			request->keep_alive = true;
	}
	return 0;
}

long
request_read(
    struct request *request, const char *data, size_t size, int *status)
{
	const char *at = data, *end = data + size;
	struct request out = { .query = "" };
	struct line line;

	/* Empty lines before a request are to be skipped: RFC 9112, 2.2. */
	do
		if (!next_line(&at, end, &line))
			goto partial;
	while (line.length == 0);
	*status = read_first_line(&out, &line);
	while (*status == 0) {
		if (!next_line(&at, end, &line))
			goto partial;
		if (line.length == 0) {
			*request = out;
			return at - data;
		}
		*status = read_field(&out, &line);
	}
	return -1;
partial:
	*status = 431;
	return size >= REQUEST_HEAD_MAX ? -1 : 0;
}

bool
request_is(const struct request *request, const char *path)
{
	return equals(request->path, request->path_length, path);
}

size_t
request_part(
    const struct request *request, const char *prefix, const char **part)
{
	size_t length = strlen(prefix), size;
	const char *slash;

	if (request->path_length <= length ||
	    memcmp(request->path, prefix, length) != 0)
		return 0;
	*part = request->path + length;
	size = request->path_length - length;
	slash = memchr(*part, '/', size);
	return slash != NULL ? (size_t)(slash - *part) : size;
}

const char *
request_query_next(const struct request *request, const char *key,
    const char *after, size_t *length)
{
	const char *end = request->query + request->query_length;
	const char *at = request->query;
	size_t key_length = strlen(key);

	while (at < end) {
		const char *next = memchr(at, '&', (size_t)(end - at));
		const char *stop = next != NULL ? next : end;
		const char *equal = memchr(at, '=', (size_t)(stop - at));
		const char *name_end = equal != NULL ? equal : stop;
		const char *value = equal != NULL ? equal + 1 : stop;

		if ((after == NULL || value > after) &&
		    (size_t)(name_end - at) == key_length &&
		    memcmp(at, key, key_length) == 0) {
			*length = (size_t)(stop - value);
			return value;
		}
		at = stop + 1;
	}
	return NULL;
}

const char *
request_query(const struct request *request, const char *key, size_t *length)
{
	return request_query_next(request, key, NULL, length);
}
