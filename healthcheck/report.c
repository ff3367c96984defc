/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "request.h"

#include "supervisor/conf.h"
#include "supervisor/core.h"
#include "supervisor/supervisor.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

const char *
report_kind_name(enum report_kind kind)
{
	switch (kind) {
	case REPORT_HEALTH:
		return "healthz";
	case REPORT_LIVE:
		return "livez";
	case REPORT_READY:
		return "readyz";
	case REPORT_STARTUP:
		return "startupz";
	case REPORT_KINDS:
		break;
	}
	return "invalid";
}

static bool
says_yes(const struct snapshot_service *service, enum report_kind kind)
{
	switch (kind) {
	case REPORT_HEALTH:
		return strcmp(service->health, "healthy") == 0;
	case REPORT_LIVE:
		return service->live;
	case REPORT_READY:
		return service->ready;
	case REPORT_STARTUP:
		return service->started;
	case REPORT_KINDS:
		break;
	}
	return false;
}

static bool
named(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && memcmp(name, text, length) == 0;
}

static bool
is_excluded(
    const struct snapshot_service *service, const struct report_scope *scope)
{
	const char *name = NULL;
	size_t length;

	while (
	    scope->exclude != NULL && (name = request_query_next(scope->exclude,
	                                   "exclude", name, &length)) != NULL)
		if (named(service->name, name, length))
			return true;
	return false;
}

/* What nobody is called can't be left out: said in kubelet's words. */
static void
warn_unmatched(struct writer *writer, const struct snapshot *snapshot,
    const struct report_scope *scope)
{
	size_t count = snapshot->service_count + snapshot->dependency_count;
	const char *name = NULL;
	size_t length, i;

	while (
	    scope->exclude != NULL && (name = request_query_next(scope->exclude,
	                                   "exclude", name, &length)) != NULL) {
		for (i = 0; i < count; i++)
			if (named(snapshot->services[i].name, name, length))
				break;
		if (i < count)
			continue;
		write_text(writer, "warn: some health checks cannot be "
		                   "excluded: no matches for \"");
		write_bytes(writer, name, length);
		write_text(writer, "\"\n");
	}
}

static bool
in_scope(
    const struct snapshot_service *service, const struct report_scope *scope)
{
	return scope->service == NULL ||
	       named(service->name, scope->service, scope->service_length);
}

const char *
report_unknown(const struct snapshot *snapshot, const char *name, size_t length,
    char *out, size_t out_size)
{
	const char *names[256], *nearest;
	size_t count = snapshot->service_count + snapshot->dependency_count;
	char word[64];

	if (count > sizeof(names) / sizeof(names[0]))
		count = sizeof(names) / sizeof(names[0]);
	for (size_t i = 0; i < count; i++)
		names[i] = snapshot->services[i].name;
	snprintf(word, sizeof(word), "%.*s", (int)length, name);
	nearest = conf_nearest(word, names, count);
	snprintf(out, out_size, "no service \"%s\"%s%s%s", word,
	    nearest != NULL ? " (did you mean \"" : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
	return out;
}

/* A line of the verbose form, or of the list of what is wrong. */
static void
health_line(struct writer *writer, const struct snapshot_service *service,
    bool yes, bool verbose)
{
	if (verbose) {
		write_text(writer, yes ? "[+]" : "[-]");
		write_text(writer, service->name);
		write_text(writer, yes ? " ok" : " failed: ");
		if (!yes)
			write_text(writer, service->cause[0] != '\0'
			                       ? service->cause
			                       : service->health);
	} else if (service->cause[0] != '\0') {
		/* The cause names the service already. */
		write_text(writer, service->cause);
	} else {
		write_text(writer, service->name);
		write_text(writer, ": ");
		write_text(writer,
		    service->state != NULL ? service->state : service->health);
	}
	write_text(writer, "\n");
}

static void
health_excluded(
    struct writer *writer, const struct snapshot_service *service, bool verbose)
{
	if (!verbose)
		return;
	write_text(writer, "[+]");
	write_text(writer, service->name);
	write_text(writer, " excluded: ok\n");
}

bool
report_health(struct writer *writer, const struct snapshot *snapshot,
    enum report_kind kind, const struct report_scope *scope)
{
	bool all = true, any = false;
	/* Dependencies count through those that need them, or by name. */
	size_t count =
	    snapshot->service_count + (scope->service != NULL || scope->verbose
	                                      ? snapshot->dependency_count
	                                      : 0);

	for (size_t i = 0; i < count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];
		bool yes = says_yes(service, kind) ||
		           (scope->starting_ok &&
		               strcmp(service->health, "starting") == 0);

		if (!in_scope(service, scope))
			continue;
		any = true;
		if (is_excluded(service, scope)) {
			health_excluded(writer, service, scope->verbose);
			continue;
		}
		/* A dependency that is down is shown; its dependents decide. */
		if (i < snapshot->service_count || scope->service != NULL)
			all = all && yes;
		if (scope->verbose || !yes)
			health_line(writer, service, yes, scope->verbose);
	}
	if (scope->service != NULL && !any) {
		char text[200];

		write_text(
		    writer, report_unknown(snapshot, scope->service,
		                scope->service_length, text, sizeof(text)));
		write_text(writer, "\n");
		return false;
	}
	if (scope->verbose) {
		warn_unmatched(writer, snapshot, scope);
		write_text(writer, report_kind_name(kind));
		write_text(writer, all ? " check passed\n" : " check failed\n");
	} else if (all) {
		write_text(writer, "ok\n");
	}
	return all;
}

