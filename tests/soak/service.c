/* SPDX-License-Identifier: MIT */
/*
 * service.c - a service of the soak test, which writes down what truly happened.
 *
 *	service NAME KIND TRUTH LIFE_MS
 *
 * Each start appends "NAME start PID" to the file TRUTH, each end that is its
 * own doing "NAME end STATUS", each in one write.  It lives for up to LIFE_MS.
 *
 *	crash   ends with a random status, or by a signal; leaves orphans behind
 *	job     ends with 0 at once
 *	talk    writes "PID NUMBER" lines, some to stderr, then ends with 0
 *	notify  says READY=1 and WATCHDOG=1, then ends with 1
 *	steady  lives until it is told to end
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *name;
static int truth;

static void
note(const char *what, int number)
{
	char line[128];
	int size =
	    snprintf(line, sizeof(line), "%s %s %d\n", name, what, number);

	if (write(truth, line, (size_t)size) != size)
		abort();
}

static void
pause_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

_Noreturn static void
end(int status)
{
	note("end", status);
	if (status > 128) {
		signal(status - 128, SIG_DFL);
		kill(getpid(), status - 128);
		for (;;)
			pause();
	}
	exit(status);
}

static void
leave_orphan(bool apart)
{
	if (fork() != 0)
		return;
	if (apart)
		setsid();
	pause_ms(rand() % 300);
	_exit(0);
}

static void
say(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (path == NULL || strlen(path) >= sizeof(to.sun_path))
		abort();
	strcpy(to.sun_path, path);
	sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void
talk(long ms)
{
	for (int i = 0; i < ms / 100; i++) {
		dprintf(i % 5 == 4 ? 2 : 1, "%d %d\n", (int)getpid(), i);
		pause_ms(100);
	}
	end(0);
}

static void
tell(long ms)
{
	pause_ms(rand() % 50);
	say("READY=1\nSTATUS=at work");
	for (int i = 0; i < ms / 500; i++) {
		say("WATCHDOG=1");
		pause_ms(500);
	}
	end(1);
}

static void
crash(long ms)
{
	static const int ends[] = { 0, 1, 3, 42, 255, 128 + SIGKILL,
		128 + SIGSEGV, 128 + SIGUSR1 };

	pause_ms(ms);
	for (int i = rand() % 3; i > 0; i--)
		leave_orphan(i == 2);
	end(ends[(unsigned)rand() % (sizeof(ends) / sizeof(ends[0]))]);
}

int
main(int argc, char **argv)
{
	struct timespec now;
	long life_ms;

	if (argc != 5)
		return 2;
	name = argv[1];
	truth = open(argv[3], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	clock_gettime(CLOCK_MONOTONIC, &now);
	srand((unsigned)now.tv_nsec ^ (unsigned)getpid() << 12);
	note("start", (int)getpid());
	life_ms = 200 + rand() % strtol(argv[4], NULL, 10);
	if (strcmp(argv[2], "job") == 0)
		end(0);
	if (strcmp(argv[2], "talk") == 0)
		talk(life_ms);
	if (strcmp(argv[2], "notify") == 0)
		tell(life_ms);
	if (strcmp(argv[2], "crash") == 0)
		crash(life_ms);
	for (;;)
		pause();
}
