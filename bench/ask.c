/* SPDX-License-Identifier: MIT */
/*
 * ask.c - what one health check costs: a command that asks an HTTP server, from
 * fork to wait. The server lives in a network namespace of our own, answers on
 * 127.0.0.1:ASK_PORT and on the unix socket named by BENCH_SOCKET, which is
 * HALE_SOCKET for whoever asks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stats.h"

enum { ASK_PORT = 10400, WARM_UP = 3 };

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
		.sin_port = htons(ASK_PORT),
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
	if (read(fd, request, sizeof(request)) > 0)
		(void)!write(fd, text, sizeof(text) - 1);
	(void)close(fd);
}

/* Returns the server's pid; it ends with us. */
static pid_t
serve(int one, int other)
{
	struct pollfd p[] = { { .fd = one, .events = POLLIN },
		{ .fd = other, .events = POLLIN } };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
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

static void
become(const struct subject *s)
{
	static char path[] = "PATH=/usr/bin:/bin", hale[256];
	static char *const envp[] = { path, hale, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(
	    hale, sizeof(hale), "HALE_SOCKET=%s", getenv("BENCH_SOCKET"));
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	if (getenv("BENCH_STDERR") == NULL)
		(void)dup2(null, 2);
	(void)execve(s->words[0], s->words, envp);
	_exit(127);
}

static double
us_of(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* Returns 0 if it ran and exited with 0. */
static int
one_ask(const struct subject *s, double *wall_us, double *cpu_us)
{
	uint64_t start_ns = lab_now_ns();
	struct rusage used;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(s);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0)
		return -1;
	*wall_us = (double)(lab_now_ns() - start_ns) / 1000;
	*cpu_us = us_of(used.ru_utime) + us_of(used.ru_stime);
	return 0;
}

static void
rounds(struct lab *lab, struct table *wall, struct table *cpu)
{
	int order[LAB_SUBJECTS], r, k;

	for (r = -WARM_UP; r < lab->rounds; r++) {
		lab_shuffle(order, lab->count);
		for (k = 0; k < lab->count; k++) {
			int i = order[k];
			double w, c;

			if (one_ask(&lab->subjects[i], &w, &c) != 0 || r < 0)
				continue;
			*table_at(wall, r, i) = w;
			*table_at(cpu, r, i) = c;
			lab_raw(lab, i, "ask_us", w);
			lab_raw(lab, i, "ask_cpu_us", c);
		}
	}
}

int
bench_ask(struct lab *lab)
{
	struct table wall = table_make(lab), cpu = table_make(lab);
	const char *path = getenv("BENCH_SOCKET");
	int one, other;
	pid_t server;

	if (path == NULL || own_network() != 0) {
		fputs("bench: no network namespace to be had: ask not "
		      "measured\n",
		    stderr);
		return 0;
	}
	one = listen_unix(path);
	other = listen_inet();
	if (one < 0 || other < 0) {
		perror("bench: listen");
		return -1;
	}
	server = serve(one, other);
	rounds(lab, &wall, &cpu);
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)unlink(path);
	table_put(lab, &wall, "ask_us");
	table_put(lab, &cpu, "ask_cpu_us");
	table_free(&wall);
	table_free(&cpu);
	return 0;
}
