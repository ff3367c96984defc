/* SPDX-License-Identifier: MIT */
/*
 * status_table.h - the table of `hale status`: what is wrong comes first, and
 * what to do about it last. From the server's tab-separated lines to text.
 */
#ifndef HALE_HEALTHCHECK_STATUS_TABLE_H
#define HALE_HEALTHCHECK_STATUS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum status_field {
	STATUS_NAME, /* of hale: its version */
	STATUS_STATE,
	STATUS_HEALTH,
	STATUS_PID,
	STATUS_RESTARTS,
	STATUS_EXIT,
	STATUS_SECONDS,
	STATUS_CAUSE,
	STATUS_FIELDS
};

struct status_row {
	char *fields[STATUS_FIELDS];
	int rank; /* the worst first */
};

struct status_table {
	struct status_row *rows; /* [0] is hale itself */
	size_t count;
};

/*
 * Takes text apart, in place, and sorts it.  Returns 0, or -1 if it is no such
 * table or there is no memory; rows are the caller's to free() either way.
 */
int status_table_read(struct status_table *table, char *text);

/* The row of that service, or NULL. */
const struct status_row *status_table_find(
    const struct status_table *table, const char *service);

/*
 * Prints all, or the row of one service that is there.  width: of the terminal,
 * in columns; causes that don't fit go on lines of their own; 0: none.
 */
void status_table_print(FILE *out, const struct status_table *table,
    const char *service, int width, bool colour);

#endif
