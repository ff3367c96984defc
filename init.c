/* SPDX-License-Identifier: MIT */
/* init.c - whose name was I called by, which verb; wires the parts. */
#include "healthcheck/ask.h"
#include "healthcheck/client.h"
#include "healthcheck/errand.h"
#include "healthcheck/gather.h"
#include "healthcheck/monitor.h"
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
#include "supervisor/run.h"
#include "supervisor/personas.h"
#include "supervisor/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

static int verb_run(int argc, char **argv);
static int verb_inspect_by_name(int argc, char **argv);
static int verb_help(int argc, char **argv);
static int verb_version(int argc, char **argv);
static int verb_licenses(int argc, char **argv);

/* clang-format off */
const struct verb verbs[] = {
	{ "probe", verb_probe, "PROBE [--timeout DUR] [-v] [--json]",
	    "asks once: 0 passed, 1 failed, 2 usage",
	    "  --timeout DUR      for the whole of it, 5s\n"
	    "  --KEY VALUE        any key of a probe: expect-status, header ...\n"
	    "  -v, --verbose      what was said\n"
	    "  --json             the answer as JSON\n" },
	{ "wait-for", verb_wait_for, "PROBE... [--timeout DUR] [-- COMMAND]",
	    "waits until all pass: 0, 124 timed out",
	    "  --timeout DUR      for all of them, 60s\n"
	    "  --interval DUR     between attempts, 250ms\n"
	    "  --KEY VALUE        any key of a probe\n"
	    "  -v, --verbose      what was said\n" },
	{ "check", verb_check, "[FILE]", "validates: 0 fine, 1 not", NULL },
	{ "config", verb_config, "[--json] [FILE]",
	    "the effective file, with every default",
	    "  --json             as JSON, not YAML\n" },
	{ "graph", verb_graph, "[FILE]", "who needs whom, in DOT", NULL },
	{ "schema", verb_schema, "", "JSON Schema of the file, for editors",
	    NULL },
	{ "run", verb_run, "[-c FILE] [-- COMMAND]",
	    "supervises the services of FILE",
	    "  -c, --config FILE  " CONFIG_PATH " unless said\n"
	    "  and the options of `hale --help`, which mean main\n" },
	{ "health", verb_health, "[SERVICE] [--kind KIND] [--wait[=DUR]]",
	    "for HEALTHCHECK: 0 healthy, 1 anything else",
	    "  --kind KIND        ready, live or startup\n"
	    "  --starting ok      who is starting counts as healthy\n"
	    "  --wait[=DUR]       asks until the answer is yes\n" },
	{ "status", verb_status, "[SERVICE] [--json] [--watch]",
	    "what runs, how it is, and why",
	    "  --json             all that is known, as JSON\n"
	    "  --watch            again each second, until ^C\n" },
	{ "exec", verb_exec, "SERVICE -- COMMAND [ARG]...",
	    "runs COMMAND as that service, and ends as it does", NULL },
	{ "start", verb_control, "SERVICE", "starts it, and what it needs",
	    NULL },
	{ "stop", verb_control, "SERVICE", "stops it, and what needs it",
	    NULL },
	{ "restart", verb_control, "SERVICE", "stops it, then starts it",
	    NULL },
	{ "reload", verb_control, "SERVICE", "tells it to read its files",
	    NULL },
	{ "signal", verb_control, "SIG SERVICE", "sends it a signal", NULL },
	{ "events", verb_events, "[--follow] [--json]",
	    "state changes, newest last",
	    "  -f, --follow       and those to come\n"
	    "  --json             one object a line\n" },
	{ "metrics", verb_metrics, "", "Prometheus text", NULL },
	{ "inspect", verb_inspect_by_name, "[SERVICE|PID] [--json]",
	    "what a service, and PID 1, may do in effect",
	    "  --json             as JSON\n" },
	{ "help", verb_help, "[VERB]", "this text, or that of a verb", NULL },
	{ "version", verb_version, "", "the version", NULL },
	{ "licenses", verb_licenses, "", "of all that this binary contains",
	    NULL },
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
		.closing = closing,
	},
};

