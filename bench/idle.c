/* SPDX-License-Identifier: MIT */
/*
 * idle.c - an init with nothing to do: its memory, what a container is charged
 * for it, and how often it wakes up all the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "proc.h"
#include "stats.h"

/* The kernel gathers a cgroup's statistics every two seconds. */
enum { SETTLE_US = 2500 * 1000 };

static const char *const sleeper[] = { "p", NULL };

static void
put_memory(const struct lab *lab, int i, pid_t pid)
{
	double dirty = (double)proc_of(pid, "smaps_rollup", "Private_Dirty:");

	lab_put(lab, i, "rss_kb", (double)proc_of(pid, "smaps_rollup", "Rss:"));
	lab_put(lab, i, "dirty_kb", dirty);
	lab_put(
	    lab, i, "pagetables_kb", (double)proc_of(pid, "status", "VmPTE:"));
	lab_put(
	    lab, i, "virtual_kb", (double)proc_of(pid, "status", "VmSize:"));
}

/* All at the same time, for as many seconds as there are rounds. */
int
bench_idle(struct lab *lab)
{
	long long switches[LAB_SUBJECTS];
	uint64_t cpu_ns[LAB_SUBJECTS];
	struct run runs[LAB_SUBJECTS];
	struct record r;
	int i, minute = 60;

	for (i = 0; i < lab->count; i++)
		if (lab_start_ready(lab, i, sleeper, &runs[i], &r) != 0)
			return -1;
	(void)usleep(SETTLE_US);
	for (i = 0; i < lab->count; i++)
		put_memory(lab, i, runs[i].pid);
	for (i = 0; i < lab->count; i++) {
		switches[i] = proc_switches(runs[i].pid);
		cpu_ns[i] = proc_cpu_ns(runs[i].pid);
	}
	(void)sleep((unsigned)lab->rounds);
	for (i = 0; i < lab->count; i++) {
		double share = (double)minute / lab->rounds;

		lab_put(lab, i, "wakeups_per_min",
		    (double)(proc_switches(runs[i].pid) - switches[i]) * share);
		lab_put(lab, i, "cpu_us_per_min",
		    (double)(proc_cpu_ns(runs[i].pid) - cpu_ns[i]) / 1000 *
		        share);
		lab_end(&runs[i], true);
	}
	return 0;
}

/* Where a memory cgroup can be made: version 1, else version 2. */
static bool
make_cgroup(char *path, size_t size)
{
	snprintf(
	    path, size, "/sys/fs/cgroup/memory/hale-bench.%d", (int)getpid());
	if (mkdir(path, 0755) == 0)
		return true;
	snprintf(path, size, "/sys/fs/cgroup/hale-bench.%d", (int)getpid());
	return mkdir(path, 0755) == 0;
}

/* Anonymous and kernel memory of the cgroup, in bytes; -1 if not told. */
static double
charged(const char *cgroup)
{
	char path[128];
	long long kernel, anon;

	snprintf(path, sizeof(path), "%s/memory.kmem.usage_in_bytes", cgroup);
	kernel = proc_field(path, "");
	snprintf(path, sizeof(path), "%s/memory.stat", cgroup);
	if (kernel < 0)
		kernel = proc_field(path, "kernel ");
	anon = proc_field(path, "anon ");
	if (anon < 0)
		anon = proc_field(path, "rss ");
	return kernel < 0 || anon < 0 ? -1 : (double)(kernel + anon);
}

static void
join(const char *cgroup)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "we");
	if (f == NULL)
		return;
	(void)fputs("0", f);
	(void)fclose(f);
}

/* In the cgroup: starts the copies; what each costs in kB, -1 on failure. */
static double
charge_copies(struct lab *lab, int i, const char *cgroup)
{
	struct run *runs = calloc((size_t)lab->rounds, sizeof(*runs));
	struct record r;
	double before, after = -1;
	int n = 0;

	if (runs == NULL || lab_start_ready(lab, i, sleeper, runs, &r) != 0)
		return -1;
	lab_end(runs, true);
	(void)usleep(SETTLE_US);
	before = charged(cgroup);
	while (n < lab->rounds &&
	       lab_start_ready(lab, i, sleeper, &runs[n], &r) == 0)
		n++;
	(void)usleep(SETTLE_US);
	if (n == lab->rounds && before >= 0)
		after = charged(cgroup);
	while (n > 0)
		lab_end(&runs[--n], true);
	free(runs);
	return after < 0 ? -1 : (after - before) / lab->rounds / 1024;
}

/* A process per subject, because it has to live in the cgroup itself. */
static double
charge_one(struct lab *lab, int i)
{
	char cgroup[96];
	double kb = -1;
	int link[2];
	pid_t pid;

	if (!make_cgroup(cgroup, sizeof(cgroup)) || pipe(link) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		join(cgroup);
		kb = charge_copies(lab, i, cgroup);
		(void)!write(link[1], &kb, sizeof(kb));
		_exit(0);
	}
	if (pid < 0 || read(link[0], &kb, sizeof(kb)) != sizeof(kb))
		kb = -1;
	(void)close(link[0]);
	(void)close(link[1]);
	(void)waitpid(pid, NULL, 0);
	for (int tries = 0; rmdir(cgroup) != 0 && errno == EBUSY && tries < 50;
	     tries++)
		(void)usleep(20 * 1000);
	return kb;
}

/* What the init itself adds: the same without one is taken off. */
int
bench_charge(struct lab *lab)
{
	double base = lab->direct < 0 ? -1 : charge_one(lab, lab->direct);
	int i;

	if (base < 0) {
		fputs(
		    "bench: no memory cgroup to be had: charge not measured\n",
		    stderr);
		return 0;
	}
	lab_put(lab, lab->direct, "charged_kb", base);
	for (i = 0; i < lab->count; i++) {
		double kb;

		if (i == lab->direct)
			continue;
		kb = charge_one(lab, i);
		if (kb >= 0)
			lab_put(lab, i, "charged_kb", kb - base);
	}
	return 0;
}
