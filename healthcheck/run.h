/* SPDX-License-Identifier: MIT */
/*
 * run.h - one attempt, as its child sees it: ask, settle the answer, exit.
 *
 * Every kind is one function below.  They run in a child of their own, may
 * block until the deadline, allocate and parse what the target sends.
 */
#ifndef HALE_HEALTHCHECK_RUN_H
#define HALE_HEALTHCHECK_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "probe.h"
#include "supervisor/packed.h"

/* The exit status of an attempt's child that wants to be asked with TLS. */
enum { RUN_NEEDS_TLS = 125 };

struct run {
	const struct probe *probe;
	struct answer *answer;
	int64_t deadline_ms; /* of clock_now_ms() */
	int64_t pid;         /* the service's main process; 0: none */
	bool trace;          /* show the exchange on stderr */
};

enum outcome run_http(struct run *run);
enum outcome run_tcp(struct run *run); /* unix too */
PACKED_ENTRY enum outcome run_grpc(struct run *run);
PACKED_ENTRY enum outcome run_cert(struct run *run);
enum outcome run_file(struct run *run);
enum outcome run_disk(struct run *run);
enum outcome run_memory(struct run *run);
enum outcome run_process(struct run *run);
enum outcome run_dns(struct run *run);

/* Is code that only TLS or gRPC probes need sure to be run? */
bool run_needs_packed(enum probe_kind kind);

/*
 * Does it talk over sockets and read a few files, and nothing else?  Not where
 * a redirect may lead it to TLS that is at hand.
 */
bool run_is_plain(const struct probe *probe);

/* Ends the process unless TLS is unpacked: attempt.c starts it again then. */
void run_need_tls(void);

/* Runs a probe of any kind but exec; fills run->answer. */
void run_probe(struct run *run);

/* Milliseconds left, from 0. */
int run_left_ms(const struct run *run);

/* Says that the deadline passed while doing what the text says. */
enum outcome run_timed_out(struct run *run, const char *doing);

/* Shows one line ("> ", "< ", "* ") of the exchange when asked to. */
void run_trace(const struct run *run, char mark, const void *data, size_t n);
void run_note(const struct run *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Settles the answer for errno number: an error, not a failure, where nothing
 * is left to ask with, or a sandbox forbids it; reason is REASON_RESOURCE
 * where the caller knows that.
 */
enum outcome run_fail(struct run *run, int number, enum reason reason);

/* strerror() that begins in lower case, for the middle of a sentence. */
const char *run_errno(int number);

#endif
