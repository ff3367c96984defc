/* SPDX-License-Identifier: MIT */
/*
 * serve.h - an HTTP server that answers 200 to everything, in a network
 * namespace of our own: on 127.0.0.1:SERVE_PORT and on a unix socket.
 */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <stdint.h>
#include <sys/types.h>

enum { SERVE_PORT = 10400, SERVE_STAMPS = 1 << 16 };

/* What it says of itself, in memory shared with it. */
struct served {
	uint32_t count;                  /* requests answered */
	uint64_t stamp_ns[SERVE_STAMPS]; /* when, for the first ones */
};

/*
 * Moves this process to a network of its own and starts the server; path NULL:
 * no unix socket. Returns its pid, or -1 with a line on stderr.
 */
pid_t serve_start(const char *path);

/* Lives as long as the process; NULL before serve_start(). */
volatile struct served *serve_seen(void);

void serve_end(pid_t server, const char *path);

#endif
