/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "http.h"

#define KIND(k) (1u << (k))

enum {
	WEB = KIND(PROBE_HTTP) | KIND(PROBE_HTTPS),
	TALK = KIND(PROBE_TCP) | KIND(PROBE_UNIX),
	CRYPT = KIND(PROBE_HTTPS) | KIND(PROBE_GRPCS) | KIND(PROBE_CERT),
};

/* Which options of a URL say something about which kind. */
static const struct {
	char name[16];
	unsigned kinds;
} options[] = {
	{ "send", TALK },
	{ "expect", TALK },
	{ "expect_status", WEB },
	{ "warn_status", WEB },
	{ "expect_body", WEB },
	{ "method", WEB },
	{ "server_name", CRYPT },
	{ "ca_file", CRYPT },
	{ "client_cert", CRYPT },
	{ "client_key", CRYPT },
	{ "insecure", CRYPT },
	{ "days", KIND(PROBE_CERT) },
	{ "max_age", KIND(PROBE_FILE) },
	{ "free", KIND(PROBE_DISK) | KIND(PROBE_MEMORY) },
	{ "rss", KIND(PROBE_PROCESS) },
	{ "fds", KIND(PROBE_PROCESS) },
	{ "pid", KIND(PROBE_PROCESS) },
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
target_unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		int high = p[0] == '%' ? hex_digit(p[1]) : -1;
		int low = high < 0 ? -1 : hex_digit(p[2]);

		if (low < 0) {
			*out++ = *p;
			continue;
		}
		*out++ = (char)(high << 4 | low);
		p += 2;
	}
	*out = '\0';
	return (size_t)(out - text);
}

/* One escape after its backslash; returns its last character, or NULL. */
static const char *
one_escape(const char *p, char *byte)
{
	static const char names[] = "abfnrtv\\'\"?e";
	static const char bytes[] = "\a\b\f\n\r\t\v\\'\"?\033";
	const char *name = *p == '\0' ? NULL : strchr(names, *p);
	int n = 0;

	if (name != NULL) {
		*byte = bytes[name - names];
		return p;
	}
	if (*p == 'x') {
		int high = hex_digit(p[1]);
		int low = high < 0 ? -1 : hex_digit(p[2]);

		if (low < 0)
			return NULL;
		*byte = (char)(high << 4 | low);
		return p + 2;
	}
	if (*p < '0' || *p > '7')
		return NULL;
	for (int i = 0; i < 3 && *p >= '0' && *p <= '7'; i++, p++)
		n = n * 8 + (*p - '0');
	if (n > 255)
		return NULL;
	*byte = (char)n;
	return p - 1;
}

long
target_bytes(char *out, size_t out_size, const char *text)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0'; p++) {
		char byte = *p;

		if (byte == '\\' && (p = one_escape(p + 1, &byte)) == NULL)
			return -1;
		if (n >= out_size)
			return -1;
		out[n++] = byte;
	}
	return (long)n;
}

int
target_amount(struct probe_amount *amount, const char *text)
{
	static const char units[] = "bkmgt";
	int64_t value = 0;
	const char *p = text;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (value > INT64_MAX / 16 / 1024)
			return -1;
		value = value * 10 + (*p - '0');
	}
	if (strcmp(p, "%") == 0) {
		if (value > 100)
			return -1;
		*amount = (struct probe_amount){ value, true };
		return 0;
	}
	if (*p != '\0') {
		const char *unit = strchr(units, *p | 0x20);

		if (unit == NULL || *unit == '\0')
			return -1;
		for (; unit > units; unit--) {
			if (value > INT64_MAX / 1024)
				return -1;
			value *= 1024;
		}
		p += 1 + (p[1] == 'b' || p[1] == 'B');
	}
	if (*p != '\0')
		return -1;
	*amount = (struct probe_amount){ value, false };
	return 0;
}

