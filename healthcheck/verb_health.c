/* SPDX-License-Identifier: MIT */
/*
 * verb_health.c - `hale health`, for HEALTHCHECK and orchestrators: one line
 * why, and 0 or 1; never 2, which Docker reserves.
 */
#include "client.h"
#include "early_health.h"

#include "supervisor/clock.h"
#include "supervisor/conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AGAIN_MS 100 /* between questions, with --wait */

struct question {
	const char *service;
	const char *page; /* "healthz" */
	bool starting_ok;
	int64_t wait_ms; /* 0: ask once; -1: for ever */
};

static int
complain(const char *text, const char *word)
{
	printf("hale: health: %s%s\n", text, word);
	return 1;
}

static int
parse_wait(const char *text, int64_t *ms)
{
	static const struct conf_key key = { .name = "wait",
		.type = CONF_DURATION,
		.max = INT64_C(31536000000),
		.fallback = "0" };
	static const struct conf_table table = {
		.name = "", .keys = &key, .count = 1, .size = sizeof(int64_t)
	};
	struct conf_error err;

	return conf_set(ms, &table, "wait", text, &err);
}

static const char *
page_of(const char *kind)
{
	return strcmp(kind, "ready") == 0     ? "readyz"
	       : strcmp(kind, "live") == 0    ? "livez"
	       : strcmp(kind, "startup") == 0 ? "startupz"
	                                      : NULL;
}

/* The value of --name=value or --name value, or NULL if this is not it. */
static const char *
value_of(char ***argv, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(**argv, name, length) != 0)
		return NULL;
	if ((**argv)[length] == '=')
		return **argv + length + 1;
	if ((**argv)[length] != '\0' || (*argv)[1] == NULL)
		return NULL;
	return *++*argv;
}

static int
parse(struct question *question, char **argv)
{
	const char *value;

	for (argv++; *argv != NULL; argv++) {
		if ((value = value_of(&argv, "--kind")) != NULL) {
			question->page = page_of(value);
			if (question->page == NULL)
				return complain(
				    "--kind is ready, live or startup, not ",
				    value);
		} else if ((value = value_of(&argv, "--starting")) != NULL) {
			question->starting_ok = strcmp(value, "ok") == 0;
			if (!question->starting_ok &&
			    strcmp(value, "fail") != 0)
				return complain(
				    "--starting is ok or fail, not ", value);
		} else if (strcmp(*argv, "--wait") == 0) {
			question->wait_ms = -1;
		} else if (strncmp(*argv, "--wait=", 7) == 0) {
			if (parse_wait(*argv + 7, &question->wait_ms) < 0)
				return complain(
				    "--wait takes a duration such as 10s, not ",
				    *argv + 7);
		} else if (**argv == '-') {
			return complain("unknown option ", *argv);
		} else if (question->service != NULL) {
			return complain(
			    "one SERVICE at most, not also ", *argv);
		} else {
			question->service = *argv;
		}
	}
	return 0;
}

/* Asks once; true if the answer is yes, and line says why it is not. */
static bool
ask(const struct question *question, char *line, size_t size)
{
	struct client_reply reply;
	char path[256];
	bool yes;

	snprintf(path, sizeof(path), "/%s?%s%s%s", question->page,
	    question->starting_ok ? "starting=ok&" : "",
	    question->service != NULL ? "service=" : "",
	    question->service != NULL ? question->service : "");
	if (client_ask("GET", path, HEALTH_LIMIT_MS, &reply, line, size) < 0)
		return false;
	yes = reply.status == 200;
	snprintf(
	    line, size, "%.*s", (int)strcspn(reply.body, "\n"), reply.body);
	free(reply.body);
	return yes;
}

int
verb_health(int argc, char **argv)
{
	struct question question = { .page = "healthz" };
	struct timespec pause = { .tv_nsec = AGAIN_MS * 1000000L };
	int64_t start_ms = clock_now_ms();
	char line[HEALTH_LINE];

	(void)argc;
	if (parse(&question, argv) != 0)
		return 1;
	for (;;) {
		bool yes = ask(&question, line, sizeof(line));

		if (yes || question.wait_ms == 0 ||
		    (question.wait_ms > 0 &&
		        clock_now_ms() - start_ms >= question.wait_ms)) {
			puts(line);
			return yes ? 0 : 1;
		}
		nanosleep(&pause, NULL);
	}
}
