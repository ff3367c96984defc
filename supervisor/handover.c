/* SPDX-License-Identifier: MIT */
#include "supervisor/handover.h"

#include "supervisor/environment.h"
#include "supervisor/sys.h"
#include "supervisor/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_FD 3

static struct {
	int *fds;
	uint32_t count, room;
	bool announced; /* by LISTEN_FDS and its kin, for the one command */
	bool once;
} handover;

static int
keep(int fd, struct conf_error *err)
{
	if (handover.count == handover.room) {
		uint32_t room = 2 * handover.room + 16;
		int *grown = realloc(handover.fds, room * sizeof(*grown));

		if (grown == NULL)
			return conf_refuse(
			    err, "no memory for inherited descriptors");
		handover.fds = grown;
		handover.room = room;
	}
	handover.fds[handover.count++] = fd;
	return 0;
}

static int
keep_all(struct conf_error *err)
{
	DIR *dir = opendir("/proc/self/fd");
	int result = 0;

	/* Without /proc: more than any engine passes. */
	for (int fd = FIRST_FD; dir == NULL && fd < 256 && result == 0; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			result = keep(fd, err);
	if (dir == NULL)
		return result;
	for (struct dirent *d; result == 0 && (d = readdir(dir)) != NULL;) {
		int64_t fd;

		if (conf_number(&fd, d->d_name) == 0 && fd >= FIRST_FD &&
		    fd != dirfd(dir))
			result = keep((int)fd, err);
	}
	closedir(dir);
	return result;
}

/* LISTEN_FDS of them, if they were meant for us. */
static int
keep_announced(struct conf_error *err)
{
	const char *text = getenv("LISTEN_PID");
	int64_t number;

	if (text == NULL || conf_number(&number, text) < 0 ||
	    number != getpid())
		return 0;
	text = getenv("LISTEN_FDS");
	if (text == NULL || conf_number(&number, text) < 0 || number < 1)
		return 0;
	for (int fd = FIRST_FD; fd - FIRST_FD < number; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			break;
		if (keep(fd, err) < 0)
			return -1;
	}
	handover.announced = handover.count > 0;
	return 0;
}

/* A thousand services have more sockets and pipes than one program has files. */
static void
raise_limit(void)
{
	struct confine_range now, most;

	if (confine_limit_now(RLIMIT_NOFILE, &now) < 0 || now.soft >= now.hard)
		return;
	most = (struct confine_range){ now.hard, now.hard };
	if (sys4(SYS_prlimit64, 0, RLIMIT_NOFILE, sys_ptr(&most), 0) == 0)
		confine_nofile = now;
}

int
handover_take(bool all, struct conf_error *err)
{
	raise_limit();
	handover.announced = all;
	return all ? keep_all(err) : keep_announced(err);
}

void
handover_once(void)
{
	handover.once = true;
}

void
handover_leave(void)
{
	char path[PATH_MAX];
	struct stat here, there;

	/* By its path, for a descriptor would keep it as busy.  Where that is
	 * not the way to it, we stay. */
	if (getcwd(path, sizeof(path)) == NULL || path[0] != '/' ||
	    path[1] == '\0' || stat(".", &here) < 0 || stat(path, &there) < 0 ||
	    here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		return;
	confine_directory = conf_copy(path, strlen(path));
	if (confine_directory != NULL && chdir("/") < 0)
		confine_directory = NULL;
}

void
handover_return(void)
{
	if (confine_directory != NULL && chdir(confine_directory) < 0)
		confine_directory = NULL;
}

void
handover_prepare(
    const struct unit *unit, struct launch *what, struct environment *env)
{
	if (!unit_is_main(unit) || !handover.announced || unit->listen != NULL)
		return;
	what->kept = handover.fds;
	what->kept_count = handover.count;
	for (char *const *v = supervisor.environ; v != NULL && *v != NULL; v++)
		if (strncmp(*v, "LISTEN_", 7) == 0)
			environment_give(env, *v);
}

void
handover_launched(const struct unit *unit)
{
	if (!unit_is_main(unit) || !handover.once || !handover.announced)
		return;
	for (uint32_t i = 0; i < handover.count; i++)
		close(handover.fds[i]);
	handover.announced = false;
}
