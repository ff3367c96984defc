/* SPDX-License-Identifier: MIT */
/* stats.c - medians, percentiles and paired comparisons of samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "stats.h"

enum compare { DIFFERENCE, RATIO };

struct table
table_make(const struct lab *lab)
{
	struct table t = { .rounds = lab->rounds, .count = lab->count };
	size_t cells = (size_t)t.rounds * (size_t)t.count, i;

	t.cell = calloc(cells, sizeof(*t.cell));
	if (t.cell == NULL)
		exit(1);
	for (i = 0; i < cells; i++)
		t.cell[i] = NAN;
	return t;
}

void
table_free(struct table *t)
{
	free(t->cell);
	t->cell = NULL;
}

double *
table_at(const struct table *t, int round, int subject)
{
	return &t->cell[round * t->count + subject];
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The sorted samples of one subject, compared with ref's unless ref < 0. */
static double *
sorted(const struct table *t, int subject, int ref, enum compare how, int *size)
{
	double *v = calloc((size_t)t->rounds + 1, sizeof(*v));
	int n = 0, r;

	if (v == NULL)
		exit(1);
	for (r = 0; r < t->rounds; r++) {
		double x = *table_at(t, r, subject);

		if (ref >= 0 && how == DIFFERENCE)
			x -= *table_at(t, r, ref);
		else if (ref >= 0)
			x /= *table_at(t, r, ref);
		if (!isnan(x))
			v[n++] = x;
	}
	qsort(v, (size_t)n, sizeof(*v), ascending);
	*size = n;
	return v;
}

static double
pick(const double *v, int n, double p)
{
	double at = p / 100 * (n - 1);
	int low = (int)at;

	if (n == 0)
		return NAN;
	if (low + 1 >= n)
		return v[n - 1];
	return v[low] + (at - low) * (v[low + 1] - v[low]);
}

double
table_percentile(const struct table *t, int subject, double p)
{
	int n;
	double *v = sorted(t, subject, -1, DIFFERENCE, &n);
	double x = pick(v, n, p);

	free(v);
	return x;
}

/* Bounds of a median by order statistics: n/2 -+ 1.96 * sqrt(n)/2. */
static struct middle
middle_of(const struct table *t, int subject, int ref, enum compare how)
{
	struct middle m = { NAN, NAN, NAN };
	int n;
	double *v = sorted(t, subject, ref, how, &n);

	if (n > 0) {
		double half = 0.98 * sqrt(n);
		int lo = (int)(n / 2.0 - half), hi = (int)(n / 2.0 + half);

		m.mid = pick(v, n, 50);
		m.lo = v[lo < 0 ? 0 : lo];
		m.hi = v[hi >= n ? n - 1 : hi];
	}
	free(v);
	return m;
}

struct middle
table_difference(const struct table *t, int subject, int ref)
{
	return middle_of(t, subject, ref, DIFFERENCE);
}

struct middle
table_ratio(const struct table *t, int subject, int ref)
{
	return middle_of(t, subject, ref, RATIO);
}

int
table_size(const struct table *t, int subject)
{
	int n;

	free(sorted(t, subject, -1, DIFFERENCE, &n));
	return n;
}

static void
put(const struct lab *lab, int i, const char *name, const char *key, double x)
{
	char full[64];

	if (isnan(x))
		return;
	snprintf(full, sizeof(full), "%s_%s", name, key);
	lab_put(lab, i, full, x);
}

static void
put_middle(const struct lab *lab, int i, const char *name, const char *key,
    struct middle m)
{
	char part[32];

	put(lab, i, name, key, m.mid);
	snprintf(part, sizeof(part), "%s_lo", key);
	put(lab, i, name, part, m.lo);
	snprintf(part, sizeof(part), "%s_hi", key);
	put(lab, i, name, part, m.hi);
}

void
table_put(const struct lab *lab, const struct table *t, const char *name)
{
	int i;

	for (i = 0; i < lab->count; i++) {
		put(lab, i, name, "n", table_size(t, i));
		put(lab, i, name, "p50", table_percentile(t, i, 50));
		put(lab, i, name, "p10", table_percentile(t, i, 10));
		put(lab, i, name, "p90", table_percentile(t, i, 90));
		put(lab, i, name, "p99", table_percentile(t, i, 99));
		if (lab->direct >= 0)
			put_middle(lab, i, name, "over",
			    table_difference(t, i, lab->direct));
		if (lab->floor >= 0)
			put_middle(
			    lab, i, name, "x", table_ratio(t, i, lab->floor));
	}
}
