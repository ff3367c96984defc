/* SPDX-License-Identifier: MIT */
#include "say.h"

#include "descend.h"
#include "kernel.h"
#include "signals.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>

struct line {
	char text[256];
	size_t used;
};

static void
add(struct line *line, const char *text)
{
	for (; *text != '\0' && line->used + 1 < sizeof(line->text); text++)
		/* A process chooses its own name: it shall not forge lines. */
		line->text[line->used++] =
		    (unsigned char)*text < ' ' ? '?' : *text;
}

static void
add_number(struct line *line, int number)
{
	char digits[12];
	int at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	add(line, digits + at);
}

static void (*through)(const char *text, bool problem);

void
say_through(void (*write_line)(const char *text, bool problem))
{
	through = write_line;
}

static void
say(struct line *line, bool problem)
{
	struct pollfd pfd = { .fd = 2, .events = POLLOUT };
	struct timespec now = { 0, 0 };

	if (through != NULL) {
		line->text[line->used] = '\0';
		through(line->text + 6, problem); /* past "hale: " */
		return;
	}
	line->text[line->used++] = '\n';
	if (sys5(SYS_ppoll, sys_ptr(&pfd), 1, sys_ptr(&now), 0, 8) == 1 &&
	    (pfd.revents & POLLOUT) != 0)
		sys3(SYS_write, 2, sys_ptr(line->text), (long)line->used);
}

void
say_signal_refused(int sig, int pid)
{
	struct line line = { .used = 0 };
	char name[SIGNALS_NAME_BYTES];

	signals_name(sig, name);
	add(&line, "hale: cannot send ");
	add(&line, name);
	add(&line, " to pid ");
	add_number(&line, pid);
	add(&line,
	    ": operation not permitted: it runs as another user, and the "
	    "container lacks CAP_KILL");
	say(&line, true);
}

void
say_signal(int sig, int pid)
{
	struct line line = { .used = 0 };
	char name[SIGNALS_NAME_BYTES];

	signals_name(sig, name);
	add(&line, "hale: passing ");
	add(&line, name);
	add(&line, " on to pid ");
	add_number(&line, pid);
	say(&line, false);
}

void
say_ended(int status)
{
	struct line line = { .used = 0 };
	char name[SIGNALS_NAME_BYTES];

	add(&line, "hale: the command ended, ");
	if (WIFEXITED(status)) {
		add(&line, "status ");
		add_number(&line, WEXITSTATUS(status));
	} else {
		signals_name(WTERMSIG(status), name);
		add(&line, "killed by ");
		add(&line, name);
	}
	say(&line, false);
}

void
say_killing(void)
{
	struct line line = { .used = 0 };

	add(&line, "hale: killing what has not stopped in time");
	say(&line, true);
}

int
say_reaped(int which, int main)
{
	struct line line = { .used = 0 };
	siginfo_t info;
	char comm[16];
	int parent;

	memset(&info, 0, sizeof(info));
	if (sys5(SYS_waitid, which > 0 ? P_PID : P_ALL, which, sys_ptr(&info),
	        WEXITED | WNOHANG | WNOWAIT | __WALL, 0) < 0 ||
	    info.si_pid == 0)
		return 0;
	if (info.si_pid == main)
		return main;
	parent = descend_parent(info.si_pid, comm);
	add(&line, "hale: reaped orphan ");
	add_number(&line, info.si_pid);
	if (parent >= 0) {
		add(&line, " (");
		add(&line, comm);
		add(&line, ")");
	}
	add(&line, info.si_code == CLD_EXITED ? ", status " : ", signal ");
	add_number(&line, info.si_status);
	say(&line, true);
	return info.si_pid;
}
