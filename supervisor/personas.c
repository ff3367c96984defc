/* SPDX-License-Identifier: MIT */
#include "personas.h"

#include "early.h"
#include "exec.h"
#include "packed.h"
#include "persona_drop.h"
#include "signals.h"
#include "single.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct single
blank(char **argv)
{
	return (struct single){ .argv = argv,
		.envp = environ,
		.inherited_mask = early_inherited_mask };
}

/*
 * The command after the options.  "PROGRAM -- ARGS" is the use that tini's help
 * shows, though what its getopt() makes of it is "PROGRAM ARGS".
 */
static char **
command_at(char **argv)
{
	if (argv[0] != NULL && argv[1] != NULL && strcmp(argv[1], "--") == 0) {
		argv[1] = argv[0];
		argv++;
	}
	return argv;
}

/* Runs it; back only if that failed, with the errno. */
static int
start(const struct single *single)
{
	volatile struct single_report report = { 0 };

	single_run(single, &report);
	return -report.error;
}

/* Rather nothing than to wait for who reads it. */
static void
write_now(const char *text, size_t size)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0)
		(void)!write(STDERR_FILENO, text, size);
}

/* ---- tini, docker-init --------------------------------------------------- */

static const char tini_usage[] PACKED_TEXT =
    "Usage: tini [-gsvwhl] [-p SIGNAL] [-e CODE] PROGRAM [-- ARGS]\n"
    "       tini --version\n\n"
    "This is hale under tini's name.\n\n"
    "  -s          adopt orphans though not PID 1 (TINI_SUBREAPER)\n"
    "  -p SIGNAL   the signal that follows the parent's death\n"
    "  -v          say more, up to three times (TINI_VERBOSITY)\n"
    "  -w          warn about each orphan that is reaped\n"
    "  -g          signal the child's group (TINI_KILL_PROCESS_GROUP)\n"
    "  -e CODE     tell this exit code as 0; repeatable\n"
    "  -l          the licence\n"
    "  -h          this text\n"
    "  --version   the version\n";

static int
tini_fatal(const char *what, const char *value)
{
	fprintf(stderr, "[FATAL tini (%d)] Not a valid option for %s: %s\n",
	    getpid(), what, value);
	return 1;
}

/* tini takes SIGxxx only. */
static int
tini_signal(const char *text)
{
	return strncmp(text, "SIG", 3) == 0 ? signals_parse(text) : 0;
}

static int
tini_code(const char *text)
{
	char *end;
	long code = strtol(text, &end, 10);

	return end == text || *end != '\0' || code < 0 || code > 255
	           ? -1
	           : (int)code;
}

/* With -w: its own tests look for these words, and for those below. */
static void
tini_told(enum single_news news, int pid, int value)
{
	static int command;
	char line[96];
	int size;

	(void)value;
	if (news == SINGLE_SPAWNED)
		command = pid;
	if (news != SINGLE_REAPED || pid == command)
		return;
	size = snprintf(line, sizeof(line),
	    "[WARN  tini (%d)] Reaped zombie process with pid=%d\n", getpid(),
	    pid);
	write_now(line, (size_t)size);
}

static const char tini_no_reaper[] PACKED_TEXT =
    "Tini is not running as PID 1 and isn't registered as a child "
    "subreaper.\n"
    "Zombie processes will not be re-parented to Tini, so zombie reaping "
    "won't work.\n"
    "To fix the problem, use the -s option or set the environment variable "
    "TINI_SUBREAPER to register Tini as a child subreaper, or run Tini as PID "
    "1.\n";

