/* SPDX-License-Identifier: MIT */
/* persona_dumb_init.c - hale called dumb-init. */
#include "persona.h"

#include "packed.h"
#include "signals.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

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
	case SINGLE_HAND_OFF:
		return snprintf(line, size,
		    "[dumb-init] Received signal %d.\n"
		    "[dumb-init] Ignoring tty hand-off signal %d.\n",
		    value, value);
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

	persona_tell(line, (size_t)size);
}

/* dumb-init takes numbers from 1 to 31, and does not look at what follows. */
static int
dumb_init_rewrite(const char *text, unsigned char *rewrite)
{
	char *end;
	long from = strtol(text, &end, 10), to;

	if (end == text || *end != ':')
		return -1;
	text = end + 1;
	to = strtol(text, &end, 10);
	if (end == text || from < 1 || from > 31 || to < 0 || to > 31)
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

int
persona_dumb_init(int argc, char **argv)
{
	static unsigned char rewrite[SIGNAL_MAX + 1];
	struct single single = persona_blank(argv);
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
	result = persona_start(&single);
	fprintf(stderr, "[dumb-init] %s: %s\n", argv[optind], strerror(result));
	return 2;
}
