/* SPDX-License-Identifier: MIT */
/*
 * map.c - within `make COV=1` alone: the counters of the lines that run are
 * pages of a file.
 *
 * PID 1 is killed, its children end by _exit() or become other programs, and
 * half of it runs before there is a C library: nobody could write the counters
 * at an end.  So the pages that hold them (cov.ld aligns them) are replaced, first of
 * all, by those of one file that all processes share.  Where that can't be
 * opened, in an empty root say, what such a process does goes uncounted.
 */
#include "supervisor/sys.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef COVERAGE_FILE /* the Makefile's is a whole path */
#define COVERAGE_FILE "counters"
#endif

extern char coverage_from[] __attribute__((visibility("hidden")));
extern char coverage_to[] __attribute__((visibility("hidden")));

void coverage_map(void);

void
coverage_map(void)
{
	static const char path[] = COVERAGE_FILE;
	const long size = sys_ptr(coverage_to) - sys_ptr(coverage_from);
	long fd = sys3(SYS_open, sys_ptr(path), O_RDWR | O_CLOEXEC, 0);
	unsigned long *from = (unsigned long *)(void *)coverage_from, *to;
	long at;

	if (fd < 0)
		return;
	at = sys6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	sys1(SYS_close, fd);
	if (at < 0 && at > -4096)
		return;
	to = (unsigned long *)at;
	/* What ran before us; others count there just now. */
	for (long i = 0; i < size / (long)sizeof(*to); i++)
		if (from[i] != 0)
			to[i] += from[i];
	sys6(SYS_mremap, at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
	    sys_ptr(coverage_from), 0);
}
