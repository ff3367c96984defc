/* SPDX-License-Identifier: MIT */
/*
 * lab.h - the laboratory: starts an init as PID 1 of a new pid namespace with
 * the measured child below it, on one CPU and in real time where that is
 * allowed, and writes down what is found.
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include "child.h"

enum {
	LAB_WORDS = 16, /* of an init's command line */
	LAB_SUBJECTS = 24,
	LAB_PATIENCE_MS = 5000,
};

/* Real-time priorities: below, at and above that of what is measured. */
enum lab_rank { LAB_BELOW = 10, LAB_AT = 20, LAB_ABOVE = 30 };

/* One measured init. "direct" has no words: the child itself is PID 1. */
struct subject {
	const char *name;
	char *words[LAB_WORDS];
	int count;
	bool broken; /* could not be exec'd: said once, then left alone */
};

/* A running pid namespace. */
struct run {
	pid_t pid;         /* of its PID 1, seen from here */
	int out;           /* records of the child */
	int in;            /* its stdin */
	uint64_t start_ns; /* just before exec of the init */
};

struct lab {
	struct subject subjects[LAB_SUBJECTS];
	int count;
	int direct, floor; /* their places, or -1 */
	char *child;       /* path of the measured child */
	int rounds;
	bool real_time;    /* FIFO granted */
	bool trace;        /* inits start under PTRACE_TRACEME */
	bool bare;         /* inits get no child: their words say it all */
	FILE *raw;         /* every sample, or NULL */
	const char *bench; /* first column of every line */
};

/* The clock of the records. */
uint64_t lab_now_ns(void);

/*
 * Pins this process to one CPU and makes it a real-time task, if allowed; what
 * it starts is bounded by RLIMIT_RTTIME, so that an endless loop dies instead
 * of the machine. Without permission it does what it can.
 */
void lab_real_time(struct lab *lab);

/* Moves this process in the real-time order; nothing if not granted. */
void lab_rank(const struct lab *lab, enum lab_rank rank);

/*
 * Starts subject i with the child in the given mode (words up to NULL).
 * Returns 0, or -1 with a line on stderr.
 */
int lab_start(struct lab *lab, int i, const char *const *mode, struct run *run);

/* Reads one record. Returns 0; -1 if none came in time_ms or the pipe ended. */
int lab_read(const struct run *run, struct record *r, int time_ms);

/* Starts and waits for the first record. Returns 0 or -1, nothing left over. */
int lab_start_ready(struct lab *lab, int i, const char *const *mode,
    struct run *run, struct record *first);

/* Waits for PID 1 to end. Returns its wait status, -1 after a kill. */
int lab_wait(const struct run *run, int time_ms);

/* Closes the pipes; kills the namespace first if it still lives. */
void lab_end(struct run *run, bool living);

/* Fills order[] with 0..count-1 shuffled; the same in every run. */
void lab_shuffle(int *order, int count);

/* One result line: bench, subject, key, value. */
void lab_put(const struct lab *lab, int i, const char *key, double value);

/* One sample for the raw file. */
void lab_raw(const struct lab *lab, int i, const char *key, double value);

/* The benchmarks; each returns 0, or -1 if a subject could not be measured. */
int bench_start(struct lab *lab);
int bench_stop(struct lab *lab);
int bench_signal(struct lab *lab);
int bench_lost(struct lab *lab);
int bench_orphan(struct lab *lab);
int bench_idle(struct lab *lab);
int bench_charge(struct lab *lab);
int bench_trace(struct lab *lab);
int bench_ask(struct lab *lab);
int bench_first(struct lab *lab);
int bench_sup(struct lab *lab);
int bench_load(struct lab *lab);
int bench_probe(struct lab *lab);

#endif
