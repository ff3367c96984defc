/* SPDX-License-Identifier: MIT */
/* probe_resource.c - disk, memory and process: is there enough left? */
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A small file as text; -1 when it can't be read. */
static int
read_small(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

/* A file that holds one number; -1: none, or "max". */
static int64_t
read_number(const char *dir, const char *name)
{
	char path[4200], text[64];
	unsigned long long value;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (read_small(path, text, sizeof(text)) < 0 || text[0] < '0' ||
	    text[0] > '9')
		return -1;
	value = strtoull(text, NULL, 10);
	/* v1 says "no limit" with a number near the largest there is */
	return value >= (UINT64_C(1) << 60) ? -1 : (int64_t)value;
}

/* "12 %" of total, or mebibytes: judges what is left. */
static enum outcome
judge(struct run *run, uint64_t left, uint64_t total)
{
	const struct probe_amount *least = &run->probe->least_free;
	int percent =
	    total == 0
	        ? 100
	        : (int)((left / 16 * 100) / (total / 16 == 0 ? 1 : total / 16));
	bool ok = least->percent ? percent >= least->value
	                         : left >= (uint64_t)least->value;

	return answer_say(run->answer, ok ? OUTCOME_PASS : OUTCOME_FAIL,
	    ok ? REASON_OK : REASON_LIMIT,
	    "%llu MiB free of %llu MiB (%d %%)%s%s",
	    (unsigned long long)(left >> 20), (unsigned long long)(total >> 20),
	    percent, ok ? "" : ", less than ", ok ? "" : run->probe->free);
}

enum outcome
run_disk(struct run *run)
{
	struct statvfs fs;

	if (statvfs(run->probe->path, &fs) < 0)
		return run_fail(run, errno, REASON_MISSING);
	if (fs.f_files > 0 && fs.f_favail == 0)
		return answer_say(
		    run->answer, OUTCOME_FAIL, REASON_LIMIT, "no inodes free");
	/* What root keeps for itself is neither free nor part of the whole. */
	return judge(run, (uint64_t)fs.f_bavail * fs.f_frsize,
	    (uint64_t)(fs.f_blocks - (fs.f_bfree - fs.f_bavail)) * fs.f_frsize);
}

/* Where this process' control group is: "0::/path" or "N:memory:/path". */
static bool
find_cgroup(const char *text, const char *controller, char *out, size_t size)
{
	size_t n = strlen(controller);

	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n');
		const char *list = strchr(line, ':');
		const char *path = list == NULL ? NULL : strchr(list + 1, ':');

		if (path != NULL && (end == NULL || path < end)) {
			size_t list_size = (size_t)(path - list - 1);
			bool found = n == 0 ? list_size == 0
			                    : memmem(list + 1, list_size,
			                          controller, n) != NULL;

			if (found) {
				size_t length = end == NULL
				                    ? strlen(path + 1)
				                    : (size_t)(end - path - 1);

				if (length >= size)
					return false;
				memcpy(out, path + 1, length);
				out[length] = '\0';
				return true;
			}
		}
		line = end == NULL ? NULL : end + 1;
	}
	return false;
}

/* Cache that the kernel gives back at once is not used memory. */
static int64_t
reclaimable(const char *dir, const char *key)
{
	static char text[8192];
	char path[4200];
	const char *at;

	snprintf(path, sizeof(path), "%s/memory.stat", dir);
	if (read_small(path, text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, key);
	if (at == NULL || (at != text && at[-1] != '\n'))
		return 0;
	return strtoll(at + strlen(key), NULL, 10);
}

/* The group or the nearest above it that has a limit. */
static enum outcome
judge_cgroup(struct run *run, char *dir, size_t root_size, bool v2)
{
	for (;;) {
		int64_t limit = read_number(
		    dir, v2 ? "memory.max" : "memory.limit_in_bytes");
		int64_t used = read_number(
		    dir, v2 ? "memory.current" : "memory.usage_in_bytes");
		char *slash = strrchr(dir, '/');

		if (limit >= 0 && used >= 0) {
			used -= reclaimable(dir,
			    v2 ? "inactive_file " : "total_inactive_file ");
			if (used < 0)
				used = 0;
			return judge(run,
			    used > limit ? 0 : (uint64_t)(limit - used),
			    (uint64_t)limit);
		}
		if (slash == NULL || (size_t)(slash - dir) < root_size)
			return OUTCOME_END;
		*slash = '\0';
	}
}

/* No group has a limit: what the machine has. */
static enum outcome
judge_machine(struct run *run)
{
	char text[2048];
	const char *total, *left;

	if (read_small("/proc/meminfo", text, sizeof(text)) < 0 ||
	    (total = strstr(text, "MemTotal:")) == NULL ||
	    (left = strstr(text, "MemAvailable:")) == NULL)
		return answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "can't ask: neither a cgroup nor /proc/meminfo can be "
		    "read");
	return judge(run, strtoull(left + 13, NULL, 10) << 10,
	    strtoull(total + 9, NULL, 10) << 10);
}

