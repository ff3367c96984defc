/* SPDX-License-Identifier: MIT */
/* target_kinds.c - what stands behind a scheme, kind by kind. */
#include "target_parts.h"

#include <string.h>

#include "http.h"

static int
check_statuses(const char *option, const char *list, struct conf_error *err)
{
	if (list == NULL || http_status_in(list, 200) >= 0)
		return 0;
	return conf_refuse(
	    err, "%s: \"%.40s\" is not like 200-299,404", option, list);
}

static bool
is_header(const struct conf_pair *pair)
{
	return pair->name[0] != '\0' &&
	       pair->name[strcspn(pair->name, " \t\r\n:")] == '\0' &&
	       (pair->value == NULL ||
	           pair->value[strcspn(pair->value, "\r\n")] == '\0');
}

/* Nothing that we send may break out of its line. */
static int
check_request(const struct probe *probe, struct conf_error *err)
{
	const struct conf_map *headers = &probe->headers;

	for (const char *p = probe->method; *p != '\0'; p++)
		if (*p < 'A' || *p > 'Z')
			return conf_refuse(
			    err, "method: \"%.20s\"", probe->method);
	for (size_t i = 0; i < headers->count; i++)
		if (!is_header(&headers->pairs[i]))
			return conf_refuse(err,
			    "headers: \"%.40s\" is not a header",
			    headers->pairs[i].name);
	for (const char *p = probe->target; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return conf_refuse(err, "a URL holds no spaces");
	return 0;
}

/* "host:port/path?query": cut where the path begins, which gets a slash. */
static void
cut_path(struct probe *probe, char *text)
{
	char *path = text + strcspn(text, "/?");
	bool bare = *path != '/';

	memmove(path + 1 + bare, path, strlen(path) + 1);
	path[1] = '/';
	*path = '\0';
	probe->target = path + 1;
}

static int
web(struct probe *probe, char *text, bool on_socket, struct conf_error *err)
{
	if (check_statuses("expect_status", probe->expect_status, err) < 0 ||
	    check_statuses("warn_status", probe->warn_status, err) < 0)
		return -1;
	if (on_socket && target_socket(probe, text, "/", err) < 0)
		return -1;
	if (on_socket && probe->target[0] != '/')
		return conf_refuse(
		    err, "the path after the socket begins with /");
	if (!on_socket)
		cut_path(probe, text);
	if (check_request(probe, err) < 0)
		return -1;
	return on_socket ? 0
	                 : target_authority(probe, text,
	                       probe->kind == PROBE_HTTPS ? 443 : 80, err);
}

static int
grpc(struct probe *probe, char *text, bool on_socket, struct conf_error *err)
{
	char *service = strchr(text, '/');

	if (on_socket)
		return target_socket(probe, text, "", err);
	probe->target = "";
	if (service != NULL) {
		*service++ = '\0';
		probe->target = service;
	}
	if (strlen(probe->target) > 200)
		return conf_refuse(err, "too long a name of a service");
	return target_authority(probe, text, 0, err);
}

static int
check_bytes(const char *option, const char *text, struct conf_error *err)
{
	char scratch[1024];

	if (text == NULL || target_bytes(scratch, sizeof(scratch), text) >= 0)
		return 0;
	return conf_refuse(err,
	    "%s: an escape is not known, or it is longer than 1024 bytes",
	    option);
}

static int
talk(struct probe *probe, char *text, struct conf_error *err)
{
	if (check_bytes("send", probe->send, err) < 0 ||
	    check_bytes("expect", probe->expect, err) < 0)
		return -1;
	if (probe->kind == PROBE_TCP) {
		text[strcspn(text, "/")] = '\0';
		return target_authority(probe, text, 0, err);
	}
	target_unescape(text);
	if (strchr(text, ':') != NULL)
		return conf_refuse(err, "a socket's path holds no colon");
	return target_socket(probe, text, "", err);
}

static int
file(struct probe *probe, char *text, struct conf_error *err)
{
	if (*text != '/')
		return conf_refuse(
		    err, "\"%.60s\" is not an absolute path", text);
	target_unescape(text);
	probe->path = text;
	return 0;
}

static int
process(struct probe *probe, char *text, struct conf_error *err)
{
	if (*text != '\0' &&
	    conf_set(probe, &probe_table, "pid", text, err) < 0)
		return -1;
	if (probe->rss_bytes == 0 && probe->fds == 0)
		return conf_refuse(err, "a process probe needs rss or fds");
	return 0;
}

/* given: "10%" in the place of an option; NULL: none. */
static int
amount(struct probe *probe, const char *given, struct conf_error *err)
{
	if (probe->free == NULL)
		probe->free = given;
	if (probe->free == NULL)
		return conf_refuse(err,
		    "a %s probe needs free=10%% or free=512m",
		    probe_kind_name(probe->kind));
	if (target_amount(&probe->least_free, probe->free) < 0)
		return conf_refuse(err,
		    "free: \"%.40s\" is neither a percentage nor a size",
		    probe->free);
	return 0;
}

static int
name(struct probe *probe, char *text, struct conf_error *err)
{
	text[strcspn(text, "/")] = '\0';
	if (text[0] != '[' && strchr(text, ':') != NULL)
		return conf_refuse(err, "dns asks for a name alone");
	return target_authority(probe, text, 53, err);
}

int
target_kind(
    struct probe *probe, char *text, bool on_socket, struct conf_error *err)
{
	bool is_path = *text == '/';

	switch (probe->kind) { /* no default: a new kind must not compile */
	case PROBE_HTTP:
	case PROBE_HTTPS:
		return web(probe, text, on_socket, err);
	case PROBE_GRPC:
	case PROBE_GRPCS:
		return grpc(probe, text, on_socket, err);
	case PROBE_TCP:
	case PROBE_UNIX:
		return talk(probe, text, err);
	case PROBE_CERT:
		return is_path ? file(probe, text, err)
		               : target_authority(probe, text, 443, err);
	case PROBE_DISK:
		if (amount(probe, NULL, err) < 0)
			return -1;
		return file(probe, text, err);
	case PROBE_FILE:
		return file(probe, text, err);
	case PROBE_MEMORY:
		return amount(
		    probe, *text == '\0' || is_path ? NULL : text, err);
	case PROBE_PROCESS:
		return process(probe, text, err);
	case PROBE_DNS:
		return name(probe, text, err);
	case PROBE_NONE:
	case PROBE_EXEC:
	case PROBE_KINDS:
		break;
	}
	return conf_refuse(err, "not a probe");
}
