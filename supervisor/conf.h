/* SPDX-License-Identifier: MIT */
/*
 * conf.h - a small language for settings: one table row, one fact.
 *
 * A module that can be configured owns one table of struct conf_key.  That
 * table is the only place that knows a key's name, type, limits, default and
 * help line.  The YAML reader, the command line, `hale config`, `hale schema`,
 * `--help` and the man page test all read it.
 *
 * Values are stored in plain structs, a row being made by CONF_AT(struct,
 * member).  Text is never guessed: a scalar is what its key's type says,
 * whatever YAML might think.  All that is stored is allocated by conf_alloc()
 * and lives as long as the process.
 */
#ifndef HALE_SUPERVISOR_CONF_H
#define HALE_SUPERVISOR_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of words, and a list of name=value pairs. */
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

struct conf_array {
	void *items; /* count structs of table->size bytes each */
	size_t count;
};

/*
 * A number is an int32_t or an int64_t, as its field is.  "Not said", where a
 * row has no fallback: -1 for BOOL, INT, DURATION, SIZE, OCTAL, DECIMAL and
 * CHOICE (INT32_MIN for an INT that may be below 0), 0 for SIGNAL, NULL or
 * nothing for all others.
 */
enum conf_type {
	CONF_STRING,   /* const char * */
	CONF_BOOL,     /* int: 0, 1 */
	CONF_INT,      /* min to max */
	CONF_DURATION, /* in ms: "250ms", "1m30s", "0" */
	CONF_SIZE,     /* in bytes: "64m", "1g", Compose's units */
	CONF_OCTAL,    /* "0027" */
	CONF_DECIMAL,  /* in thousandths: "0.5" is 500 */
	CONF_CHOICE,   /* int, the word's index in choices[] */
	CONF_SIGNAL,   /* int: "SIGQUIT", "QUIT", "SIGRTMIN+3", "3" */
	CONF_STRINGS,  /* struct conf_list: a sequence, or one string */
	CONF_COMMAND, /* struct conf_list: exec form, or split as a shell does */
	CONF_MAP,     /* struct conf_map: a mapping, or "A=b" strings */
	CONF_TABLE,   /* a struct of its own, by table */
	CONF_TABLES,  /* struct conf_array: a sequence of such structs */
	CONF_NAMED,   /* struct conf_array: a mapping from a name to such a
	                * struct, whose first member is const char *name */
	CONF_INLINE,  /* a struct whose keys stand beside this one */
	CONF_SHARED, /* a pointer to such a struct; who says the same shares it */
	CONF_OPTIONAL, /* as TABLE, by such a pointer: NULL while nothing is said */
	CONF_CUSTOM, /* a struct whose first member is const char *text, the
	                * scalar as written; parse() fills what follows it */
};

enum conf_flag {
	CONF_SECRETS = 1,  /* MAP: a value may be {secret: NAME} */
	CONF_NAMES = 2,    /* NAMED: a list of names is short for defaults */
	CONF_REQUIRED = 4, /* must be given wherever its table is */
	CONF_READ = 8      /* another spelling of other rows: never shown */
};

/* Why a value was refused, in words for the person who wrote it. */
struct conf_error {
	const char *key; /* the one to point at, where it is not plain */
	char text[256];
};

struct conf_key;

/*
 * Parses one scalar for a CONF_CUSTOM key into *field, whose text is already
 * set.  Returns 0, or -1 with err->text set; the caller then drops *field.
 */
typedef int conf_parser(void *field, const struct conf_key *key,
    const char *text, struct conf_error *err);

struct conf_table {
	const char *name; /* as in messages: "healthcheck" */
	const struct conf_key *keys;
	size_t count; /* of keys */
	size_t size;  /* of the struct that they fill */

	/* The key that a lone scalar, or a sequence, stands for; or NULL. */
	const char *scalar_key;
	const char *sequence_key;

	/*
	 * Rules that span keys, run once all keys are set; or NULL.  May fill
	 * in what follows from them.  Returns 0, or -1 with err->text set and
	 * err->key naming the key to point at (NULL: the whole).
	 */
	int (*check)(void *owner, struct conf_error *err);
};

struct conf_key {
	const char *name;
	uint8_t type;         /* enum conf_type */
	uint16_t offset;      /* by CONF_AT() */
	int64_t min, max;     /* inclusive, in the field's unit; 0, 0: any */
	const char *fallback; /* default, spelled as a user would */
	union {
		const char *const *choices;     /* CHOICE; NULL-terminated */
		const struct conf_table *table; /* all that hold structs */
		conf_parser *parse;             /* CUSTOM */
	};
	const char *help; /* one line, no full stop */
	uint16_t width;   /* by CONF_AT(); 0: int64_t, or int where listed so */
	uint8_t flags;    /* enum conf_flag */
};

