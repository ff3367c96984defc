/* SPDX-License-Identifier: MIT */
/* init.c - whose name was I called by, which verb; wires the parts. */
#include "healthcheck/ask.h"
#include "healthcheck/client.h"
#include "healthcheck/errand.h"
#include "healthcheck/gather.h"
#include "healthcheck/monitor.h"
#include "healthcheck/place.h"
#include "healthcheck/probe.h"
#include "healthcheck/status.h"
#include "supervisor/caps.h"
#include "supervisor/command.h"
#include "supervisor/config_show.h"
#include "supervisor/early.h"
#include "supervisor/hold.h"
#include "supervisor/inspect.h"
#include "supervisor/kernel.h"
#include "supervisor/licenses.h"
#include "supervisor/log.h"
#include "supervisor/options.h"
#include "supervisor/packed.h"
#include "supervisor/run.h"
#include "supervisor/personas.h"
#include "supervisor/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

static int verb_run(int argc, char **argv);
static int verb_inspect_by_name(int argc, char **argv);
static int verb_version(int argc, char **argv);

/* clang-format off */
const struct verb verbs[] = {
#define VERB(name, where, run, arguments, help, options) { name, where, run },
#include "supervisor/verbs.def"
#undef VERB
};
/* clang-format on */

/* The keys of hale.yaml that belong to healthcheck/. */
const struct config_extension config_extensions[] = {
	{ "healthcheck", &probe_table,
	    CONFIG_IN_SERVICE | CONFIG_IN_DEPENDENCY },
	{ "liveness", &probe_liveness_table, CONFIG_IN_SERVICE },
	{ "readiness", &probe_table, CONFIG_IN_SERVICE },
	{ "startup", &probe_liveness_table, CONFIG_IN_SERVICE },
};

const size_t config_extension_count =
    sizeof(config_extensions) / sizeof(config_extensions[0]);

const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);

bool
early_is_verb(const char *word)
{
	return verb_find(word) != NULL;
}

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < verb_count; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int load_probes(struct config *config,
    const struct config_source *source, const struct option_values *values,
    struct conf_error *err);

/* ---- what the supervisor tells health and status, and the other way */

static void
changed(uint32_t index)
{
	monitor_changed(index);
	status_changed();
}

static bool
child(pid_t pid, int wait_status)
{
	return errand_child(pid, wait_status) ||
	       monitor_child(pid, wait_status);
}

static void
opened(void)
{
	status_serve();
	monitor_opened();
}

static void
closing(void)
{
	status_close();
	monitor_closing();
}

static int wait_for_probes(const struct option_values *values);

static struct run_wiring wiring = {
	.extensions = config_extensions,
	.loaded = load_probes,
	.hold = wait_for_probes,
	.hooks = {
		.has_ready_probe = monitor_has_ready,
		.has_health_probe = monitor_has_health,
		.cause = monitor_cause,
		.changed = changed,
		.opened = opened,
		.child = child,
		.lingering = prober_settle,
		.closing = closing,
	},
};

/* The status socket; HALE_SOCKET: so that whoever runs in a service finds it. */
static int
open_status(const struct config *config, struct conf_error *err)
{
	const struct status_settings settings = {
		.gather = gather_now,
		.socket = config->hale.socket,
		.listen = config->hale.listen,
		.services = config->service_count + config->dependency_count,
		.probes = gather_probes(),
	};

	if (status_open(&settings, err) < 0)
		return -1;
	if (status_socket()[0] != '\0' &&
	    setenv("HALE_SOCKET", status_socket(), 1) < 0)
		return conf_refuse(err, "no memory for HALE_SOCKET");
	return 0;
}

/* The config is read: what health and status need, before all services. */
static int
load_probes(struct config *config, const struct config_source *source,
    const struct option_values *values, struct conf_error *err)
{
	if (monitor_options(config, source, values, err) < 0 ||
	    monitor_loaded(config, err) < 0 || gather_init(config, err) < 0 ||
	    open_status(config, err) < 0)
		return -1;
	monitor_tell(status_changed);
	wiring.hooks.timers = monitor_timers() + status_timers();
	return 0;
}

/*
 * --wait-for: asked by a child, with the code of `hale wait-for`; wrong words
 * are a failure of hale's own here.
 */
static int
wait_for_probes(const struct option_values *values)
{
	int status;
	const char *timeout = options_text(values, "wait-timeout");
	char *argv[OPTION_VALUES_MAX + 4] = { "wait-for" };
	int argc = 1;

	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->items[i].option->name, "wait-for") == 0)
			argv[argc++] = (char *)(uintptr_t)values->items[i].text;
	if (argc == 1)
		return 0;
	if (timeout != NULL) {
		argv[argc++] = "--timeout";
		argv[argc++] = (char *)(uintptr_t)timeout;
	}
	status = hold_until(verb_wait_for, argc, argv, early_inherited_mask);
	return status == ASK_USAGE ? COMMAND_FAILED : status;
}

