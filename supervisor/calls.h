/* SPDX-License-Identifier: MIT */
/*
 * calls.h - system calls by name and number, and the groups that they are in.
 *
 * The groups carry systemd's names, so that a SystemCallFilter= moves over;
 * the lists are our own, in calls.def.
 */
#ifndef HALE_SUPERVISOR_CALLS_H
#define HALE_SUPERVISOR_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "machine.h"

enum call_group {
	START = 1 << 0, /* without these nothing starts, waits or ends */
	AIO = 1 << 1,
	BASIC_IO = 1 << 2,
	CHOWN = 1 << 3,
	CLOCK = 1 << 4,
	CPU_EMULATION = 1 << 5,
	DEBUG = 1 << 6,
	FILE_SYSTEM = 1 << 7,
	IO_EVENT = 1 << 8,
	IPC = 1 << 9,
	KEYRING = 1 << 10,
	MEMLOCK = 1 << 11,
	MODULE = 1 << 12,
	MOUNT = 1 << 13,
	NETWORK_IO = 1 << 14,
	OBSOLETE = 1 << 15,
	PKEY = 1 << 16,
	PRIVILEGED = 1 << 17,
	PROCESS = 1 << 18,
	RAW_IO = 1 << 19,
	REBOOT = 1 << 20,
	RESOURCES = 1 << 21,
	SANDBOX = 1 << 22,
	SETUID = 1 << 23,
	SIGNAL = 1 << 24,
	SWAP = 1 << 25,
	SYNC = 1 << 26,
	TIMER = 1 << 27,
	SERVICE = 1 << 28, /* what @system-service has of its own */
	DENIED = 1 << 29,  /* what sandbox: default refuses */
	CALL_GROUPS_ALL = (1 << 30) - 1
};

enum {
#define NO 0xffff
#if defined(MACHINE_X86_64)
#define CALL(name, x86_64, generic, arm, groups) CALL_##name = x86_64,
#elif defined(MACHINE_ARM)
#define CALL(name, x86_64, generic, arm, groups) CALL_##name = arm,
#else
#define CALL(name, x86_64, generic, arm, groups) CALL_##name = generic,
#endif
#include "calls.def"
#undef CALL
	CALLS_KNOWN = 470, /* greater than every number above but NO */
	CALLS_NONE = NO,
#undef NO
};

/* How many calls the table has, and one row of it; number may be CALLS_NONE,
 * mask is of enum call_group. */
size_t calls_count(void);
void calls_row(size_t row, unsigned *number, uint32_t *mask);

/* "openat" for its number here; NULL when it has no name. */
const char *calls_name(unsigned number);

/* The number of a name: CALLS_NONE if not on this architecture; -1: unknown. */
int calls_number(const char *name);

/* "@mount" as a mask of enum call_group; 0: there is no such group. */
uint32_t calls_group(const char *name);

#endif
