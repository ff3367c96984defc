/* SPDX-License-Identifier: MIT */
/* monitor_attempt.c - how the process of a probe gets to be its service's. */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor_state.h"
#include "supervisor/secret.h"
#include "supervisor/shed.h"
#include "supervisor/supervisor.h"

enum { NOBODY = 65534 };

/* A command runs as its service does: the same user, sandbox, environment. */
int
monitor_spawn(
    void *owner, const char *const *argv, int out_fd, pid_t *pid, int *pidfd)
{
	const struct watched *w = owner;
	const struct launch_fd fds[] = { { -1, 0 }, { out_fd, 1 },
		{ out_fd, 2 } };
	bool is_service = w->index < monitor.services;
	struct launched made;
	struct launch what = {
		.argv = (char *const *)(uintptr_t)argv,
		.envp = is_service ? supervisor_environment(w->index) : environ,
		.plan = is_service ? supervisor_plan(w->index) : NULL,
		.fds = fds,
		.fd_count = 3,
		.cgroup_fd = -1,
		.reset = UINT64_C(1) << (SIGPIPE - 1),
		.report = &monitor.reports[w->index],
	};

	if (launch(&what, &made) < 0)
		return -1;
	if (made.pipe >= 0)
		close(made.pipe);
	*pid = made.pid;
	*pidfd = (int)syscall(SYS_pidfd_open, made.pid, 0);
	if (*pidfd >= 0)
		return 0;
	shed_kill(made.pid, SIGKILL); /* its end is reaped as an orphan's */
	return -1;
}

/*
 * The child knows no secret but those in the headers of its own service's
 * probes: these it takes with it.
 */
static void
forget_secrets(const struct watched *w)
{
	static char kept[MONITOR_HEADERS_MAX];
	size_t used = 0;

	for (int role = 0; role < ROLE_COUNT; role++) {
		struct conf_map map = { 0 };

		if (check_of(w, role) != NULL)
			map = check_of(w, role)->probe->headers;
		for (size_t i = 0; i < map.count; i++) {
			size_t size;

			if (!map.pairs[i].secret)
				continue;
			size = strlen(map.pairs[i].value) + 1;
			if (size > sizeof(kept) - used)
				size = 0; /* monitor_loaded() saw to it */
			memcpy(kept + used, map.pairs[i].value, size);
			map.pairs[i].value = kept + used;
			used += size;
		}
	}
	secret_forget();
}

static int
take_identity(uid_t user, gid_t group, const uint32_t *groups, size_t count)
{
	return syscall(SYS_setgroups, count, groups) < 0 ||
	               syscall(SYS_setresgid, group, group, group) < 0 ||
	               syscall(SYS_setresuid, user, user, user) < 0
	           ? -1
	           : 0;
}

/*
 * In whatever asks the network for any service.  The secrets go last: who can't
 * be nobody goes on with monitor_become(), which keeps those that it sends.
 */
int
monitor_become_nobody(void)
{
	if (geteuid() == 0 && take_identity(NOBODY, NOBODY, NULL, 0) < 0)
		return -1;
	secret_forget();
	return 0;
}

/*
 * In the child of any other probe: who it is; its powers go later.  A service
 * without a user has its probe look at files as root, and ask as nobody.
 */
int
monitor_become(void *owner, bool only_asks)
{
	const struct watched *w = owner;
	const struct check *check = check_of(w, ROLE_HEALTH);
	const struct confinement *plan =
	    w->index < monitor.services ? supervisor_plan(w->index) : NULL;
	const uint32_t *groups = NULL;
	size_t group_count = 0;
	gid_t group = NOBODY;
	uid_t user = NOBODY;
	bool is_required = false;

	forget_secrets(w);
	/* Where it is gone, only a relative ca_file is missed. */
	if (confine_directory != NULL)
		syscall(SYS_chdir, confine_directory);
	if (geteuid() != 0)
		return 0;
	if (w->index < monitor.services) {
		is_required = plan != NULL && plan->has_user;
		if (!is_required && !only_asks)
			return 0;
	}
	if (is_required) {
		user = plan->id->uid;
		group = plan->id->gid;
		groups = plan->id->groups;
		group_count = plan->id->group_count;
	} else if (check != NULL && check->probe->client_key != NULL) {
		return 0; /* nobody else may read that */
	}
	if (take_identity(user, group, groups, group_count) < 0 && is_required)
		return -1;
	return 0;
}
