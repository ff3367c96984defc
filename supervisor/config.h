/* SPDX-License-Identifier: MIT */
/*
 * config.h - what hale.yaml says, as plain structs.
 *
 * Filled once at start-up and read-only from then on.  Every string and array
 * lives as long as the process.  Keys that another module owns (probes) reach
 * the loader as extensions: this module knows their tables, not their meaning.
 */
#ifndef HALE_SUPERVISOR_CONFIG_H
#define HALE_SUPERVISOR_CONFIG_H

#include "supervisor/conf.h"
#include "supervisor/confine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum restart_policy {
	RESTART_NO,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
	RESTART_UNLESS_STOPPED,
};

/* `restart: on-failure:5` */
struct config_restart {
	const char *text;
	int32_t policy;       /* enum restart_policy */
	int32_t max_attempts; /* -1: not said */
};

/* `restart_policy:`; no delay doubles beyond max_delay_ms */
struct config_backoff {
	int64_t delay_ms;
	int64_t max_delay_ms;
	int64_t window_ms;    /* alive for this long: counted as a success */
	int32_t max_attempts; /* in a row; 0: no limit */
};

enum config_condition {
	CONDITION_STARTED,
	CONDITION_READY,
	CONDITION_HEALTHY,
	CONDITION_COMPLETED,
};

/* What a name in depends_on stands for. */
enum config_target { TARGET_NONE, TARGET_SERVICE, TARGET_DEPENDENCY };

/* One entry of `depends_on:` */
struct config_need {
	const char *name;
	int32_t condition; /* enum config_condition */
	int32_t restart;   /* 1: restart with it */
	int32_t required;  /* 0: go on without it */
	int32_t target;    /* enum config_target, by the loader */
	uint32_t index;    /* in services[] or dependencies[], by the loader */
};

/* `notify: true` or `notify: fd:3` */
enum notify_mode { NOTIFY_NONE, NOTIFY_SOCKET, NOTIFY_FD };

struct config_notify {
	const char *text;
	int32_t mode; /* enum notify_mode */
	int32_t fd;   /* NOTIFY_FD: the number that the service writes to */
};

/* One `listen:` address, parsed and numeric: bound by PID 1. */
enum listen_kind { LISTEN_TCP, LISTEN_UDP, LISTEN_UNIX, LISTEN_UNIX_DGRAM };

struct config_listen {
	const char *text;    /* "tcp://0.0.0.0:80", as written */
	const char *name;    /* LISTEN_FDNAMES; "" when not given */
	const char *path;    /* unix: the path, else NULL */
	uint8_t address[16]; /* network order; 4 bytes when !ipv6 */
	uint16_t port;       /* host order */
	uint8_t kind;        /* enum listen_kind */
	bool ipv6;
};

/* One of `post_start:` and `pre_stop:` */
struct config_hook {
	struct conf_list command;
	int64_t timeout_ms;
};

/* `reload:` a signal, or a command; none given: SIGHUP */
struct config_reload {
	int32_t signal; /* 0: by command */
	struct conf_list command;
	int64_t timeout_ms;
};

enum config_logging { LOGGING_RAW, LOGGING_PREFIX, LOGGING_JSON };

/* `logging:` */
struct config_output {
	int32_t prefix; /* 1: "api | " before each line */
	int32_t json;   /* 1: each line an object */
	int32_t mode;   /* enum config_logging, from the two */
};

/* What runs before the command's own words, and with which variables. */
struct config_vars {
	struct conf_list entrypoint;
	struct conf_map environment;
	struct conf_array env_file; /* struct config_env_file */
	struct conf_list env;       /* NAME=value, of both, by the loader */
	struct conf_map secrets;    /* variable, and whose secret's value */
};

/* When it is up, when it is started again, and how it ends. */
struct config_policy {
	struct config_restart restart;
	struct config_backoff backoff;
	int32_t essential; /* -1: yes, but for a job that ends 0 */
	int32_t stop_signal;
	struct config_notify notify;
	int64_t watchdog_ms;          /* -1: none */
	int64_t stop_grace_period_ms; /* never -1 once loaded */
	int64_t drain_ms;             /* 0: none */
};

/* Hooks, sockets, terminal, limits: the rarer half of a service. */
struct config_extras {
	struct conf_array post_start; /* struct config_hook */
	struct conf_array pre_stop;   /* struct config_hook */
	struct config_reload reload;
	struct conf_list listen_text;
	struct config_listen *listen; /* listen_text.count of them */
	int32_t tty;                  /* 1: gets the terminal; -1: not said */
	int32_t stdin_open;           /* 1: gets hale's stdin; -1: not said */
	int64_t mem_limit;            /* bytes; -1: none */
	int32_t cpus_milli;           /* thousandths of a CPU; -1: none */
	int64_t pids_limit;           /* -1: none */
	struct config_output logging;
	struct conf_list profiles;     /* left out unless one is chosen */
	struct conf_list security_opt; /* folded into confine by the loader */
};

