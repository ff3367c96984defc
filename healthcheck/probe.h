/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what to ask, how often, and how many answers change our mind.
 *
 * Filled once, from the file or from a PROBE on the command line, and
 * read-only from then on; what the answers were lives in verdict.h.
 */
#ifndef HALE_HEALTHCHECK_PROBE_H
#define HALE_HEALTHCHECK_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/conf.h"

enum probe_kind {
	PROBE_NONE, /* disabled: always passes, never asks */
	PROBE_EXEC,
	PROBE_HTTP,
	PROBE_HTTPS,
	PROBE_TCP,
	PROBE_UNIX,
	PROBE_GRPC,
	PROBE_GRPCS,
	PROBE_CERT,
	PROBE_FILE,
	PROBE_DISK,
	PROBE_MEMORY,
	PROBE_PROCESS,
	PROBE_DNS,
	PROBE_KINDS
};

enum probe_action { ACTION_NONE, ACTION_RESTART, ACTION_SHUTDOWN, ACTION_EXEC };

/* The keys that say what to ask; in the order of their kinds. */
enum probe_ask {
	ASK_HTTP,
	ASK_HTTPS,
	ASK_TCP,
	ASK_UNIX,
	ASK_GRPC,
	ASK_GRPCS,
	ASK_CERT,
	ASK_FILE,
	ASK_DISK,
	ASK_MEMORY,
	ASK_PROCESS,
	ASK_DNS,
	ASK_KEYS
};

/* A limit in bytes or in percent; value < 0: none. */
struct probe_amount {
	int64_t value;
	bool percent;
};

struct probe {
	/* as given */
	struct conf_list test; /* Compose: CMD, CMD-SHELL, NONE or a string */
	struct conf_list exec;
	const char *ask[ASK_KEYS];
	int disable;

	/* how often, and how many */
	int64_t interval_ms, timeout_ms;
	int64_t start_period_ms, start_interval_ms;
	int64_t retries, success_retries;
	int on_unhealthy; /* enum probe_action */
	struct conf_list on_unhealthy_exec;

	/* what narrows it, by kind */
	const char *expect_status; /* "200-299,404"; NULL: 200-399 */
	const char *warn_status;   /* the same; NULL: none */
	const char *expect_body;   /* a part of the body */
	struct conf_map headers;
	const char *method;
	const char *send, *expect; /* C escapes; expect "!x": must not come */
	const char *server_name;
	const char *ca_file, *client_cert, *client_key;
	int insecure;
	int64_t days;                /* cert */
	int64_t max_age_ms;          /* file; 0: existing is enough */
	const char *free;            /* disk, memory: "10%", "512m" */
	int64_t rss_bytes, fds, pid; /* process; 0: no limit */

	/* worked out by probe_check() */
	enum probe_kind kind;
	char *text;         /* owned: what the pieces below point into */
	const char *host;   /* name or address, no brackets; NULL: unix */
	const char *path;   /* of a file or socket, as the kind has it */
	const char *target; /* request target, gRPC service or name */
	uint16_t port;
	struct probe_amount least_free;
	const char *const *argv; /* exec: NULL-terminated */
	const char *shell_argv[4];
	const char *label; /* what people see: "tcp db:5432" */
};

/* healthcheck: and dependencies.NAME: on_unhealthy is none by default. */
extern const struct conf_table probe_table;

/* liveness: and startup: on_unhealthy is restart by default. */
extern const struct conf_table probe_liveness_table;

/* The defaults of probe_table, which are Docker's. */
void probe_init(struct probe *probe);

/*
 * Reads one PROBE of the command line (a URL, or exec:PATH) into a probe that
 * probe_init() made, as if the file had said it, and checks it.
 * Returns 0, or -1 with err->text set.  text is copied.
 */
int probe_parse(struct probe *probe, const char *text, struct conf_error *err);

/*
 * Works out what is asked from the keys that are set, and checks what no
 * single key can.  To be called once, after the last key; allocates.
 * Returns 0, or -1 with err->text set.
 */
int probe_check(struct probe *probe, struct conf_error *err);

/* Frees what probe_check() allocated. */
void probe_finish(struct probe *probe);

/* "http", "tcp", ...; never NULL. */
/* exec: the command, NULL-terminated. */
const char *const *probe_argv(const struct probe *probe);

const char *probe_kind_name(enum probe_kind kind);

#endif
