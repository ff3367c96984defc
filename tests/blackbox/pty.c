/* SPDX-License-Identifier: MIT */
/*
 * pty.c - a person at a terminal, for the black-box tests.
 *
 *	puppet pty { STEP... } COMMAND ARG...
 *
 * runs COMMAND on a new pseudo-terminal and plays the steps on the other side:
 *
 *	expect=REGEX    waits until what came after the last match matches
 *	send=TEXT       types TEXT; \r, \n, \e, \\ and \xHH are understood
 *	size=ROWSxCOLS  resizes the window
 *	sleep=MS        reads on for so long
 *	signal=SIG      sends it to the command's first child: PID 1 of a
 *	                namespace whose unshare the command is
 *	hangup          closes the terminal
 *	run=COMMAND     runs a shell command and waits for it
 *	deadline=MS     for each wait from here on; default 10000
 *	noctty          first: COMMAND makes the terminal its own by itself
 *	log=FILE        first: all that came is written there
 *
 * After the last step it waits for the command's end and passes its status on.
 */
#include "puppet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct terminal {
	int master, log;
	pid_t pid;
	bool noctty, ended;
	int code;
	long deadline_ms;
	char seen[1 << 16];
	size_t len;
} tty = { .master = -1, .log = -1, .deadline_ms = 10000 };

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
close_master(void)
{
	if (tty.master >= 0)
		close(tty.master);
	tty.master = -1;
}

/* Takes what has come; waits for it no longer than MS. */
static void
take(long ms)
{
	struct pollfd p = { tty.master, POLLIN, 0 };
	char chunk[4096];
	size_t i, room;
	ssize_t n;

	if (tty.master < 0 || poll(&p, 1, (int)ms) <= 0) {
		if (tty.master < 0)
			sleep_ms(ms);
		return;
	}
	n = read(tty.master, chunk, sizeof chunk);
	if (n <= 0) {
		if (n == 0 || errno != EINTR)
			sleep_ms(5);
		return;
	}
	if (tty.log >= 0 && write(tty.log, chunk, (size_t)n) < 0)
		errno = 0;
	room = sizeof tty.seen - 1 - tty.len;
	if ((size_t)n > room) {
		memmove(tty.seen, tty.seen + n, tty.len - (size_t)n);
		tty.len -= (size_t)n;
	}
	for (i = 0; i < (size_t)n; i++)
		if (chunk[i] != '\0')
			tty.seen[tty.len++] = chunk[i];
	tty.seen[tty.len] = '\0';
}

static bool
reap(void)
{
	int status;

	if (!tty.ended && waitpid(tty.pid, &status, WNOHANG) == tty.pid) {
		tty.ended = true;
		tty.code = status_code(status);
	}
	return tty.ended;
}

/* True if REGEX came in time; what matched is used up. */
static bool
expect(const char *regex)
{
	regex_t re;
	regmatch_t m;
	long end = now_ms() + tty.deadline_ms;
	bool found;

	if (regcomp(&re, regex, REG_EXTENDED) != 0)
		die("regex %s", regex);
	while (!(found = regexec(&re, tty.seen, 1, &m, 0) == 0) &&
	       now_ms() < end) {
		take(20);
		if (reap())
			take(20);
	}
	regfree(&re);
	if (found) {
		tty.len -= (size_t)m.rm_eo;
		memmove(tty.seen, tty.seen + m.rm_eo, tty.len + 1);
		return true;
	}
	fprintf(stderr, "pty: expected %s, got: %s\n", regex, tty.seen);
	return false;
}

static void
type(const char *text)
{
	char c, hex[3] = { 0 };
	ssize_t n;

	for (; (c = *text) != '\0'; text++) {
		if (c == '\\' && text[1] != '\0') {
			c = *++text;
			if (c == 'x' && text[1] && text[2]) {
				memcpy(hex, text + 1, 2);
				c = (char)strtol(hex, NULL, 16);
				text += 2;
			} else {
				c = c == 'r'   ? '\r'
				    : c == 'n' ? '\n'
				    : c == 'e' ? '\033'
				               : c;
			}
		}
		do
			n = write(tty.master, &c, 1);
		while (n < 0 && errno == EINTR);
	}
}

static void
resize(const char *arg)
{
	struct winsize size = { 0 };
	unsigned rows = 0, columns = 0;

	if (sscanf(arg, "%ux%u", &rows, &columns) != 2)
		die("size %s", arg);
	size.ws_row = (unsigned short)rows;
	size.ws_col = (unsigned short)columns;
	ioctl(tty.master, TIOCSWINSZ, &size);
}

static void
start(char **command)
{
	int slave;

	tty.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty.master < 0 || grantpt(tty.master) < 0 ||
	    unlockpt(tty.master) < 0)
		die("no pseudo-terminal");
	resize("24x80");
	slave = open(ptsname(tty.master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		die("no terminal");
	tty.pid = fork();
	if (tty.pid < 0)
		die("fork");
	if (tty.pid == 0) {
		setsid();
		if (!tty.noctty)
			ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, 0);
		dup2(slave, 1);
		dup2(slave, 2);
		if (slave > 2)
			close(slave);
		execvp(command[0], command);
		die("exec %s", command[0]);
	}
	close(slave);
}

static bool
play_step(const char *name, const char *arg)
{
	long end;

	if (strcmp(name, "expect") == 0)
		return expect(arg);
	if (strcmp(name, "send") == 0)
		type(arg);
	else if (strcmp(name, "size") == 0)
		resize(arg);
	else if (strcmp(name, "sleep") == 0)
		for (end = now_ms() + number(arg); now_ms() < end;)
			take(10);
	else if (strcmp(name, "signal") == 0)
		kill(first_child(tty.pid), signal_number(arg));
	else if (strcmp(name, "hangup") == 0)
		close_master();
	else if (strcmp(name, "run") == 0)
		return system(arg) == 0;
	else if (strcmp(name, "deadline") == 0)
		tty.deadline_ms = number(arg);
	else
		die("no terminal step named %s", name);
	return true;
}

/* noctty and log= come before the command starts. */
static bool
play_early(const char *step)
{
	if (strcmp(step, "noctty") == 0)
		tty.noctty = true;
	else if (strncmp(step, "log=", 4) == 0)
		tty.log = open(
		    step + 4, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	else
		return false;
	return true;
}

int
pty_drive(char **steps, char **end, char **command)
{
	char *name, *equals;
	long deadline;
	bool good = true;

	while (steps < end && play_early(*steps))
		steps++;
	start(command);
	for (; steps < end && good; steps++) {
		name = strdup(*steps);
		if (name == NULL)
			die("no memory");
		equals = strchr(name, '=');
		if (equals)
			*equals = '\0';
		good = play_step(name, equals ? equals + 1 : "");
		free(name);
	}
	for (deadline = now_ms() + tty.deadline_ms;
	     good && !reap() && now_ms() < deadline;)
		take(10);
	if (!tty.ended) {
		if (good)
			fprintf(stderr, "pty: no end, got: %s\n", tty.seen);
		kill(tty.pid, SIGKILL);
		waitpid(tty.pid, NULL, 0);
		return 98;
	}
	take(0);
	return good ? tty.code : 98;
}
