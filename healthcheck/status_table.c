/* SPDX-License-Identifier: MIT */
#include "status_table.h"

#include <stdlib.h>
#include <string.h>

/* Who is wrong by itself, then who is because of it, then who is on its way. */
enum rank { RANK_ROOT, RANK_ENDED, RANK_VICTIM, RANK_STARTING, RANK_WELL };

enum { WRAP_LEAST = 40, TEXT_MAX = 1024 };

/* ---- reading ---- */

static bool
is(const struct status_row *row, enum status_field field, const char *text)
{
	return strcmp(row->fields[field], text) == 0;
}

/* Behind "NAME: ", if text begins so. */
static const char *
behind(const char *text, const char *name)
{
	size_t length = strlen(name);

	return strncmp(text, name, length) == 0 &&
	               strncmp(text + length, ": ", 2) == 0
	           ? text + length + 2
	           : NULL;
}

/* The cause without what the line has said already: "NAME: unhealthy (...)". */
static void
cause_of(const struct status_row *row, char out[TEXT_MAX])
{
	const char *cause = row->fields[STATUS_CAUSE], *rest;
	size_t health = strlen(row->fields[STATUS_HEALTH]), length;

	rest = behind(cause, row->fields[STATUS_NAME]);
	if (rest != NULL)
		cause = rest;
	snprintf(out, TEXT_MAX, "%s", cause);
	length = strlen(out);
	if (strncmp(out, row->fields[STATUS_HEALTH], health) != 0 ||
	    strncmp(out + health, " (", 2) != 0 || out[length - 1] != ')')
		return;
	out[length - 1] = '\0';
	memmove(out, out + health + 2, length - health - 2);
}

/* Is another one of the table to blame?  Returns it, or NULL. */
static const struct status_row *
culprit_of(const struct status_table *table, const struct status_row *row)
{
	char cause[TEXT_MAX];

	cause_of(row, cause);
	for (size_t i = 1; i < table->count; i++) {
		const struct status_row *other = &table->rows[i];
		size_t length = strlen(other->fields[STATUS_NAME]);

		if (other != row &&
		    strncmp(cause, other->fields[STATUS_NAME], length) == 0 &&
		    (cause[length] == ':' || cause[length] == ' '))
			return other;
	}
	return NULL;
}

static enum rank
rank_of(const struct status_table *table, const struct status_row *row)
{
	bool ended =
	    is(row, STATUS_STATE, "failed") || is(row, STATUS_STATE, "backoff");

	if (is(row, STATUS_HEALTH, "healthy"))
		return RANK_WELL;
	if (culprit_of(table, row) != NULL)
		return is(row, STATUS_HEALTH, "unhealthy") ? RANK_VICTIM
		                                           : RANK_STARTING;
	if (ended)
		return is(row, STATUS_HEALTH, "unhealthy") ? RANK_ROOT
		                                           : RANK_ENDED;
	return is(row, STATUS_HEALTH, "unhealthy") ? RANK_ROOT : RANK_STARTING;
}

static int
compare(const void *a, const void *b)
{
	const struct status_row *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank - right->rank;
	/* qsort isn't stable; what lies in order in the answer stays so. */
	return left->fields[0] < right->fields[0] ? -1 : 1;
}

static int
read_row(struct status_row *row, char **text)
{
	for (int i = 0; i < STATUS_FIELDS; i++) {
		char *tab = strchr(*text, '\t');

		if (tab == NULL)
			return -1;
		*tab = '\0';
		row->fields[i] = *text;
		*text = tab + 1;
	}
	return *(*text)++ == '\n' ? 0 : -1;
}

int
status_table_read(struct status_table *table, char *text)
{
	size_t lines = 0;

	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	table->count = 0;
	table->rows = calloc(lines + 1, sizeof(*table->rows));
	if (table->rows == NULL || lines == 0)
		return -1;
	for (; table->count < lines; table->count++)
		if (read_row(&table->rows[table->count], &text) < 0)
			return -1;
	for (size_t i = 0; i < table->count; i++)
		table->rows[i].rank = (int)rank_of(table, &table->rows[i]);
	qsort(table->rows + 1, table->count - 1, sizeof(*table->rows), compare);
	return 0;
}

const struct status_row *
status_table_find(const struct status_table *table, const char *service)
{
	for (size_t i = 1; i < table->count; i++)
		if (is(&table->rows[i], STATUS_NAME, service))
			return &table->rows[i];
	return NULL;
}

/* ---- printing ---- */

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
colour_of(const struct status_row *row)
{
	switch ((enum rank)row->rank) {
	case RANK_ROOT:
	case RANK_ENDED:
	case RANK_VICTIM:
		return "\033[31m";
	case RANK_STARTING:
		return "\033[33m";
	case RANK_WELL:
		break;
	}
	return "\033[32m";
}