static int
tini_options(struct single *single, int argc, char **argv, int *verbosity)
{
	static unsigned char zero[256];
	int letter, value;

	opterr = 0;
	while ((letter = getopt(argc, argv, "+p:hvwgle:s")) != -1)
		switch (letter) {
		case 'h':
			fputs(packed_text(tini_usage), stdout);
			return 0;
		case 'l':
			puts("MIT, The hale authors; see `hale licenses`");
			return 0;
		case 's':
			single->no_subreaper = false;
			break;
		case 'v':
			++*verbosity;
			break;
		case 'w':
			single->told = tini_told;
			break;
		case 'g':
			single->signal_group = true;
			break;
		case 'p':
			single->parent_death = tini_signal(optarg);
			if (single->parent_death == 0)
				return tini_fatal("-p", optarg);
			break;
		case 'e':
			value = tini_code(optarg);
			if (value < 0)
				return tini_fatal("-e", optarg);
			zero[value] = 1;
			single->exit_zero = zero;
			break;
		default:
			fprintf(stderr, "tini: invalid option -- '%c'\n%s",
			    optopt, packed_text(tini_usage));
			return 1;
		}
	return -1;
}

/* It may have been made one before it was executed. */
static bool
is_subreaper(void)
{
	int is = 0;

	return prctl(PR_GET_CHILD_SUBREAPER, &is) == 0 && is != 0;
}

static int
persona_tini(int argc, char **argv)
{
	struct single single = blank(argv);
	const char *text = getenv("TINI_VERBOSITY");
	int verbosity = 1, result;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("tini version 0.19.0");
		return 0;
	}
	single.end = SINGLE_LEAVE;
	single.signals = SINGLE_KEEP;
	single.no_subreaper = getenv("TINI_SUBREAPER") == NULL;
	single.signal_group = getenv("TINI_KILL_PROCESS_GROUP") != NULL;
	result = tini_options(&single, argc, argv, &verbosity);
	if (result >= 0)
		return result;
	if (argv[optind] == NULL) {
		fputs(packed_text(tini_usage), stderr);
		return 1;
	}
	if (text != NULL)
		verbosity = atoi(text);
	single.verbose = verbosity > 1;
	if (single.no_subreaper && verbosity > 0 && getpid() != 1 &&
	    !is_subreaper())
		fprintf(stderr, "[WARN  tini (%d)] %s", getpid(),
		    packed_text(tini_no_reaper));
	single.argv = command_at(argv + optind);
	result = start(&single);
	fprintf(stderr, "[FATAL tini (%d)] exec %s failed: %s\n", getpid(),
	    argv[optind], strerror(result));
	return result == ENOENT ? 127 : result == EACCES ? 126 : 1;
}

/* ---- catatonit ------------------------------------------------------------ */

static const char catatonit_usage[] =
    "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

static int
persona_catatonit(int argc, char **argv)
{
	static const struct option version[] = { { "version", 0, NULL, 'V' },
		{ NULL, 0, NULL, 0 } };
	struct single single = blank(argv);
	bool pause = false;
	int letter, error;

	single.end = SINGLE_LEAVE;
	single.signals = SINGLE_KEEP;
	opterr = 0;
	while (
	    (letter = getopt_long(argc, argv, "+ghLPV", version, NULL)) != -1)
		switch (letter) {
		case 'g':
			single.signal_group = true;
			break;
		case 'P':
			pause = true;
			break;
		case 'h':
			fputs(catatonit_usage, stderr);
			fputs("This is hale under catatonit's name.\n"
			      "  -g  signal the program's group\n"
			      "  -P  run nothing, only reap, until SIGINT or "
			      "SIGTERM\n"
			      "  -L  the licence\n"
			      "  -V  the version\n",
			    stderr);
			return 0;
		case 'L':
			puts("MIT, The hale authors; see `hale licenses`");
			return 0;
		case 'V':
			puts("tini version 0.1.7_catatonit");
			return 0;
		default:
			fprintf(stderr, "catatonit: invalid option\n%s",
			    catatonit_usage);
			return 1;
		}
	if (getenv("CATATONIT_LOG") != NULL) {
		fprintf(stderr,
		    "ERROR (catatonit:%d): CATATONIT_LOG is "
		    "reserved for future use\n",
		    getpid());
		return 1;
	}
	single.argv = pause ? NULL : command_at(argv + optind);
	if (!pause && *single.argv == NULL) {
		fprintf(stderr,
		    "ERROR (catatonit:%d): missing program name\n%s", getpid(),
		    catatonit_usage);
		return 1;
	}
	single.verbose = getenv("CATATONIT_DEBUG") != NULL;
	error = start(&single);
	fprintf(stderr, "ERROR (catatonit:%d): failed to exec pid1: %s: %s\n",
	    getpid(), argv[optind], strerror(error));
	return 1;
}

