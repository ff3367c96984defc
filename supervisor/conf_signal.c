/* SPDX-License-Identifier: MIT */
/*
 * conf_signal.c - signals by name, numbered as the kernel and Docker do.
 *
 * SIGRTMIN is 34 here, whatever the C library keeps for itself: that is what
 * `docker kill -s SIGRTMIN+3` and systemd send.
 */
#include "supervisor/conf.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#define RT_MIN 34
#define RT_MAX 64

_Static_assert(SIGUSR1 == 10 && SIGCHLD == 17 && SIGSYS == 31,
    "the names below are numbered for another architecture");

/* By number, from 1; one string, so that no pointer needs relocation. */
static const char names[] = "HUP\0INT\0QUIT\0ILL\0TRAP\0ABRT\0BUS\0FPE\0KILL\0"
                            "USR1\0SEGV\0USR2\0PIPE\0ALRM\0TERM\0STKFLT\0"
                            "CHLD\0CONT\0STOP\0TSTP\0TTIN\0TTOU\0URG\0XCPU\0"
                            "XFSZ\0VTALRM\0PROF\0WINCH\0IO\0PWR\0SYS\0";

static int
real_time(const char *text)
{
	int base = strncasecmp(text, "RTMAX", 5) == 0 ? RT_MAX : RT_MIN;
	int64_t offset;

	if (base == RT_MIN && strncasecmp(text, "RTMIN", 5) != 0)
		return 0;
	text += 5;
	if (*text == '\0')
		return base;
	if (*text != (base == RT_MIN ? '+' : '-') ||
	    conf_number(&offset, text + 1) < 0 || offset < 0 ||
	    offset > RT_MAX - RT_MIN)
		return 0;
	return base == RT_MIN ? RT_MIN + (int)offset : RT_MAX - (int)offset;
}

int
conf_signal(const char *text)
{
	static const struct {
		char name[5];
		int number;
	} others[] = { { "IOT", SIGABRT }, { "POLL", SIGIO },
		{ "CLD", SIGCHLD } };
	int64_t number;
	int i = 1;

	if (conf_number(&number, text) == 0)
		return number >= 1 && number <= RT_MAX ? (int)number : 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (const char *name = names; *name != '\0'; i++) {
		if (strcasecmp(name, text) == 0)
			return i;
		name += strlen(name) + 1;
	}
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
		if (strcasecmp(others[k].name, text) == 0)
			return others[k].number;
	return real_time(text);
}

const char *
conf_signal_name(int number, char *text)
{
	const char *name = names;

	if (number < 1 || number > RT_MAX)
		return NULL;
	if (number >= RT_MIN) {
		memcpy(text, "SIGRTMIN+", 10);
		conf_show_number(text + 9, number - RT_MIN);
		return text;
	}
	for (int i = 1; i < number && *name != '\0'; i++)
		name += strlen(name) + 1;
	if (*name == '\0')
		return NULL;
	memcpy(text, "SIG", 3);
	memcpy(text + 3, name, strlen(name) + 1);
	return text;
}
