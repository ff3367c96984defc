/* SPDX-License-Identifier: MIT */
/* client_table.h - the connections of the status server, a fixed number. */
#ifndef HALE_HEALTHCHECK_CLIENT_TABLE_H
#define HALE_HEALTHCHECK_CLIENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct status_settings;

size_t client_table_timers(void);

/* Returns 0, or -1 with errno. */
int client_table_init(const struct status_settings *settings);

/*
 * Takes fd over.  When all places are taken, the client that has been idle for
 * longest loses its own.
 */
void client_table_add(int fd, bool tcp);

/* There is news for those who follow, and kept documents are old. */
void client_table_changed(void);

void client_table_close(void);

#endif
