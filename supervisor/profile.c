/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "confine.h"
#include "seccomp.h"

enum {
	PROFILE_MAX = 1024 * 1024, /* Docker's own is 20 kB */
	CHILD_TIMEOUT_MS = 10000,
};

/* What the child says, in a page that both have. */
struct report {
	int failed; /* 1 until it has done its work */
	struct conf_error err;
};

static int
read_profile(
    const char *path, char **text, size_t *size, struct conf_error *err)
{
	static char buffer[PROFILE_MAX + 1]; /* the child's pages, not ours */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return conf_refuse(
		    err, "seccomp profile %s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return conf_refuse(
		    err, "seccomp profile %s: not a regular file", path);
	*size = 0;
	while (*size < sizeof(buffer) &&
	       (got = read(fd, buffer + *size, sizeof(buffer) - *size)) > 0)
		*size += (size_t)got;
	close(fd);
	if (*size > PROFILE_MAX)
		return conf_refuse(
		    err, "seccomp profile %s: larger than 1 MiB", path);
	*text = buffer;
	return 0;
}

static _Noreturn void
child(const char *path, uint64_t capabilities, int fd, struct report *report)
{
	struct conf_error err = { 0 };
	size_t size = 0;
	char *text = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read_profile(path, &text, &size, &report->err) < 0)
		_exit(1);
	if (profile_translate(text, size, capabilities, fd, &err) < 0) {
		conf_refuse(&report->err, "seccomp profile %.100s: %.130s",
		    path, err.text);
		_exit(1);
	}
	report->failed = 0;
	_exit(0);
}

/* Waits for the child, but not for ever: the file is not ours. */
static void
wait_for(pid_t pid, int alive)
{
	struct pollfd end = { .fd = alive, .events = POLLIN };

	if (poll(&end, 1, CHILD_TIMEOUT_MS) == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int
take_filter(int fd, const char *path, struct confine_filter *out,
    struct conf_error *err)
{
	struct stat st;
	size_t length;
	void *code;

	if (fstat(fd, &st) < 0)
		return conf_refuse(err, "seccomp profile: no filter");
	length = (size_t)st.st_size / sizeof(struct sock_filter);
	if (length == 0 || length > BPF_MAXINSNS)
		return conf_refuse(
		    err, "seccomp profile %s: too large for the kernel", path);
	code = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (code == MAP_FAILED)
		return conf_refuse(err, "seccomp profile: no memory");
	if (seccomp_check(path, code, length, err) < 0) {
		munmap(code, (size_t)st.st_size);
		return -1;
	}
	out->code = code;
	out->length = (uint16_t)length;
	return 0;
}

int
profile_compile(const char *path, uint64_t capabilities,
    struct confine_filter *out, struct conf_error *err)
{
	int fd = (int)syscall(SYS_memfd_create, "seccomp", 1u /* CLOEXEC */);
	struct report *report = mmap(NULL, sizeof(*report),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int alive[2], result = -1;
	pid_t pid = -1;

	if (fd >= 0 && report != MAP_FAILED && pipe2(alive, O_CLOEXEC) == 0) {
		report->failed = 1;
		pid = fork();
		if (pid == 0) {
			close(alive[0]);
			child(path, capabilities, fd, report);
		}
		close(alive[1]);
		if (pid > 0)
			wait_for(pid, alive[0]);
		close(alive[0]);
	}
	if (pid < 0)
		conf_refuse(err, "seccomp profile: %s", strerror(errno));
	else if (!report->failed)
		result = take_filter(fd, path, out, err);
	else if (report->err.text[0] != '\0')
		*err = report->err;
	else
		conf_refuse(err, "seccomp profile %s: its reader died", path);
	if (report != MAP_FAILED)
		munmap(report, sizeof(*report));
	if (fd >= 0)
		close(fd);
	return result;
}
