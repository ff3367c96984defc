/* SPDX-License-Identifier: MIT */
/*
 * start.c - what an init adds to the start and to the end of a container:
 * exec of the init until its child's first instruction, the child's last one
 * until the namespace is gone; and SIGTERM until the namespace is gone.
 */
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include "stats.h"

enum { WARM_UP = 5 };

static int
one_start(struct lab *lab, int i, double *start_us, double *exit_us)
{
	static const char *const stamp[] = { "s", NULL };
	struct record r;
	struct run run;
	uint64_t end_ns;
	int status;

	if (lab_start(lab, i, stamp, &run) != 0)
		return -1;
	status = lab_wait(&run, LAB_PATIENCE_MS);
	end_ns = lab_now_ns();
	if (status != 0 || lab_read(&run, &r, 0) != 0) {
		lab_end(&run, false);
		return -1;
	}
	lab_end(&run, false);
	*start_us = (double)(r.at_ns - run.start_ns) / 1000;
	*exit_us = (double)(end_ns - r.end_ns) / 1000;
	return 0;
}

int
bench_start(struct lab *lab)
{
	struct table start = table_make(lab), end = table_make(lab);
	int order[LAB_SUBJECTS], failed = 0, r, k;

	for (r = -WARM_UP; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			int i = order[k];
			double s = NAN, e = NAN;

			if (one_start(lab, i, &s, &e) != 0)
				failed++;
			if (r < 0)
				continue;
			*table_at(&start, r, i) = s;
			*table_at(&end, r, i) = e;
			lab_raw(lab, i, "start_us", s);
			lab_raw(lab, i, "exit_us", e);
		}
	}
	table_put(lab, &start, "start_us");
	table_put(lab, &end, "exit_us");
	table_free(&start);
	table_free(&end);
	return failed == 0 ? 0 : -1;
}

static int
one_stop(struct lab *lab, int i, double *stop_us)
{
	static const char *const term[] = { "t", NULL };
	struct record r;
	struct run run;
	uint64_t sent_ns;
	int status;

	if (lab_start_ready(lab, i, term, &run, &r) != 0)
		return -1;
	sent_ns = lab_now_ns();
	(void)kill(run.pid, SIGTERM);
	status = lab_wait(&run, 1000);
	*stop_us = (double)(lab_now_ns() - sent_ns) / 1000;
	lab_end(&run, false);
	return status == 0 ? 0 : -1;
}

int
bench_stop(struct lab *lab)
{
	struct table stop = table_make(lab);
	int order[LAB_SUBJECTS], lost[LAB_SUBJECTS] = { 0 }, r, k;

	for (r = -WARM_UP; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			double us = NAN;

			if (one_stop(lab, order[k], &us) != 0) {
				lost[order[k]]++;
				us = NAN;
			}
			if (r < 0)
				continue;
			*table_at(&stop, r, order[k]) = us;
			lab_raw(lab, order[k], "stop_us", us);
		}
	}
	table_put(lab, &stop, "stop_us");
	for (k = 0; k < lab->count; k++)
		lab_put(lab, k, "stop_lost", lost[k]);
	table_free(&stop);
	return 0;
}
