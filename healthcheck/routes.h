/* SPDX-License-Identifier: MIT */
/* routes.h - what a request asks for, by one table of paths. */
#ifndef HALE_HEALTHCHECK_ROUTES_H
#define HALE_HEALTHCHECK_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "documents.h"
#include "errand.h"
#include "request.h"
#include "snapshot.h"

#include "supervisor/supervisor.h"

/* What the connection has to do now. */
enum route_deed {
	ROUTE_ANSWER, /* send status and body */
	ROUTE_FOLLOW, /* send events, now and as they come */
	ROUTE_ASK,    /* ask the supervisor, answer when it is done */
	ROUTE_EXEC,   /* run the client's command, answer when it has ended */
};

struct answer_plan {
	enum route_deed deed;
	int status;
	const char *type;          /* content type */
	const char *allow;         /* of a 405: the methods; else NULL */
	struct document *document; /* the body; NULL: none could be had */
	enum supervisor_verb verb; /* ROUTE_ASK */
	uint32_t service;
	bool terminal; /* ROUTE_EXEC */
	char terminal_type[ERRAND_TYPE];
};

/* Who asks, and where the truth comes from. */
struct route_context {
	const struct snapshot *(*gather)(bool figures);
	uint64_t version; /* of what a snapshot shows */
	int64_t now_ms;
	bool may_act; /* not over TCP, and the right user */
	bool tcp;
};

/* Decides; bodies are written into documents. */
void route(const struct request *request, const struct route_context *context,
    struct answer_plan *plan);

/* Makes *plan a short JSON answer, {"ok":false,"error":text}. */
void route_say(struct answer_plan *plan, const struct route_context *context,
    int status, const char *text);

/* The same for the end of a command; why may be "". */
void route_exit(struct answer_plan *plan, const struct route_context *context,
    int exit_status, const char *why);

/* "Not Found"; never NULL. */
const char *route_status_text(int status);

#endif
