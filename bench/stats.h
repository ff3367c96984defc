/* SPDX-License-Identifier: MIT */
/* stats.h - medians, percentiles and paired comparisons of samples. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include "lab.h"

/* A median with the bounds that hold it in 95 of 100 repetitions. */
struct middle {
	double mid, lo, hi;
};

/*
 * Samples of one quantity: a row per round, a place per subject. NAN marks a
 * sample that could not be taken; its round is left out for that subject.
 */
struct table {
	int rounds, count;
	double *cell;
};

/* An empty table for lab's rounds and subjects; exits if memory is short. */
struct table table_make(const struct lab *lab);
void table_free(struct table *t);
double *table_at(const struct table *t, int round, int subject);

/* The p-th hundredth of a subject's samples; NAN if it has none. */
double table_percentile(const struct table *t, int subject, double p);

/* Median of the differences, or ratios, to a reference in the same round. */
struct middle table_difference(const struct table *t, int subject, int ref);
struct middle table_ratio(const struct table *t, int subject, int ref);

/* Number of samples that a subject has. */
int table_size(const struct table *t, int subject);

/*
 * Puts n, p50, p10, p90, p99 and, where the references are there, the
 * difference to direct and the ratio to the floor; all keys begin with name.
 */
void table_put(const struct lab *lab, const struct table *t, const char *name);

#endif
