/* SPDX-License-Identifier: MIT */
/*
 * libc.c - functions of the C library in the size that hale needs: its own are
 * faster on inputs that we don't have, or work with threads that we don't have,
 * and 11 kB larger. Tests and sanitizers use the C library's.
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/clock.h"

#ifdef SYS_setuid32
#define NR_SETUID    SYS_setuid32
#define NR_SETRESUID SYS_setresuid32
#define NR_SETGID    SYS_setgid32
#define NR_SETGROUPS SYS_setgroups32
#else
#define NR_SETUID    SYS_setuid
#define NR_SETRESUID SYS_setresuid
#define NR_SETGID    SYS_setgid
#define NR_SETGROUPS SYS_setgroups
#endif

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library has names of its own for them */
void *
memmem(const void *hay, size_t size, const void *needle, size_t length)
{
	const char *p = hay, *end = p + size;

	if (length == 0)
		return (void *)(uintptr_t)hay;
	for (; (size_t)(end - p) >= length; p++) {
		p = memchr(p, *(const unsigned char *)needle,
		    (size_t)(end - p) - length + 1);
		if (p == NULL)
			break;
		if (memcmp(p, needle, length) == 0)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

/* The C library looks for the vDSO first: half a kilobyte, for mbedTLS alone. */
time_t
time(time_t *out)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);

	if (out != NULL)
		*out = now;
	return now;
}

/* Nobody else is in the middle of anything: there is one thread. */
pid_t
fork(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

char *
strstr(const char *hay, const char *needle)
{
	return memmem(hay, strlen(hay), needle, strlen(needle));
}

static void
swap(char *a, char *b, size_t size)
{
	for (; size > 0; size--, a++, b++) {
		char c = *a;

		*a = *b;
		*b = c;
	}
}

/* Shell's: thousands of rows at most, and no memory. */
void
qsort(void *rows, size_t count, size_t size,
    int (*compare)(const void *, const void *))
{
	size_t gap = count, i;
	char *row;

	while (gap > 1) {
		gap = gap < 5 ? 1 : gap * 5 / 11;
		for (i = gap; i < count; i++)
			for (row = (char *)rows + i * size;
			     row >= (char *)rows + gap * size &&
			     compare(row - gap * size, row) > 0;
			     row -= gap * size)
				swap(row - gap * size, row, size);
	}
}

static unsigned
digit_of(char c)
{
	unsigned byte = (unsigned char)c;

	if (byte - '0' < 10)
		return byte - '0';
	byte |= 0x20;
	return byte - 'a' < 26 ? byte - 'a' + 10 : UINT_MAX;
}

/* most: of the type; a signed one reaches one further below zero. */
static unsigned long long
parse(const char *text, char **end, int base, unsigned long long most,
    bool is_signed)
{
	const char *p = text, *from;
	unsigned long long value = 0, room;
	bool negative, over = false;
	unsigned digit, radix;

	while (isspace((unsigned char)*p))
		p++;
	negative = *p == '-';
	p += *p == '-' || *p == '+';
	if ((base == 0 || base == 16) && p[0] == '0' && (p[1] | 0x20) == 'x' &&
	    digit_of(p[2]) < 16) {
		p += 2;
		base = 16;
	}
	radix = base != 0 ? (unsigned)base : *p == '0' ? 8 : 10;
	room = most + (is_signed && negative);
	for (from = p; (digit = digit_of(*p)) < radix; p++) {
		if (over || value > (room - digit) / radix)
			over = true;
		else
			value = value * radix + digit;
	}
	if (end != NULL)
		*end = (char *)(uintptr_t)(p == from ? text : p);
	if (over) {
		errno = ERANGE;
		return room;
	}
	return negative ? -value : value;
}

unsigned long long
strtoull(const char *text, char **end, int base)
{
	return parse(text, end, base, ULLONG_MAX, false);
}

unsigned long
strtoul(const char *text, char **end, int base)
{
	return (unsigned long)parse(text, end, base, ULONG_MAX, false);
}

long long
strtoll(const char *text, char **end, int base)
{
	return (long long)parse(text, end, base, LLONG_MAX, true);
}

long
strtol(const char *text, char **end, int base)
{
	return (long)parse(text, end, base, LONG_MAX, true);
}

int
atoi(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

long long
atoll(const char *text)
{
	return strtoll(text, NULL, 10);
}

int
fputc(int c, FILE *stream)
{
	unsigned char byte = (unsigned char)c;

	return fwrite(&byte, 1, 1, stream) == 1 ? byte : EOF;
}

int
putchar(int c)
{
	return fputc(c, stdout);
}

int
setuid(uid_t user)
{
	return (int)syscall(NR_SETUID, user);
}

int
seteuid(uid_t user)
{
	return (int)syscall(NR_SETRESUID, -1, user, -1);
}

int
setgid(gid_t group)
{
	return (int)syscall(NR_SETGID, group);
}

int
setgroups(size_t count, const gid_t *groups)
{
	return (int)syscall(NR_SETGROUPS, count, groups);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
