/* SPDX-License-Identifier: MIT */
/* verb_status.c - `hale status`: a table for people, JSON for programs. */
#include "client.h"
#include "status_table.h"

#include "supervisor/conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 5000

/* With --watch: once there is an answer, so that none takes the last one away. */
static const char *clear_screen = "";

static int
complain(const char *why)
{
	fprintf(stderr, "hale: status: %s\n", why);
	return 1;
}

/* Colour is for terminals, unless NO_COLOR says otherwise (no-color.org). */
static bool
in_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

/* Of the terminal, or 0. */
static int
terminal_width(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) &&
	               ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
	           ? size.ws_col
	           : 0;
}

static void
suggest(const struct status_table *table, const char *service)
{
	const char **names = calloc(table->count, sizeof(*names));
	const char *nearest = NULL;

	if (names != NULL) {
		for (size_t i = 1; i < table->count; i++)
			names[i - 1] = table->rows[i].fields[STATUS_NAME];
		nearest = conf_nearest(service, names, table->count - 1);
	}
	fprintf(stderr, "hale: status: no service \"%s\"%s%s%s\n", service,
	    nearest != NULL ? " (did you mean \"" : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
	free(names);
}

static int
show_table(const char *service)
{
	struct client_reply reply;
	struct status_table table = { .rows = NULL };
	char why[256];
	int result = 0;

	if (client_ask("GET", "/v1/status?format=tsv", LIMIT_MS, &reply, why,
	        sizeof(why)) < 0)
		return complain(why);
	if (reply.status != 200 || status_table_read(&table, reply.body) < 0) {
		result = complain("hale's answer makes no sense");
	} else if (service != NULL &&
	           status_table_find(&table, service) == NULL) {
		suggest(&table, service);
		result = 1;
	} else {
		fputs(clear_screen, stdout);
		status_table_print(
		    stdout, &table, service, terminal_width(), in_colour());
	}
	free(table.rows);
	free(reply.body);
	return result;
}

int
client_pid_of(const char *service)
{
	struct client_reply reply;
	struct status_table table = { .rows = NULL };
	const struct status_row *row = NULL;
	char why[256];
	int pid = 0;

	if (client_ask("GET", "/v1/status?format=tsv", LIMIT_MS, &reply, why,
	        sizeof(why)) < 0)
		return 0;
	if (reply.status == 200 && status_table_read(&table, reply.body) == 0)
		row = status_table_find(&table, service);
	if (row != NULL)
		pid = atoi(row->fields[STATUS_PID]);
	free(table.rows);
	free(reply.body);
	return pid;
}

static int
show_json(const char *service)
{
	struct client_reply reply;
	char path[256] = "/v1/status", why[256];
	int result;

	if (service != NULL)
		snprintf(path, sizeof(path), "/v1/services/%s", service);
	if (client_ask("GET", path, LIMIT_MS, &reply, why, sizeof(why)) < 0)
		return complain(why);
	result = reply.status == 200 ? 0 : 1;
	if (result == 0) {
		fputs(clear_screen, stdout);
		fwrite(reply.body, 1, reply.size, stdout);
	} else if (client_json_text(reply.body, "error", why, sizeof(why)) !=
	           NULL) {
		complain(why);
	} else {
		complain("hale's answer makes no sense");
	}
	free(reply.body);
	return result;
}

int
verb_status(int argc, char **argv)
{
	const char *service = NULL;
	bool json = false, watch = false;

	(void)argc;
	for (argv++; *argv != NULL; argv++)
		if (strcmp(*argv, "--json") == 0)
			json = true;
		else if (strcmp(*argv, "--watch") == 0)
			watch = true;
		else if (**argv == '-' || service != NULL ||
		         strpbrk(*argv, "/?&#% ") != NULL)
			return complain(
			    "usage: hale status [SERVICE] [--json] [--watch]");
		else
			service = *argv;
	if (watch) {
		clear_screen = "\033[H\033[2J";
		/* All in one piece, or it would flicker. */
		setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	}
	for (;;) {
		int result;

		result = json ? show_json(service) : show_table(service);
		if (!watch || result != 0)
			return result;
		fflush(stdout);
		sleep(1);
	}
}
