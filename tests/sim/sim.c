/* SPDX-License-Identifier: MIT */
/*
 * sim.c - the decisions of `hale run` under random schedules.
 *
 *	sim [STEPS [SEED]]     STEPS in all (default a million); or one seed
 *
 * A seed makes a config (graph, policies) and a list of numbers.  Each number
 * picks one of the things that may happen next in world.c: a program starts,
 * fails to, ends, leaves children, is ready, gets ill; a client asks; time
 * passes, or jumps.  After every step promise.c compares what the core says
 * with what the made-up world is.  A schedule that breaks a promise is cut down
 * to the shortest one that still does, and told.
 */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEDULE_MAX 600
#define STEPS_ENOUGH 3000000 /* for each cell of the state table */

static uint64_t
next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Runs one schedule.  Returns what was broken, or NULL. */
static const char *
play(uint64_t seed, const uint32_t *schedule, size_t length, bool tell,
    size_t *steps)
{
	static struct world world;

	world_make(&world, seed, tell);
	for (size_t i = 0; i < length && world.broken == NULL; i++)
		world_step(&world, schedule[i]);
	if (world.broken == NULL)
		world_end(&world); /* all things come to an end */
	world_free(&world);
	*steps += world.steps;
	return world.broken;
}

/* Leaves out as much as it can, larger pieces first. */
static size_t
shrink(uint64_t seed, uint32_t *schedule, size_t length)
{
	static uint32_t shorter[SCHEDULE_MAX];
	size_t unused = 0;

	for (size_t piece = length / 2; piece > 0;) {
		bool cut = false;

		for (size_t at = 0; at + piece <= length;) {
			memcpy(shorter, schedule, at * sizeof(*schedule));
			memcpy(shorter + at, schedule + at + piece,
			    (length - at - piece) * sizeof(*schedule));
			if (play(seed, shorter, length - piece, false,
			        &unused)) {
				length -= piece;
				memcpy(schedule, shorter,
				    length * sizeof(*schedule));
				cut = true;
			} else {
				at += piece;
			}
		}
		if (!cut)
			piece /= 2;
	}
	return length;
}

static int
run_seed(uint64_t seed, size_t *steps)
{
	static uint32_t schedule[SCHEDULE_MAX];
	uint64_t state = seed ^ UINT64_C(0x5851f42d4c957f2d);
	size_t length = 20 + next(&state) % (SCHEDULE_MAX - 20);
	const char *broken;

	for (size_t i = 0; i < length; i++)
		schedule[i] = (uint32_t)(next(&state) >> 16);
	broken = play(seed, schedule, length, false, steps);
	if (broken == NULL)
		return 0;

	printf("seed %llu: %s\n", (unsigned long long)seed, broken);
	length = shrink(seed, schedule, length);
	printf("the shortest schedule has %zu steps:\n", length);
	play(seed, schedule, length, true, steps);
	return -1;
}

int
main(int argc, char **argv)
{
	size_t steps_max = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	size_t steps = 0, seeds = 0;
	int never;

	for (; steps < steps_max; seed++, seeds++) {
		if (run_seed(seed, &steps) < 0) {
			printf("0 passed, 1 failed\n");
			return 1;
		}
		if (argc > 2)
			break;
	}
	printf("ok - %zu steps of %zu schedules keep every promise\n", steps,
	    seeds + (argc > 2));
	never = world_report();
	if (steps_max < STEPS_ENOUGH || argc > 2) {
		printf("1 passed, 0 failed\n");
		return 0;
	}
	printf("%sok - all of the state table, and each reason\n",
	    never == 0 ? "" : "not ");
	printf("%d passed, %d failed\n", 1 + (never == 0), never != 0);
	return never != 0;
}
