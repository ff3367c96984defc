/* SPDX-License-Identifier: MIT */
/*
 * puppet - the command that hale runs in the black-box tests.
 *
 * It does one thing that a real program might do to its init, and writes
 * what it saw, so that no test needs perl or python on the target.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* die SIGNAL: ends by that signal, whatever its disposition was. */
static int
do_die(int argc, char **argv)
{
	sigset_t set;
	int signum = argc > 1 ? atoi(argv[1]) : SIGKILL;

	memset(&set, 0, sizeof set);
	signal(signum, SIG_DFL);
	sigprocmask(SIG_SETMASK, &set, NULL);
	kill(getpid(), signum);
	return 3;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "die", do_die },
};

int
main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	fputs("puppet: what?\n", stderr);
	return 125;
}
