/* SPDX-License-Identifier: MIT */
/*
 * options.h - hale's own command line and environment, by one table.
 *
 * The table is the only place that knows an option's names, argument, help and
 * whom it concerns.  Parsing only collects; who needs a value asks for it.
 */
#ifndef HALE_SUPERVISOR_OPTIONS_H
#define HALE_SUPERVISOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

/* Whose business an option is. */
enum option_scope {
	OPTION_INIT,    /* PID 1 itself: struct single */
	OPTION_CONFINE, /* a key of confine_table */
	OPTION_SERVICE, /* a key of main's, makes hale a supervisor */
	OPTION_PROBE,   /* a key of main's healthcheck, the same */
	OPTION_HALE,    /* a key of the section hale, the same */
	OPTION_WAIT,    /* waited for before the start */
	OPTION_STOP,    /* both: of a single command, or a key of main's */
	OPTION_FORMAT,  /* of hale's own messages */
	OPTION_RUN,     /* only after `hale run` */
	OPTION_TELL,    /* asks for a text; has no variable */
};

struct option {
	char name[20];        /* long, without "--" */
	char letter;          /* short; 0: none */
	char scope;           /* enum option_scope */
	bool repeats;         /* may be given more than once */
	const char *argument; /* as in help; NULL: none; "[=...]": optional */
};

extern const struct option options[];
extern const size_t option_count;

/* One option as given, in order; text is borrowed, "" for a bare flag. */
struct option_value {
	const struct option *option;
	const char *text;
	bool from_environment;
};

enum { OPTION_VALUES_MAX = 256 };

struct option_values {
	struct option_value items[OPTION_VALUES_MAX];
	size_t count;
	char **rest; /* argv from the first word that is no option */
};

/*
 * Collects the options of argv, up to the first word that is none or past
 * "--", and what the environment says about options not on the command line.
 * in_run admits OPTION_RUN.
 *
 * Returns 0, or -1 with err->text set.
 */
int options_parse(char **argv, char *const *envp, bool in_run,
    struct option_values *values, struct conf_error *err);

/* The last value given for the option named name, or NULL; and its text. */
const struct option_value *options_value(
    const struct option_values *values, const char *name);
const char *options_text(const struct option_values *values, const char *name);

/* Whether any value belongs to scope. */
bool options_any(const struct option_values *values, enum option_scope scope);

/* Says in front of err->text which option or variable it is about; -1. */
int options_refuse(const struct option_value *value, struct conf_error *err);

/* The key an option sets, in the spelling of the tables. */
const char *options_key(const struct option *option, char out[24]);

/* Takes HALE_* out of envp, but HALE_SOCKET: services need not know. */
void options_clean_environment(char **envp);

#endif