/* Text in lines of that width, each begun with blanks. */
static void
print_wrapped(FILE *out, const char *text, int indent, int width)
{
	while (*text != '\0') {
		int room = width - indent, length = (int)strlen(text);

		if (length > room) {
			for (length = room; length > 0 && text[length] != ' ';)
				length--;
			if (length == 0)
				length = room;
		}
		fprintf(out, "%*s%.*s\n", indent, "", length, text);
		text += length;
		text += strspn(text, " ");
	}
}

struct columns {
	int name, state, since, pid;
};

static void
widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static struct columns
measure(const struct status_table *table)
{
	struct columns columns = {
		.name = 7, .state = 5, .since = 7, .pid = 5
	};
	char since[24];

	for (size_t i = 1; i < table->count; i++) {
		char **fields = table->rows[i].fields;

		widen(&columns.name, fields[STATUS_NAME]);
		widen(&columns.state, fields[STATUS_STATE]);
		widen(&columns.since, age(fields[STATUS_SECONDS], since));
		widen(&columns.pid, fields[STATUS_PID]);
	}
	return columns;
}

/* What a line takes up before its cause. */
static int
used_by(const struct columns *columns)
{
	return columns->name + columns->state + columns->since + columns->pid +
	       33;
}

/* Is there room behind them?  Where the output is no terminal, always. */
static bool
fits(const struct columns *columns, const char *cause, int width)
{
	return width < WRAP_LEAST ||
	       used_by(columns) + 2 + (int)strlen(cause) <= width;
}

static void
print_row(FILE *out, const struct status_row *row,
    const struct columns *columns, int width, bool colour)
{
	char since[24], cause[TEXT_MAX];
	const char *code = row->fields[STATUS_EXIT];
	bool behind_it;

	cause_of(row, cause);
	behind_it = fits(columns, cause, width);
	fprintf(out, "%-*s  %-*s  %s%-9s%s  %*s  %*s  %8s  %4s%s%s\n",
	    columns->name, row->fields[STATUS_NAME], columns->state,
	    row->fields[STATUS_STATE], colour ? colour_of(row) : "",
	    row->fields[STATUS_HEALTH], colour ? "\033[0m" : "", columns->since,
	    age(row->fields[STATUS_SECONDS], since), columns->pid,
	    is(row, STATUS_PID, "0") ? "-" : row->fields[STATUS_PID],
	    row->fields[STATUS_RESTARTS], *code == '-' ? "-" : code,
	    behind_it && cause[0] != '\0' ? "  " : "", behind_it ? cause : "");
	if (!behind_it)
		print_wrapped(out, cause, 4, width);
}

static void
print_text(FILE *out, const char *text, int width)
{
	if (width >= WRAP_LEAST)
		print_wrapped(out, text, 0, width);
	else if (*text != '\0')
		fprintf(out, "%s\n", text);
}

static void
print_whole(FILE *out, const struct status_row *hale, int width, bool colour)
{
	char up[24];

	fprintf(out, "hale %s, %s, %s%s%s, up %s\n", hale->fields[STATUS_NAME],
	    hale->fields[STATUS_STATE], colour ? colour_of(hale) : "",
	    hale->fields[STATUS_HEALTH], colour ? "\033[0m" : "",
	    age(hale->fields[STATUS_SECONDS], up));
	print_text(out, hale->fields[STATUS_CAUSE], width);
	fputs("\n", out);
}

/* What to do about the worst: one line, for who was just woken up. */
static void
print_hint(FILE *out, const struct status_table *table, int width)
{
	const struct status_row *row = &table->rows[1];
	const char *name = row->fields[STATUS_NAME], *verb = NULL;
	char text[TEXT_MAX];

	if (table->count < 2 || row->rank > RANK_ENDED)
		return;
	if (is(row, STATUS_STATE, "failed") || is(row, STATUS_STATE, "down"))
		verb = "start";
	else if (is(row, STATUS_STATE, "up") ||
	         is(row, STATUS_STATE, "backoff"))
		verb = "restart";
	else if (!is(row, STATUS_STATE, "-"))
		return;
	if (verb != NULL)
		snprintf(text, sizeof(text), "next: hale %s %s", verb, name);
	else
		snprintf(text, sizeof(text),
		    "%s is not run by hale: mend it where it runs, and what "
		    "needs it follows.",
		    name);
	fputs("\n", out);
	print_text(out, text, width);
}

void
status_table_print(FILE *out, const struct status_table *table,
    const char *service, int width, bool colour)
{
	struct columns columns = measure(table);

	if (service == NULL)
		print_whole(out, &table->rows[0], width, colour);
	fprintf(out, "%-*s  %-*s  %-9s  %*s  %*s  %8s  %4s%s\n", columns.name,
	    "SERVICE", columns.state, "STATE", "HEALTH", columns.since, "SINCE",
	    columns.pid, "PID", "RESTARTS", "EXIT",
	    fits(&columns, "CAUSE", width) ? "  CAUSE" : "");
	for (size_t i = 1; i < table->count; i++)
		if (service == NULL ||
		    is(&table->rows[i], STATUS_NAME, service))
			print_row(
			    out, &table->rows[i], &columns, width, colour);
	if (service == NULL)
		print_hint(out, table, width);
}
