/* SPDX-License-Identifier: MIT */
/*
 * ask.c - what one health check costs: a command that asks the HTTP server of
 * serve.h, from fork to wait; BENCH_SOCKET names its unix socket, which is
 * HALE_SOCKET for whoever asks.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "serve.h"
#include "stats.h"

enum { WARM_UP = 3 };

static void
become(const struct subject *s)
{
	static char path[] = "PATH=/usr/bin:/bin", hale[256];
	static char *const envp[] = { path, hale, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(
	    hale, sizeof(hale), "HALE_SOCKET=%s", getenv("BENCH_SOCKET"));
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	if (getenv("BENCH_STDERR") == NULL)
		(void)dup2(null, 2);
	(void)execve(s->words[0], s->words, envp);
	_exit(127);
}

static double
us_of(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* Returns 0 if it ran and exited with 0. */
static int
one_ask(const struct subject *s, double *wall_us, double *cpu_us)
{
	uint64_t start_ns = lab_now_ns();
	struct rusage used;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(s);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0)
		return -1;
	*wall_us = (double)(lab_now_ns() - start_ns) / 1000;
	*cpu_us = us_of(used.ru_utime) + us_of(used.ru_stime);
	return 0;
}

static void
rounds(struct lab *lab, struct table *wall, struct table *cpu)
{
	int order[LAB_SUBJECTS], r, k;

	for (r = -WARM_UP; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			int i = order[k];
			double w, c;

			if (one_ask(&lab->subjects[i], &w, &c) != 0 || r < 0)
				continue;
			*table_at(wall, r, i) = w;
			*table_at(cpu, r, i) = c;
			lab_raw(lab, i, "ask_us", w);
			lab_raw(lab, i, "ask_cpu_us", c);
		}
	}
}

int
bench_ask(struct lab *lab)
{
	struct table wall = table_make(lab), cpu = table_make(lab);
	const char *path = getenv("BENCH_SOCKET");
	pid_t server = path == NULL ? -1 : serve_start(path);

	if (server < 0)
		return 0;
	rounds(lab, &wall, &cpu);
	serve_end(server, path);
	table_put(lab, &wall, "ask_us");
	table_put(lab, &cpu, "ask_cpu_us");
	table_free(&wall);
	table_free(&cpu);
	return 0;
}
