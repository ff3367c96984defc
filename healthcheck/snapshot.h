/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - all that hale says about itself, at one moment.
 *
 * gather.c fills it, report.c words it, nobody else reads it.  Words are
 * borrowed and live as long as the process; services are numbered as in the
 * config.  There is no argv, environment or secret in it.
 */
#ifndef HALE_HEALTHCHECK_SNAPSHOT_H
#define HALE_HEALTHCHECK_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally;

#define SNAPSHOT_CAUSE 256

/* -1 in any of them: the kernel didn't tell. */
struct snapshot_resources {
	int64_t cpu_ms, rss_bytes, fds, threads;
};

/* Time lost by waiting for it: PSI. -1 in any of them: the kernel didn't tell. */
struct snapshot_pressure {
	int64_t some_usec, full_usec;   /* some waited, all did; since boot */
	int64_t some_avg10, full_avg10; /* hundredths of a percent, of 10 s */
};

enum { PRESSURE_CPU, PRESSURE_MEMORY, PRESSURE_IO, PRESSURES };

struct snapshot_probe {
	const char *name;   /* the key: "healthcheck", "liveness" ... */
	const char *kind;   /* what it decides: "ready", "live", "startup" */
	const char *type;   /* "http" ... */
	const char *target; /* what is asked, for people */
	const struct tally *tally;
};

struct snapshot_service {
	const char *name;
	const char *state;  /* "up", "backoff" ...; NULL: a dependency */
	const char *health; /* "starting", "healthy", "unhealthy" */
	const char *says;   /* STATUS= of sd_notify, or "" */
	char cause[SNAPSHOT_CAUSE]; /* why it isn't healthy, or "" */
	char note[128]; /* that it flaps, why it was restarted, or "" */
	bool wanted, live, ready, started;
	int pid;       /* 0: none */
	int exit_code; /* -1: none yet */
	uint32_t restarts;
	uint64_t lines_dropped;
	int64_t since_wall_ms; /* in this state */
	size_t probe_first, probe_count;
	struct snapshot_resources resources;
};

struct snapshot {
	const char *version;
	const char *state;  /* "starting", "running", "stopping" */
	const char *health; /* of the whole */
	char cause[SNAPSHOT_CAUSE];
	int pid;
	int64_t uptime_ms;
	int64_t now_ms, wall_ms;           /* when it was taken: both clocks */
	struct snapshot_service *services; /* services, then dependencies */
	size_t service_count, dependency_count;
	struct snapshot_probe *probes;
	size_t probe_count;

	/* the whole container's, from its cgroup; and PID 1's own */
	int64_t memory_bytes, memory_limit_bytes, cpu_usec, pids;
	struct snapshot_pressure pressure[PRESSURES];
	bool pressure_own; /* the cgroup's; or the machine's */
	int64_t disk_bytes, disk_free_bytes; /* of the root file system */
	struct snapshot_resources own;
};

static inline const char *
snapshot_resource_name(int pressure)
{
	return pressure == PRESSURE_CPU      ? "cpu"
	       : pressure == PRESSURE_MEMORY ? "memory"
	                                     : "io";
}

#endif
