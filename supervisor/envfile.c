/* SPDX-License-Identifier: MIT */
/* envfile.c - files of NAME=value lines, in the grammar of Compose. */
#include "supervisor/envfile.h"

#include "supervisor/interpolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
	const char *at, *end;
	size_t line;
	char *const *environ;
	struct conf_map found;
	struct text value; /* of the current line, as written */
	struct conf_error *err;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

static void
skip_line(struct reader *r)
{
	while (r->at < r->end && *r->at != '\n')
		r->at++;
}

static size_t
name_size(const struct reader *r)
{
	const char *p = r->at;

	while (p < r->end &&
	       ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	           (*p >= '0' && *p <= '9') || *p == '_' || *p == '.' ||
	           *p == '-' || *p == '[' || *p == ']'))
		p++;
	return (size_t)(p - r->at);
}

/* To the closing quote; escapes stay for expand_escapes(). */
static int
quoted(struct reader *r, char quote)
{
	size_t opened = r->line;

	for (r->at++; r->at < r->end && *r->at != quote; r->at++) {
		if (*r->at == '\n')
			r->line++;
		if (*r->at == '\\' && r->at + 1 < r->end) {
			/* '' knows one escape, the quote itself. */
			if (quote == '"' || r->at[1] != quote)
				text_char(&r->value, '\\');
			r->at++;
			if (*r->at == '\n')
				r->line++;
		}
		text_char(&r->value, *r->at);
	}
	if (r->at == r->end) {
		r->line = opened;
		return conf_refuse(r->err, "a %c is never closed", quote);
	}
	r->at++;
	skip_blanks(r);
	if (r->at < r->end && *r->at != '\n' && *r->at != '#')
		return conf_refuse(
		    r->err, "something stands behind the closing %c", quote);
	skip_line(r);
	return 0;
}

static void
unquoted(struct reader *r)
{
	const char *from = r->at, *to;

	skip_line(r);
	to = r->at;
	for (const char *p = from; p < to; p++)
		if (*p == '#' && (p == from || is_blank(p[-1])))
			to = p;
	while (to > from && is_blank(to[-1]))
		to--;
	text_bytes(&r->value, from, (size_t)(to - from));
}

/* \n and the like; "\$" becomes "$$", which is a plain $ once filled in. */
static void
expand_escapes(struct text *out, const char *p)
{
	static const char from[] = "nrtabfv", to[] = "\n\r\t\a\b\f\v";

	for (; *p != '\0'; p++) {
		const char *letter;

		if (*p != '\\' || p[1] == '\0') {
			text_char(out, *p);
			continue;
		}
		letter = strchr(from, *++p);
		if (letter != NULL)
			text_char(out, to[letter - from]);
		else if (*p == '$')
			text_add(out, "$$");
		else if (*p == '\\' || *p == '"' || *p == '\'')
			text_char(out, *p);
		else {
			text_char(out, '\\');
			text_char(out, *p);
		}
	}
}

/* A variable of hale, or of this file. */
static const char *
lookup(const void *context, const char *name, size_t size)
{
	const struct reader *r = context;
	const char *value = interpolate_environ(r->environ, name, size);

	for (size_t i = 0; value == NULL && i < r->found.count; i++) {
		const struct conf_pair *pair = &r->found.pairs[i];

		if (strncmp(pair->name, name, size) == 0 &&
		    pair->name[size] == '\0')
			value = pair->value;
	}
	return value;
}

static int
add(struct reader *r, const char *name, size_t size, const char *value)
{
	struct conf_pair pair = { .name = conf_copy(name, size),
		.value = conf_copy(value, strlen(value)) };

	if (pair.name == NULL || pair.value == NULL ||
	    conf_map_add(&r->found, pair) < 0)
		return conf_refuse(r->err, "too many variables");
	return 0;
}