/* ---- JSON ------------------------------------------------------------------ */

static void
write_history(struct writer *writer, const struct snapshot *snapshot,
    const struct tally *tally)
{
	const struct verdict_result *result;

	json_open(writer, "history", '[');
	for (uint32_t back = 0; (result = verdict_past(tally, back)) != NULL;
	     back++) {
		json_open(writer, NULL, '{');
		json_time(writer, "time",
		    snapshot->wall_ms - (snapshot->now_ms - result->when_ms));
		json_text(writer, "outcome",
		    outcome_name((enum outcome)result->outcome));
		json_text(
		    writer, "reason", reason_name((enum reason)result->reason));
		json_number(writer, "code", result->code);
		json_fixed(writer, "duration_ms", result->duration_us, 3);
		json_texts(writer, "text", result->text,
		    strnlen(result->text, sizeof(result->text)));
		json_close(writer, '}');
	}
	json_close(writer, ']');
}

static void
write_probe(struct writer *writer, const struct snapshot *snapshot,
    const struct snapshot_probe *probe)
{
	const struct tally *tally = probe->tally;
	const struct answer *last = &tally->last;

	json_open(writer, NULL, '{');
	json_text(writer, "name", probe->name);
	json_text(writer, "kind", probe->kind);
	json_text(writer, "type", probe->type);
	json_text(writer, "target", probe->target);
	json_text(writer, "status", verdict_name(tally->verdict));
	json_number(writer, "consecutive", tally->streak);
	json_bool(writer, "flapping", tally->flapping);
	json_fixed(writer, "duration_ms", last->duration_us, 3);
	json_text(writer, "last_text", last->text);
	json_texts(writer, "last_output", last->output, last->output_size);
	write_history(writer, snapshot, tally);
	json_close(writer, '}');
}

static void
write_probes(struct writer *writer, const struct snapshot *snapshot,
    const struct snapshot_service *service)
{
	json_open(writer, "probes", '[');
	for (size_t i = 0; i < service->probe_count; i++)
		write_probe(writer, snapshot,
		    &snapshot->probes[service->probe_first + i]);
	json_close(writer, ']');
}

static void
number_or_null(struct writer *writer, const char *key, int64_t number)
{
	if (number < 0)
		json_null(writer, key);
	else
		json_number(writer, key, number);
}

static void
fixed_or_null(
    struct writer *writer, const char *key, int64_t number, int decimals)
{
	if (number < 0)
		json_null(writer, key);
	else
		json_fixed(writer, key, number, decimals);
}

static void
write_resources(
    struct writer *writer, const struct snapshot_resources *resources)
{
	json_open(writer, "resources", '{');
	fixed_or_null(writer, "cpu_seconds", resources->cpu_ms, 3);
	number_or_null(writer, "rss_bytes", resources->rss_bytes);
	number_or_null(writer, "fds", resources->fds);
	number_or_null(writer, "threads", resources->threads);
	json_close(writer, '}');
}

static void
text_or_null(struct writer *writer, const char *key, const char *text)
{
	if (text[0] == '\0')
		json_null(writer, key);
	else
		json_text(writer, key, text);
}

static void
write_service(struct writer *writer, const struct snapshot *snapshot,
    const struct snapshot_service *service)
{
	json_open(writer, NULL, '{');
	json_text(writer, "name", service->name);
	if (service->state != NULL) {
		json_text(writer, "state", service->state);
		json_bool(writer, "wanted", service->wanted);
	}
	json_text(writer, "health", service->health);
	text_or_null(writer, "cause", service->cause);
	if (service->state != NULL) {
		json_bool(writer, "live", service->live);
		json_bool(writer, "ready", service->ready);
		json_bool(writer, "started", service->started);
		if (service->pid > 0)
			json_number(writer, "pid", service->pid);
		else
			json_null(writer, "pid");
		json_number(writer, "restarts", service->restarts);
		number_or_null(writer, "exit_code", service->exit_code);
		text_or_null(writer, "status_text", service->says);
	}
	json_time(writer, "since", service->since_wall_ms);
	write_probes(writer, snapshot, service);
	if (service->state != NULL)
		write_resources(writer, &service->resources);
	json_close(writer, '}');
}

void
report_service(struct writer *writer, const struct snapshot *snapshot,
    const struct snapshot_service *service)
{
	writer->more = false;
	write_service(writer, snapshot, service);
	write_text(writer, "\n");
}

