/* SPDX-License-Identifier: MIT */
/*
 * conf.h - a small language for settings: one table row, one fact.
 *
 * A module that can be configured owns one table of struct conf_key.  That
 * table is the only place that knows a key's name, type, limits, default and
 * help line.  The YAML reader, the command line, `hale config`, `hale schema`,
 * `--help` and the man page test all read it.
 *
 * Values are stored in plain structs at conf_key.offset.  Text is never
 * guessed: a scalar is what its key's type says, whatever YAML might think.
 */
#ifndef HALE_SUPERVISOR_CONF_H
#define HALE_SUPERVISOR_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of words, and a list of name=value pairs; the text is borrowed. */
struct conf_list {
	const char **items; /* count items, then NULL: fit for execve() */
	size_t count;
};

struct conf_pair {
	const char *name;
	const char *value; /* NULL: the name alone was given */
	bool secret;       /* value is the name of a secret */
};

struct conf_map {
	struct conf_pair *pairs;
	size_t count;
};

enum conf_type {
	CONF_STRING,   /* const char *; NULL when absent */
	CONF_BOOL,     /* int: 0, 1, or the default -1 for "not said" */
	CONF_INT,      /* int64_t, min to max */
	CONF_DURATION, /* int64_t in ms: "250ms", "1m30s"; "0" is allowed */
	CONF_SIZE,     /* int64_t in bytes: "64m", "1g", Compose's units */
	CONF_OCTAL,    /* int64_t, -1 when absent: "0027" */
	CONF_CHOICE,   /* int, the word's index in choices[] */
	CONF_SIGNAL,   /* int, 0 when absent: "SIGQUIT", "QUIT", "3" */
	CONF_STRINGS,  /* struct conf_list: a sequence, or one string */
	CONF_COMMAND,  /* struct conf_list: exec form, or split as a shell does */
	CONF_MAP,      /* struct conf_map: a mapping, or "A=b" strings */
	CONF_TABLE,    /* a struct of its own, by conf_key.table */
	CONF_TABLES,   /* struct conf_array: a sequence of such structs */
	CONF_CUSTOM,   /* conf_key.parse decides, from the node's text */
};

struct conf_array {
	void *items; /* count structs of table->size bytes each */
	size_t count;
};

/* Why a value was refused, in words for the person who wrote it. */
struct conf_error {
	char text[200];
};

struct conf_key;

/*
 * Parses one scalar for a CONF_CUSTOM key into *field.  The text outlives the
 * field.  Returns 0, or -1 with err->text set and *field unchanged.
 */
typedef int conf_parser(void *field, const struct conf_key *key,
    const char *text, struct conf_error *err);

struct conf_table {
	const char *name; /* as in messages: "healthcheck" */
	const struct conf_key *keys;
	size_t count; /* of keys */
	size_t size;  /* of the struct that they fill */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	size_t offset;
	int64_t min, max;               /* inclusive, in the field's own unit */
	const char *fallback;           /* default, spelled as a user would */
	const char *const *choices;     /* CONF_CHOICE; NULL-terminated */
	const struct conf_table *table; /* CONF_TABLE, CONF_TABLES */
	conf_parser *parse;             /* CONF_CUSTOM */
	const char *help;               /* one line, no full stop */
};

/* Fills err->text and returns -1, so that a refusal is one statement. */
int conf_refuse(struct conf_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives every field of *owner its default; -1 is a bug in the table. */
int conf_defaults(void *owner, const struct conf_table *table);

/*
 * Stores text, as from the command line, in the field that table names;
 * lists gain one item per call.  text must outlive *owner.
 *
 * Returns 0, or -1 with err->text set and *owner unchanged.
 */
int conf_set(void *owner, const struct conf_table *table, const char *name,
    const char *text, struct conf_error *err);

/* The word of known[] nearest to word, or NULL: "did you mean ...?" */
const char *conf_nearest(
    const char *word, const char *const *known, size_t count);

#endif