static int
verb_run(int argc, char **argv)
{
	(void)argc;
	kernel_mask(KERNEL_ALL_SIGNALS, NULL);
	wiring.extension_count = config_extension_count;
	return run_verb(argv, &wiring);
}

/* In a service HALE_SOCKET names the socket of the hale around this one. */
static void
leave_outer_socket(struct option_values *values)
{
	size_t kept = 0;

	for (size_t i = 0; i < values->count; i++) {
		const struct option_value *value = &values->items[i];

		if (!value->from_environment ||
		    strcmp(value->option->name, "socket") != 0 ||
		    !place_is_served(value->text))
			values->items[kept++] = *value;
	}
	values->count = kept;
}

/* Does COMMAND need more than PID 1? */
static bool
needs_supervisor(struct option_values *values)
{
	leave_outer_socket(values);
	return options_any(values, OPTION_PROBE) ||
	       options_any(values, OPTION_SERVICE) ||
	       options_any(values, OPTION_HALE);
}

static int
verb_inspect_by_name(int argc, char **argv)
{
	inspect_lookup = client_pid_of;
	return verb_inspect(argc, argv);
}

/* `hale VERB --help`; behind "--", or a service's name, it is a command's. */
static bool
wants_help(const struct verb *verb, char **argv)
{
	bool all = verb->run != verb_exec;

	for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++) {
		if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
			return true;
		if (!all)
			break;
	}
	return false;
}

static int
verb_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("hale " HALE_VERSION);
	return 0;
}

static int
usage(void)
{
	log_error(NULL,
	    "no COMMAND given; usage: hale [OPTION]... [--] COMMAND "
	    "[ARG]... (see hale --help)");
	return COMMAND_FAILED;
}

static int
call(const struct verb *verb, int argc, char **argv)
{
	if (verb == NULL)
		return COMMAND_FAILED;
	if (verb->where == PACKED && packed_load(PACKED_VERBS) < 0) {
		log_error(NULL, "%s: can't unpack it: %s", verb->name,
		    strerror(errno));
		return COMMAND_FAILED;
	}
	return verb->run(argc, argv);
}

static int
command_mode(char **argv)
{
	static struct option_values values;
	struct conf_error err;
	int status;

	if (options_parse(argv, environ, false, &values, &err) < 0) {
		log_error(NULL, "%s", err.text);
		return COMMAND_FAILED;
	}
	if (options_text(&values, "help") != NULL)
		return call(verb_find("help"), 1, NULL);
	if (options_text(&values, "version") != NULL)
		return verb_version(0, NULL);
	if (options_text(&values, "license") != NULL)
		return call(verb_find("licenses"), 0, NULL);
	/* The word before the options is the program's: any will do for run. */
	if (*values.rest == NULL)
		return getenv("HALE_CONFIG") != NULL ||
		               access(CONFIG_PATH, F_OK) == 0
		           ? verb_run(0, argv - 1)
		           : usage();
	if (needs_supervisor(&values)) {
		wiring.extension_count = config_extension_count;
		return run_command(&values, &wiring);
	}
	status = wait_for_probes(&values);
	if (status != 0)
		return status;
	options_clean_environment(environ);
	return command_run(&values);
}

/*
 * Is the file set-user-ID or set-group-ID, or has it capabilities?  Whoever runs
 * it would be root.  (A security module may say AT_SECURE of any program.)
 */
static bool
gives_rights(void)
{
	struct caps_state held;

	return getauxval(AT_SECURE) != 0 && getuid() != 0 &&
	       (geteuid() != getuid() || getegid() != getgid() ||
	           (caps_get(&held) == 0 && held.permitted != 0));
}

int
main(int argc, char **argv)
{
	const struct verb *verb;
	persona_main *persona;

#ifdef HALE_HOSTED
	/* That build has another C library's entry: early.c had no turn. */
	kernel_mask(KERNEL_ALL_SIGNALS, &early_inherited_mask);
#endif
	/* First of all: whoever has our uid could trace and freeze us. */
	prctl(PR_SET_DUMPABLE, 0);
	if (argc < 1)
		return COMMAND_FAILED;
	persona = persona_find(argv[0]);
	/* gosu has words of its own for it. */
	if (gives_rights() &&
	    (persona == NULL || persona != persona_find("gosu"))) {
		log_error(NULL,
		    "refused: this file is set-user-ID, set-group-ID or has "
		    "capabilities: any user could be root by it");
		return COMMAND_FAILED;
	}
	if (persona != NULL)
		return persona(argc, argv);
	verb = argc > 1 ? verb_find(argv[1]) : NULL;
	if (verb != NULL)
		/* Verbs are ordinary programs; those that aren't block anew. */
		kernel_mask(early_inherited_mask, NULL);
	if (verb != NULL && wants_help(verb, argv + 2))
		return call(verb_find("help"), 2, argv);
	return verb != NULL ? call(verb, argc - 1, argv + 1)
	                    : command_mode(argv + 1);
}
