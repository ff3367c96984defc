/* SPDX-License-Identifier: MIT */
/*
 * secret.h - reads secrets once, and gives each to the services that ask.
 *
 * A secret's value is known to PID 1's memory and to the environment of the
 * services that name it; it is in no argv, log, status, core file, nor in
 * PID 1's own environment.
 */
#ifndef HALE_SUPERVISOR_SECRET_H
#define HALE_SUPERVISOR_SECRET_H

#include <stddef.h>

struct conf_error;
struct config;

enum { SECRET_MAX = 64 * 1024, SECRET_FILE_MAX = 1024 * 1024 };

/*
 * Reads the secrets that services name and appends NAME=value to their env.
 * One trailing newline is dropped; a NUL or a newline inside, and more than
 * SECRET_MAX bytes, are refused.  A variable whose name ends in _FILE gets the
 * path of a sealed copy in memory instead, up to SECRET_FILE_MAX bytes as they
 * are, which the service's user alone may open.  A file that only its owner may
 * read is read as that owner.
 *
 * Returns 0, or -1 with err->text set; the text never has a value in it.
 */
int secret_load(
    struct config *config, char *const *environ, struct conf_error *err);

/* One value, read now and kept for good; or NULL with err->text set. */
const char *secret_value(const struct config *config, const char *name,
    char *const *environ, struct conf_error *err);

/* Wipes the variables of environ that held a secret, once all are read. */
void secret_shed(const struct config *config, char **environ);

/* In a child that is to know none of them: takes all values from its memory. */
void secret_forget(void);

#endif
