/* SPDX-License-Identifier: MIT */
/*
 * orphan.c - a storm of orphans: the CPU that PID 1 uses for each, alone and
 * with a thousand living children beside them, and what it leaves unreaped.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include "proc.h"
#include "stats.h"

enum { SETTLE_MS = 5000 };

/* Waits until PID 1 has no zombie; returns how many it has in the end. */
static int
settle(const struct run *run)
{
	int zombies = -1, waited;

	for (waited = 0; waited < SETTLE_MS; waited += 20) {
		zombies = proc_children(run->pid, false) -
		          proc_children(run->pid, true);
		if (zombies == 0)
			break;
		(void)usleep(20 * 1000);
	}
	return zombies;
}

/* Returns PID 1's CPU per orphan in ns, NAN if the storm didn't end. */
static double
one_storm(
    struct lab *lab, int i, const char *dying, const char *living, int *left)
{
	const char *const mode[] = { "o", dying, living, NULL };
	struct record r;
	struct run run;
	uint64_t before_ns;
	double each = NAN;

	if (lab_start_ready(lab, i, mode, &run, &r) != 0)
		return NAN;
	(void)settle(&run);
	before_ns = proc_cpu_ns(run.pid);
	if (write(run.in, "", 1) == 1 && lab_read(&run, &r, 60000) == 0) {
		*left += settle(&run);
		each = (double)(proc_cpu_ns(run.pid) - before_ns) / atof(dying);
	}
	lab_end(&run, true);
	return each;
}

static void
storms(struct lab *lab, struct table *t, const char *dying, const char *living,
    const char *key, int *left)
{
	int order[LAB_SUBJECTS], r, k;

	for (r = 0; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			int i = order[k];
			double ns = NAN;

			if (i != lab->direct)
				ns = one_storm(lab, i, dying, living, &left[i]);
			*table_at(t, r, i) = ns;
			lab_raw(lab, i, key, ns);
		}
	}
}

/* The contract's figure: with many living, against the floor with none. */
static void
put_against_quiet_floor(
    struct lab *lab, struct table *many, const struct table *none)
{
	int r, i;

	if (lab->floor < 0)
		return;
	for (r = 0; r < lab->rounds; r++)
		*table_at(many, r, lab->floor) = *table_at(none, r, lab->floor);
	for (i = 0; i < lab->count; i++)
		if (table_size(many, i) > 0 && i != lab->floor)
			lab_put(lab, i, "living_cpu_ns_x_quiet",
			    table_ratio(many, i, lab->floor).mid);
}

int
bench_orphan(struct lab *lab)
{
	const char *dying = getenv("BENCH_ORPHANS");
	struct table none = table_make(lab), many = table_make(lab);
	int left[LAB_SUBJECTS] = { 0 }, i;

	if (dying == NULL)
		dying = "50000";
	storms(lab, &none, dying, "0", "orphan_cpu_ns", left);
	table_put(lab, &none, "orphan_cpu_ns");
	storms(lab, &many, dying, "1000", "living_cpu_ns", left);
	table_put(lab, &many, "living_cpu_ns");
	put_against_quiet_floor(lab, &many, &none);
	for (i = 0; i < lab->count; i++)
		if (i != lab->direct)
			lab_put(lab, i, "orphan_left", left[i]);
	table_free(&none);
	table_free(&many);
	return 0;
}