/* ---- dumb-init ------------------------------------------------------------- */

/* Word for word: its own tests compare them. */
static const char dumb_init_help[] PACKED_TEXT =
    "dumb-init is a simple process supervisor that forwards signals to "
    "children.\n"
    "It is designed to run as PID1 in minimal container environments.\n\n"
    "Optional arguments:\n"
    "   -c, --single-child   Run in single-child mode.\n"
    "                        In this mode, signals are only proxied to the\n"
    "                        direct child and not any of its descendants.\n"
    "   -r, --rewrite s:r    Rewrite received signal s to new signal r before "
    "proxying.\n"
    "                        To ignore (not proxy) a signal, rewrite it to 0.\n"
    "                        This option can be specified multiple times.\n"
    "   -v, --verbose        Print debugging information to stderr.\n"
    "   -h, --help           Print this help message and exit.\n"
    "   -V, --version        Print the current version and exit.\n\n"
    "Full help is available online at https://github.com/Yelp/dumb-init\n";

static bool dumb_init_session;

static int
dumb_init_reaped(char *line, size_t size, int pid, int status)
{
	return WIFEXITED(status)
	           ? snprintf(line, size,
	                 "[dumb-init] A child with PID %d exited with exit "
	                 "status %d.\n",
	                 pid, WEXITSTATUS(status))
	           : snprintf(line, size,
	                 "[dumb-init] A child with PID %d was terminated by "
	                 "signal %d.\n",
	                 pid, WTERMSIG(status));
}

static int
dumb_init_line(
    char *line, size_t size, enum single_news news, int pid, int value)
{
	switch (news) {
	case SINGLE_SPAWNED:
		return snprintf(line, size,
		    "[dumb-init] Child spawned with PID %d.\n%s", pid,
		    dumb_init_session ? "[dumb-init] setsid complete.\n" : "");
	case SINGLE_RECEIVED:
		return snprintf(
		    line, size, "[dumb-init] Received signal %d.\n", value);
	case SINGLE_IGNORED:
		return snprintf(line, size,
		    "[dumb-init] Not forwarding signal %d to children "
		    "(ignored).\n",
		    value);
	case SINGLE_FORWARDED:
		return snprintf(line, size,
		    "[dumb-init] Forwarded signal %d to children.\n", value);
	case SINGLE_SUSPENDED:
		return snprintf(line, size,
		    "[dumb-init] Suspending self due to TTY signal.\n");
	case SINGLE_REAPED:
		return dumb_init_reaped(line, size, pid, value);
	case SINGLE_LEFT:
		return snprintf(line, size,
		    "[dumb-init] Forwarded signal %d to children.\n"
		    "[dumb-init] Child exited with status %d. Goodbye.\n",
		    SIGTERM, value);
	}
	return 0;
}

/* With -v. */
static void
dumb_init_told(enum single_news news, int pid, int value)
{
	char line[160];
	int size = dumb_init_line(line, sizeof(line), news, pid, value);

	write_now(line, (size_t)size);
}

/* dumb-init takes numbers from 1 to 31. */
static int
dumb_init_rewrite(const char *text, unsigned char *rewrite)
{
	char *end;
	long from = strtol(text, &end, 10), to;

	if (end == text || *end != ':')
		return -1;
	text = end + 1;
	to = strtol(text, &end, 10);
	if (end == text || *end != '\0' || from < 1 || from > 31 || to < 0 ||
	    to > 31)
		return -1;
	rewrite[from] = to == 0 ? SIGNAL_DROPPED : (unsigned char)to;
	return 0;
}

