/* SPDX-License-Identifier: MIT */
/* verb_control.c - start, stop, restart, reload, signal; events and metrics. */
#include "client.h"

#include "supervisor/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_MS   5000
#define OUTCOME_MS 130000 /* longer than the server waits */

/* "did you mean", from the names that the server knows. */
static void
suggest(const char *service)
{
	struct client_reply reply;
	const char *names[256], *nearest;
	char why[256];
	size_t count = 0;

	if (client_ask("GET", "/v1/status?format=tsv", LIMIT_MS, &reply, why,
	        sizeof(why)) < 0)
		return;
	for (char *line = strchr(reply.body, '\n');
	     line != NULL && line[1] != '\0' && count < 256;
	     line = strchr(line, '\n')) {
		names[count++] = ++line;
		line += strcspn(line, "\t\n");
		if (*line == '\t')
			*line++ = '\0';
	}
	nearest = conf_nearest(service, names, count);
	if (nearest != NULL)
		fprintf(stderr, "hale: did you mean \"%s\"?\n", nearest);
	free(reply.body);
}

/* The text between the quotes of "error":"..." or "message":"...". */
static void
print_outcome(FILE *out, const char *verb, const char *service,
    const struct client_reply *reply)
{
	const char *text = strstr(reply->body, "\":\"");
	size_t length = 0;

	if (text != NULL) {
		text += 3;
		while (text[length] != '\0' && text[length] != '"')
			length +=
			    text[length] == '\\' && text[length + 1] != '\0'
			        ? 2
			        : 1;
	}
	fprintf(out, "hale: %s %s: %.*s\n", verb, service, (int)length,
	    text != NULL ? text : "");
}

static int
post(const char *verb, const char *service, const char *path)
{
	struct client_reply reply;
	char why[256];
	int result;

	if (client_ask("POST", path, OUTCOME_MS, &reply, why, sizeof(why)) <
	    0) {
		fprintf(stderr, "hale: %s: %s\n", verb, why);
		return 1;
	}
	result = reply.status == 200 ? 0 : 1;
	print_outcome(result == 0 ? stdout : stderr, verb, service, &reply);
	if (reply.status == 404)
		suggest(service);
	free(reply.body);
	return result;
}

int
verb_control(int argc, char **argv)
{
	char path[256];
	int is_signal = strcmp(argv[0], "signal") == 0;
	const char *service;

	if (argc != (is_signal ? 3 : 2)) {
		fprintf(stderr, "hale: usage: hale %s %sSERVICE\n", argv[0],
		    is_signal ? "SIG " : "");
		return 1;
	}
	service = argv[argc - 1];
	if (strpbrk(service, "/?& ") != NULL || *service == '\0') {
		fprintf(stderr, "hale: %s: \"%s\" is not a service's name\n",
		    argv[0], service);
		return 1;
	}
	snprintf(path, sizeof(path), "/v1/services/%s/%s%s%s", service, argv[0],
	    is_signal ? "?name=" : "", is_signal ? argv[1] : "");
	for (char *c = path; *c != '\0'; c++)
		if (*c == ' ')
			*c = '_'; /* no signal has one: it will be refused */
	return post(argv[0], service, path);
}

/* Events as JSON lines, or one short line each for people. */
static void
print_event(const char *line, size_t length)
{
	static const char *const keys[] = { "\"time\":\"", "\"service\":\"",
		"\"from\":\"", "\"to\":\"", "\"why\":\"" };
	const char *texts[5];
	int lengths[5];

	for (int i = 0; i < 5; i++) {
		const char *found = strstr(line, keys[i]);

		if (found == NULL || found > line + length)
			return;
		texts[i] = found + strlen(keys[i]);
		lengths[i] = (int)strcspn(texts[i], "\"");
	}
	printf("%.*s  %.*s: %.*s -> %.*s (%.*s)\n", lengths[0], texts[0],
	    lengths[1], texts[1], lengths[2], texts[2], lengths[3], texts[3],
	    lengths[4], texts[4]);
}

static int
print_events(void)
{
	struct client_reply reply;
	char why[256];

	if (client_ask(
	        "GET", "/v1/events", LIMIT_MS, &reply, why, sizeof(why)) < 0) {
		fprintf(stderr, "hale: events: %s\n", why);
		return 1;
	}
	for (char *line = reply.body, *end; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		*end = '\0';
		print_event(line, (size_t)(end - line));
	}
	free(reply.body);
	return 0;
}

/* Follows through a pipe of our own, so that lines are put in words. */
static int
follow_events(int json)
{
	char why[256];
	int pipe_fds[2] = { -1, STDOUT_FILENO };

	if (!json) {
		FILE *in;
		char line[1024];

		if (pipe(pipe_fds) < 0)
			return 1;
		switch (fork()) {
		case -1:
			return 1;
		case 0:
			close(pipe_fds[1]);
			in = fdopen(pipe_fds[0], "r");
			while (in != NULL &&
			       fgets(line, sizeof(line), in) != NULL) {
				print_event(line, strlen(line));
				fflush(stdout);
			}
			_exit(0);
		default:
			close(pipe_fds[0]);
		}
	}
	if (client_stream("/v1/events?follow", pipe_fds[1], why, sizeof(why)) <
	    0) {
		fprintf(stderr, "hale: events: %s\n", why);
		return 1;
	}
	return 0;
}

int
verb_events(int argc, char **argv)
{
	int follow = 0, json = 0;
	char why[256];

	(void)argc;
	for (argv++; *argv != NULL; argv++)
		if (strcmp(*argv, "--follow") == 0 || strcmp(*argv, "-f") == 0)
			follow = 1;
		else if (strcmp(*argv, "--json") == 0)
			json = 1;
		else {
			fputs("hale: usage: hale events [--follow] [--json]\n",
			    stderr);
			return 1;
		}
	if (follow)
		return follow_events(json);
	if (!json)
		return print_events();
	if (client_stream("/v1/events", STDOUT_FILENO, why, sizeof(why)) >= 0)
		return 0;
	fprintf(stderr, "hale: events: %s\n", why);
	return 1;
}

int
verb_metrics(int argc, char **argv)
{
	char why[256];

	(void)argc;
	(void)argv;
	if (client_stream("/metrics", STDOUT_FILENO, why, sizeof(why)) == 200)
		return 0;
	fprintf(stderr, "hale: metrics: %s\n", why);
	return 1;
}
