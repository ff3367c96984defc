/* SPDX-License-Identifier: MIT */
/* client.h - asks the hale that is PID 1 here, with a deadline of its own. */
#ifndef HALE_HEALTHCHECK_CLIENT_H
#define HALE_HEALTHCHECK_CLIENT_H

#include <stddef.h>
#include <stdint.h>

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

/*
 * The same, but the body is written to fd as it comes, for as long as it does.
 * Returns HTTP's status, or -1 with why.
 */
int client_stream(const char *path, int fd, char *why, size_t why_size);

/* The client's verbs; each returns its exit status. */
int verb_health(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_control(int argc, char **argv); /* start stop restart reload signal */
int verb_events(int argc, char **argv);
int verb_metrics(int argc, char **argv);

#endif