static int
dumb_init_options(struct single *single, unsigned char *rewrite, int argc,
    char **argv, bool *session)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "rewrite", required_argument, NULL, 'r' },
		{ "single-child", no_argument, NULL, 'c' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "+hvVcr:", longs, NULL)) != -1)
		switch (letter) {
		case 'h':
			fprintf(stderr,
			    "dumb-init v1.2.5\n"
			    "Usage: %s [option] command [[arg] ...]\n\n%s",
			    argv[0], packed_text(dumb_init_help));
			return 0;
		case 'V':
			fputs("dumb-init v1.2.5\n", stderr);
			return 0;
		case 'v':
			single->told = dumb_init_told;
			break;
		case 'c':
			*session = false;
			break;
		case 'r':
			if (dumb_init_rewrite(optarg, rewrite) == 0)
				break;
			fputs("Usage: -r option takes <signum>:<signum>, where "
			      "<signum> is between 1 and 31.\n"
			      "This option can be specified multiple times.\n"
			      "Use --help for full usage.\n",
			    stderr);
			return 1;
		default:
			if (optopt == 0)
				fprintf(stderr,
				    "%s: unrecognized option '%s'\n", argv[0],
				    argv[optind - 1]);
			else
				fprintf(stderr,
				    optopt == 'r' ? "%s: option requires "
				                    "an argument -- '%c'\n"
				                  : "%s: invalid option "
				                    "-- '%c'\n",
				    argv[0], optopt);
			return 1;
		}
	return -1;
}

static bool
variable_is(const char *name, const char *value)
{
	const char *text = getenv(name);

	return text != NULL && strcmp(text, value) == 0;
}

static int
persona_dumb_init(int argc, char **argv)
{
	static unsigned char rewrite[SIGNAL_MAX + 1];
	struct single single = blank(argv);
	bool session = !variable_is("DUMB_INIT_SETSID", "0");
	int result;

	if (variable_is("DUMB_INIT_DEBUG", "1"))
		single.told = dumb_init_told;
	single.no_subreaper = true;
	single.stop_with = true;
	single.rewrite = rewrite;
	result = dumb_init_options(&single, rewrite, argc, argv, &session);
	if (result >= 0)
		return result;
	if (argv[optind] == NULL) {
		fprintf(stderr,
		    "Usage: %s [option] program [args]\n"
		    "Try %s --help for full usage.\n",
		    argv[0], argv[0]);
		return 1;
	}
	dumb_init_session = session;
	single.end = session ? SINGLE_TERM_GROUP : SINGLE_LEAVE;
	single.group = session ? SINGLE_OWN_SESSION : SINGLE_SAME_GROUP;
	single.signal_group = session;
	/* A whole session can't be told to suspend by another terminal's. */
	for (int sig = SIGTSTP; session && sig <= SIGTTOU; sig++)
		if (rewrite[sig] == 0)
			rewrite[sig] = SIGSTOP;
	single.argv = argv + optind;
	result = start(&single);
	fprintf(stderr, "[dumb-init] %s: %s\n", argv[optind], strerror(result));
	return 2;
}

persona_main *
persona_find(const char *argv0)
{
	static const struct {
		const char *name;
		persona_main *run;
	} personas[] = {
		{ "tini", persona_tini },
		{ "tini-static", persona_tini },
		{ "docker-init", persona_tini },
		{ "catatonit", persona_catatonit },
		{ "dumb-init", persona_dumb_init },
		{ "gosu", persona_gosu },
		{ "su-exec", persona_su_exec },
	};
	const char *slash = strrchr(argv0, '/');
	const char *name = slash != NULL ? slash + 1 : argv0;

	for (size_t i = 0; i < sizeof(personas) / sizeof(personas[0]); i++)
		if (strcmp(personas[i].name, name) == 0)
			return personas[i].run;
	return NULL;
}
