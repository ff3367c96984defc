/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "confine.h"
#include "early.h"
#include "exec.h"
#include "log.h"
#include "say.h"
#include "signals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the child needs to tell us across separate memory. */
struct shared {
	struct single_report report;
	struct confine_failure failure;
};

static int
refuse(const struct conf_error *err)
{
	log_error(NULL, "%s", err->text);
	return COMMAND_FAILED;
}

static int
parse_signal(int *sig, const struct option_value *value, struct conf_error *err)
{
	*sig = signals_parse(value->text);
	if (*sig != 0)
		return 0;
	conf_refuse(err, "\"%s\" is not a signal", value->text);
	return options_refuse(value, err);
}

int
command_rewrite(const char *text, unsigned char rewrite[SIGNAL_MAX + 1],
    struct conf_error *err)
{
	const char *colon = strchr(text, ':');
	char from[24];
	int source, target;

	snprintf(from, sizeof(from), "%.*s",
	    (int)(colon != NULL ? colon - text : 0), text);
	source = signals_parse(from);
	target = colon == NULL                 ? 0
	         : strcmp(colon + 1, "0") == 0 ? SIGNAL_DROPPED
	                                       : signals_parse(colon + 1);
	if (source == 0 || target == 0)
		return conf_refuse(
		    err, "--rewrite: \"%s\" is not FROM:TO, two signals", text);
	rewrite[source] = (unsigned char)target;
	return 0;
}

static int
parse_exit_code(const char *text, unsigned char *zero, struct conf_error *err)
{
	char *end;
	long code = strtol(text, &end, 10);

	if (end == text || *end != '\0' || code < 0 || code > 255)
		return conf_refuse(
		    err, "\"%s\" is not an exit code, 0 to 255", text);
	zero[code] = 1;
	return 0;
}

static int
parse_ms(const struct option_values *values, const char *name, int64_t *field,
    struct conf_error *err)
{
	/* One row, so that the words are those of the file's durations. */
	struct conf_key key = {
		.type = CONF_DURATION, .max = 86400000, .fallback = "0"
	};
	struct conf_table table = {
		.name = "", .keys = &key, .count = 1, .size = sizeof(*field)
	};
	const struct option_value *value = options_value(values, name);

	key.name = name;
	if (value == NULL ||
	    conf_set(field, &table, name, value->text, err) == 0)
		return 0;
	return options_refuse(value, err);
}

static void
say_to_log(const char *text, bool problem)
{
	log_line(problem ? LOG_WARN : LOG_INFO, NULL, "%s", text);
}

int
command_verbosity(const struct option_values *values)
{
	const char *tini = getenv("TINI_VERBOSITY");
	int verbosity = 0;

	/* As tini has it: the variable wins, and 1 is where we start. */
	if (tini != NULL && *tini != '\0')
		return atoi(tini) - 1;
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->items[i].option->name, "verbose") == 0)
			verbosity++;
	return verbosity;
}

void
command_log(enum log_level level, enum log_format format)
{
	log_setup(level, format);
	say_through(say_to_log);
}

static int
setup_log(
    const struct option_values *values, int verbosity, struct conf_error *err)
{
	const struct option_value *value = options_value(values, "log-format");
	bool json = value != NULL && strcmp(value->text, "json") == 0;

	if (value != NULL && !json && strcmp(value->text, "text") != 0) {
		conf_refuse(err, "\"%s\" is not text or json", value->text);
		return options_refuse(value, err);
	}
	command_log(verbosity > 1    ? LOG_DEBUG
	            : verbosity == 1 ? LOG_INFO
	            : verbosity == 0 ? LOG_WARN
	                             : LOG_ERROR,
	    json ? LOG_JSON : LOG_TEXT);
	return 0;
}

int
command_options(struct single *single, const struct option_values *values,
    struct conf_error *err)
{
	static unsigned char rewrite[SIGNAL_MAX + 1], zero[256];

	for (size_t i = 0; i < values->count; i++) {
		const struct option_value *value = &values->items[i];
		const char *name = value->option->name;

		if (strcmp(name, "rewrite") == 0) {
			if (command_rewrite(value->text, rewrite, err) < 0)
				return options_refuse(value, err);
			single->rewrite = rewrite;
		} else if (strcmp(name, "exit-zero") == 0) {
			if (parse_exit_code(value->text, zero, err) < 0)
				return options_refuse(value, err);
			single->exit_zero = zero;
		} else if (strcmp(name, "parent-death") == 0) {
			if (parse_signal(&single->parent_death, value, err) < 0)
				return -1;
		} else if (strcmp(name, "stop-signal") == 0) {
			if (parse_signal(&single->stop_signal, value, err) < 0)
				return -1;
		}
	}
	single->warn_reaped = options_text(values, "warn-reaped") != NULL;
	single->signal_group = options_text(values, "signal-group") != NULL ||
	                       getenv("TINI_KILL_PROCESS_GROUP") != NULL;
	single->wait_children = options_text(values, "wait-children") != NULL;
	single->close_stderr = options_text(values, "close-stdio") != NULL;
	single->verbose = command_verbosity(values) > 0;
	single->stop_declared = options_any(values, OPTION_STOP);
	if (options_text(values, "no-process-group") != NULL)
		single->group = SINGLE_SAME_GROUP;
	if (single->group == SINGLE_SAME_GROUP) {
		if (options_text(values, "signal-group") != NULL)
			return conf_refuse(err,
			    "--signal-group and --no-process-group exclude "
			    "each other");
		single->signal_group = false;
	}
	if (parse_ms(values, "stop-grace-period", &single->grace_ms, err) < 0)
		return -1;
	return parse_ms(values, "drain", &single->drain_ms, err);
}

