/* SPDX-License-Identifier: MIT */
/* command.h - `hale [OPTION]... COMMAND` with no supervisor: options to deeds. */
#ifndef HALE_SUPERVISOR_COMMAND_H
#define HALE_SUPERVISOR_COMMAND_H

#include "options.h"
#include "single.h"

/* hale's own failures, before any service ran. */
#define COMMAND_FAILED 125

/*
 * Runs values->rest as the one command and does not return if it could be
 * started.  Else says why on stderr and returns the exit status, 125 to 127.
 */
int command_run(const struct option_values *values);

/* Parses "FROM:TO" into rewrite; 0, or -1 with err->text set. */
int command_rewrite(const char *text, unsigned char rewrite[SIGNAL_MAX + 1],
    struct conf_error *err);

#endif
