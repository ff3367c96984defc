/* SPDX-License-Identifier: MIT */
/*
 * probe.c - what a probe costs that PID 1 runs: the CPU of all that the prober
 * started, by two lives of different length, so that start and stop fall out.
 * BENCH_EVERY_MS and BENCH_AT_ONCE say how often, and how many at that time.
 * What it asks is counted: by the server of serve.h, or, where BENCH_NOTES
 * names a file, by the command that is run.
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "proc.h"
#include "serve.h"
#include "stats.h"

enum { SETTLED = 20, PATIENCE_MS = 60000, LOOK_US = 2000 };

struct plan {
	int every_ms, at_once, rounds; /* of the longer life */
	int notes_fd;                  /* -1: the server counts */
};

/* One life: what it used, and what it did between two looks. */
struct life {
	double cpu_us, wakeups, wall_us;
	uint32_t count;
};

static uint32_t
counted(const struct plan *p)
{
	struct stat st;

	if (p->notes_fd < 0)
		return serve_seen()->count;
	return fstat(p->notes_fd, &st) != 0
	           ? 0
	           : (uint32_t)((size_t)st.st_size / sizeof(struct record));
}

static int
await(const struct plan *p, uint32_t count)
{
	uint64_t since_ns = lab_now_ns();

	while (counted(p) < count) {
		if (lab_now_ns() - since_ns > PATIENCE_MS * 1000000ULL)
			return -1;
		(void)usleep(LOOK_US);
	}
	return 0;
}

static double
us_of(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* Lives until the rounds are done; all of its children count as its own. */
static int
live(
    struct lab *lab, int i, const struct plan *p, int rounds, struct life *life)
{
	static const char *const nothing[] = { NULL };
	struct rusage used;
	struct run run;
	long long switches;
	uint64_t from_ns;
	int done;

	serve_seen()->count = 0;
	if ((p->notes_fd >= 0 && ftruncate(p->notes_fd, 0) != 0) ||
	    lab_start(lab, i, nothing, &run) != 0)
		return -1;
	done = await(p, (uint32_t)(SETTLED * p->at_once));
	switches = proc_of(run.pid, "status", "voluntary_ctxt_switches:");
	from_ns = lab_now_ns();
	if (done == 0)
		done = await(p, (uint32_t)((SETTLED + rounds) * p->at_once));
	life->wakeups =
	    (double)(proc_of(run.pid, "status", "voluntary_ctxt_switches:") -
	             switches);
	life->wall_us = (double)(lab_now_ns() - from_ns) / 1000;
	(void)kill(run.pid, done == 0 ? SIGTERM : SIGKILL);
	if (wait4(run.pid, NULL, 0, &used) != run.pid)
		done = -1;
	lab_end(&run, false);
	life->cpu_us = us_of(used.ru_utime) + us_of(used.ru_stime);
	life->count = counted(p);
	return done;
}

/* Percent that the last request came later, or sooner, than the rate says. */
static double
drift(const struct plan *p)
{
	volatile struct served *seen = serve_seen();
	int last = (SETTLED + p->rounds) * p->at_once - 1;
	int first = SETTLED * p->at_once - 1;
	double took_ms, due_ms = (double)p->rounds * p->every_ms;

	if (p->notes_fd >= 0 || last >= SERVE_STAMPS)
		return NAN;
	took_ms = (double)(seen->stamp_ns[last] - seen->stamp_ns[first]) / 1e6;
	return fabs(took_ms - due_ms) / due_ms * 100;
}

static void
measure(struct lab *lab, const struct plan *p, struct table *t)
{
	struct life brief, life;
	int r, i;

	for (r = 0; r < lab->rounds; r++)
		for (i = 0; i < lab->count; i++) {
			double cpu_us;

			if (live(lab, i, p, 0, &brief) != 0 ||
			    live(lab, i, p, p->rounds, &life) != 0 ||
			    life.count <= brief.count) {
				fprintf(stderr, "bench: %s: probes don't run\n",
				    lab->subjects[i].name);
				continue;
			}
			cpu_us = life.cpu_us - brief.cpu_us;
			*table_at(&t[0], r, i) =
			    cpu_us / (life.count - brief.count);
			*table_at(&t[1], r, i) = cpu_us / life.wall_us * 100;
			*table_at(&t[2], r, i) = life.wakeups / p->rounds;
			*table_at(&t[3], r, i) = drift(p);
		}
}

static int
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : atoi(text);
}

int
bench_probe(struct lab *lab)
{
	static const char *const keys[] = { "cpu_us", "core_percent",
		"wakeups_a_round", "drift_percent" };
	struct plan p = { number("BENCH_EVERY_MS"), number("BENCH_AT_ONCE"),
		number("BENCH_RUNS"), -1 };
	const char *path = getenv("BENCH_NOTES"), *name = getenv("BENCH_WHAT");
	struct table t[4];
	pid_t server = serve_start(NULL);
	char key[64];
	size_t k;

	if (server < 0)
		return 0;
	if (path != NULL)
		p.notes_fd =
		    open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (name == NULL || p.every_ms < 1 || p.at_once < 1 || p.rounds < 1)
		return -1;
	lab->bare = true;
	for (k = 0; k < 4; k++)
		t[k] = table_make(lab);
	measure(lab, &p, t);
	for (k = 0; k < 4; k++) {
		(void)snprintf(key, sizeof(key), "%s_%s", name, keys[k]);
		table_put(lab, &t[k], key);
		table_free(&t[k]);
	}
	serve_end(server, NULL);
	return 0;
}
