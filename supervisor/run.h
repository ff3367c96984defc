/* SPDX-License-Identifier: MIT */
/* run.h - `hale run`: options, a config, and its services until their end. */
#ifndef HALE_SUPERVISOR_RUN_H
#define HALE_SUPERVISOR_RUN_H

#include "supervisor/config.h"
#include "supervisor/options.h"
#include "supervisor/supervisor.h"

/* What init.c adds to it. */
struct run_wiring {
	const struct config_extension *extensions; /* keys of probes */
	size_t extension_count;
	struct supervisor_hooks hooks;

	/* Waits as values say, before any service; 0, or what to exit with. */
	int (*hold)(const struct option_values *values);

	/*
	 * The config is there: set what values say of probes (OPTION_PROBE),
	 * then allocate.  0, or -1 with err->text; or NULL.
	 */
	int (*loaded)(struct config *config, const struct config_source *source,
	    const struct option_values *values, struct conf_error *err);
};

/* argv[0] is the verb.  Returns hale's exit status. */
int run_verb(char **argv, const struct run_wiring *wiring);

/*
 * `hale [OPTION]... COMMAND` with options that need a supervisor: COMMAND is the
 * one service, main, and no file is read.
 */
int run_command(
    const struct option_values *values, const struct run_wiring *wiring);

#endif