/*
 * One service.  What is not its own alone is shared by all that say the same:
 * read-only, but through conf_set() and conf_own().
 */
struct service_config {
	const char *name;
	struct conf_list command;
	struct conf_list argv; /* entrypoint, then command; never empty */
	struct conf_array depends_on; /* struct config_need */
	struct config_vars *vars;
	struct config_policy *policy;
	struct config_extras *extras;
	struct confine_wants
	    *confine; /* who it is, what it may do: confine.h */

	/* extension structs, by the loader's list; NULL where the key is absent,
	 * or where none is there */
	void **extensions;
};

/* `env_file: [a, {path: b, required: false}]` */
struct config_env_file {
	const char *path;
	int32_t required;
};

/* What lives elsewhere: probed, never started. */
struct config_dependency {
	const char *name;
	void **extensions; /* as in struct service_config */
};

/* One entry of `secrets:`; one of the two is set. */
struct config_secret {
	const char *name;
	const char *file;
	const char *environment; /* the variable of hale that holds it */
};

/* `hale:` PID 1's own settings */
struct config_hale {
	const char *socket; /* a path, "none", or NULL: where section 6 says */
	const char *listen; /* ADDR:PORT or NULL */
	int64_t stop_grace_period_ms;
	int32_t log_format; /* enum log_format: text, json */
	int32_t log_level;  /* enum log_level */
	int32_t probes_at_once;
	struct conf_list profiles; /* chosen; "*": all */
};

struct config {
	struct service_config *services;
	size_t service_count;
	struct config_dependency *dependencies;
	size_t dependency_count;
	struct config_secret *secrets;
	size_t secret_count;
	struct config_hale hale;
	struct conf_list left_out; /* services whose profiles aren't chosen */

	/* What the loader has to say; each may hold several lines. */
	struct conf_list errors;   /* at most 20, and how many more */
	struct conf_list warnings; /* it runs, but look at this */
	struct conf_list notes;    /* keys that mean nothing in here */
};

/* Where an extension's key may stand. */
enum config_place { CONFIG_IN_SERVICE = 1, CONFIG_IN_DEPENDENCY = 2 };

struct config_extension {
	const char *name;               /* the key: "healthcheck" */
	const struct conf_table *table; /* of the mapping that it holds */
	unsigned places;                /* enum config_place; DEPENDENCY: the
	                                 * keys stand in the dependency itself */
};

/* Those of the whole program, in init.c, which alone knows them all. */
extern const struct config_extension config_extensions[];
extern const size_t config_extension_count;

/* What to load, and with what. */
struct config_source {
	const char *path; /* a file, a directory, "-", or NULL: no file */
	const char *text; /* instead of a path: text_size bytes */
	size_t text_size;
	char *const *environ; /* for ${VAR} */
	char *const *command; /* `hale run -- COMMAND`: of main; or NULL */
	const struct config_extension *extensions;
	size_t extension_count;

	/* For `hale check`: files that only the real place has may be missing. */
	bool check_only;

	/* Settings that win over `hale:`, as name, text, name, text, NULL. */
	const char *const *overrides;
};

extern const struct conf_table service_table;
extern const struct conf_table vars_table;
extern const struct conf_table policy_table;
extern const struct conf_table dependency_table;
extern const struct conf_table secret_table;
extern const struct conf_table hale_table;

#define CONFIG_PATH "/etc/hale.yaml"

/*
 * Reads source into *config: every key typed, every name resolved.  Returns 0,
 * or -1 with config->errors filled (never empty).  Warnings and notes are
 * filled in both cases.  Frees all that it used to read.
 *
 * Without a path it is defaults and one service, main, that runs command.  Its
 * options may then be set with conf_set(&config->services[0], &service_table,
 * ...), those of probes through config_extend().
 */
int config_load(struct config *config, const struct config_source *source);

/* Writes messages to stderr as they are, source lines and carets too. */
void config_tell(const struct conf_list *messages);

/*
 * The struct of a service's (or dependency's) extension, made with its
 * defaults if the key was absent; NULL when out of memory.
 */
void *config_extend(
    void ***extensions, const struct config_source *source, size_t index);

/* The service or dependency named name, or NULL. */
struct service_config *config_service(
    const struct config *config, const char *name);
struct config_dependency *config_dependency(
    const struct config *config, const char *name);

#endif