static int
load_probes(struct config *config, const struct config_source *source,
    const struct option_values *values, struct conf_error *err)
{
	struct status_settings settings = { .gather = gather_now };

	if (monitor_options(config, source, values, err) < 0 ||
	    monitor_loaded(config, err) < 0 || gather_init(config, err) < 0)
		return -1;
	settings.socket = config->hale.socket;
	settings.listen = config->hale.listen;
	settings.services = config->service_count + config->dependency_count;
	settings.probes = gather_probes();
	if (status_open(&settings, err) < 0)
		return -1;
	/* So that whoever runs in a service finds us, wherever we are. */
	if (status_socket()[0] != '\0' &&
	    setenv("HALE_SOCKET", status_socket(), 1) < 0)
		return conf_refuse(err, "no memory for HALE_SOCKET");
	monitor_tell(status_changed);
	wiring.hooks.timers = monitor_timers() + status_timers();
	return 0;
}

/* --wait-for: asked by a child, with the code of `hale wait-for`. */
static int
wait_for_probes(const struct option_values *values)
{
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
	return hold_until(verb_wait_for, argc, argv, early_inherited_mask);
}

static int
verb_run(int argc, char **argv)
{
	(void)argc;
	kernel_mask(KERNEL_ALL_SIGNALS, NULL);
	wiring.extension_count = config_extension_count;
	return run_verb(argv, &wiring);
}

/* Does COMMAND need more than PID 1? */
static bool
needs_supervisor(const struct option_values *values)
{
	return options_any(values, OPTION_PROBE) ||
	       options_any(values, OPTION_SERVICE) ||
	       options_any(values, OPTION_HALE);
}

static int
print_help(void)
{
	puts("hale - PID 1, privilege drop, supervisor and health probes\n\n"
	     "  hale [OPTION]... [--] COMMAND [ARG]...   run COMMAND\n"
	     "  hale run [-c FILE] [OPTION]... [-- COMMAND [ARG]...]\n"
	     "                                           supervise services\n"
	     "  hale VERB ...\n\nOptions:");
	options_help();
	puts("\nVerbs:");
	for (size_t i = 0; i < verb_count; i++)
		if (strlen(verbs[i].arguments) > 17)
			printf("  %-10s %s\n%31s%s\n", verbs[i].name,
			    verbs[i].arguments, "", verbs[i].help);
		else
			printf("  %-10s %-17s %s\n", verbs[i].name,
			    verbs[i].arguments, verbs[i].help);
	puts("\nEach long option has a variable: --stop-signal is "
	     "HALE_STOP_SIGNAL.");
	return 0;
}

static int
verb_inspect_by_name(int argc, char **argv)
{
	inspect_lookup = client_pid_of;
	return verb_inspect(argc, argv);
}

static int
print_verb(const struct verb *verb)
{
	printf("hale %s %s\n  %s\n%s", verb->name, verb->arguments, verb->help,
	    verb->options != NULL ? verb->options : "");
	return 0;
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
verb_help(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;

	if (argc < 2)
		return print_help();
	if (verb == NULL) {
		log_error(
		    NULL, "help: no verb \"%s\" (see hale help)", argv[1]);
		return 1;
	}
	return print_verb(verb);
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
verb_licenses(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs(licenses_text, stdout);
	return 0;
}

static int
usage(void)
{
	log_error(NULL, "no COMMAND given (see hale --help)");
	return COMMAND_FAILED;
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
		return print_help();
	if (options_text(&values, "version") != NULL)
		return verb_version(0, NULL);
	if (options_text(&values, "license") != NULL)
		return verb_licenses(0, NULL);
	if (*values.rest == NULL)
		return access(CONFIG_PATH, F_OK) == 0
		           ? verb_run(1, (char *[]){ "run", NULL })
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
		return print_verb(verb);
	return verb != NULL ? verb->run(argc - 1, argv + 1)
	                    : command_mode(argv + 1);
}