/* option=value&option=value, each set as the file's key would be. */
static int
set_options(struct probe *probe, char *text, struct conf_error *err)
{
	char *next;

	for (; text != NULL && *text != '\0'; text = next) {
		char *value;
		bool known = false;

		next = strchr(text, '&');
		if (next != NULL)
			*next++ = '\0';
		value = strchr(text, '=');
		if (value == NULL)
			return conf_refuse(
			    err, "option \"%.40s\" has no value", text);
		*value++ = '\0';
		if (target_unescape(value) != strlen(value))
			return conf_refuse(err, "%s: write NUL as \\0", text);
		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]);
		     i++)
			known |= strcmp(options[i].name, text) == 0 &&
			         (options[i].kinds & KIND(probe->kind)) != 0;
		if (!known)
			return conf_refuse(err,
			    "a %s probe has no option \"%.40s\"",
			    probe_kind_name(probe->kind), text);
		if (conf_set(probe, &probe_table, text, value, err) < 0)
			return -1;
	}
	return 0;
}

static int
parse_port(const char *text, uint16_t *port)
{
	unsigned value = 0;

	if (*text == '\0' || strlen(text) > 5)
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (unsigned)(*text - '0');
	}
	if (value < 1 || value > 65535)
		return -1;
	*port = (uint16_t)value;
	return 0;
}

/* "host:port", "[::1]:port", "host"; cuts it in place. */
static int
parse_authority(struct probe *probe, char *text, uint16_t usual_port,
    struct conf_error *err)
{
	char *colon = strrchr(text, ':');

	if (strchr(text, '@') != NULL)
		return conf_refuse(
		    err, "no user or password in a URL: send a header instead");
	if (*text == '[') {
		char *end = strchr(text, ']');

		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return conf_refuse(err,
			    "\"%.60s\": no ] where it "
			    "belongs",
			    text);
		colon = end[1] == ':' ? end + 1 : NULL;
		*end = '\0';
		text++;
	} else if (colon != NULL && strchr(text, ':') != colon) {
		return conf_refuse(err,
		    "\"%.60s\": write an IPv6 address in [brackets]", text);
	}
	probe->port = usual_port;
	if (colon != NULL) {
		*colon++ = '\0';
		if (parse_port(colon, &probe->port) < 0)
			return conf_refuse(err,
			    "\"%.20s\" is not a port from 1 to 65535", colon);
	} else if (usual_port == 0) {
		return conf_refuse(err, "\"%.60s\" has no port", text);
	}
	if (*text == '\0' || strlen(text) > 253)
		return conf_refuse(err, "no host name, or too long a one");
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return conf_refuse(err, "a host name holds no spaces");
	probe->host = text;
	return 0;
}

/* "/run/x.sock:/path": the path of a socket, then what to ask there. */
static int
parse_socket(struct probe *probe, char *text, const char *fallback,
    struct conf_error *err)
{
	char *colon = strchr(text, ':');

	probe->target = fallback;
	if (colon != NULL) {
		*colon = '\0';
		if (colon[1] != '\0')
			probe->target = colon + 1;
	}
	if (*text != '/' && *text != '@')
		return conf_refuse(err,
		    "\"%.60s\" is not the absolute path of a socket", text);
	if (strlen(text) > 107)
		return conf_refuse(err, "a socket's path has at most 107 "
		                        "bytes");
	probe->path = text;
	return 0;
}

/* The rest of the URL after the authority, without the slash taken off. */
static char *
cut_path(char *text)
{
	return text + strcspn(text, "/?");
}

/* Nothing that we send may break out of its line. */
static int
check_web(const struct probe *probe, struct conf_error *err)
{
	const struct conf_map *headers = &probe->headers;

	const char *const lists[] = { probe->expect_status,
		probe->warn_status };

	for (int i = 0; i < 2; i++)
		if (lists[i] != NULL && http_status_in(lists[i], 200) < 0)
			return conf_refuse(err,
			    "%s_status: \"%.40s\" is not like 200-299,404",
			    i == 0 ? "expect" : "warn", lists[i]);
	for (const char *p = probe->method; *p != '\0'; p++)
		if (*p < 'A' || *p > 'Z')
			return conf_refuse(
			    err, "method: \"%.20s\"", probe->method);
	for (size_t i = 0; i < headers->count; i++) {
		const struct conf_pair *pair = &headers->pairs[i];

		if (pair->name[0] == '\0' ||
		    pair->name[strcspn(pair->name, " \t\r\n:")] != '\0' ||
		    (pair->value != NULL &&
		        pair->value[strcspn(pair->value, "\r\n")] != '\0'))
			return conf_refuse(err,
			    "headers: \"%.40s\" is not a header", pair->name);
	}
	return 0;
}

