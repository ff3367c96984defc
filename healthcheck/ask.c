/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "probe.h"
#include "supervisor/clock.h"
#include "supervisor/log.h"

enum {
	PROBES_MAX = 32,
	PROBE_TIMEOUT_MS = 5000, /* of one attempt, unless said */
	WAIT_TIMEOUT_MS = 60000, /* of the whole wait, unless said */
	WAIT_INTERVAL_MS = 250,
	EXIT_TIMED_OUT = 124,
};

/* One probe of the command line, and how it stands. */
struct asked {
	struct probe probe;
	struct attempt attempt;
	struct attempt_heard heard;
	struct answer answer;
	bool running, passed, ran;
	int64_t next_ms;
};

struct command {
	const char *verb;
	struct probe common; /* settings that hold for every PROBE */
	const char *targets[PROBES_MAX];
	size_t count;
	char **rest; /* after "--"; NULL: none */
	int64_t timeout_ms, interval_ms;
	bool verbose, json;
};

/* Settings of the command line that are not keys of a probe, or other ones. */
static const struct conf_key own_keys[] = {
	{ "timeout", CONF_DURATION, offsetof(struct command, timeout_ms), 1,
	    INT64_C(86400000) * 30, .fallback = "0s", .help = "time allowed" },
	{ "interval", CONF_DURATION, offsetof(struct command, interval_ms), 10,
	    INT64_C(3600000), .fallback = "250ms",
	    .help = "time from one attempt to the next" },
};

static const struct conf_table own_table = {
	.name = "command line",
	.keys = own_keys,
	.count = sizeof(own_keys) / sizeof(own_keys[0]),
	.size = sizeof(struct command),
};

static int
usage(const struct command *command, const char *why)
{
	log_error(NULL, "%s: %s", command->verb, why);
	return -1;
}

/* "--timeot: unknown key (did you mean --timeout?)" */
static int
refuse(const struct command *command, const char *option, const char *why)
{
	const char *near = NULL;

	if (strncmp(why, "unknown", 7) == 0)
		near = conf_nearest_key(option + 2, &probe_table);
	log_error(NULL, "%s: %s: %s%s%s%s", command->verb, option, why,
	    near == NULL ? "" : " (did you mean --", near == NULL ? "" : near,
	    near == NULL ? "" : "?)");
	return -1;
}

/* Keys of a probe that need no value here. */
static bool
is_flag(const char *name)
{
	return strcmp(name, "insecure") == 0;
}

/* "Name: value", as curl has it, to the "Name=value" of a map. */
static char *
header_pair(char *text)
{
	char *colon = strchr(text, ':'), *value;

	if (colon == NULL)
		return text;
	*colon = '=';
	value = colon + 1 + strspn(colon + 1, " ");
	memmove(colon + 1, value, strlen(value) + 1);
	return text;
}

/* One setting by its key's name, as "--key".  Returns 0, or -1 after saying why. */
static int
set(struct command *command, const char *option, char *value)
{
	char name[32];
	struct conf_error err;
	bool own;
	int done;

	snprintf(name, sizeof(name), "%s", option + 2);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	if (strcmp(name, "header") == 0) {
		strcpy(name, "headers");
		value = header_pair(value);
	}
	own = strcmp(name, "timeout") == 0 || strcmp(name, "interval") == 0;
	done = conf_set(own ? (void *)command : &command->common,
	    own ? &own_table : &probe_table, name, value, &err);
	return done < 0 ? refuse(command, option, err.text) : 0;
}

/* Takes one option at argv[*i].  Returns 0, or -1 after saying why. */
static int
take_option(struct command *command, int argc, char **argv, int *i)
{
	static char yes[] = "true", timeout[] = "--timeout";
	static char header[] = "--header", insecure[] = "--insecure";
	char *word = argv[*i], *value;

	if (strcmp(word, "-v") == 0 || strcmp(word, "--verbose") == 0) {
		command->verbose = true;
		return 0;
	}
	if (strcmp(word, "--json") == 0) {
		command->json = true;
		return 0;
	}
	if (strcmp(word, "-k") == 0)
		return set(command, insecure, yes);
	if (strcmp(word, "-t") == 0)
		word = timeout;
	if (strcmp(word, "-H") == 0)
		word = header;
	if (strncmp(word, "--", 2) != 0)
		return refuse(command, word, "unknown option");
	value = strchr(word, '=');
	if (value != NULL)
		*value++ = '\0';
	else if (is_flag(word + 2))
		value = yes;
	else if (*i + 1 < argc)
		value = argv[++*i];
	else
		return refuse(command, word, "needs a value");
	return set(command, word, value);
}

