/* SPDX-License-Identifier: MIT */
/*
 * sup.c - a supervisor with BENCH_SERVICES services: exec until the first one
 * and until all of them run, the start of a successor after kill -9, what it
 * dirties for them, and SIGTERM until all are gone. A service notes its start
 * in the file BENCH_NOTES, because its output belongs to the supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "proc.h"
#include "stats.h"

enum { UP_MS = 20000, STEP_US = 200, REST_US = 300 * 1000, WARM_UP = 5 };

struct notes {
	int fd;
	int services;
};

static int
noted(const struct notes *n)
{
	struct stat st;

	if (fstat(n->fd, &st) != 0)
		return 0;
	return (int)(st.st_size / (off_t)sizeof(struct record));
}

/* Waits until that many starts are noted. Returns 0, or -1 after UP_MS. */
static int
await(const struct notes *n, int starts)
{
	uint64_t since_ns = lab_now_ns();

	while (noted(n) < starts) {
		if (lab_now_ns() - since_ns > UP_MS * 1000000ULL)
			return -1;
		(void)usleep(STEP_US);
	}
	return 0;
}

/* The earliest and the latest of the starts from one number to another. */
static void
span(const struct notes *n, int from, int to, uint64_t *first, uint64_t *last)
{
	struct record r;

	*first = UINT64_MAX;
	*last = 0;
	for (; from < to; from++) {
		if (pread(n->fd, &r, sizeof(r),
		        (off_t)from * (off_t)sizeof(r)) != sizeof(r))
			return;
		*first = r.at_ns < *first ? r.at_ns : *first;
		*last = r.at_ns > *last ? r.at_ns : *last;
	}
}

/* Any one of PID 1's children, as seen from here; 0 if it has none. */
static pid_t
one_child(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%d", &child) != 1)
		child = 0;
	(void)fclose(f);
	return child;
}

/* Kills a service; us until its successor runs, NAN if none came. */
static double
restart_us(const struct notes *n, pid_t supervisor)
{
	int before = noted(n);
	pid_t child = one_child(supervisor);
	uint64_t killed_ns = lab_now_ns(), first, last;

	if (child <= 0 || kill(child, SIGKILL) != 0 ||
	    await(n, before + 1) != 0)
		return NAN;
	span(n, before, before + 1, &first, &last);
	return (double)(first - killed_ns) / 1000;
}

/* What one life of a supervisor shows, in the order it does. */
struct life {
	double first_us, up_us, dirty_kb, restart_us, stop_us;
};

static int
live(struct lab *lab, int i, const struct notes *n, struct life *life)
{
	static const char *const nothing[] = { NULL };
	uint64_t first, last;
	struct run run;
	int status;

	if (ftruncate(n->fd, 0) != 0 || lab_start(lab, i, nothing, &run) != 0)
		return -1;
	if (await(n, n->services) != 0) {
		lab_end(&run, true);
		return -1;
	}
	span(n, 0, n->services, &first, &last);
	life->first_us = (double)(first - run.start_ns) / 1000;
	life->up_us = (double)(last - run.start_ns) / 1000;
	(void)usleep(REST_US);
	life->dirty_kb =
	    (double)proc_of(run.pid, "smaps_rollup", "Private_Dirty:");
	life->restart_us = restart_us(n, run.pid);
	(void)usleep(REST_US);
	first = lab_now_ns();
	(void)kill(run.pid, SIGTERM);
	status = lab_wait(&run, UP_MS);
	life->stop_us = (double)(lab_now_ns() - first) / 1000;
	lab_end(&run, false);
	return status < 0 ? -1 : 0;
}

static void
put(const struct lab *lab, struct table *t, const char *name, int services)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%d", name, services);
	table_put(lab, t, key);
	table_free(t);
}

/* The start of one service alone, often: BENCH_NOTES is made a FIFO. */
static int
first_of(struct lab *lab, int i, int notes, double *first_us)
{
	static const char *const nothing[] = { NULL };
	struct pollfd p = { .fd = notes, .events = POLLIN };
	struct record r;
	struct run run;
	bool started;

	if (lab_start(lab, i, nothing, &run) != 0)
		return -1;
	started = poll(&p, 1, LAB_PATIENCE_MS) == 1 &&
	          read(notes, &r, sizeof(r)) == (ssize_t)sizeof(r);
	lab_end(&run, true);
	if (started)
		*first_us = (double)(r.at_ns - run.start_ns) / 1000;
	return started ? 0 : -1;
}

int
bench_first(struct lab *lab)
{
	const char *path = getenv("BENCH_NOTES");
	struct table first = table_make(lab);
	int order[LAB_SUBJECTS], failed = 0, notes, r, k;

	if (path == NULL || (mkfifo(path, 0600) != 0 && errno != EEXIST))
		return -1;
	notes = open(path, O_RDWR | O_CLOEXEC);
	if (notes < 0)
		return -1;
	lab->bare = true;
	for (r = -WARM_UP; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			double us = NAN;

			if (first_of(lab, order[k], notes, &us) != 0)
				failed++;
			if (r < 0)
				continue;
			*table_at(&first, r, order[k]) = us;
			lab_raw(lab, order[k], "first_us", us);
		}
	}
	(void)close(notes);
	(void)unlink(path);
	table_put(lab, &first, "first_us");
	table_free(&first);
	return failed == 0 ? 0 : -1;
}

int
bench_sup(struct lab *lab)
{
	const char *services = getenv("BENCH_SERVICES");
	const char *path = getenv("BENCH_NOTES");
	struct table first = table_make(lab), up = table_make(lab);
	struct table dirty = table_make(lab), again = table_make(lab);
	struct table stop = table_make(lab);
	struct notes n;
	int r, i;

	if (services == NULL || path == NULL)
		return -1;
	lab->bare = true;
	n.services = atoi(services);
	n.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (r = 0; r < lab->rounds; r++)
		for (i = 0; i < lab->count; i++) {
			struct life l;

			if (live(lab, i, &n, &l) != 0)
				continue;
			*table_at(&first, r, i) = l.first_us;
			*table_at(&up, r, i) = l.up_us;
			*table_at(&dirty, r, i) = l.dirty_kb;
			*table_at(&again, r, i) = l.restart_us;
			*table_at(&stop, r, i) = l.stop_us;
		}
	(void)close(n.fd);
	put(lab, &first, "first_us", n.services);
	put(lab, &up, "up_us", n.services);
	put(lab, &dirty, "dirty_kb", n.services);
	put(lab, &again, "restart_us", n.services);
	put(lab, &stop, "gone_us", n.services);
	return 0;
}
