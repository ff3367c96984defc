/* SPDX-License-Identifier: MIT */
#include "supervisor/cgroup.h"

#include "supervisor/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"
#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

#define OWN "hale" /* the leaf that PID 1 itself lives in */

enum { PATH_BYTES = 256, CPU_PERIOD_US = 100000 };

static bool in_use;
static char base[PATH_BYTES - 64] = ROOT; /* the group we were started in */

static bool
is_limited(const struct service_config *config)
{
	return config->extras->mem_limit >= 0 ||
	       config->extras->cpus_milli >= 0 ||
	       config->extras->pids_limit >= 0;
}

/* Writes text to ROOT/group/file. */
static int
put(const char *group, const char *file, const char *text)
{
	char path[PATH_BYTES];
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/%s/%s", base, group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	errno = error;
	return error == 0 ? 0 : -1;
}

static const char *
group_of(uint32_t index, char name[32])
{
	snprintf(name, 32, "hale-%u", index);
	return name;
}

static int
make(const char *group)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", base, group);
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

/* Appends our own path, "/" in a cgroup namespace of our own, to base. */
static int
find_base(void)
{
	char text[1024], *path, *end;
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (size <= 0)
		return -1;
	text[size] = '\0';
	path = strstr(text, "0::/");
	if (path == NULL)
		return -1;
	path += strlen("0::/");
	end = strchr(path, '\n');
	if (end != NULL)
		*end = '\0';
	if (strlen(path) + sizeof(ROOT) + 1 > sizeof(base)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (path[0] != '\0')
		snprintf(base, sizeof(base), ROOT "/%s", path);
	return 0;
}

/* A group with members can't give its controllers to others: so move out. */
static int
prepare(void)
{
	static const char *const controllers[] = { "+memory", "+cpu", "+pids" };
	struct statfs status;

	if (statfs(ROOT, &status) < 0)
		return -1;
	if (status.f_type != CGROUP2_SUPER_MAGIC) {
		errno = ENOTSUP;
		return -1;
	}
	if (find_base() < 0 || make(OWN) < 0 ||
	    put(OWN, "cgroup.procs", "0") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(controllers) / sizeof(*controllers); i++)
		put(".", "cgroup.subtree_control", controllers[i]);
	in_use = true;
	return 0;
}

static void
set_limit(const struct unit *unit, const char *key, const char *file,
    const char *text)
{
	char group[32];

	if (put(group_of(unit_index(unit), group), file, text) < 0)
		log_warn(unit->config->name, "%s has no effect: %s: %s", key,
		    file, strerror(errno));
}

static void
set_limits(const struct unit *unit)
{
	const struct service_config *config = unit->config;
	char text[64];

	if (config->extras->mem_limit >= 0) {
		snprintf(text, sizeof(text), "%lld",
		    (long long)config->extras->mem_limit);
		set_limit(unit, "mem_limit", "memory.max", text);
	}
	if (config->extras->cpus_milli >= 0) {
		snprintf(text, sizeof(text), "%lld %d",
		    (long long)config->extras->cpus_milli * CPU_PERIOD_US /
		        1000,
		    CPU_PERIOD_US);
		set_limit(unit, "cpus", "cpu.max", text);
	}
	if (config->extras->pids_limit >= 0) {
		snprintf(text, sizeof(text), "%lld",
		    (long long)config->extras->pids_limit);
		set_limit(unit, "pids_limit", "pids.max", text);
	}
}

static int
open_group(struct unit *unit)
{
	char path[PATH_BYTES], group[32];

	group_of(unit_index(unit), group);
	snprintf(path, sizeof(path), "%s/%s/cgroup.procs", base, group);
	if (make(group) == 0)
		unit->cgroup_fd = open(path, O_WRONLY | O_CLOEXEC);
	return unit->cgroup_fd < 0 ? -1 : 0;
}

void
cgroup_init(void)
{
	for (uint32_t i = 0; i < supervisor.graph.services; i++) {
		struct unit *unit = &supervisor.units[i];

		if (!is_limited(unit->config))
			continue;
		if ((in_use || prepare() == 0) && open_group(unit) == 0)
			set_limits(unit);
		else
			log_warn(unit->config->name,
			    "its limits have no effect: " ROOT
			    " is no cgroup v2 that can be written: %s",
			    strerror(errno));
	}
}

bool
cgroup_kill(const struct unit *unit)
{
	char group[32];

	return unit->cgroup_fd >= 0 &&
	       put(group_of(unit_index(unit), group), "cgroup.kill", "1") == 0;
}

void
cgroup_finish(void)
{
	char path[PATH_BYTES], group[32];

	for (uint32_t i = 0; in_use && i < supervisor.graph.services; i++) {
		if (supervisor.units[i].cgroup_fd < 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", base, group_of(i, group));
		rmdir(path);
	}
}