static int
parse(struct command *command, int argc, char **argv)
{
	probe_init(&command->common);
	command->verb = argv[0];
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			command->rest = argv + i + 1;
			break;
		}
		if (argv[i][0] == '-') {
			if (take_option(command, argc, argv, &i) < 0)
				return -1;
		} else if (command->count == PROBES_MAX) {
			return usage(command, "too many probes");
		} else {
			command->targets[command->count++] = argv[i];
		}
	}
	return command->count == 0 ? usage(command, "no PROBE given") : 0;
}

/* Makes the probes of the words that were given. */
static int
make(const struct command *command, struct asked *asked, int64_t timeout_ms)
{
	struct conf_error err;

	for (size_t i = 0; i < command->count; i++) {
		asked[i].probe = command->common;
		asked[i].probe.timeout_ms = timeout_ms;
		if (probe_parse(&asked[i].probe, command->targets[i], &err) < 0)
			return usage(command, err.text);
	}
	return 0;
}

static void
start(struct asked *asked, const struct command *command)
{
	asked->ran = true;
	asked->attempt.heard = &asked->heard;
	asked->running = attempt_start(&asked->attempt, &asked->probe, NULL,
	                     NULL, 0, command->verbose, &asked->answer) == 0;
}

/* Serves one attempt: reads, kills in time, takes the answer. */
static void
serve(struct asked *asked, int64_t now_ms)
{
	struct attempt *attempt = &asked->attempt;

	attempt_read(attempt);
	if (now_ms >= attempt->kill_ms && !attempt->killed)
		attempt_kill(attempt);
	if (!attempt_finish(attempt, &asked->answer))
		return;
	asked->running = false;
	asked->passed = asked->answer.outcome == OUTCOME_PASS;
}

/* Sleeps until something of the attempts is due, at the latest at limit_ms. */
static void
sleep_until(struct asked *asked, size_t count, int64_t limit_ms)
{
	struct pollfd fds[2 * PROBES_MAX];
	nfds_t n = 0;
	int64_t left;

	for (size_t i = 0; i < count; i++) {
		const struct attempt *a = &asked[i].attempt;

		if (!asked[i].running) {
			if (!asked[i].passed && asked[i].next_ms < limit_ms)
				limit_ms = asked[i].next_ms;
			continue;
		}
		fds[n++] = (struct pollfd){ a->pidfd, POLLIN, 0 };
		/* A child's answer comes with its end; a command may talk. */
		if (a->is_command && !a->silent)
			fds[n++] = (struct pollfd){ a->pipe_fd, POLLIN, 0 };
		if (!a->killed && a->kill_ms < limit_ms)
			limit_ms = a->kill_ms;
	}
	left = limit_ms - clock_now_ms();
	poll(fds, n, left < 0 ? 0 : left > 60000 ? 60000 : (int)left);
}

static void
print_json(const struct asked *asked)
{
	static char text[ANSWER_TEXT * 6 + 1], output[ANSWER_OUTPUT * 6 + 1];
	static char label[2048];
	const struct answer *a = &asked->answer;

	log_json_text(label, sizeof(label), asked->probe.label,
	    strlen(asked->probe.label));
	log_json_text(text, sizeof(text), a->text, strlen(a->text));
	log_json_text(output, sizeof(output), a->output, a->output_size);
	printf("{\"probe\":\"%s\",\"type\":\"%s\",\"outcome\":\"%s\","
	       "\"reason\":\"%s\",\"code\":%d,\"duration_ms\":%lld.%03d,"
	       "\"text\":\"%s\",\"output\":\"%s\"}\n",
	    label, probe_kind_name(asked->probe.kind),
	    outcome_name((enum outcome)a->outcome),
	    reason_name((enum reason)a->reason), (int)a->code,
	    (long long)(a->duration_us / 1000), (int)(a->duration_us % 1000),
	    text, output);
}