/* What --user and its kin ask for; *wanted says whether anything is. */
static int
compile(struct confinement *plan, const struct option_values *values,
    bool *wanted, struct conf_error *err)
{
	static struct confine_wants wants;

	*wanted = options_any(values, OPTION_CONFINE);
	if (!*wanted)
		return 0;
	if (conf_defaults(&wants, &confine_table) < 0)
		return conf_refuse(err, "a table refuses its own default");
	for (size_t i = 0; i < values->count; i++) {
		const struct option_value *value = &values->items[i];
		char key[24];

		if (value->option->scope != OPTION_CONFINE)
			continue;
		if (conf_set(&wants, &confine_table,
		        options_key(value->option, key), value->text, err) < 0)
			return options_refuse(value, err);
	}
	return confine_compile(&wants, plan, err);
}

/* HOME, USER and LOGNAME, unless the environment has its own. */
static void
add_identity(struct single *single, const struct confinement *plan)
{
	static struct identity_words words;
	size_t count = 0;
	char **envp;

	if (!plan->has_user)
		return;
	while (single->envp[count] != NULL)
		count++;
	envp = calloc(count + 4, sizeof(*envp));
	if (envp == NULL)
		return;
	memcpy(envp, single->envp, count * sizeof(*envp));
	identity_environment(plan->id, &words, envp, count);
	single->envp = envp;
}

/* Is it one user for good, without a capability to become another? */
static uint32_t
only_user(const struct confinement *plan)
{
	const uint64_t steps = CONFINE_STEP(STEP_USER) |
	                       CONFINE_STEP(STEP_CAPABILITIES) |
	                       CONFINE_STEP(STEP_NO_NEW_PRIVILEGES);

	return (plan->steps & steps) == steps && plan->capabilities == 0
	           ? plan->id->uid
	           : 0;
}

static int
fail(const struct single *single, const struct shared *shared)
{
	char text[600];
	int error = -shared->report.error;

	if (shared->report.confined) {
		confine_explain(
		    single->plan, &shared->failure, text, sizeof(text));
		log_error(NULL, "cannot start %s: %s", single->argv[0], text);
		return COMMAND_FAILED;
	}
	if (error == EAGAIN || error == ENOMEM) {
		log_error(NULL,
		    "cannot start %s: %s: no further process is "
		    "allowed here (see pids and memory limits)",
		    single->argv[0], strerror(error));
		return COMMAND_FAILED;
	}
	if (error == ETIMEDOUT) {
		log_error(NULL,
		    "cannot start %s: it was held up for 10 s before it ran",
		    single->argv[0]);
		return COMMAND_FAILED;
	}
	exec_explain(text, sizeof(text), single->argv[0], single->envp, error);
	log_error(NULL, "%s", text);
	return exec_status(error);
}

int
command_run(const struct option_values *values)
{
	static struct confinement plan;
	struct single single = { .argv = values->rest,
		.envp = environ,
		.inherited_mask = early_inherited_mask };
	struct shared *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct conf_error err;
	bool confined;

	if (shared == MAP_FAILED) {
		log_error(NULL, "no memory: %s", strerror(errno));
		return COMMAND_FAILED;
	}
	if (command_options(&single, values, &err) < 0 ||
	    setup_log(values, command_verbosity(values), &err) < 0 ||
	    compile(&plan, values, &confined, &err) < 0)
		return refuse(&err);
	if (confined) {
		single.prepare = confine_before;
		single.confine = confine_between;
		single.only_user = only_user(&plan);
		single.plan = &plan;
		single.why = &shared->failure;
		add_identity(&single, &plan);
	}
	if (single.argv[0][0] == '\0') {
		log_error(NULL, "COMMAND is empty (see hale --help)");
		return COMMAND_FAILED;
	}
	log_info(NULL, "starting %s", single.argv[0]);
	if (early_held_up)
		shared->report.error = -ETIMEDOUT;
	else
		single_run(&single, &shared->report);
	return fail(&single, shared);
}
