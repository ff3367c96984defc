/* SPDX-License-Identifier: MIT */
/* client.h - asks the hale that is PID 1 here, with a deadline of its own. */
#ifndef HALE_HEALTHCHECK_CLIENT_H
#define HALE_HEALTHCHECK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/packed.h"

struct client_reply {
	int status; /* HTTP's */
	char *body; /* NUL-terminated; the caller frees it */
	size_t size;
};

/*
 * Sends one request and reads the whole answer, within limit_ms.  Returns 0,
 * or -1 with why it could not be had.
 */
int client_ask(const char *method, const char *path, int64_t limit_ms,
    struct client_reply *reply, char *why, size_t why_size);

/* One line of a body, NUL-terminated, without its newline; not 0: enough. */
typedef int client_line(char *line);

/*
 * The same, but each line of the body is handed over as it comes, for as long
 * as any come.  Returns HTTP's status, or -1 with why.
 */
int client_follow(
    const char *path, client_line *take, char *why, size_t why_size);

/*
 * The text of "key":"..." in a JSON object, unescaped as far as our server
 * escapes, into out.  Returns out, or NULL if it isn't there.
 */
const char *client_json_text(
    const char *json, const char *key, char *out, size_t out_size);

/* May name stand in a path?  It is sent as it is. */
bool client_is_plain(const char *name);

/* The pid of a service that runs, by its name, or 0. */
PACKED_ENTRY int client_pid_of(const char *service);

/* The client's verbs; each returns its exit status. */
PACKED_ENTRY int verb_health(int argc, char **argv);
PACKED_ENTRY int verb_status(int argc, char **argv);
PACKED_ENTRY int verb_exec(int argc, char **argv);
PACKED_ENTRY int verb_control(
    int argc, char **argv); /* start stop restart reload signal */
PACKED_ENTRY int verb_events(int argc, char **argv);
PACKED_ENTRY int verb_metrics(int argc, char **argv);

#endif
