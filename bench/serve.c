/* SPDX-License-Identifier: MIT */
/* serve.c - the server that health checks are measured against. */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lab.h"
#include "serve.h"

static struct served *seen;

static int
listen_unix(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)unlink(path);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 64) != 0)
		return -1;
	return fd;
}

static int
listen_inet(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(SERVE_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 64) != 0)
		return -1;
	return fd;
}

/* A network of our own, where no port is taken and nobody can be reached. */
static int
own_network(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	lo.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &lo) != 0)
		return -1;
	return close(fd);
}

static void
answer(int listener)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
	                           "Connection: close\r\n\r\nok\n";
	char request[1024];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (seen->count < SERVE_STAMPS)
		seen->stamp_ns[seen->count] = lab_now_ns();
	__atomic_add_fetch(&seen->count, 1, __ATOMIC_RELEASE);
	if (read(fd, request, sizeof(request)) > 0)
		(void)!write(fd, text, sizeof(text) - 1);
	(void)close(fd);
}

static _Noreturn void
serve(int one, int other)
{
	struct pollfd p[] = { { .fd = one, .events = POLLIN },
		{ .fd = other, .events = POLLIN } };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	for (;;) {
		if (poll(p, 2, -1) < 1)
			continue;
		if (p[0].revents != 0)
			answer(one);
		if (p[1].revents != 0)
			answer(other);
	}
}

pid_t
serve_start(const char *path)
{
	int one, other = -1;
	pid_t pid;

	if (own_network() != 0) {
		fputs("bench: no network namespace to be had\n", stderr);
		return -1;
	}
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	one = listen_inet();
	if (path != NULL)
		other = listen_unix(path);
	if (seen == MAP_FAILED || one < 0 || (path != NULL && other < 0)) {
		perror("bench: server");
		return -1;
	}
	pid = fork();
	if (pid == 0)
		serve(one, other);
	return pid;
}

volatile struct served *
serve_seen(void)
{
	return seen;
}

void
serve_end(pid_t server, const char *path)
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	if (path != NULL)
		(void)unlink(path);
}
