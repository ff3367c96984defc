/* SPDX-License-Identifier: MIT */
/* config_words.c - values that need more than a row of a table. */
#include "supervisor/config_words.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>

int
config_parse_restart(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	static const char *const words[] = { "no", "on-failure", "always",
		"unless-stopped", NULL };
	struct config_restart *restart = field;
	struct conf_key choice = { .name = key->name,
		.type = CONF_CHOICE,
		.choices = words,
		.width = sizeof(restart->policy) };
	int64_t attempts;

	restart->max_attempts = -1;
	if (strncmp(text, "on-failure:", 11) == 0) {
		if (conf_number(&attempts, text + 11) < 0 || attempts < 1 ||
		    attempts > INT32_MAX)
			return conf_refuse(err,
			    "\"%.40s\" needs a number of attempts, as in "
			    "on-failure:5",
			    text);
		restart->policy = RESTART_ON_FAILURE;
		restart->max_attempts = (int32_t)attempts;
		return 0;
	}
	return conf_parse(&restart->policy, &choice, text, err);
}

int
config_parse_notify(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err)
{
	struct config_notify *notify = field;
	int64_t fd;
	int on;

	(void)key;
	notify->fd = -1;
	if (strncmp(text, "fd:", 3) == 0 && conf_number(&fd, text + 3) == 0 &&
	    fd >= 3 && fd <= 255) {
		notify->mode = NOTIFY_FD;
		notify->fd = (int32_t)fd;
		return 0;
	}
	if (conf_bool(&on, text) < 0)
		return conf_refuse(err,
		    "\"%.40s\" is neither true, false nor fd:N with N from 3 "
		    "to 255",
		    text);
	notify->mode = on ? NOTIFY_SOCKET : NOTIFY_NONE;
	return 0;
}

int
config_parse_address(
    struct config_listen *listen, const char *text, size_t size)
{
	char host[64];
	const char *colon = memrchr(text, ':', size);
	int64_t port;
	size_t host_size;

	if (colon == NULL || size >= sizeof(host))
		return -1;
	memcpy(host, text, size);
	host[size] = '\0';
	host_size = (size_t)(colon - text);
	if (conf_number(&port, host + host_size + 1) < 0 || port < 0 ||
	    port > 65535)
		return -1;
	host[host_size] = '\0';
	listen->port = (uint16_t)port;
	if (host_size == 0)
		return 0;
	if (host[0] != '[')
		return inet_pton(AF_INET, host, listen->address) == 1 ? 0 : -1;
	listen->ipv6 = true;
	if (host[host_size - 1] != ']')
		return -1;
	host[host_size - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, listen->address) == 1 ? 0 : -1;
}

int
config_parse_listen(
    struct config_listen *out, const char *text, struct conf_error *err)
{
	static const struct {
		char prefix[17];
		uint8_t kind;
	} schemes[] = {
		{ "tcp://", LISTEN_TCP },
		{ "udp://", LISTEN_UDP },
		{ "unix://", LISTEN_UNIX },
		{ "unix-dgram://", LISTEN_UNIX_DGRAM },
	};
	struct config_listen listen = { .text = text, .name = "" };
	const char *hash = strchr(text, '#'), *rest = NULL;
	size_t size = hash == NULL ? strlen(text) : (size_t)(hash - text);

	if (hash != NULL)
		listen.name = hash + 1;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, n) != 0)
			continue;
		listen.kind = schemes[i].kind;
		rest = text + n;
		size -= n;
	}
	/* LISTEN_FDNAMES is a list with colons between. */
	if (strpbrk(listen.name, ":\n") != NULL || strlen(listen.name) > 255)
		return conf_refuse(
		    err, "\"%.60s\" has a name that can't be passed on", text);
	if (rest != NULL && listen.kind >= LISTEN_UNIX && rest[0] == '/' &&
	    size > 1 && size < 108) {
		listen.path = conf_copy(rest, size);
		*out = listen;
		return listen.path == NULL ? conf_refuse(err, "out of memory")
		                           : 0;
	}
	if (rest == NULL || listen.kind >= LISTEN_UNIX ||
	    config_parse_address(&listen, rest, size) < 0 || listen.port == 0)
		return conf_refuse(err,
		    "\"%.60s\" is not an address such as tcp://0.0.0.0:80, "
		    "tcp://[::]:80, udp://127.0.0.1:53 or "
		    "unix:///run/app.sock",
		    text);
	*out = listen;
	return 0;
}