static void
print_text(const struct asked *asked, bool verbose)
{
	const struct answer *a = &asked->answer;

	if (verbose && asked->probe.kind == PROBE_EXEC && a->output_size > 0) {
		fwrite(a->output, 1, a->output_size, stdout);
		if (a->output[a->output_size - 1] != '\n')
			putchar('\n');
	}
	printf("%s: %s%s (%lld.%lld ms)\n", asked->probe.label,
	    a->outcome == OUTCOME_ERROR ? "error: " : "", a->text,
	    (long long)(a->duration_us / 1000),
	    (long long)(a->duration_us / 100 % 10));
}

static void
on_signal(int number)
{
	_exit(128 + number);
}

/* PID 1 has no default action for these: a wait must still end. */
static void
end_on_signals(void)
{
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
}

int
verb_probe(int argc, char **argv)
{
	static struct command command;
	static struct asked asked[1];

	command.timeout_ms = PROBE_TIMEOUT_MS;
	if (parse(&command, argc, argv) < 0)
		return ASK_USAGE;
	if (command.count > 1 || command.rest != NULL)
		return usage(&command, "one PROBE at a time"), ASK_USAGE;
	if (make(&command, asked, command.timeout_ms) < 0)
		return ASK_USAGE;
	end_on_signals();
	start(asked, &command);
	while (asked->running) {
		sleep_until(asked, 1, INT64_MAX);
		serve(asked, clock_now_ms());
	}
	if (command.json)
		print_json(asked);
	else
		print_text(asked, command.verbose);
	return asked->passed ? 0 : 1;
}

/* Starts what is due.  Returns how many have not passed yet. */
static size_t
advance(struct asked *asked, const struct command *command, int64_t end_ms)
{
	int64_t now_ms = clock_now_ms();
	size_t waiting = 0;

	for (size_t i = 0; i < command->count; i++) {
		struct asked *a = &asked[i];

		if (a->running)
			serve(a, now_ms);
		if (a->passed)
			continue;
		waiting++;
		if (a->running || now_ms < a->next_ms || now_ms >= end_ms)
			continue;
		if (command->verbose && a->ran)
			print_text(a, true);
		a->next_ms = now_ms + command->interval_ms;
		if (a->probe.timeout_ms > end_ms - now_ms)
			a->probe.timeout_ms = end_ms - now_ms;
		start(a, command);
	}
	return waiting;
}

static int
give_up(struct asked *asked, const struct command *command)
{
	for (size_t i = 0; i < command->count; i++) {
		struct asked *a = &asked[i];

		if (a->running) {
			attempt_kill(&a->attempt);
			poll(&(struct pollfd){ a->attempt.pidfd, POLLIN, 0 }, 1,
			    1000);
			attempt_finish(&a->attempt, &a->answer);
		}
		if (!a->passed)
			log_error(NULL, "wait-for: timed out: %s: %s",
			    a->probe.label, a->answer.text);
	}
	return EXIT_TIMED_OUT;
}

int
verb_wait_for(int argc, char **argv)
{
	static struct command command;
	static struct asked asked[PROBES_MAX];
	int64_t end_ms;

	command.timeout_ms = WAIT_TIMEOUT_MS;
	command.interval_ms = WAIT_INTERVAL_MS;
	if (parse(&command, argc, argv) < 0 ||
	    make(&command, asked,
	        command.timeout_ms < PROBE_TIMEOUT_MS ? command.timeout_ms
	                                              : PROBE_TIMEOUT_MS) < 0)
		return ASK_USAGE;
	if (command.rest != NULL && command.rest[0] == NULL)
		return usage(&command, "no COMMAND after --"), ASK_USAGE;
	end_on_signals();
	end_ms = clock_now_ms() + command.timeout_ms;
	while (advance(asked, &command, end_ms) > 0) {
		if (clock_now_ms() >= end_ms)
			return give_up(asked, &command);
		sleep_until(asked, command.count, end_ms);
	}
	if (command.rest == NULL)
		return 0;
	signal(SIGPIPE, SIG_DFL);
	execvp(command.rest[0], command.rest);
	log_error(NULL, "wait-for: %s: %s", command.rest[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
