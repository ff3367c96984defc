/* SPDX-License-Identifier: MIT */
/* persona_catatonit.c - hale called catatonit, which podman does. */
#include "persona.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char catatonit_usage[] =
    "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

int
persona_catatonit(int argc, char **argv)
{
	static const struct option version[] = { { "version", 0, NULL, 'V' },
		{ NULL, 0, NULL, 0 } };
	struct single single = persona_blank(argv);
	bool pause = false;
	int letter, error;

	single.end = SINGLE_LEAVE;
	single.signals = SINGLE_KEEP;
	if (getenv("CATATONIT_LOG") != NULL) {
		fprintf(stderr,
		    "ERROR (catatonit:%d): CATATONIT_LOG is "
		    "reserved for future use\n",
		    getpid());
		return 1;
	}
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
	single.argv = pause ? NULL : persona_command(argv + optind);
	if (!pause && *single.argv == NULL) {
		fprintf(stderr,
		    "ERROR (catatonit:%d): missing program name\n%s", getpid(),
		    catatonit_usage);
		return 1;
	}
	single.verbose = getenv("CATATONIT_DEBUG") != NULL;
	error = persona_start(&single);
	fprintf(stderr, "ERROR (catatonit:%d): failed to exec pid1: %s: %s\n",
	    getpid(), argv[optind], strerror(error));
	return 1;
}
