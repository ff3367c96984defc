/* SPDX-License-Identifier: MIT */
#include "supervisor/run.h"

#include "supervisor/command.h"
#include "supervisor/handover.h"
#include "supervisor/heap.h"
#include "supervisor/log.h"
#include "supervisor/options.h"
#include "supervisor/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_FAILED 125 /* before any service ran */

enum { OVERRIDES_MAX = 32, MANY_SERVICES = 32 };

/* The first line of each: where, and what; the source line is in the file. */
static void
tell(const struct conf_list *messages, enum log_level level)
{
	for (size_t i = 0; i < messages->count; i++)
		log_line(level, NULL, "%.*s",
		    (int)strcspn(messages->items[i], "\n"), messages->items[i]);
}

static const char *
find_path(const struct option_values *values)
{
	const char *path = options_text(values, "config");

	if (path != NULL)
		return path;
	/* COMMAND alone is enough; a file that is there counts all the same. */
	if (*values->rest != NULL && access(CONFIG_PATH, F_OK) < 0)
		return NULL;
	return CONFIG_PATH;
}

/* The settings of hale itself, as names and texts in turn. */
static void
collect(const struct option_values *values,
    const char *overrides[OVERRIDES_MAX + 1])
{
	static char names[OVERRIDES_MAX][24];
	size_t used = 0;

	for (size_t i = 0; i < values->count && used + 2 <= OVERRIDES_MAX;
	     i++) {
		const struct option *option = values->items[i].option;

		if (option->scope != OPTION_HALE &&
		    option->scope != OPTION_FORMAT &&
		    strcmp(option->name, "stop-grace-period") != 0)
			continue;
		overrides[used] = options_key(option, names[used]);
		overrides[used + 1] = values->items[i].text;
		used += 2;
	}
	overrides[used] = NULL;
}

/* Those of main: --user, --restart, --stop-signal and their kin. */
static int
apply_to_main(struct config *config, const struct option_values *values,
    struct conf_error *err)
{
	struct service_config *main = config_service(config, "main");

	for (size_t i = 0; i < values->count; i++) {
		const struct option *option = values->items[i].option;
		const char *text = values->items[i].text;
		char key[24];

		if (option->scope != OPTION_CONFINE &&
		    option->scope != OPTION_SERVICE &&
		    (option->scope != OPTION_STOP ||
		        strcmp(option->name, "stop-grace-period") == 0))
			continue;
		if (main == NULL)
			return conf_refuse(err,
			    "--%s: there is no service main to have it",
			    option->name);
		if (conf_set(main, &service_table, options_key(option, key),
		        text, err) < 0)
			return -1;
	}
	return 0;
}

/* What a file declares is secure by default; a bare command is as it is. */
static void
secure_by_default(struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].confine != NULL)
			config->services[i].confine->from_file = true;
}

static int
refuse(const struct conf_error *err)
{
	log_error(NULL, "%s", err->text);
	return RUN_FAILED;
}

static void
setup_log(const struct config *config, const struct option_values *values)
{
	int level = config->hale.log_level;
	int verbosity = command_verbosity(values);

	if (verbosity < 0)
		level = (int)LOG_ERROR;
	else if (verbosity > 0 && level < (int)LOG_INFO)
		level = (int)LOG_INFO;
	if (verbosity > 1)
		level = (int)LOG_DEBUG;
	command_log(
	    (enum log_level)level, (enum log_format)config->hale.log_format);
}

/* What no supervisor can do, and what they change of main. */
static int
apply_init(struct config *config, const struct single *init,
    const struct option_values *values, struct conf_error *err)
{
	struct service_config *main = config_service(config, "main");
	const char *unhealthy = options_text(values, "on-unhealthy");

	bool once = init->argv != NULL &&
	            main->policy->restart.policy == RESTART_NO &&
	            (unhealthy == NULL || strcmp(unhealthy, "restart") != 0);

	if (once)
		handover_once();
	if (init->close_stderr && !once)
		return conf_refuse(err,
		    "--close-stdio is for one command that is not started "
		    "again");
	/* Only a session of its own can have a terminal. */
	if (main != NULL && init->group == SINGLE_SAME_GROUP)
		return conf_set(main, &service_table, "tty", "false", err);
	return 0;
}

/* A service of any user could decide what the next start runs as root. */
static void
warn_of_writers(const char *path)
{
	struct stat st;

	if (path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & S_IWOTH) != 0)
		log_warn(NULL, "%s: anyone may write to it", path);
}

/* Whatever is opened later is not to become anybody's 0, 1 or 2. */
static void
fill_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0) /* anything that is no hole will do */
			fd = open("/", O_PATH);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* Everything is said; path NULL: there is no file. */
static int
run(const struct option_values *values, const struct run_wiring *wiring,
    const char *path)
{
	static struct config config;
	static struct single init;
	const char *overrides[OVERRIDES_MAX + 1];
	struct config_source source = { .path = path,
		.environ = environ,
		.command = *values->rest != NULL ? values->rest : NULL,
		.extensions = wiring->extensions,
		.extension_count = wiring->extension_count,
		.overrides = overrides };
	struct conf_error err;
	int held;

	fill_streams();
	if (handover_take(path == NULL, &err) < 0)
		return refuse(&err);
	if (command_options(&init, values, &err) < 0)
		return refuse(&err);
	init.argv = path == NULL ? values->rest : NULL;
	collect(values, overrides);
	if (config_load(&config, &source) < 0) {
		config_tell(&config.errors);
		return RUN_FAILED;
	}
	/* What reading dirtied, tables that stay empty would touch again. */
	if (config.service_count >= MANY_SERVICES)
		heap_trim();
	setup_log(&config, values);
	tell(&config.warnings, LOG_WARN);
	tell(&config.notes, LOG_INFO);
	warn_of_writers(path);
	options_clean_environment(environ);
	if (apply_to_main(&config, values, &err) < 0 ||
	    apply_init(&config, &init, values, &err) < 0)
		return refuse(&err);
	if (path != NULL)
		secure_by_default(&config);
	held = wiring->hold(values);
	if (held != 0)
		return held;
	if (secret_load(&config, environ, &err) < 0 ||
	    (wiring->loaded != NULL &&
	        wiring->loaded(&config, &source, values, &err) < 0))
		return refuse(&err);
	secret_shed(&config, environ);
	if (supervisor_init(&config, &wiring->hooks, &init, environ, &err) < 0)
		return refuse(&err);
	return supervisor_run();
}

int
run_verb(char **argv, const struct run_wiring *wiring)
{
	static struct option_values values;
	struct conf_error err;

	if (options_parse(argv + 1, environ, true, &values, &err) < 0)
		return refuse(&err);
	return run(&values, wiring, find_path(&values));
}

int
run_command(const struct option_values *values, const struct run_wiring *wiring)
{
	return run(values, wiring, NULL);
}
