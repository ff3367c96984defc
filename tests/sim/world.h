/* SPDX-License-Identifier: MIT */
/*
 * world.h - made-up processes and a made-up clock around a real core.
 *
 * What is true here is what the kernel would know; what the core believes is in
 * core->services.  promise.c compares the two.
 */
#ifndef HALE_TESTS_SIM_WORLD_H
#define HALE_TESTS_SIM_WORLD_H

#include "supervisor/core.h"

#include <stddef.h>

#define WORLD_SERVICES 9
#define WORLD_NODES    (WORLD_SERVICES + 2)
#define WORLD_EDGES    40

/* How a program takes the stop signal. */
enum manner { POLITE, SLOW, DEAF, LITTERS, MANNERS };

struct actor {
	bool exists;   /* forked, session not empty */
	bool runs;     /* its execve() has worked */
	bool first;    /* its first process lives */
	bool told;     /* was asked to stop */
	bool killed;   /* was sent SIGKILL: will die, soon */
	bool extended; /* asked for more time to stop */
	bool stuck;    /* in the kernel: SIGKILL has to wait */
	bool ended_well;
	bool ready, healthy; /* what its probes say */
	uint32_t generation;
	uint8_t manner; /* enum manner */
	uint8_t hook;   /* 0: none, 1: post_start, 2: pre_stop */
	int status;
	int64_t told_ms; /* when the core had to begin its stop */
	int64_t due_ms;  /* the timer, as the core armed it */
	uint32_t timer;
	uint32_t old_timer; /* one that was replaced */
	uint64_t spawns;
};

struct world {
	struct core core;
	struct graph graph;
	struct core_policy policies[WORLD_SERVICES];
	uint32_t policy_of[WORLD_SERVICES]; /* each has its own */
	struct core_service services[WORLD_NODES];
	struct actor actors[WORLD_NODES];
	int64_t paths_ms[2 * WORLD_SERVICES];
	int64_t now_ms;
	int64_t stop_ms; /* when the whole stop began; -1: not yet */
	int64_t last_due_ms;
	uint32_t last_timer;
	int exit_status; /* -1: not yet */
	bool killed_all; /* a second signal */
	bool asked;      /* the stop was asked for */
	bool tell;
	const char *broken; /* the promise that was */
	uint64_t random;
	size_t steps; /* events that the core was told */
};

void world_make(struct world *world, uint64_t seed, bool tell);
void world_step(struct world *world, uint32_t choice);

/* Asks for the whole stop, if nobody did, and lets time pass until the end. */
void world_end(struct world *world);
void world_free(struct world *world);

/*
 * Tells what all worlds together have seen.  Returns how many cells of the state
 * table in which something is done, and reasons, none of them met.
 */
int world_report(void);

/* promise.c: what must be true whenever the core does something ... */
void promise_effect(struct world *world, const struct core_effect *effect);

/* ... and after every step. */
void promise_all(struct world *world);

/* Notes the first broken promise. */
void world_broke(struct world *world, const char *promise);

#endif
