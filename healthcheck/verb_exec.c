/* SPDX-License-Identifier: MIT */
/*
 * verb_exec.c - `hale exec`: the client's side.  Passes its streams, or those of
 * a new terminal, and waits; what it is told by signals it passes on.
 */
#include "client.h"

#include "errand.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { FAILED = 125, LIMIT_MS = 5000 };

/* Ours, while the command has a terminal of its own. */
static struct {
	int master; /* -1: none */
	bool raw;
	struct termios saved;
} terminal = { .master = -1 };

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "hale: exec: %s%s%s\n", what, *why != '\0' ? ": " : "",
	    why);
	return FAILED;
}

/* The words, each with its NUL, in a memfd. */
static int
write_words(char **words)
{
	int fd = memfd_create("command", MFD_CLOEXEC);

	for (; fd >= 0 && *words != NULL; words++) {
		size_t size = strlen(*words) + 1;

		if (write(fd, *words, size) != (ssize_t)size) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

static void
copy_size(void)
{
	struct winsize size;

	if (terminal.master >= 0 && ioctl(0, TIOCGWINSZ, &size) == 0)
		ioctl(terminal.master, TIOCSWINSZ, &size);
}

/* Who runs as the service opens it by its name, too. */
static void
give_terminal(int slave, const char *service)
{
	char path[40];
	struct stat owner;
	int pid = client_pid_of(service);

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (pid > 0 && stat(path, &owner) == 0 &&
	    fchown(slave, owner.st_uid, (gid_t)-1) < 0)
		return; /* not ours to give: it has the descriptor */
}

/* A new terminal for the command; -1: it gets what we have. */
static int
open_terminal(const char *service)
{
	struct termios raw;
	char name[64];
	int slave;

	if (!isatty(0) || !isatty(1) || tcgetattr(0, &terminal.saved) < 0)
		return -1;
	terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal.master < 0 || grantpt(terminal.master) < 0 ||
	    unlockpt(terminal.master) < 0 ||
	    ptsname_r(terminal.master, name, sizeof(name)) != 0)
		goto none;
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		goto none;
	give_terminal(slave, service);
	tcsetattr(slave, TCSANOW, &terminal.saved);
	copy_size();
	raw = terminal.saved;
	cfmakeraw(&raw);
	terminal.raw = tcsetattr(0, TCSADRAIN, &raw) == 0;
	return slave;
none:
	if (terminal.master >= 0)
		close(terminal.master);
	terminal.master = -1;
	return -1;
}

static void
close_terminal(void)
{
	if (terminal.raw)
		tcsetattr(0, TCSADRAIN, &terminal.saved);
	terminal.raw = false;
}

static int
send_request(int server, const char *service, char **words)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(ERRAND_FDS * sizeof(int))];
	} control = { .bytes = { 0 } };
	char text[512];
	struct iovec piece = { .iov_base = text };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int slave = open_terminal(service);
	int fds[ERRAND_FDS] = { 0, 1, 2, write_words(words) };
	const char *type = getenv("TERM");
	bool typed = slave >= 0 && type != NULL && client_is_plain(type);
	int size = snprintf(text, sizeof(text),
	    "POST /v1/services/%s/exec%s%s HTTP/1.1\r\nHost: hale\r\n"
	    "Connection: close\r\n\r\n",
	    service,
	    typed        ? "?tty="
	    : slave >= 0 ? "?tty"
	                 : "",
	    typed ? type : "");
	ssize_t sent;

	if (size >= (int)sizeof(text) || fds[3] < 0)
		return -1;
	piece.iov_len = (size_t)size;
	for (int i = 0; slave >= 0 && i < 3; i++)
		fds[i] = slave;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	sent = sendmsg(server, &message, MSG_NOSIGNAL);
	close(fds[3]);
	if (slave >= 0)
		close(slave);
	return sent == size ? 0 : -1;
}

/* From one end to the other; false: there is no more. */
static bool
relay(int from, int to)
{
	char text[4096];
	ssize_t got = read(from, text, sizeof(text));

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	for (ssize_t at = 0; at < got;) {
		ssize_t done = write(to, text + at, (size_t)(got - at));

		if (done < 0 && errno != EINTR)
			return false;
		at += done > 0 ? done : 0;
	}
	return got > 0;
}

static int
watch_signals(void)
{
	static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
		SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* One byte on the connection is the number of a signal. */
static void
pass_signal(int signals, int server)
{
	struct signalfd_siginfo info;
	unsigned char byte;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH && terminal.master >= 0) {
		copy_size();
		return;
	}
	byte = (unsigned char)info.ssi_signo;
	if (send(server, &byte, 1, MSG_NOSIGNAL) < 0)
		return;
}

/* Until the server has answered and closed; the answer is in text. */
static void
wait_for_end(int server, int signals, char *text, size_t size)
{
	struct pollfd fds[4] = { { .fd = server, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = terminal.master, .events = POLLIN },
		{ .fd = terminal.master >= 0 ? 0 : -1, .events = POLLIN } };
	size_t used = 0;
	ssize_t got;

	for (;;) {
		if (poll(fds, 4, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents != 0)
			pass_signal(signals, server);
		if (fds[2].revents != 0 && !relay(terminal.master, 1))
			fds[2].fd = -1;
		if (fds[3].revents != 0 && !relay(0, terminal.master))
			fds[3].fd = -1;
		if (fds[0].revents == 0)
			continue;
		got = read(server, text + used, size - used - 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
		if (used == size - 1)
			break;
	}
	text[used] = '\0';
	/* What it wrote last is still in its terminal. */
	while (fds[2].fd >= 0 && poll(&fds[2], 1, 0) > 0 &&
	       relay(terminal.master, 1))
		continue;
}

static int
outcome(const char *text)
{
	const char *code = strstr(text, "\"exit_code\":");
	char why[400] = "";

	if (client_json_text(text, "error", why, sizeof(why)) != NULL &&
	    why[0] != '\0')
		complain(why, "");
	else if (code == NULL)
		complain("hale's answer was cut off", "");
	return code != NULL ? atoi(code + 12) : FAILED;
}

int
verb_exec(int argc, char **argv)
{
	char why[256], text[2048];
	char **words = argv + 2;
	int server, signals;

	if (argc > 2 && strcmp(*words, "--") == 0)
		words++;
	if (argc < 3 || *words == NULL || argv[1][0] == '-')
		return complain(
		    "usage: hale exec SERVICE -- COMMAND [ARG]...", "");
	if (!client_is_plain(argv[1]))
		return complain(argv[1], "is not a service's name");
	server = place_connect(LIMIT_MS, why, sizeof(why));
	if (server < 0)
		return complain(why, "");
	signals = watch_signals();
	if (send_request(server, argv[1], words) < 0) {
		close_terminal();
		return complain("the request can't be sent", strerror(errno));
	}
	wait_for_end(server, signals, text, sizeof(text));
	close_terminal();
	return outcome(text);
}