static int
parse_web(
    struct probe *probe, char *text, bool on_socket, struct conf_error *err)
{
	char *path = cut_path(text);
	size_t n = strlen(path);

	if (check_web(probe, err) < 0)
		return -1;
	if (on_socket) {
		if (parse_socket(probe, text, "/", err) < 0)
			return -1;
		return probe->target[0] == '/'
		           ? 0
		           : conf_refuse(err,
		                 "the path after the socket begins "
		                 "with /");
	}
	for (size_t i = 0; i < n; i++)
		if (path[i] <= ' ' || path[i] == 0x7f)
			return conf_refuse(err, "a URL holds no spaces");
	if (*path == '?') { /* the room is there: see target_parse() */
		memmove(path + 2, path, n + 1);
		path[1] = '/';
		probe->target = path + 1;
	} else if (*path == '\0') {
		probe->target = "/";
	} else {
		memmove(path + 1, path, n + 1);
		probe->target = path + 1;
	}
	*path = '\0';
	return parse_authority(
	    probe, text, probe->kind == PROBE_HTTPS ? 443 : 80, err);
}

static int
parse_grpc(
    struct probe *probe, char *text, bool on_socket, struct conf_error *err)
{
	char *path = strchr(text, '/');

	if (on_socket)
		return parse_socket(probe, text, "", err);
	probe->target = "";
	if (path != NULL) {
		*path++ = '\0';
		probe->target = path;
	}
	if (strlen(probe->target) > 200)
		return conf_refuse(err, "too long a name of a service");
	return parse_authority(probe, text, 0, err);
}

static int
parse_file(struct probe *probe, char *text, struct conf_error *err)
{
	if (*text != '/')
		return conf_refuse(
		    err, "\"%.60s\" is not an absolute path", text);
	target_unescape(text);
	probe->path = text;
	return 0;
}

static int
parse_process(struct probe *probe, char *text, struct conf_error *err)
{
	if (*text != '\0' &&
	    conf_set(probe, &probe_table, "pid", text, err) < 0)
		return -1;
	if (probe->rss_bytes == 0 && probe->fds == 0)
		return conf_refuse(err, "a process probe needs rss or fds");
	return 0;
}

static int
parse_free(struct probe *probe, const char *text, struct conf_error *err)
{
	if (probe->free == NULL && *text != '\0' && *text != '/')
		probe->free = text;
	if (probe->free == NULL)
		return conf_refuse(err,
		    "a %s probe needs free=10%% or "
		    "free=512m",
		    probe_kind_name(probe->kind));
	if (target_amount(&probe->least_free, probe->free) < 0)
		return conf_refuse(err,
		    "free: \"%.40s\" is neither a percentage nor a size",
		    probe->free);
	return 0;
}

static int
check_talk(const struct probe *probe, struct conf_error *err)
{
	char scratch[1024];
	const char *expect = probe->expect;

	if (probe->send != NULL &&
	    target_bytes(scratch, sizeof(scratch), probe->send) < 0)
		return conf_refuse(err, "send: an escape is not known, or it "
		                        "is longer than 1024 bytes");
	if (expect != NULL &&
	    target_bytes(scratch, sizeof(scratch), expect) < 0)
		return conf_refuse(err, "expect: an escape is not known, or "
		                        "it is longer than 1024 bytes");
	return 0;
}

