/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "target.h"

#define SECOND INT64_C(1000) /* every time below is in milliseconds */
#define DAY    (86400 * SECOND)

static const char *const actions[] = { "none", "restart", "shutdown", "exec",
	NULL };

static const char kinds[PROBE_KINDS][8] = { "none", "exec", "http", "https",
	"tcp", "unix", "grpc", "grpcs", "cert", "file", "disk", "memory",
	"process", "dns" };

#define AT(member)    .offset = offsetof(struct probe, member)
#define ASK_AT(which) AT(ask[which])

/* clang-format off */
static const struct conf_key keys[] = {
	{ "test", CONF_STRINGS, AT(test),
	  .help = "command: CMD and words, CMD-SHELL and a line, or NONE" },
	{ "exec", CONF_COMMAND, AT(exec),
	  .help = "command that exits 0, run as its service" },
	{ "http", CONF_STRING, ASK_AT(ASK_HTTP),
	  .help = "URL to GET: http://host:port/path or "
	          "http+unix:///socket:/path" },
	{ "https", CONF_STRING, ASK_AT(ASK_HTTPS),
	  .help = "URL to GET over TLS" },
	{ "tcp", CONF_STRING, ASK_AT(ASK_TCP),
	  .help = "host:port that accepts a connection" },
	{ "unix", CONF_STRING, ASK_AT(ASK_UNIX),
	  .help = "path of a socket that accepts a connection" },
	{ "grpc", CONF_STRING, ASK_AT(ASK_GRPC),
	  .help = "host:port[/service] of a grpc.health.v1 server" },
	{ "grpcs", CONF_STRING, ASK_AT(ASK_GRPCS),
	  .help = "the same over TLS" },
	{ "cert", CONF_STRING, ASK_AT(ASK_CERT),
	  .help = "host:port or file whose certificate stays valid" },
	{ "file", CONF_STRING, ASK_AT(ASK_FILE),
	  .help = "path that exists, and is younger than max_age" },
	{ "disk", CONF_STRING, ASK_AT(ASK_DISK),
	  .help = "path whose file system has free left" },
	{ "memory", CONF_STRING, ASK_AT(ASK_MEMORY),
	  .help = "free left below the limit of the control group" },
	{ "process", CONF_STRING, ASK_AT(ASK_PROCESS),
	  .help = "limits of the process: rss, fds" },
	{ "dns", CONF_STRING, ASK_AT(ASK_DNS),
	  .help = "name that resolves" },
	{ "disable", CONF_BOOL, AT(disable), .fallback = "false",
	  .help = "as test: NONE" },
	{ "interval", CONF_DURATION, AT(interval_ms), 10, 30 * DAY, "30s",
	  .help = "time from the start of one attempt to the next" },
	{ "timeout", CONF_DURATION, AT(timeout_ms), 1, DAY, "30s",
	  .help = "time allowed for one attempt" },
	{ "retries", CONF_INT, AT(retries), 1, 100000, "3",
	  .help = "failures in a row that make it unhealthy" },
	{ "success_retries", CONF_INT, AT(success_retries), 1, 100000, "1",
	  .help = "passes in a row that make it healthy" },
	{ "start_period", CONF_DURATION, AT(start_period_ms), 0, 30 * DAY,
	  "0s", .help = "time in which failures don't count" },
	{ "start_interval", CONF_DURATION, AT(start_interval_ms), 0,
	  30 * DAY, "5s", .help = "interval until the first pass" },
	{ "on_unhealthy_exec", CONF_COMMAND, AT(on_unhealthy_exec),
	  .help = "command for on_unhealthy: exec, run as its service" },
	{ "expect_status", CONF_STRING, AT(expect_status),
	  .help = "HTTP statuses that pass, 200-399 if not said" },
	{ "expect_body", CONF_STRING, AT(expect_body),
	  .help = "text that the body holds" },
	{ "warn_status", CONF_STRING, AT(warn_status),
	  .help = "HTTP statuses that pass too, with a warning" },
	{ "headers", CONF_MAP, AT(headers), .flags = CONF_SECRETS,
	  .help = "HTTP request headers; {secret: NAME} is the value of a "
	          "secret" },
	{ "method", CONF_STRING, AT(method), .fallback = "GET",
	  .help = "HTTP method" },
	{ "send", CONF_STRING, AT(send),
	  .help = "bytes to send, with C escapes" },
	{ "expect", CONF_STRING, AT(expect),
	  .help = "bytes that come, with C escapes; !x: that don't" },
	{ "server_name", CONF_STRING, AT(server_name),
	  .help = "name that the server's certificate must carry" },
	{ "ca_file", CONF_STRING, AT(ca_file),
	  .help = "authorities to trust, PEM" },
	{ "client_cert", CONF_STRING, AT(client_cert),
	  .help = "certificate to show, PEM" },
	{ "client_key", CONF_STRING, AT(client_key),
	  .help = "its private key, PEM" },
	{ "insecure", CONF_BOOL, AT(insecure), .fallback = "false",
	  .help = "accept any certificate, as kubelet does" },
	{ "days", CONF_INT, AT(days), 0, 36500, "14",
	  .help = "days for which a certificate must still be valid" },
	{ "max_age", CONF_DURATION, AT(max_age_ms), 0, 3650 * DAY, "0s",
	  .help = "age of a file that is too old; 0: any" },
	{ "free", CONF_STRING, AT(free),
	  .help = "what must be left: 10% or 512m" },
	{ "rss", CONF_SIZE, AT(rss_bytes), 0, INT64_MAX, "0",
	  .help = "most resident memory; 0: any" },
	{ "fds", CONF_INT, AT(fds), 0, INT32_MAX, "0",
	  .help = "most open descriptors; 0: any" },
	{ "pid", CONF_INT, AT(pid), 0, INT32_MAX, "0",
	  .help = "process to look at; 0: the service's" },
};

