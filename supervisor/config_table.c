/* SPDX-License-Identifier: MIT */
/* config_table.c - the keys of hale.yaml: one row, one key. */
#include "supervisor/config.h"

#include "supervisor/config_words.h"

#define DAY     (86400 * INT64_C(1000)) /* durations are in milliseconds */
#define ROWS(a) .keys = (a), .count = sizeof(a) / sizeof((a)[0])

static const char *const conditions[] = { "service_started", "service_ready",
	"service_healthy", "service_completed_successfully", NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warn", "info", "debug",
	NULL };

/* clang-format off */
static const struct conf_key need_keys[] = {
	{ "condition", CONF_CHOICE, CONF_AT(struct config_need, condition),
	  .choices = conditions,
	  .help = "what it waits for; service_started, or service_healthy for "
	          "what is listed in dependencies" },
	{ "restart", CONF_BOOL, CONF_AT(struct config_need, restart),
	  .fallback = "false", .help = "restart when that one was restarted" },
	{ "required", CONF_BOOL, CONF_AT(struct config_need, required),
	  .fallback = "true", .help = "false: start all the same when it fails" },
};
static const struct conf_table need_table = { .name = "depends_on",
	ROWS(need_keys), .size = sizeof(struct config_need) };

static const struct conf_key env_file_keys[] = {
	{ "path", CONF_STRING, CONF_AT(struct config_env_file, path),
	  .flags = CONF_REQUIRED, .help = "file of NAME=value lines" },
	{ "required", CONF_BOOL, CONF_AT(struct config_env_file, required),
	  .fallback = "true", .help = "false: the file may be missing" },
};
static const struct conf_table env_file_table = { .name = "env_file",
	ROWS(env_file_keys), .size = sizeof(struct config_env_file),
	.scalar_key = "path" };

static const struct conf_key hook_keys[] = {
	{ "command", CONF_COMMAND, CONF_AT(struct config_hook, command),
	  .flags = CONF_REQUIRED,
	  .help = "command to run, as its service would" },
	{ "timeout", CONF_DURATION, CONF_AT(struct config_hook, timeout_ms),
	  1, DAY, .help = "time after which it is killed; 10s" },
};
static const struct conf_table hook_table = { .name = "hook",
	ROWS(hook_keys), .size = sizeof(struct config_hook),
	.scalar_key = "command", .sequence_key = "command" };

static const struct conf_key reload_keys[] = {
	{ "signal", CONF_SIGNAL, CONF_AT(struct config_reload, signal),
	  .help = "signal that makes it read its configuration again; SIGHUP "
	          "where no command is given" },
	{ "command", CONF_COMMAND, CONF_AT(struct config_reload, command),
	  .help = "command that does so" },
	{ "timeout", CONF_DURATION, CONF_AT(struct config_reload, timeout_ms),
	  1, DAY, "10s", .help = "time after which the command is killed" },
};
static const struct conf_table reload_table = { .name = "reload",
	ROWS(reload_keys), .size = sizeof(struct config_reload),
	.scalar_key = "signal", .sequence_key = "command",
	.check = config_check_reload };

static const struct conf_key backoff_keys[] = {
	{ "delay", CONF_DURATION, CONF_AT(struct config_backoff, delay_ms),
	  0, DAY, "500ms", .help = "before the first restart; then it doubles" },
	{ "max_delay", CONF_DURATION,
	  CONF_AT(struct config_backoff, max_delay_ms),
	  0, DAY, "30s", .help = "longest delay between two restarts" },
	{ "window", CONF_DURATION, CONF_AT(struct config_backoff, window_ms),
	  0, DAY, "60s", .help = "alive for this long: the delay starts again" },
	{ "max_attempts", CONF_INT,
	  CONF_AT(struct config_backoff, max_attempts),
	  0, INT32_MAX, "0", .help = "restarts in a row before giving up; 0: no "
	                             "limit" },
};
static const struct conf_table backoff_table = { .name = "restart_policy",
	ROWS(backoff_keys), .size = sizeof(struct config_backoff),
	.check = config_check_backoff };

static const struct conf_key output_keys[] = {
	{ "prefix", CONF_BOOL, CONF_AT(struct config_output, prefix),
	  .fallback = "false", .help = "begin each line with the service's name" },
	{ "json", CONF_BOOL, CONF_AT(struct config_output, json),
	  .fallback = "false", .help = "wrap each line in a JSON object" },
};
static const struct conf_table output_table = { .name = "logging",
	ROWS(output_keys), .size = sizeof(struct config_output),
	.check = config_check_output };

#define EXTRA(member) CONF_AT(struct config_extras, member)

/* Three levels of keys, and the fields are those of the service itself: of no
 * size of their own, the tables have nothing to set at the beginning. */