int
config_check_hale(void *owner, struct conf_error *err)
{
	const struct config_hale *hale = owner;
	struct config_listen listen = { 0 };

	err->key = "socket";
	if (hale->socket != NULL && *hale->socket == '\0')
		return conf_refuse(err, "is neither a path nor none");
	err->key = "listen";
	if (hale->listen != NULL && config_parse_address(&listen, hale->listen,
	                                strlen(hale->listen)) < 0)
		return conf_refuse(err,
		    "\"%.60s\" is not ADDR:PORT, such as 127.0.0.1:9110 or "
		    "[::1]:9110",
		    hale->listen);
	err->key = NULL;
	return 0;
}

int
config_check_reload(void *owner, struct conf_error *err)
{
	struct config_reload *reload = owner;

	if (reload->signal != 0 && reload->command.count > 0) {
		err->key = "command";
		return conf_refuse(err, "a signal is given already");
	}
	return 0;
}

int
config_check_backoff(void *owner, struct conf_error *err)
{
	struct config_backoff *backoff = owner;

	if (backoff->max_delay_ms < backoff->delay_ms) {
		err->key = "delay";
		return conf_refuse(err, "is longer than max_delay");
	}
	return 0;
}

int
config_check_output(void *owner, struct conf_error *err)
{
	struct config_output *output = owner;

	(void)err;
	output->mode = output->json == 1     ? LOGGING_JSON
	               : output->prefix == 1 ? LOGGING_PREFIX
	                                     : LOGGING_RAW;
	return 0;
}

int
config_check_secret(void *owner, struct conf_error *err)
{
	struct config_secret *secret = owner;

	if ((secret->file == NULL) == (secret->environment == NULL))
		return conf_refuse(err, "needs one of file and environment");
	return 0;
}

static int
parse_listens(struct service_config *service, struct conf_error *err)
{
	size_t count = service->extras->listen_text.count;

	if (count == 0)
		return 0;
	err->key = "listen";
	service->extras->listen =
	    conf_alloc(count * sizeof(*service->extras->listen));
	if (service->extras->listen == NULL)
		return conf_refuse(err, "out of memory");
	for (size_t i = 0; i < count; i++)
		if (config_parse_listen(&service->extras->listen[i],
		        service->extras->listen_text.items[i], err) < 0)
			return -1;
	err->key = NULL;
	return 0;
}

static int
set_confine(struct service_config *service, const char *name, const char *text)
{
	struct conf_error unused;

	return conf_set(service, &service_table, name, text, &unused);
}

/* Docker's options; those about other things than hale's are left alone. */
static int
fold_security_opt(struct service_config *service, struct conf_error *err)
{
	for (size_t i = 0; i < service->extras->security_opt.count; i++) {
		const char *text = service->extras->security_opt.items[i];
		size_t name = strcspn(text, ":=");
		const char *value =
		    text[name] == '\0' ? "true" : text + name + 1;
		int result = 0;

		if (name == 17 && strncmp(text, "no-new-privileges", name) == 0)
			result =
			    set_confine(service, "no_new_privileges", value);
		else if (name == 7 && strncmp(text, "seccomp", name) == 0)
			result = set_confine(service, "seccomp",
			    strcmp(value, "unconfined") == 0 ? "none" : value);
		if (result < 0) {
			err->key = "security_opt";
			return conf_refuse(
			    err, "\"%.60s\" can't be used here", text);
		}
	}
	return 0;
}

int
config_check_service(void *owner, struct conf_error *err)
{
	struct service_config *service = owner;
	struct config_policy *policy = service->policy;

	if (policy->watchdog_ms > 0 && policy->notify.mode != NOTIFY_SOCKET) {
		err->key = "watchdog";
		return conf_refuse(err, "needs notify: true");
	}
	if (policy->restart.max_attempts > 0 &&
	    policy->backoff.max_attempts == 0)
		policy->backoff.max_attempts = policy->restart.max_attempts;

	/* Compose's ways to say "no limit" */
	if (service->extras->mem_limit == 0)
		service->extras->mem_limit = -1;
	if (service->extras->cpus_milli == 0)
		service->extras->cpus_milli = -1;
	if (service->extras->pids_limit <= 0)
		service->extras->pids_limit = -1;
	if (fold_security_opt(service, err) < 0)
		return -1;
	return parse_listens(service, err);
}