static int
finish_value(struct reader *r, const char *name, size_t size, char quote)
{
	const char *written = r->value.data == NULL ? "" : r->value.data;
	struct text escaped = { 0 }, filled = { .limit = ENVFILE_BYTES_MAX };
	char missing[64];
	int result = 0;

	if (quote == '\'')
		return add(r, name, size, written);
	if (quote == '"') {
		expand_escapes(&escaped, written);
		written = escaped.data == NULL ? "" : escaped.data;
	}
	if (strchr(written, '$') != NULL) {
		result =
		    interpolate(&filled, written, lookup, r, missing, r->err);
		written = filled.data == NULL ? "" : filled.data;
	}
	if (result == 0)
		result = add(r, name, size, written);
	text_finish(&escaped);
	text_finish(&filled);
	return result;
}

static int
one_value(struct reader *r, const char *name, size_t size)
{
	char quote = '\0';

	text_finish(&r->value);
	r->at++;
	skip_blanks(r);
	if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
		quote = *r->at;
		if (quoted(r, quote) < 0)
			return -1;
	} else {
		unquoted(r);
	}
	if (r->value.failed)
		return conf_refuse(r->err, "out of memory");
	return finish_value(r, name, size, quote);
}

static int
one_line(struct reader *r)
{
	const char *name, *value;
	size_t size;

	skip_blanks(r);
	if (r->at == r->end || *r->at == '\n' || *r->at == '#') {
		skip_line(r);
		return 0;
	}
	if (r->end - r->at > 7 && memcmp(r->at, "export", 6) == 0 &&
	    is_blank(r->at[6])) {
		r->at += 6;
		skip_blanks(r);
	}
	name = r->at;
	size = name_size(r);
	r->at += size;
	skip_blanks(r);
	if (size == 0)
		return conf_refuse(r->err, "is no NAME=value");
	if (r->at < r->end && (*r->at == '=' || *r->at == ':'))
		return one_value(r, name, size);
	if (r->at < r->end && *r->at != '\n' && *r->at != '#')
		return conf_refuse(r->err, "a = is missing behind %.*s",
		    size > 60 ? 60 : (int)size, name);
	skip_line(r);
	value = interpolate_environ(r->environ, name, size);
	return value == NULL ? 0 : add(r, name, size, value);
}

int
envfile_parse(struct conf_map *map, const char *bytes, size_t size,
    char *const *environ, size_t *line, struct conf_error *err)
{
	struct reader r = { .at = bytes,
		.end = bytes + size,
		.line = 1,
		.environ = environ,
		.err = err };
	int result = 0;

	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	if (memchr(bytes, '\0', size) != NULL) {
		*line = 1;
		return conf_refuse(err, "is not text");
	}
	for (; result == 0 && r.at < r.end; r.line++) {
		result = one_line(&r);
		if (result < 0)
			break;
		if (r.at < r.end)
			r.at++; /* the newline */
	}
	*line = r.line;
	text_finish(&r.value);
	for (size_t i = 0; result == 0 && i < r.found.count; i++)
		if (conf_map_add(map, r.found.pairs[i]) < 0)
			return conf_refuse(err, "out of memory");
	return result;
}

/* At most max bytes of a file; the size, or -1 with errno. */
static ssize_t
read_up_to(const char *path, char *bytes, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	size_t size = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	while (n > 0 && size < max) {
		n = read(fd, bytes + size, max - size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			size += (size_t)n;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : (ssize_t)size;
}

int
envfile_read(struct conf_map *map, const char *path, char *const *environ,
    struct conf_error *err)
{
	char *bytes = malloc(ENVFILE_BYTES_MAX + 1);
	struct conf_error why;
	size_t line;
	ssize_t size;
	int result = 0;

	if (bytes == NULL)
		return conf_refuse(err, "out of memory");
	size = read_up_to(path, bytes, ENVFILE_BYTES_MAX + 1);
	if (size < 0) {
		result = errno;
		conf_refuse(err, "%.120s: %s", path, strerror(errno));
	} else if (size > ENVFILE_BYTES_MAX) {
		result = EINVAL;
		conf_refuse(err, "%.120s: larger than 1 MiB", path);
	} else if (envfile_parse(
	               map, bytes, (size_t)size, environ, &line, &why) < 0) {
		result = EINVAL;
		conf_refuse(err, "%.120s:%zu: %.100s", path, line, why.text);
	}
	free(bytes);
	errno = result;
	return result == 0 ? 0 : -1;
}
