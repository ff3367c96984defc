/* SPDX-License-Identifier: MIT */
/* proc.h - numbers out of /proc and of a memory cgroup. */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The number behind a key in a file of lines "key value…" ("Rss:", "anon");
 * -1 if there is none.
 */
long long proc_field(const char *path, const char *key);

/* The same in /proc/PID/FILE. */
long long proc_of(pid_t pid, const char *file, const char *key);

/* CPU time that a process has used so far, exactly; 0 if unknown. */
uint64_t proc_cpu_ns(pid_t pid);

/* Times that a process was switched to, by its own will or not. */
long long proc_switches(pid_t pid);

/* Number of children; if living_only, without the zombies. */
int proc_children(pid_t pid, bool living_only);

#endif
