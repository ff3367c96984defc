/* SPDX-License-Identifier: MIT */
/* persona_tini.c - hale called tini or docker-init. */
#include "persona.h"

#include "packed.h"
#include "signals.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

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

	return *end != '\0' || code < 0 || code > 255 ? -1 : (int)code;
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
	persona_tell(line, (size_t)size);
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

int
persona_tini(int argc, char **argv)
{
	struct single single = persona_blank(argv);
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
	single.argv = persona_command(argv + optind);
	result = persona_start(&single);
	fprintf(stderr, "[FATAL tini (%d)] exec %s failed: %s\n", getpid(),
	    argv[optind], strerror(result));
	return result == ENOENT ? 127 : result == EACCES ? 126 : 1;
}
