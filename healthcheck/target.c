/* SPDX-License-Identifier: MIT */
#include "target_parts.h"

#include <stdlib.h>
#include <string.h>

#define KIND(k) (1u << (k))

enum {
	WEB = KIND(PROBE_HTTP) | KIND(PROBE_HTTPS),
	TALK = KIND(PROBE_TCP) | KIND(PROBE_UNIX),
	CRYPT = KIND(PROBE_HTTPS) | KIND(PROBE_GRPCS) | KIND(PROBE_CERT),
};

/* Which options of a URL say something about which kind. */
static const struct {
	char name[16];
	uint16_t kinds;
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

static bool
is_option(enum probe_kind kind, const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return options[i].kinds >> kind & 1;
	return false;
}

/* "option=value", set as the file's key would be. */
static int
set_option(struct probe *probe, char *text, struct conf_error *err)
{
	char *value = strchr(text, '=');
	struct conf_error why;

	if (value == NULL)
		return conf_refuse(err, "option \"%.40s\" has no value", text);
	*value++ = '\0';
	if (target_unescape(value) != strlen(value))
		return conf_refuse(err, "%s: write NUL as \\0", text);
	if (!is_option(probe->kind, text))
		return conf_refuse(err, "a %s probe has no option \"%.40s\"",
		    probe_kind_name(probe->kind), text);
	if (conf_set(probe, &probe_table, text, value, &why) < 0)
		return conf_refuse(err, "%s: %s", text, why.text);
	return 0;
}

/* option=value&option=value; NULL: none. */
static int
set_options(struct probe *probe, char *text, struct conf_error *err)
{
	char *next;

	for (; text != NULL && *text != '\0'; text = next) {
		next = strchr(text, '&');
		if (next != NULL)
			*next++ = '\0';
		if (set_option(probe, text, err) < 0)
			return -1;
	}
	return 0;
}

_Static_assert((int)ASK_DNS + (int)PROBE_HTTP == (int)PROBE_DNS, "one order");

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

/*
 * "http db:80/x": what people see.  Returns the options, which it moves behind
 * that, out of the way of target_kind(); NULL: none.
 */
static char *
set_label(struct probe *probe, char *label, char *rest)
{
	char *more = strchr(rest, (KIND(probe->kind) & WEB) != 0 ? '#' : '?');

	if (more != NULL)
		*more++ = '\0';
	strcpy(label, probe_kind_name(probe->kind));
	if (*rest != '\0') {
		strcat(label, " ");
		strcat(label, rest);
	}
	probe->label = label;
	if (more == NULL)
		return NULL;
	return memmove(label + strlen(label) + 1, more, strlen(more) + 1);
}

int
target_parse(struct probe *probe, enum probe_ask ask, const char *value,
    struct conf_error *err)
{
	size_t size = strlen(value) + 1;
	struct probe parsed = *probe;
	char *rest, *more;
	bool on_socket;

	parsed.kind = (enum probe_kind)((int)ask + (int)PROBE_HTTP);
	parsed.text = malloc(2 * size + 32);
	if (parsed.text == NULL)
		return conf_refuse(err, "no memory");
	memcpy(parsed.text, value, size);
	rest = cut_scheme(&parsed, parsed.text, &on_socket);
	if (rest == NULL) {
		conf_refuse(err, "\"%.60s\" is not a %s URL", value,
		    probe_kind_name(parsed.kind));
	} else {
		/* target_kind() may need two bytes more */
		more = set_label(&parsed, parsed.text + size + 2, rest);
		if (set_options(&parsed, more, err) == 0 &&
		    target_kind(&parsed, rest, on_socket, err) == 0) {
			*probe = parsed;
			return 0;
		}
	}
	free(parsed.text);
	return -1;
}
