/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#define RTMIN 34 /* glibc's and musl's; the kernel's 32 and 33 are theirs */
#define RTMAX 64

/* No pointers: this table is read before the program is relocated. */
static const char names[32][8] = {
	[SIGHUP] = "HUP",
	[SIGINT] = "INT",
	[SIGQUIT] = "QUIT",
	[SIGILL] = "ILL",
	[SIGTRAP] = "TRAP",
	[SIGABRT] = "ABRT",
	[SIGBUS] = "BUS",
	[SIGFPE] = "FPE",
	[SIGKILL] = "KILL",
	[SIGUSR1] = "USR1",
	[SIGSEGV] = "SEGV",
	[SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",
	[SIGALRM] = "ALRM",
	[SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT",
	[SIGSTOP] = "STOP",
	[SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",
	[SIGURG] = "URG",
	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM",
	[SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH",
	[SIGIO] = "IO",
	[SIGPWR] = "PWR",
	[SIGSYS] = "SYS",
};

static const struct {
	char name[8];
	int sig;
} others[] = { { "CLD", SIGCHLD }, { "POLL", SIGIO }, { "IOT", SIGABRT },
	{ "UNUSED", SIGSYS } };

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whether text starts with word, in any case; then *rest is what follows. */
static int
starts(const char *text, const char *word, const char **rest)
{
	for (; *word != '\0'; word++, text++)
		if (upper(*text) != *word)
			return 0;
	*rest = text;
	return 1;
}

/* A decimal number up to 999 and nothing else, or -1. */
static int
number(const char *text)
{
	int value = 0;

	if (*text == '\0' || strlen(text) > 3)
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value;
}

static int
in_range(int sig, int first, int last)
{
	return sig >= first && sig <= last ? sig : 0;
}

int
signals_parse(const char *text)
{
	const char *rest;

	if (*text >= '0' && *text <= '9')
		return in_range(number(text), 1, RTMAX);
	if (starts(text, "SIG", &rest))
		text = rest;
	if (starts(text, "RTMIN", &rest)) {
		if (*rest == '\0')
			return RTMIN;
		return *rest == '+' && number(rest + 1) >= 0
		           ? in_range(RTMIN + number(rest + 1), RTMIN, RTMAX)
		           : 0;
	}
	if (starts(text, "RTMAX", &rest)) {
		if (*rest == '\0')
			return RTMAX;
		return *rest == '-' && number(rest + 1) >= 0
		           ? in_range(RTMAX - number(rest + 1), RTMIN, RTMAX)
		           : 0;
	}
	for (int sig = 1; sig < 32; sig++)
		if (starts(text, names[sig], &rest) && *rest == '\0')
			return sig;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (starts(text, others[i].name, &rest) && *rest == '\0')
			return others[i].sig;
	return 0;
}

void
signals_name(int sig, char name[SIGNALS_NAME_BYTES])
{
	int offset = sig - RTMIN;

	memcpy(name, "SIG", 4);
	if (sig > 0 && sig < 32) {
		memcpy(name + 3, names[sig], sizeof(names[sig]));
		return;
	}
	memcpy(name + 3, "RTMIN", 6);
	if (offset == 0)
		return;
	name[8] = offset < 0 ? '-' : '+';
	if (offset < 0)
		offset = -offset;
	if (offset >= 10)
		name[9] = (char)('0' + offset / 10 % 10);
	name[offset >= 10 ? 10 : 9] = (char)('0' + offset % 10);
	name[offset >= 10 ? 11 : 10] = '\0';
}