static int
parse_kind(
    struct probe *probe, char *text, bool on_socket, struct conf_error *err)
{
	switch (probe->kind) {
	case PROBE_HTTP:
	case PROBE_HTTPS:
		return parse_web(probe, text, on_socket, err);
	case PROBE_GRPC:
	case PROBE_GRPCS:
		return parse_grpc(probe, text, on_socket, err);
	case PROBE_TCP:
		if (check_talk(probe, err) < 0)
			return -1;
		text[strcspn(text, "/")] = '\0';
		return parse_authority(probe, text, 0, err);
	case PROBE_UNIX:
		if (check_talk(probe, err) < 0)
			return -1;
		target_unescape(text);
		return strchr(text, ':') != NULL
		           ? conf_refuse(err, "a socket's path holds no colon")
		           : parse_socket(probe, text, "", err);
	case PROBE_CERT:
		if (*text == '/')
			return parse_file(probe, text, err);
		return parse_authority(probe, text, 443, err);
	case PROBE_DISK:
		if (parse_free(probe, "", err) < 0)
			return -1;
		return parse_file(probe, text, err);
	case PROBE_FILE:
		return parse_file(probe, text, err);
	case PROBE_MEMORY:
		return parse_free(probe, text, err);
	case PROBE_PROCESS:
		return parse_process(probe, text, err);
	case PROBE_DNS:
		text[strcspn(text, "/")] = '\0';
		if (text[0] != '[' && strchr(text, ':') != NULL)
			return conf_refuse(err, "dns asks for a name alone");
		return parse_authority(probe, text, 53, err);
	case PROBE_NONE:
	case PROBE_EXEC:
	case PROBE_KINDS:
		break;
	}
	return conf_refuse(err, "not a probe");
}

static const uint8_t ask_kinds[ASK_KEYS] = {
	[ASK_HTTP] = PROBE_HTTP,
	[ASK_HTTPS] = PROBE_HTTPS,
	[ASK_TCP] = PROBE_TCP,
	[ASK_UNIX] = PROBE_UNIX,
	[ASK_GRPC] = PROBE_GRPC,
	[ASK_GRPCS] = PROBE_GRPCS,
	[ASK_CERT] = PROBE_CERT,
	[ASK_FILE] = PROBE_FILE,
	[ASK_DISK] = PROBE_DISK,
	[ASK_MEMORY] = PROBE_MEMORY,
	[ASK_PROCESS] = PROBE_PROCESS,
	[ASK_DNS] = PROBE_DNS,
};

/* Takes "scheme://" or "scheme+unix://" off; NULL: another scheme. */
static char *
cut_scheme(struct probe *probe, char *text, bool *on_socket)
{
	char *end = strstr(text, "://");
	const char *name = probe_kind_name(probe->kind);
	size_t n = strlen(name);

	*on_socket = false;
	if (end == NULL || strcspn(text, ":/?") < (size_t)(end - text))
		return text;
	if (strncmp(text, "https:", 6) == 0 && probe->kind == PROBE_HTTP) {
		probe->kind = PROBE_HTTPS; /* http: https://... is meant so */
		return end + 3;
	}
	if (strncmp(text, name, n) != 0)
		return NULL;
	*on_socket = strncmp(text + n, "+unix:", 6) == 0 &&
	             (probe->kind == PROBE_HTTP || probe->kind == PROBE_GRPC);
	return *on_socket || text[n] == ':' ? end + 3 : NULL;
}

int
target_parse(struct probe *probe, enum probe_ask ask, const char *value,
    struct conf_error *err)
{
	size_t size = strlen(value) + 1;
	struct probe parsed = *probe;
	char *copy = malloc(2 * size + 32), *label, *rest, *more;
	bool on_socket;

	if (copy == NULL)
		return conf_refuse(err, "no memory");
	parsed.text = copy;
	parsed.kind = (enum probe_kind)ask_kinds[ask];
	label = copy + size + 2; /* parse_web() may need two bytes more */
	memcpy(copy, value, size);

	rest = cut_scheme(&parsed, copy, &on_socket);
	if (rest == NULL) {
		conf_refuse(err, "\"%.60s\" is not a %s URL", value,
		    probe_kind_name(parsed.kind));
		free(copy);
		return -1;
	}
	more = strchr(rest, (KIND(parsed.kind) & WEB) != 0 ? '#' : '?');
	if (more != NULL)
		*more++ = '\0';
	strcpy(label, probe_kind_name(parsed.kind));
	if (*rest != '\0') {
		strcat(label, " ");
		strcat(label, rest);
	}
	parsed.label = label;
	if (more != NULL) { /* parse_web() moves bytes: keep them apart */
		char *apart = label + strlen(label) + 1;

		memmove(apart, more, strlen(more) + 1);
		more = apart;
	}
	if (set_options(&parsed, more, err) < 0 ||
	    parse_kind(&parsed, rest, on_socket, err) < 0) {
		free(copy);
		return -1;
	}
	*probe = parsed;
	return 0;
}