/* Last comes .offset, so that min, max, fallback may follow by position. */
#define CONF_AT(owner, member)                                                 \
	.width = sizeof(((owner *)0)->member), .offset = offsetof(owner, member)

/* Fills err->text and returns -1, so that a refusal is one statement. */
int conf_refuse(struct conf_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Zeroed memory that is never given back, from pages of our own; NULL when
 * there is none.  Start-up only: PID 1 allocates nothing later.
 */
void *conf_alloc(size_t size);

/* A copy of size bytes of text and a NUL, as conf_alloc(), but not aligned;
 * text NULL: all zero, to be filled. */
char *conf_copy(const char *text, size_t size);

/* Unmaps all of it: for tests and fuzzers.  conf_release() calls the other. */
void conf_release(void);
void conf_release_memory(void);

/* Gives every field of *owner its default; -1 is a bug in the table. */
int conf_defaults(void *owner, const struct conf_table *table);

/* Points the SHARED field at the defaults of table.  0, or -1: no memory. */
int conf_share(void *field, const struct conf_table *table);

/*
 * The struct that a SHARED or OPTIONAL field points to, made its owner's alone:
 * to be asked for before writing to it.  NULL: out of memory.
 */
void *conf_own(void *field, const struct conf_table *table);

/*
 * While drafting, what conf_own() makes is a draft, to be settled: it becomes
 * one with another of the same content, or is copied to where it stays.  What is
 * not a key must follow from the keys.  0, or -1: out of memory.
 */
void conf_draft(bool on);
int conf_settle(void *owner, const struct conf_table *table);

/*
 * The row named name, in table or in a table inline in it; NULL: there is none.
 * With an owner, *field becomes the place of its value there, which is the
 * owner's own from then on (NULL: out of memory).
 */
const struct conf_key *conf_find(void *owner, const struct conf_table *table,
    const char *name, void **field);

/*
 * Stores text, as from the command line, in the field that table names ("user",
 * "restart_policy.delay"); lists and maps gain one item per call.  text must
 * outlive *owner.  Does not run table->check.
 *
 * Returns 0, or -1 with err->text set and *owner unchanged.
 */
int conf_set(void *owner, const struct conf_table *table, const char *name,
    const char *text, struct conf_error *err);

/* Whether the field holds more than "not said"; the number in it. */
bool conf_is_given(const void *field, const struct conf_key *key);
int64_t conf_load(const void *field, const struct conf_key *key);

/* The same for one row whose field is known. */
int conf_parse(void *field, const struct conf_key *key, const char *text,
    struct conf_error *err);

/*
 * Appends one item to a list; puts one pair into a map, where its name is new
 * or replaces the older.  Returns 0, or -1: no memory, more than CONF_MAP_MAX.
 */
enum { CONF_MAP_MAX = 4096 };
int conf_list_add(struct conf_list *list, const char *item);

/*
 * Empties *list, with room for count items: put them there, and raise
 * list->count.  Returns list->items, or NULL.
 */
const char **conf_list_make(struct conf_list *list, size_t count);
int conf_map_add(struct conf_map *map, struct conf_pair pair);

/* One scalar each: 0 and *out, or -1, and *out unchanged. */
int conf_duration(int64_t *ms, const char *text);
int conf_size(int64_t *bytes, const char *text);
int conf_bool(int *out, const char *text);
int conf_octal(int64_t *out, const char *text);
int conf_decimal(int64_t *thousandths, const char *text);
int conf_number(int64_t *out, const char *text); /* strict decimal, signed */

/* "1m30s", as conf_duration() reads it; out holds CONF_SHOWN bytes. */
#define CONF_SHOWN 64
void conf_show_duration(char *out, int64_t ms);

/* The decimal digits of n; returns how many bytes, without the NUL. */
size_t conf_show_number(char *out, int64_t n);

/*
 * A signal by name, with or without SIG, in any case, or by number; SIGRTMIN is
 * 34, as for Docker and systemd.  Returns 0 when there is none such.
 */
int conf_signal(const char *text);

/* "SIGTERM", "SIGRTMIN+3", or NULL; text of at least CONF_SHOWN bytes is filled. */
const char *conf_signal_name(int number, char *text);

/*
 * Splits text into words as a shell does: blanks, 'x', "x", \x.  No shell runs,
 * nothing is expanded.  Returns 0, or -1 with err->text set.
 */
int conf_words(
    struct conf_list *words, const char *text, struct conf_error *err);

/* The word of known[] nearest to word, or NULL: "did you mean ...?" */
const char *conf_nearest(
    const char *word, const char *const *known, size_t count);

/* As conf_nearest(), over the keys of a table and of those inline in it. */
const char *conf_nearest_key(const char *word, const struct conf_table *table);

#endif