static void
write_pressure(struct writer *writer, const struct snapshot *snapshot)
{
	json_open(writer, "pressure", '{');
	json_text(
	    writer, "scope", snapshot->pressure_own ? "cgroup" : "machine");
	for (int i = 0; i < PRESSURES; i++) {
		const struct snapshot_pressure *p = &snapshot->pressure[i];

		json_open(writer, snapshot_resource_name(i), '{');
		fixed_or_null(writer, "some_avg10", p->some_avg10, 2);
		fixed_or_null(writer, "full_avg10", p->full_avg10, 2);
		fixed_or_null(writer, "some_seconds", p->some_usec, 6);
		fixed_or_null(writer, "full_seconds", p->full_usec, 6);
		json_close(writer, '}');
	}
	json_close(writer, '}');
}

static void
write_container(struct writer *writer, const struct snapshot *snapshot)
{
	json_open(writer, "container", '{');
	number_or_null(writer, "memory_bytes", snapshot->memory_bytes);
	number_or_null(
	    writer, "memory_limit_bytes", snapshot->memory_limit_bytes);
	fixed_or_null(writer, "cpu_seconds", snapshot->cpu_usec, 6);
	number_or_null(writer, "pids", snapshot->pids);
	number_or_null(writer, "disk_bytes", snapshot->disk_bytes);
	number_or_null(writer, "disk_free_bytes", snapshot->disk_free_bytes);
	write_pressure(writer, snapshot);
	json_close(writer, '}');
}

void
report_status(struct writer *writer, const struct snapshot *snapshot)
{
	size_t i = 0;

	writer->more = false;
	json_open(writer, NULL, '{');
	json_open(writer, "hale", '{');
	json_text(writer, "version", snapshot->version);
	json_number(writer, "pid", snapshot->pid);
	json_text(writer, "state", snapshot->state);
	json_text(writer, "health", snapshot->health);
	text_or_null(writer, "cause", snapshot->cause);
	json_fixed(writer, "uptime_seconds", snapshot->uptime_ms, 3);
	write_resources(writer, &snapshot->own);
	json_close(writer, '}');
	json_open(writer, "services", '[');
	for (; i < snapshot->service_count; i++)
		write_service(writer, snapshot, &snapshot->services[i]);
	json_close(writer, ']');
	json_open(writer, "dependencies", '[');
	for (; i < snapshot->service_count + snapshot->dependency_count; i++)
		write_service(writer, snapshot, &snapshot->services[i]);
	json_close(writer, ']');
	write_container(writer, snapshot);
	json_close(writer, '}');
	write_text(writer, "\n");
}

/* Tabs and newlines would be taken for our own. */
static void
write_field(struct writer *writer, const char *text)
{
	for (; *text != '\0'; text++)
		write_bytes(writer,
		    (unsigned char)*text < ' ' || *text == 0x7f ? " " : text,
		    1);
	write_bytes(writer, "\t", 1);
}

static void
write_number_field(struct writer *writer, int64_t number)
{
	write_number(writer, number);
	write_bytes(writer, "\t", 1);
}

void
report_table(struct writer *writer, const struct snapshot *snapshot)
{
	size_t count = snapshot->service_count + snapshot->dependency_count;

	write_field(writer, snapshot->version);
	write_field(writer, snapshot->state);
	write_field(writer, snapshot->health);
	write_number_field(writer, snapshot->pid);
	write_number_field(writer, 0);
	write_number_field(writer, -1);
	write_number_field(writer, snapshot->uptime_ms / 1000);
	write_field(writer, snapshot->cause);
	write_text(writer, "\n");
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_service *service = &snapshot->services[i];

		write_field(writer, service->name);
		write_field(
		    writer, service->state != NULL ? service->state : "-");
		write_field(writer, service->health);
		write_number_field(writer, service->pid);
		write_number_field(writer, service->restarts);
		write_number_field(writer, service->exit_code);
		write_number_field(writer,
		    (snapshot->wall_ms - service->since_wall_ms) / 1000);
		write_field(writer, service->cause[0] != '\0'  ? service->cause
		                    : service->says[0] != '\0' ? service->says
		                                               : service->note);
		write_text(writer, "\n");
	}
}

void
report_event(struct writer *writer, const char *service,
    const struct supervisor_event *event)
{
	writer->more = false;
	json_open(writer, NULL, '{');
	json_time(writer, "time", event->wall_ms);
	json_text(writer, "service", service);
	json_text(writer, "from",
	    service_state_name((enum service_state)event->from));
	json_text(
	    writer, "to", service_state_name((enum service_state)event->to));
	json_text(writer, "why", core_why_name((enum core_why)event->why));
	json_number(writer, "generation", event->generation);
	number_or_null(writer, "exit_code", event->exit_code);
	json_close(writer, '}');
	write_text(writer, "\n");
}
