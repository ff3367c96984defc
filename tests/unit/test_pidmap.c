/* SPDX-License-Identifier: MIT */
/* A map of few places, compared with an array that has one for each. */
#include "unit.h"

#include "supervisor/pidmap.h"

#include <stdlib.h>

#define PIDS 400

static void
test_like_an_array(void **state)
{
	uint32_t model[PIDS + 1], random = 1, used = 0;
	struct pidmap map;
	(void)state;

	for (int i = 0; i <= PIDS; i++)
		model[i] = PIDMAP_NONE;
	assert_int_equal(pidmap_init(&map, 20), 0);
	for (int i = 0; i < 200000; i++) {
		pid_t pid = 1 + (pid_t)((random >> 16) % PIDS);

		random = random * 1103515245 + 12345;
		assert_int_equal(pidmap_get(&map, pid), model[pid]);
		if (model[pid] != PIDMAP_NONE) {
			pidmap_remove(&map, pid);
			model[pid] = PIDMAP_NONE;
			used--;
		} else if (used < map.mask + 1) {
			pidmap_put(&map, pid, random >> 8);
			model[pid] = random >> 8;
			used++;
		}
	}
	for (pid_t pid = 1; pid <= PIDS; pid++)
		assert_int_equal(pidmap_get(&map, pid), model[pid]);
	free(map.entries);
}

static void
test_removing_nobody(void **state)
{
	struct pidmap map;
	(void)state;

	assert_int_equal(pidmap_init(&map, 4), 0);
	pidmap_remove(&map, 7);
	pidmap_put(&map, 7, 1);
	pidmap_put(&map, 7, 2);
	assert_int_equal(pidmap_get(&map, 7), 2);
	pidmap_remove(&map, 7);
	assert_int_equal(pidmap_get(&map, 7), PIDMAP_NONE);
	free(map.entries);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_an_array),
		cmocka_unit_test(test_removing_nobody),
	};

	return cmocka_run_group_tests_name("pidmap", tests, NULL, NULL);
}
