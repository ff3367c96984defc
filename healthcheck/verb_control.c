/* SPDX-License-Identifier: MIT */
/* verb_control.c - start, stop, restart, reload, signal; events and metrics. */
#include "client.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/signals.h"

#define LIMIT_MS   5000
#define OUTCOME_MS 130000 /* longer than the server waits */

static int
post(const char *verb, const char *service, const char *path)
{
	struct client_reply reply;
	char why[256], text[256];
	int result;

	if (client_ask("POST", path, OUTCOME_MS, &reply, why, sizeof(why)) <
	    0) {
		fprintf(stderr, "hale: %s: %s\n", verb, why);
		return 1;
	}
	result = reply.status == 200 ? 0 : 1;
	if (client_json_text(reply.body, result == 0 ? "message" : "error",
	        text, sizeof(text)) == NULL)
		snprintf(text, sizeof(text), "HTTP status %d", reply.status);
	fprintf(result == 0 ? stdout : stderr, "hale: %s %s: %s\n", verb,
	    service, text);
	free(reply.body);
	return result;
}

int
verb_control(int argc, char **argv)
{
	char path[256];
	bool is_signal = strcmp(argv[0], "signal") == 0;
	const char *service;

	if (argc != (is_signal ? 3 : 2)) {
		fprintf(stderr, "hale: usage: hale %s %sSERVICE\n", argv[0],
		    is_signal ? "SIG " : "");
		return 1;
	}
	service = argv[argc - 1];
	if (!client_is_plain(service) ||
	    (is_signal && signals_parse(argv[1]) == 0)) {
		fprintf(stderr, "hale: %s: \"%s\" is not a %s\n", argv[0],
		    client_is_plain(service) ? argv[1] : service,
		    client_is_plain(service) ? "signal" : "service's name");
		return 1;
	}
	snprintf(path, sizeof(path), "/v1/services/%s/%s%s%s", service, argv[0],
	    is_signal ? "?name=" : "", is_signal ? argv[1] : "");
	return post(argv[0], service, path);
}

/* Events as JSON lines, or one short line each for people. */
static int
print_event(char *line)
{
	char time[40], service[200], from[24], to[24], why[40];

	if (client_json_text(line, "error", service, sizeof(service)) != NULL)
		fprintf(stderr, "hale: events: %s\n", service);
	else if (client_json_text(line, "time", time, sizeof(time)) != NULL &&
	         client_json_text(line, "service", service, sizeof(service)) !=
	             NULL &&
	         client_json_text(line, "from", from, sizeof(from)) != NULL &&
	         client_json_text(line, "to", to, sizeof(to)) != NULL &&
	         client_json_text(line, "why", why, sizeof(why)) != NULL)
		printf("%s  %s: %s -> %s (%s)\n", time, service, from, to, why);
	return fflush(stdout);
}

static int
print_line(char *line)
{
	puts(line);
	return fflush(stdout);
}

/* All that is known now, within the limit. */
static int
print_page(const char *path, client_line *take, char *why, size_t why_size)
{
	struct client_reply reply;
	int status;

	if (client_ask("GET", path, LIMIT_MS, &reply, why, why_size) < 0)
		return -1;
	for (char *line = reply.body, *end; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		*end = '\0';
		if (take(line) != 0)
			break;
	}
	snprintf(why, why_size, "HTTP status %d", reply.status);
	status = reply.status;
	free(reply.body);
	return status;
}

int
verb_events(int argc, char **argv)
{
	bool follow = false, json = false;
	char why[256];
	int status;

	(void)argc;
	for (argv++; *argv != NULL; argv++)
		if (strcmp(*argv, "--follow") == 0 || strcmp(*argv, "-f") == 0)
			follow = true;
		else if (strcmp(*argv, "--json") == 0)
			json = true;
		else {
			fputs("hale: usage: hale events [--follow] [--json]\n",
			    stderr);
			return 1;
		}
	status = follow
	             ? client_follow("/v1/events?follow",
	                   json ? print_line : print_event, why, sizeof(why))
	             : print_page("/v1/events", json ? print_line : print_event,
	                   why, sizeof(why));
	if (status == 200)
		return 0;
	fprintf(stderr, "hale: events: %s\n", why);
	return 1;
}

int
verb_metrics(int argc, char **argv)
{
	char why[256];

	if (argc > 1) {
		fprintf(stderr, "hale: usage: hale metrics, not %s\n", argv[1]);
		return 1;
	}
	if (print_page("/metrics", print_line, why, sizeof(why)) == 200)
		return 0;
	fprintf(stderr, "hale: metrics: %s\n", why);
	return 1;
}
