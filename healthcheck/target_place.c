/* SPDX-License-Identifier: MIT */
/* target_place.c - host and port, or the path of a socket: checked, cut apart. */
#include "target_parts.h"

#include <string.h>

enum { HOST_MAX = 253, SOCKET_PATH_MAX = 107 };

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

static int
check_host(const char *name, struct conf_error *err)
{
	const char *zone = strchr(name, '%');

	if (*name == '\0' || strlen(name) > HOST_MAX)
		return conf_refuse(err, "no host name, or too long a one");
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~')
			return conf_refuse(
			    err, "a host name is ASCII, without spaces");
	if (zone != NULL && strspn(zone + 1, "0123456789") != strlen(zone + 1))
		return conf_refuse(
		    err, "\"%.20s\": the zone of an address is a number", zone);
	return 0;
}

/* The host of "host:port", cut off; *port is what came behind it, or NULL. */
static char *
cut_host(char *text, char **port, struct conf_error *err)
{
	char *end = strrchr(text, ':');

	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
			conf_refuse(
			    err, "\"%.60s\": no ] where it belongs", text);
			return NULL;
		}
		*end++ = '\0';
		text++;
	} else if (end != NULL && strchr(text, ':') != end) {
		conf_refuse(err,
		    "\"%.60s\": write an IPv6 address in [brackets]", text);
		return NULL;
	}
	*port = NULL;
	if (end != NULL && *end == ':') {
		*end = '\0';
		*port = end + 1;
	}
	return text;
}

int
target_authority(struct probe *probe, char *text, uint16_t usual_port,
    struct conf_error *err)
{
	char *port;

	if (strchr(text, '@') != NULL)
		return conf_refuse(
		    err, "no user or password in a URL: send a header instead");
	text = cut_host(text, &port, err);
	if (text == NULL)
		return -1;
	probe->port = usual_port;
	probe->host = text;
	if (port != NULL && parse_port(port, &probe->port) < 0)
		return conf_refuse(
		    err, "\"%.20s\" is not a port from 1 to 65535", port);
	if (probe->port == 0)
		return conf_refuse(err, "\"%.60s\" has no port", text);
	return check_host(text, err);
}

int
target_socket(struct probe *probe, char *text, const char *fallback,
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
	if (strlen(text) > SOCKET_PATH_MAX)
		return conf_refuse(
		    err, "a socket's path has at most 107 bytes");
	probe->path = text;
	return 0;
}
