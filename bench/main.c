/* SPDX-License-Identifier: MIT */
/*
 * main.c - hb BENCH [-n ROUNDS] [-r RAWFILE] CHILD NAME=INIT...: runs one
 * benchmark over all the inits, a line per result on stdout: bench, subject,
 * key, value. INIT is the words before the child's command, split at blanks.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lab.h"

static const struct {
	const char *name;
	int (*run)(struct lab *lab);
	bool real_time;
	int rounds;
} benches[] = {
	{ "start", bench_start, true, 200 },
	{ "user", bench_start, true, 200 },
	{ "stop", bench_stop, true, 100 },
	{ "signal", bench_signal, true, 1000 },
	{ "lost", bench_lost, true, 50 },
	{ "orphan", bench_orphan, true, 3 },
	{ "idle", bench_idle, false, 10 },
	{ "charge", bench_charge, false, 50 },
	{ "trace", bench_trace, false, 1 },
	{ "ask", bench_ask, true, 100 },
	{ "first", bench_first, true, 200 },
	{ "sup", bench_sup, true, 5 },
	{ "load", bench_load, true, 20 },
	{ "probe", bench_probe, true, 3 },
};

static void
usage(void)
{
	fputs("usage: hb BENCH [-n ROUNDS] [-r RAWFILE] CHILD NAME=INIT...\n",
	    stderr);
	exit(2);
}

static void
add_subject(struct lab *lab, char *spec)
{
	struct subject *s = &lab->subjects[lab->count];
	char *words = strchr(spec, '='), *word;

	if (words == NULL || lab->count == LAB_SUBJECTS)
		usage();
	*words++ = '\0';
	s->name = spec;
	for (word = strtok(words, " "); word != NULL;
	     word = strtok(NULL, " ")) {
		if (s->count == LAB_WORDS)
			usage();
		s->words[s->count++] = word;
	}
	if (strcmp(spec, "direct") == 0)
		lab->direct = lab->count;
	else if (strcmp(spec, "floor") == 0)
		lab->floor = lab->count;
	lab->count++;
}

static void
open_raw(struct lab *lab, const char *path)
{
	lab->raw = fopen(path, "we");
	if (lab->raw == NULL) {
		perror(path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	struct lab lab = { .direct = -1, .floor = -1 };
	size_t b;
	int opt;

	if (argc < 3)
		usage();
	for (b = 0; b < sizeof(benches) / sizeof(*benches); b++)
		if (strcmp(benches[b].name, argv[1]) == 0)
			break;
	if (b == sizeof(benches) / sizeof(*benches))
		usage();
	lab.bench = benches[b].name;
	lab.rounds = benches[b].rounds;
	while ((opt = getopt(argc - 1, argv + 1, "n:r:")) != -1) {
		if (opt == 'n')
			lab.rounds = atoi(optarg);
		else if (opt == 'r')
			open_raw(&lab, optarg);
		else
			usage();
	}
	if (optind + 2 >= argc || lab.rounds < 1)
		usage();
	lab.child = argv[optind + 1];
	for (opt = optind + 2; opt < argc; opt++)
		add_subject(&lab, argv[opt]);
	if (benches[b].real_time)
		lab_real_time(&lab);
	printf("%s\t-\treal_time\t%d\n", lab.bench, lab.real_time);
	return benches[b].run(&lab) == 0 ? 0 : 1;
}
