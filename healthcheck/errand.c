/* SPDX-License-Identifier: MIT */
#include "errand.h"

#include "supervisor/exec.h"
#include "supervisor/launch.h"
#include "supervisor/shed.h"
#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ERRANDS = 16 };

struct errand {
	pid_t pid; /* 0: free */
	uint32_t index;
	errand_done *done; /* NULL: abandoned */
	void *owner;
	char program[128]; /* for messages */
};

static struct {
	struct errand all[ERRANDS];
	struct launch_report *reports; /* [ERRANDS], shared with the child */
	char text[ERRAND_BYTES + 1];
	char *argv[ERRAND_WORDS + 1];
} errands;

int
errand_init(void)
{
	errands.reports = launch_reports(ERRANDS);
	return errands.reports == NULL ? -1 : 0;
}

static int
refuse(char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s", text);
	return -1;
}

/* Only a memfd is sure not to keep us waiting; what we took can't change. */
static int
read_words(int fd, char *why, size_t why_size)
{
	struct stat stat;
	ssize_t size;
	size_t count = 0;

	if (fcntl(fd, F_GET_SEALS) < 0 || fstat(fd, &stat) < 0)
		return refuse(why, why_size, "the command must be a memfd");
	if (stat.st_size > ERRAND_BYTES)
		return refuse(why, why_size, "the command is too long");
	size = pread(fd, errands.text, ERRAND_BYTES, 0);
	if (size <= 0 || errands.text[size - 1] != '\0')
		return refuse(why, why_size, "there is no command");
	for (char *at = errands.text; at < errands.text + size;
	     at += strlen(at) + 1) {
		if (count == ERRAND_WORDS)
			return refuse(
			    why, why_size, "the command has too many words");
		errands.argv[count++] = at;
	}
	errands.argv[count] = NULL;
	return 0;
}

static struct errand *
free_errand(void)
{
	for (int i = 0; i < ERRANDS; i++)
		if (errands.all[i].pid == 0)
			return &errands.all[i];
	return NULL;
}

int
errand_start(uint32_t index, const int fds[ERRAND_FDS], const char *terminal,
    errand_done *done, void *owner, char *why, size_t why_size)
{
	const struct launch_fd streams[] = { { fds[0], 0 }, { fds[1], 1 },
		{ fds[2], 2 } };
	struct errand *errand = free_errand();
	struct launched made;
	char type[ERRAND_TYPE + 8];
	struct launch what = {
		.argv = errands.argv,
		.plan = supervisor_plan(index),
		.fds = streams,
		.fd_count = 3,
		.cgroup_fd = supervisor_cgroup(index),
		.terminal = terminal != NULL,
		.reset = UINT64_MAX,
	};

	if (fds[ERRAND_FDS - 1] < 0)
		return refuse(why, why_size,
		    "the streams and the command are passed as descriptors: "
		    "see hale-api(7)");
	if (errand == NULL)
		return refuse(why, why_size, "too many commands at a time");
	if (read_words(fds[3], why, why_size) < 0)
		return -1;
	snprintf(
	    type, sizeof(type), "TERM=%s", terminal != NULL ? terminal : "");
	what.envp =
	    supervisor_environment_with(index, type[5] != '\0' ? type : NULL);
	what.report = &errands.reports[errand - errands.all];
	if (launch(&what, &made) < 0)
		return refuse(why, why_size, strerror(errno));
	/* Its end tells all there is to know. */
	if (made.pipe >= 0)
		close(made.pipe);
	*errand = (struct errand){
		.pid = made.pid, .index = index, .done = done, .owner = owner
	};
	snprintf(
	    errand->program, sizeof(errand->program), "%s", errands.argv[0]);
	return 0;
}

static struct errand *
of_owner(const void *owner)
{
	for (int i = 0; i < ERRANDS; i++)
		if (errands.all[i].pid != 0 && errands.all[i].done != NULL &&
		    errands.all[i].owner == owner)
			return &errands.all[i];
	return NULL;
}

void
errand_signal(const void *owner, int sig)
{
	const struct errand *errand = of_owner(owner);

	if (errand != NULL && sig > 0 && sig <= 64)
		shed_kill(-errand->pid, sig);
}

void
errand_abandon(const void *owner)
{
	struct errand *errand = of_owner(owner);

	if (errand == NULL)
		return;
	errand->done = NULL;
	shed_kill(-errand->pid, SIGKILL);
	/* It may not lead its group yet. */
	shed_kill(errand->pid, SIGKILL);
}

/* Why it did not even begin, or "". */
static int
explain(const struct errand *errand, int status, char *why, size_t why_size)
{
	const struct launch_report *report =
	    &errands.reports[errand - errands.all];
	struct confine_failure failure = report->why;

	why[0] = '\0';
	if (failure.step != STEP_NONE) {
		confine_explain(
		    supervisor_plan(errand->index), &failure, why, why_size);
		return 125;
	}
	if (report->error == 0)
		return status;
	exec_explain(why, why_size, errand->program,
	    supervisor_environment(errand->index), report->error);
	return exec_status(report->error);
}

bool
errand_child(pid_t pid, int wait_status)
{
	char why[256];
	int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
	                                    : 128 + WTERMSIG(wait_status);

	for (int i = 0; i < ERRANDS; i++) {
		struct errand *errand = &errands.all[i];

		if (errand->pid != pid)
			continue;
		status = explain(errand, status, why, sizeof(why));
		errand->pid = 0;
		if (errand->done != NULL)
			errand->done(errand->owner, status, why);
		return true;
	}
	return false;
}
