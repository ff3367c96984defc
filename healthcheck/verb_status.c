/* SPDX-License-Identifier: MIT */
/* verb_status.c - `hale status`: a table for people, JSON for programs. */
#include "client.h"

#include "supervisor/conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 5000
#define FIELDS   8

enum field {
	FIELD_NAME,
	FIELD_STATE,
	FIELD_HEALTH,
	FIELD_PID,
	FIELD_RESTARTS,
	FIELD_EXIT,
	FIELD_SECONDS,
	FIELD_CAUSE
};

struct row {
	char *fields[FIELDS];
	int rank; /* the worst first */
};

struct table {
	struct row *rows; /* [0] is hale itself */
	size_t count;
};

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

static int
rank_of(const struct row *row)
{
	if (strcmp(row->fields[FIELD_HEALTH], "unhealthy") == 0)
		return 0;
	if (strcmp(row->fields[FIELD_STATE], "failed") == 0)
		return 1;
	if (strcmp(row->fields[FIELD_HEALTH], "healthy") != 0)
		return 2;
	return 3;
}

static int
compare(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank - right->rank;
	/* qsort isn't stable; what lies in order in the answer stays so. */
	return left->fields[0] < right->fields[0] ? -1 : 1;
}

static int
split(struct table *table, char *text)
{
	size_t lines = 0;

	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	table->rows = calloc(lines + 1, sizeof(*table->rows));
	table->count = 0;
	if (table->rows == NULL)
		return -1;
	while (*text != '\0' && table->count < lines) {
		struct row *row = &table->rows[table->count++];

		for (int i = 0; i < FIELDS; i++) {
			char *tab = strchr(text, '\t');

			if (tab == NULL)
				return -1;
			*tab = '\0';
			row->fields[i] = text;
			text = tab + 1;
		}
		if (*text++ != '\n')
			return -1;
		row->rank = rank_of(row);
	}
	if (table->count == 0)
		return -1;
	qsort(table->rows + 1, table->count - 1, sizeof(*table->rows), compare);
	return 0;
}

/* "3 s", "2 min", "5 h", "12 d" */
static const char *
age(const char *seconds, char out[24])
{
	long long value = atoll(seconds);

	if (value < 120)
		snprintf(out, 24, "%lld s", value);
	else if (value < 7200)
		snprintf(out, 24, "%lld min", value / 60);
	else if (value < 172800)
		snprintf(out, 24, "%lld h", value / 3600);
	else
		snprintf(out, 24, "%lld d", value / 86400);
	return out;
}

static const char *
colour_of(const struct row *row)
{
	switch (row->rank) {
	case 0:
	case 1:
		return "\033[31m";
	case 2:
		return "\033[33m";
	default:
		return "\033[32m";
	}
}

/* The cause without the name that begins the line anyway. */
static const char *
cause_of(const struct row *row)
{
	size_t length = strlen(row->fields[FIELD_NAME]);
	const char *cause = row->fields[FIELD_CAUSE];

	if (strncmp(cause, row->fields[FIELD_NAME], length) == 0 &&
	    strncmp(cause + length, ": ", 2) == 0)
		cause += length + 2;
	return cause;
}

static void
print_row(const struct row *row, int name_width, int state_width, bool colour)
{
	char since[24];
	const char *exit_code = row->fields[FIELD_EXIT];

	printf("%-*s  %-*s  %s%-9s%s  %8s  %7s  %8s  %4s%s%s\n", name_width,
	    row->fields[FIELD_NAME], state_width, row->fields[FIELD_STATE],
	    colour ? colour_of(row) : "", row->fields[FIELD_HEALTH],
	    colour ? "\033[0m" : "", age(row->fields[FIELD_SECONDS], since),
	    strcmp(row->fields[FIELD_PID], "0") == 0 ? "-"
	                                             : row->fields[FIELD_PID],
	    row->fields[FIELD_RESTARTS], *exit_code == '-' ? "-" : exit_code,
	    *row->fields[FIELD_CAUSE] != '\0' ? "  " : "", cause_of(row));
}

static int
widest(const struct table *table, enum field field, const char *title)
{
	size_t width = strlen(title);

	for (size_t i = 1; i < table->count; i++)
		if (strlen(table->rows[i].fields[field]) > width)
			width = strlen(table->rows[i].fields[field]);
	return (int)width;
}

/* service NULL: all.  Returns false if it is not there. */
static bool
print_table(const struct table *table, const char *service)
{
	const struct row *hale = &table->rows[0];
	int names = widest(table, FIELD_NAME, "SERVICE");
	int states = widest(table, FIELD_STATE, "STATE");
	bool colour = in_colour(), found = service == NULL;
	char up[24];

	if (service == NULL)
		printf("hale %s, %s, %s%s%s, up %s%s%s\n\n", hale->fields[0],
		    hale->fields[FIELD_STATE], colour ? colour_of(hale) : "",
		    hale->fields[FIELD_HEALTH], colour ? "\033[0m" : "",
		    age(hale->fields[FIELD_SECONDS], up),
		    *hale->fields[FIELD_CAUSE] != '\0' ? "\n" : "",
		    hale->fields[FIELD_CAUSE]);
	printf("%-*s  %-*s  %-9s  %8s  %7s  %8s  %4s  %s\n", names, "SERVICE",
	    states, "STATE", "HEALTH", "SINCE", "PID", "RESTARTS", "EXIT",
	    "CAUSE");
	for (size_t i = 1; i < table->count; i++)
		if (service == NULL ||
		    strcmp(table->rows[i].fields[FIELD_NAME], service) == 0) {
			found = true;
			print_row(&table->rows[i], names, states, colour);
		}
	return found;
}

static void
suggest(const struct table *table, const char *service)
{
	const char **names = calloc(table->count, sizeof(*names));
	const char *nearest = NULL;

	if (names != NULL) {
		for (size_t i = 1; i < table->count; i++)
			names[i - 1] = table->rows[i].fields[FIELD_NAME];
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
	struct table table = { .rows = NULL };
	char why[256];
	int result = 0;

	if (client_ask("GET", "/v1/status?format=tsv", LIMIT_MS, &reply, why,
	        sizeof(why)) < 0)
		return complain(why);
	if (reply.status != 200 || split(&table, reply.body) < 0) {
		result = complain("hale's answer makes no sense");
	} else if (!print_table(&table, service)) {
		suggest(&table, service);
		result = 1;
	}
	free(table.rows);
	free(reply.body);
	return result;
}

int
client_pid_of(const char *service)
{
	struct client_reply reply;
	struct table table = { .rows = NULL };
	char why[256];
	int pid = 0;

	if (client_ask("GET", "/v1/status?format=tsv", LIMIT_MS, &reply, why,
	        sizeof(why)) < 0)
		return 0;
	if (reply.status == 200 && split(&table, reply.body) == 0)
		for (size_t i = 1; i < table.count; i++)
			if (strcmp(table.rows[i].fields[FIELD_NAME], service) ==
			    0)
				pid = atoi(table.rows[i].fields[FIELD_PID]);
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
	if (result == 0)
		fwrite(reply.body, 1, reply.size, stdout);
	else
		complain(client_json_text(
		             reply.body, "error", why, sizeof(why)) != NULL
		             ? why
		             : "hale's answer makes no sense");
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
	for (;;) {
		int result;

		if (watch)
			fputs("\033[H\033[2J", stdout);
		result = json ? show_json(service) : show_table(service);
		if (!watch || result != 0)
			return result;
		fflush(stdout);
		sleep(1);
	}
}
