/* SPDX-License-Identifier: MIT */
/*
 * nuisance - a service that takes all that there is.
 *
 *     nuisance who          exit status: 1 root, 2 AT_SECURE, 4 capabilities
 *     nuisance become DIR   runs DIR/suid who and DIR/filecap who, says what each
 *                           got
 *     nuisance bomb         forks for ever, and so do its children; none heeds TERM
 *     nuisance hog BYTES    writes to that much memory, then sleeps
 *     nuisance orphans N    leaves N orphans to PID 1, then sleeps
 *     nuisance crowd PATH N connects N times to a socket, says how often it could,
 *                           and keeps all of them open
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REFUSED = 99 };

static int
who(void)
{
	uint32_t head[2] = { 0x20080522, 0 }, data[6] = { 0 };

	syscall(SYS_capget, head, data);
	return (geteuid() == 0 || getuid() == 0) |
	       (getauxval(AT_SECURE) != 0) << 1 |
	       ((data[0] | data[1] | data[3] | data[4]) != 0) << 2;
}

static int
become(const char *dir, const char *name)
{
	char path[256];
	int status = -1;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	pid = fork();
	if (pid == 0) {
		execl(path, path, "who", (char *)NULL);
		_exit(errno == EPERM ? REFUSED : 98);
	}
	waitpid(pid, &status, 0);
	/* A file whose capabilities can't be had is not executed at all. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED)
		status = 0;
	printf("%s  4  %s: %d\n", status == 0 ? "held  " : "GOT IT", name,
	    WEXITSTATUS(status));
	return status != 0;
}

static void
bomb(void)
{
	signal(SIGTERM, SIG_IGN);
	puts("lit");
	for (;;)
		if (fork() < 0)
			usleep(10000);
}

static void
hog(size_t bytes)
{
	char *memory = malloc(bytes);

	puts("eating");
	for (size_t i = 0; memory != NULL && i < bytes; i += 4096)
		memory[i] = 1;
	puts("full");
	pause();
	free(memory);
}

static void
orphans(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (fork() == 0)
				_exit(0);
			_exit(0);
		}
		if (pid < 0)
			usleep(1000);
		else
			waitpid(pid, NULL, 0);
	}
	puts("left");
	pause();
}

static void
crowd(const char *path, int count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct rlimit limit;
	int in = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* as many as there are */
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
		                   sizeof(address)) == 0)
			in++;
	}
	printf("crowd %d\n", in);
	pause();
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "who") == 0)
		return who();
	if (strcmp(what, "become") == 0 && argc > 2)
		return become(argv[2], "suid") + become(argv[2], "filecap");
	if (strcmp(what, "bomb") == 0)
		bomb();
	else if (strcmp(what, "hog") == 0 && argc > 2)
		hog((size_t)atoll(argv[2]));
	else if (strcmp(what, "orphans") == 0 && argc > 2)
		orphans(atoi(argv[2]));
	else if (strcmp(what, "crowd") == 0 && argc > 3)
		crowd(argv[2], atoi(argv[3]));
	return 125;
}
