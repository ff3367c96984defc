/* SPDX-License-Identifier: MIT */
/*
 * report.h - one snapshot in words: JSON, Prometheus text, one line.  Pure.
 */
#ifndef HALE_HEALTHCHECK_REPORT_H
#define HALE_HEALTHCHECK_REPORT_H

#include "snapshot.h"
#include "writer.h"
#include "supervisor/packed.h"

struct request;
struct supervisor_event;

/* The question that /livez, /readyz, /startupz and /healthz ask. */
enum report_kind {
	REPORT_HEALTH,
	REPORT_LIVE,
	REPORT_READY,
	REPORT_STARTUP,
	REPORT_KINDS
};

/* "healthz", "livez", ...; never NULL. */
const char *report_kind_name(enum report_kind kind);

/* What a question is narrowed to; texts are not NUL-terminated. */
struct report_scope {
	const char *service; /* only this one; NULL: all */
	size_t service_length;
	const struct request *exclude; /* all but its exclude=NAME; or NULL */
	bool verbose;                  /* a line for each */
	bool starting_ok; /* who has not had the time to fail is well */
};

/*
 * Writes "ok", or why not, kubelet's way.  Returns whether the answer is yes;
 * a service that does not exist is no, with the name that may be meant.
 */
bool report_health(struct writer *writer, const struct snapshot *snapshot,
    enum report_kind kind, const struct report_scope *scope);

/* "no service \"apo\" (did you mean \"api\"?)" into out; returns out. */
const char *report_unknown(const struct snapshot *snapshot, const char *name,
    size_t length, char *out, size_t out_size);

/* GET /v1/status */
void report_status(struct writer *writer, const struct snapshot *snapshot);

/*
 * GET /v1/status?format=tsv, for `hale status`: a line for hale, then one for
 * each service and dependency.  Fields: name, state ("-": a dependency), health,
 * pid, restarts, exit code, seconds in that state, cause.
 */
void report_table(struct writer *writer, const struct snapshot *snapshot);

/* GET /v1/services/NAME */
void report_service(struct writer *writer, const struct snapshot *snapshot,
    const struct snapshot_service *service);

/* One line of GET /v1/events, with its newline. */
void report_event(struct writer *writer, const char *service,
    const struct supervisor_event *event);

/* GET /metrics: Prometheus' text format 0.0.4. */
PACKED_ENTRY void report_metrics(
    struct writer *writer, const struct snapshot *snapshot);

#endif
