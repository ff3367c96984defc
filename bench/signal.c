/* SPDX-License-Identifier: MIT */
/*
 * signal.c - signals through PID 1: how long one takes to reach the child, and
 * which ones never do: standard ones one by one, queued ones in a burst, and
 * one sent right after PID 1 was exec'd.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "stats.h"

enum {
	BURST = 1000,
	EARLY_NS = 50 * 1000,
	LATE_MS = 200, /* a signal that took longer is lost */
};

static const char *const echo[] = { "e", NULL };

/* Sends one signal and waits for it. Returns its way in us, NAN if lost. */
static double
one_way_us(const struct run *run, int sig)
{
	uint64_t sent_ns = lab_now_ns();
	struct record r;

	(void)kill(run->pid, sig);
	do {
		if (lab_read(run, &r, LATE_MS) != 0)
			return NAN;
	} while (r.sig != sig);
	return (double)(r.at_ns - sent_ns) / 1000;
}

/* All inits live at the same time and take turns in every round. */
static void
measure_ways(struct lab *lab, struct run *runs, const bool *lives)
{
	struct table way = table_make(lab);
	int order[LAB_SUBJECTS], r, k;

	for (r = 0; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			double us;

			if (!lives[order[k]])
				continue;
			us = one_way_us(&runs[order[k]], SIGUSR1);
			*table_at(&way, r, order[k]) = us;
			lab_raw(lab, order[k], "signal_us", us);
		}
	}
	table_put(lab, &way, "signal_us");
	for (k = 0; k < lab->count; k++)
		lab_put(
		    lab, k, "signal_lost", lab->rounds - table_size(&way, k));
	table_free(&way);
}

int
bench_signal(struct lab *lab)
{
	struct run runs[LAB_SUBJECTS];
	bool lives[LAB_SUBJECTS] = { false };
	struct record r;
	int i, failed = 0;

	for (i = 0; i < lab->count; i++) {
		lives[i] = lab_start_ready(lab, i, echo, &runs[i], &r) == 0;
		failed += !lives[i];
	}
	measure_ways(lab, runs, lives);
	for (i = 0; i < lab->count; i++)
		if (lives[i])
			lab_end(&runs[i], true);
	return failed == 0 ? 0 : -1;
}

/* Every standard signal that a process may be sent and not mean its end. */
static void
count_standard(struct lab *lab, int i, const struct run *run)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2,
		SIGALRM, SIGTERM, SIGCONT, SIGPIPE, SIGURG, SIGXCPU, SIGXFSZ,
		SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR };
	int sent = (int)(sizeof(sigs) / sizeof(*sigs)), k, got = 0;

	for (k = 0; k < sent; k++)
		got += !isnan(one_way_us(run, sigs[k]));
	lab_put(lab, i, "standard_sent", sent);
	lab_put(lab, i, "standard_lost", sent - got);
}

/* Queues a burst before PID 1 gets to run; values count up. */
static int
send_burst(const struct lab *lab, const struct run *run)
{
	int sent = 0;

	lab_rank(lab, LAB_ABOVE);
	while (sent < BURST) {
		union sigval value = { .sival_int = sent };

		if (sigqueue(run->pid, SIGRTMIN + 3, value) != 0)
			break;
		sent++;
	}
	lab_rank(lab, LAB_BELOW);
	return sent;
}

static void
count_burst(struct lab *lab, int i, const struct run *run)
{
	int sent = send_burst(lab, run), got = 0, values = 0, disorder = 0;
	int last = -1;
	struct record r;

	while (got < sent && lab_read(run, &r, LATE_MS) == 0) {
		if (r.sig != SIGRTMIN + 3)
			continue;
		values += r.code == SI_QUEUE && r.value == got;
		disorder += r.value < last;
		last = r.value;
		got++;
	}
	lab_put(lab, i, "queued_sent", sent);
	lab_put(lab, i, "queued_lost", sent - got);
	lab_put(lab, i, "queued_values", values);
	lab_put(lab, i, "queued_disorder", disorder);
}

/*
 * Starts an init that stops at its first instruction, lets it run for 50 us and
 * sends a queued signal. Returns 1 if it came with its value, 0 if without, -1
 * if not at all.
 */
static int
one_early(struct lab *lab, int i)
{
	struct timespec wait = { .tv_nsec = EARLY_NS };
	union sigval value = { .sival_int = 4711 };
	struct record r;
	struct run run;
	int status, got = -1;

	if (lab_start(lab, i, echo, &run) != 0)
		return -1;
	(void)waitpid(run.pid, &status, 0);
	(void)ptrace(PTRACE_DETACH, run.pid, NULL, NULL);
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	(void)sigqueue(run.pid, SIGRTMIN + 5, value);
	while (got < 0 && lab_read(&run, &r, LATE_MS) == 0)
		if (r.sig == SIGRTMIN + 5)
			got = r.code == SI_QUEUE && r.value == 4711;
	lab_end(&run, true);
	return got;
}

static void
count_early(struct lab *lab, int i)
{
	int r, lost = 0, values = 0;

	lab->trace = true;
	lab_rank(lab, LAB_ABOVE);
	for (r = 0; r < lab->rounds; r++) {
		int got = one_early(lab, i);

		lost += got < 0;
		values += got > 0;
	}
	lab_rank(lab, LAB_BELOW);
	lab->trace = false;
	lab_put(lab, i, "early_sent", lab->rounds);
	lab_put(lab, i, "early_lost", lost);
	lab_put(lab, i, "early_values_lost", lab->rounds - values);
}

int
bench_lost(struct lab *lab)
{
	struct record r;
	struct run run;
	int i, failed = 0;

	for (i = 0; i < lab->count; i++) {
		if (lab_start_ready(lab, i, echo, &run, &r) != 0) {
			failed++;
			continue;
		}
		count_standard(lab, i, &run);
		count_burst(lab, i, &run);
		lab_end(&run, true);
		count_early(lab, i);
	}
	return failed == 0 ? 0 : -1;
}