enum outcome
run_memory(struct run *run)
{
	static const struct {
		char root[24];
		char controller[8];
		bool v2;
	} mounts[] = {
		{ "/sys/fs/cgroup", "", true },
		{ "/sys/fs/cgroup/unified", "", true },
		{ "/sys/fs/cgroup/memory", "memory", false },
	};
	char text[4096], path[2048], dir[4096];

	if (read_small("/proc/self/cgroup", text, sizeof(text)) == 0)
		for (size_t i = 0; i < 3; i++) {
			enum outcome outcome;
			size_t root = strlen(mounts[i].root);

			if (!find_cgroup(
			        text, mounts[i].controller, path, sizeof(path)))
				continue;
			snprintf(dir, sizeof(dir), "%s%s", mounts[i].root,
			    strcmp(path, "/") == 0 ? "" : path);
			outcome = judge_cgroup(run, dir, root, mounts[i].v2);
			/* Without a namespace the path is the host's. */
			if (outcome == OUTCOME_END) {
				strcpy(dir, mounts[i].root);
				outcome =
				    judge_cgroup(run, dir, root, mounts[i].v2);
			}
			if (outcome != OUTCOME_END)
				return outcome;
		}
	return judge_machine(run);
}

/* Open descriptors; newer kernels say so to anyone as the size. */
static int64_t
count_fds(int64_t pid)
{
	char path[40];
	struct stat st;
	int64_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%lld/fd", (long long)pid);
	if (stat(path, &st) < 0)
		return -1;
	if (st.st_size > 0)
		return st.st_size;
	dir = opendir(path);
	if (dir == NULL)
		return errno == EACCES ? -2 : -1;
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static int64_t
resident_bytes(int64_t pid)
{
	char path[40], text[128];
	const char *second;

	snprintf(path, sizeof(path), "/proc/%lld/statm", (long long)pid);
	if (read_small(path, text, sizeof(text)) < 0 ||
	    (second = strchr(text, ' ')) == NULL)
		return -1;
	return strtoll(second + 1, NULL, 10) * (int64_t)getauxval(AT_PAGESZ);
}

static enum outcome
say_no_proc(struct run *run)
{
	return answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
	    "can't ask: /proc can't be read");
}

/* Where /proc is not there, nobody is. */
static enum outcome
say_gone(struct run *run, int64_t pid)
{
	if (access("/proc/self", F_OK) < 0)
		return say_no_proc(run);
	return answer_say(run->answer, OUTCOME_FAIL, REASON_MISSING,
	    "process %lld is gone", (long long)pid);
}

static enum outcome
say_over(
    struct run *run, int64_t pid, int64_t has, const char *what, int64_t most)
{
	return answer_say(run->answer, OUTCOME_FAIL, REASON_LIMIT,
	    "process %lld has %lld %s, more than %lld", (long long)pid,
	    (long long)has, what, (long long)most);
}

/* It lives, but SIGSTOP or its like holds it: its workers may still serve. */
static bool
is_stopped(int64_t pid)
{
	char path[40], text[128];
	const char *name;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	if (read_small(path, text, sizeof(text)) < 0)
		return false;
	name = strrchr(text, ')');
	return name != NULL && name[1] == ' ' && name[2] == 'T';
}

/* Settles the answer when process pid is over a limit or is not there. */
static enum outcome
judge_process(struct run *run, int64_t pid, bool must_exist)
{
	const struct probe *probe = run->probe;
	int64_t rss = resident_bytes(pid), fds = count_fds(pid);

	if (rss < 0 || fds == -1) {
		if (errno != ENOENT && errno != ESRCH)
			return run_fail(run, errno, REASON_RESOURCE);
		if (must_exist)
			return say_gone(run, pid);
		return OUTCOME_PASS;
	}
	if (must_exist && is_stopped(pid))
		return answer_say(run->answer, OUTCOME_FAIL, REASON_SIGNAL,
		    "process %lld is stopped by a signal", (long long)pid);
	if (probe->rss_bytes > 0 && rss > probe->rss_bytes)
		return say_over(run, pid, rss >> 10, "KiB resident",
		    probe->rss_bytes >> 10);
	if (probe->fds > 0 && fds == -2 && must_exist)
		return answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "the descriptors of process %lld can't be seen",
		    (long long)pid);
	if (probe->fds > 0 && fds > probe->fds)
		return say_over(run, pid, fds, "descriptors open", probe->fds);
	if (must_exist)
		answer_say(run->answer, OUTCOME_PASS, REASON_OK,
		    "%lld KiB resident, %lld descriptors open",
		    (long long)(rss >> 10), (long long)fds);
	return OUTCOME_PASS;
}

/* Without a service, every process in sight has to keep the limits. */
static enum outcome
judge_all(struct run *run)
{
	DIR *dir = opendir("/proc");
	int n = 0;

	if (dir == NULL)
		return run_fail(run, errno, REASON_RESOURCE);
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		enum outcome outcome;

		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		n++;
		outcome = judge_process(run, atoll(d->d_name), false);
		if (outcome != OUTCOME_PASS) {
			closedir(dir);
			return outcome;
		}
	}
	closedir(dir);
	if (n == 0) /* not even we are in it */
		return say_no_proc(run);
	return answer_say(run->answer, OUTCOME_PASS, REASON_OK,
	    "%d processes within the limits", n);
}

enum outcome
run_process(struct run *run)
{
	int64_t pid = run->probe->pid > 0 ? run->probe->pid : run->pid;

	return pid > 0 ? judge_process(run, pid, true) : judge_all(run);
}
