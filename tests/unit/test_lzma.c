/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/lzma.h"

#define XZ "xz --format=raw --lzma1=preset=9e,nice=273,lc=3,lp=0,pb=0 --stdout"

enum { ROOM = 1 << 18 };

/* What xz makes of the bytes, as mk/pack.c asks for it; its size. */
static size_t
pack(const uint8_t *bytes, size_t size, uint8_t *packed)
{
	char name[] = "/tmp/hale-lzma.XXXXXX", command[128];
	int fd = mkstemp(name);
	FILE *xz;
	size_t got;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	snprintf(command, sizeof(command), XZ " %s", name);
	xz = popen(command, "r");
	assert_non_null(xz);
	got = fread(packed, 1, ROOM, xz);
	assert_int_equal(pclose(xz), 0);
	unlink(name);
	return got;
}

static void
check(const uint8_t *bytes, size_t size)
{
	static uint8_t packed[ROOM], out[ROOM + 1];

	pack(bytes, size, packed);
	memset(out, 0xaa, sizeof(out));
	lzma_unpack(out, size, packed);
	assert_memory_equal(out, bytes, size);
	assert_int_equal(out[size], 0xaa);
}

static uint32_t
next(uint32_t *seed)
{
	return (*seed = *seed * 1103515245 + 12345) >> 16;
}

/* Copies within what is there already, as a match does. */
static size_t
repeat(uint8_t *bytes, size_t at, size_t distance, size_t count)
{
	for (; count > 0; count--, at++)
		bytes[at] = bytes[at - distance];
	return at;
}

/* New bytes, far and near matches, the same distances again, long runs. */
static void
test_what_xz_packed(void **state)
{
	static const uint8_t again[] = { 3, 17, 40, 64 };
	static uint8_t bytes[ROOM];
	uint32_t seed, kind;
	(void)state;

	if (system("xz --version >/dev/null 2>&1") != 0)
		skip();
	for (seed = 1; seed < 20; seed++) {
		uint32_t random = seed;
		size_t at = 0;

		while (at < ROOM - 600) {
			kind = next(&random) % 16;
			if (kind < 6 || at < 64)
				bytes[at++] = (uint8_t)(next(&random) >> kind);
			else if (kind < 10)
				at = repeat(bytes, at, 1 + next(&random) % at,
				    2 + next(&random) % 32);
			else if (kind < 14)
				at = repeat(bytes, at, again[next(&random) & 3],
				    1 + next(&random) % 8);
			else
				at = repeat(bytes, at, 1, next(&random) % 500);
		}
		check(bytes, at);
	}
}

static void
test_small_and_monotonous(void **state)
{
	static uint8_t zeros[ROOM];
	(void)state;

	if (system("xz --version >/dev/null 2>&1") != 0)
		skip();
	for (size_t size = 1; size < 40; size++)
		check((const uint8_t *)"a man, a plan, a canal, panama, man",
		    size < 36 ? size : 36);
	check(zeros, ROOM);
}

/* Not a stream at all: what comes of it is of no use, but in its place. */
static void
test_never_leaves_the_output(void **state)
{
	static uint8_t in[ROOM], out[4096 + 16];
	uint32_t random = 1;
	(void)state;

	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < 64 * 1024; i++)
			in[i] = (uint8_t)next(&random);
		memset(out, 0x55, sizeof(out));
		lzma_unpack(out + 8, 4096, in);
		for (size_t i = 0; i < 8; i++) {
			assert_int_equal(out[i], 0x55);
			assert_int_equal(out[8 + 4096 + i], 0x55);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_xz_packed),
		cmocka_unit_test(test_small_and_monotonous),
		cmocka_unit_test(test_never_leaves_the_output),
	};

	return cmocka_run_group_tests_name("lzma", tests, NULL, NULL);
}
