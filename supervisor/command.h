/* SPDX-License-Identifier: MIT */
/* command.h - `hale [OPTION]... COMMAND` with no supervisor: options to deeds. */
#ifndef HALE_SUPERVISOR_COMMAND_H
#define HALE_SUPERVISOR_COMMAND_H

#include "log.h"
#include "options.h"
#include "single.h"

/* hale's own failures, before any service ran. */
#define COMMAND_FAILED 125

/*
 * Runs values->rest as the one command and does not return if it could be
 * started.  Else says why on stderr and returns the exit status, 125 to 127.
 */
int command_run(const struct option_values *values);

/*
 * What the options of scope OPTION_INIT and OPTION_STOP, and tini's variables,
 * say.  TINI_SUBREAPER needs nothing: hale always adopts.  0, or -1 with
 * err->text; what *single points to then is static.
 */
int command_options(struct single *single, const struct option_values *values,
    struct conf_error *err);

/* How much is to be said: 0 as usual, -1 less, 1 and 2 more. */
int command_verbosity(const struct option_values *values);

/* log_setup(), also for what is said without a C library. */
void command_log(enum log_level level, enum log_format format);

/* Parses "FROM:TO" into rewrite; 0, or -1 with err->text set. */
int command_rewrite(const char *text, unsigned char rewrite[SIGNAL_MAX + 1],
    struct conf_error *err);

#endif