/* The common ones first: their defaults clear the whole. */
#define ON_UNHEALTHY(action)                                                   \
	{ "", CONF_INLINE, .offset = 0, .table = &common },                    \
	{ "on_unhealthy", CONF_CHOICE, AT(on_unhealthy), .fallback = action,  \
	  .choices = actions, .help = "what an unhealthy service gets" }

static const struct conf_table common = {
	.name = "probe",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
	.size = sizeof(struct probe),
};
static const struct conf_key health_keys[] = { ON_UNHEALTHY("none") };
static const struct conf_key liveness_keys[] = { ON_UNHEALTHY("restart") };
/* clang-format on */

static int
check(void *owner, struct conf_error *err)
{
	return probe_check(owner, err);
}

const struct conf_table probe_table = {
	.name = "healthcheck",
	.keys = health_keys,
	.count = 2,
	.size = sizeof(struct probe),
	.check = check,
};

const struct conf_table probe_liveness_table = {
	.name = "liveness",
	.keys = liveness_keys,
	.count = 2,
	.size = sizeof(struct probe),
	.check = check,
};

const char *
probe_kind_name(enum probe_kind kind)
{
	return kinds[kind < PROBE_KINDS ? kind : PROBE_NONE];
}

void
probe_init(struct probe *probe)
{
	*probe = (struct probe){ 0 };
	conf_defaults(probe, &probe_table);
}

int
probe_parse(struct probe *probe, const char *text, struct conf_error *err)
{
	struct probe parsed = *probe;

	if (strncmp(text, "exec:", 5) == 0) {
		if (target_words(&parsed, text + 5, err) < 0)
			return -1;
		*probe = parsed;
		return 0;
	}
	for (int ask = 0; ask < ASK_KEYS; ask++) {
		const char *name = kinds[ask + PROBE_HTTP];
		size_t n = strlen(name);

		if (strncmp(text, name, n) != 0 ||
		    (text[n] != ':' && text[n] != '+'))
			continue;
		if (strncmp(text + strcspn(text, ":"), "://", 3) != 0)
			return conf_refuse(
			    err, "\"%.80s\": no :// behind the scheme", text);
		parsed.ask[ask] = text;
		if (probe_check(&parsed, err) < 0)
			return -1;
		*probe = parsed;
		return 0;
	}
	return conf_refuse(err,
	    "\"%.80s\" is not a probe (http://, tcp://, exec:, ...)", text);
}

/* Compose's healthcheck.test in its four forms. */
static int
check_test(struct probe *probe, struct conf_error *err)
{
	const char **words = probe->test.items;
	size_t n = probe->test.count;

	if (strcmp(words[0], "NONE") == 0) {
		probe->kind = PROBE_NONE;
		return 0;
	}
	probe->kind = PROBE_EXEC;
	if (strcmp(words[0], "CMD") == 0) {
		if (n < 2)
			return conf_refuse(err, "test: CMD needs a command");
		probe->argv = words + 1;
		return 0;
	}
	if (strcmp(words[0], "CMD-SHELL") == 0 ? n != 2 : n != 1)
		return conf_refuse(err,
		    "test: begin with CMD, CMD-SHELL or NONE, or write one "
		    "string");
	probe->shell_argv[0] = "/bin/sh";
	probe->shell_argv[1] = "-c";
	probe->shell_argv[2] = words[n - 1];
	probe->shell_argv[3] = NULL;
	probe->argv = NULL; /* probe_check() points it at the final struct */
	return 0;
}

static int
count_asks(const struct probe *probe, int *which)
{
	int n = (probe->test.count > 0) + (probe->exec.count > 0);

	*which = -1;
	for (int i = 0; i < ASK_KEYS; i++)
		if (probe->ask[i] != NULL) {
			*which = i;
			n++;
		}
	return n;
}

int
probe_check(struct probe *probe, struct conf_error *err)
{
	int which, n = count_asks(probe, &which);

	if (probe->disable == 1) {
		probe->kind = PROBE_NONE;
		return 0;
	}
	if ((probe->on_unhealthy == ACTION_EXEC) !=
	    (probe->on_unhealthy_exec.count > 0))
		return conf_refuse(err,
		    "on_unhealthy: exec and on_unhealthy_exec go together");
	if (n == 0)
		return conf_refuse(
		    err, "says nothing to ask: test, http, tcp, grpc, ...");
	if (n > 1)
		return conf_refuse(err, "asks more than one thing");
	if ((probe->client_cert == NULL) != (probe->client_key == NULL))
		return conf_refuse(
		    err, "client_cert and client_key go together");
	if (which >= 0)
		return target_parse(
		    probe, (enum probe_ask)which, probe->ask[which], err);
	if (probe->test.count > 0) {
		if (check_test(probe, err) < 0)
			return -1;
	} else {
		probe->kind = PROBE_EXEC;
		probe->argv = probe->exec.items;
	}
	return target_label_command(probe);
}

const char *const *
probe_argv(const struct probe *probe)
{
	return probe->argv != NULL ? probe->argv : probe->shell_argv;
}

void
probe_finish(struct probe *probe)
{
	free(probe->text);
	probe->text = NULL;
}