static const struct conf_key limits_keys[] = {
	{ "cpus", CONF_DECIMAL, EXTRA(cpus_milli),
	  .help = "most CPUs, as 0.5, where control groups can be made; 0: any" },
	{ "memory", CONF_SIZE, EXTRA(mem_limit),
	  .help = "most memory, where control groups can be made; 0: any" },
	{ "pids", CONF_INT, EXTRA(pids_limit), -1, INT32_MAX, "-1",
	  .help = "most processes, where control groups can be made; -1: any" },
};
static const struct conf_table limits_table = { .name = "limits",
	ROWS(limits_keys) };
static const struct conf_key resources_keys[] = {
	{ "limits", CONF_TABLE, .table = &limits_table, .flags = CONF_READ,
	  .help = "limits of all of its processes together" },
};
static const struct conf_table resources_table = { .name = "resources",
	ROWS(resources_keys) };
static const struct conf_key deploy_keys[] = {
	{ "resources", CONF_TABLE, .table = &resources_table,
	  .flags = CONF_READ, .help = "what it may use" },
};
static const struct conf_table deploy_table = { .name = "deploy",
	ROWS(deploy_keys) };

static const struct conf_key extras_keys[] = {
	{ "post_start", CONF_TABLES, EXTRA(post_start),
	  .table = &hook_table, .help = "commands to run once it is up" },
	{ "pre_stop", CONF_TABLES, EXTRA(pre_stop), .table = &hook_table,
	  .help = "commands to run before the stop signal" },
	{ "reload", CONF_TABLE, EXTRA(reload), .table = &reload_table,
	  .help = "how it reads its configuration again: a signal, or a command" },
	{ "listen", CONF_STRINGS, EXTRA(listen_text),
	  .help = "sockets that are bound for it and kept over restarts: "
	          "tcp://ADDR:PORT, udp://, unix:///PATH, with #NAME" },
	{ "logging", CONF_TABLE, EXTRA(logging), .table = &output_table,
	  .help = "what is done with its output; by default nothing" },
	{ "tty", CONF_BOOL, EXTRA(tty),
	  .help = "it gets the terminal; main, unless that is restarted" },
	{ "stdin_open", CONF_BOOL, EXTRA(stdin_open),
	  .help = "it gets standard input; main, where there is one" },
	{ "mem_limit", CONF_SIZE, EXTRA(mem_limit),
	  .help = "most memory, where control groups can be made; 0: any" },
	{ "cpus", CONF_DECIMAL, EXTRA(cpus_milli),
	  .help = "most CPUs, as 0.5, where control groups can be made; 0: any" },
	{ "pids_limit", CONF_INT, EXTRA(pids_limit), -1, INT32_MAX,
	  "-1",
	  .help = "most processes, where control groups can be made; -1: any" },
	{ "profiles", CONF_STRINGS, EXTRA(profiles),
	  .help = "it is left out unless one of these is in hale.profiles or "
	          "HALE_PROFILES" },
	{ "deploy", CONF_TABLE, .table = &deploy_table, .flags = CONF_READ,
	  .help = "Compose's spelling of mem_limit, cpus and pids_limit" },
	{ "security_opt", CONF_STRINGS, EXTRA(security_opt),
	  .help = "Docker's spelling of no_new_privileges and seccomp" },
};
static const struct conf_table extras_table = { .name = "extras",
	ROWS(extras_keys), .size = sizeof(struct config_extras) };

#define VARS(member) CONF_AT(struct config_vars, member)

static const struct conf_key vars_keys[] = {
	{ "entrypoint", CONF_COMMAND, VARS(entrypoint),
	  .help = "words that come before command" },
	{ "environment", CONF_MAP, VARS(environment), .flags = CONF_SECRETS,
	  .help = "variables; {secret: NAME} is the value of a secret, nothing "
	          "is hale's own value" },
	{ "env_file", CONF_TABLES, VARS(env_file), .table = &env_file_table,
	  .help = "files of NAME=value lines; environment wins" },
};
const struct conf_table vars_table = { .name = "vars",
	ROWS(vars_keys), .size = sizeof(struct config_vars) };

#define POLICY(member) CONF_AT(struct config_policy, member)

