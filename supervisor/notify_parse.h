/* SPDX-License-Identifier: MIT */
/*
 * notify_parse.h - one datagram of sd_notify(3), taken apart.
 *
 * Pure; the bytes come from a service and may be anything.  Fuzzed by
 * tests/fuzz/fuzz_notify.c.
 */
#ifndef HALE_SUPERVISOR_NOTIFY_PARSE_H
#define HALE_SUPERVISOR_NOTIFY_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOTIFY_BYTES_MAX = 4096 };

struct notify_message {
	bool ready, reloading, stopping;
	bool alive;          /* WATCHDOG=1 */
	bool trigger;        /* WATCHDOG=trigger */
	bool barrier;        /* BARRIER=1: a descriptor to close comes along */
	bool fdstore;        /* FDSTORE=1: refused */
	int32_t error;       /* ERRNO=; 0: none */
	int64_t main_pid;    /* 0: not said */
	int64_t watchdog_ms; /* -1: not said */
	int64_t extend_ms;   /* -1: not said */
	const char *status;  /* inside bytes; NULL: not said */
	size_t status_size;
};

/* Lines that mean nothing, or are wrong, are passed over. */
void notify_parse(
    struct notify_message *message, const char *bytes, size_t size);

#endif