static const struct conf_key policy_keys[] = {
	{ "restart", CONF_CUSTOM, POLICY(restart), .fallback = "no",
	  .parse = config_parse_restart,
	  .help = "when it starts again: no, on-failure, on-failure:N, always or "
	          "unless-stopped" },
	{ "restart_policy", CONF_TABLE, POLICY(backoff),
	  .table = &backoff_table, .help = "how long a restart is held back" },
	{ "essential", CONF_BOOL, POLICY(essential),
	  .help = "its end ends the container, with its exit status; true, but "
	          "for a job that ends 0" },
	{ "notify", CONF_CUSTOM, POLICY(notify), .fallback = "false",
	  .parse = config_parse_notify,
	  .help = "how it says that it is ready: true (NOTIFY_SOCKET), or fd:N "
	          "(a line written to descriptor N)" },
	{ "watchdog", CONF_DURATION, POLICY(watchdog_ms), 1, DAY,
	  .help = "longest time between two WATCHDOG=1; then it is restarted" },
	{ "stop_signal", CONF_SIGNAL, POLICY(stop_signal),
	  .fallback = "SIGTERM", .help = "signal that asks it to end" },
	{ "stop_grace_period", CONF_DURATION, POLICY(stop_grace_period_ms),
	  0, DAY, .help = "time from that signal to SIGKILL; all that is left of "
	                  "hale.stop_grace_period" },
	{ "drain", CONF_DURATION, POLICY(drain_ms), 0, DAY, "0s",
	  .help = "time to go on serving, unready, before the stop signal" },
};
const struct conf_table policy_table = { .name = "policy",
	ROWS(policy_keys), .size = sizeof(struct config_policy) };

#define SERVICE(member) CONF_AT(struct service_config, member)

static const struct conf_key service_keys[] = {
	{ "command", CONF_COMMAND, SERVICE(command),
	  .help = "what runs: a list of words, or a line that is split as a "
	          "shell does, but no shell runs" },
	{ "", CONF_SHARED, SERVICE(vars), .table = &vars_table },
	{ "depends_on", CONF_NAMED, SERVICE(depends_on), .table = &need_table,
	  .flags = CONF_NAMES,
	  .help = "services and dependencies that it waits for" },
	{ "", CONF_SHARED, SERVICE(policy), .table = &policy_table },
	{ "", CONF_SHARED, SERVICE(extras), .table = &extras_table },
	{ "", CONF_SHARED, SERVICE(confine), .table = &confine_table },
};
const struct conf_table service_table = { .name = "service",
	ROWS(service_keys), .size = sizeof(struct service_config),
	.check = config_check_service };

/* All keys of a dependency are those of its probe, an extension. */
const struct conf_table dependency_table = { .name = "dependency",
	.size = sizeof(struct config_dependency) };

static const struct conf_key secret_keys[] = {
	{ "file", CONF_STRING, CONF_AT(struct config_secret, file),
	  .help = "file that holds it, read as hale's own user" },
	{ "environment", CONF_STRING, CONF_AT(struct config_secret, environment),
	  .help = "variable of hale that holds it" },
};
const struct conf_table secret_table = { .name = "secret",
	ROWS(secret_keys), .size = sizeof(struct config_secret),
	.check = config_check_secret };

static const struct conf_key hale_keys[] = {
	{ "socket", CONF_STRING, CONF_AT(struct config_hale, socket),
	  .help = "path of the status socket, or none; /run/hale.sock where that "
	          "can be made" },
	{ "listen", CONF_STRING, CONF_AT(struct config_hale, listen),
	  .help = "ADDR:PORT of a read-only HTTP listener" },
	{ "stop_grace_period", CONF_DURATION,
	  CONF_AT(struct config_hale, stop_grace_period_ms), 0, DAY, "9s",
	  .help = "time for the whole stop, inside the engine's own" },
	{ "probes_at_once", CONF_INT,
	  CONF_AT(struct config_hale, probes_at_once), 1, 1000, "8",
	  .help = "most probes that run at a time; the others wait in line" },
	{ "profiles", CONF_STRINGS, CONF_AT(struct config_hale, profiles),
	  .help = "services with one of these profiles are not left out; *: all" },
	{ "log_format", CONF_CHOICE, CONF_AT(struct config_hale, log_format),
	  .fallback = "text", .choices = log_formats,
	  .help = "of hale's own messages, on stderr" },
	{ "log_level", CONF_CHOICE, CONF_AT(struct config_hale, log_level),
	  .fallback = "info", .choices = log_levels,
	  .help = "the least message that is shown" },
};
const struct conf_table hale_table = { .name = "hale",
	ROWS(hale_keys), .size = sizeof(struct config_hale),
	.check = config_check_hale };

static const struct conf_key root_keys[] = {
	{ "services", CONF_NAMED, CONF_AT(struct config_root, services),
	  .table = &service_table, .help = "what hale runs" },
	{ "dependencies", CONF_NAMED, CONF_AT(struct config_root, dependencies),
	  .table = &dependency_table,
	  .help = "what lives elsewhere: probed, never started" },
	{ "secrets", CONF_NAMED, CONF_AT(struct config_root, secrets),
	  .table = &secret_table, .help = "values that only their service sees" },
	{ "hale", CONF_TABLE, CONF_AT(struct config_root, hale),
	  .table = &hale_table, .help = "settings of PID 1 itself" },
};
/* clang-format on */
const struct conf_table config_table = {
	.name = "config", ROWS(root_keys), .size = sizeof(struct config_root)
};
