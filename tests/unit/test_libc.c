/* SPDX-License-Identifier: MIT */
/* supervisor/libc.c beside the C library's own, on the same words. */
#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* NOLINTBEGIN(bugprone-suspicious-include,
 *   readability-inconsistent-declaration-parameter-name): names that are taken,
 * so that both can be called */
#define memmem    our_memmem
#define strstr    our_strstr
#define qsort     our_qsort
#define strtoull  our_strtoull
#define strtoul   our_strtoul
#define strtoll   our_strtoll
#define strtol    our_strtol
#define atoi      our_atoi
#define atoll     our_atoll
#define fputc     our_fputc
#define putchar   our_putchar
#define setuid    our_setuid
#define seteuid   our_seteuid
#define setgid    our_setgid
#define setgroups our_setgroups
void *our_memmem(const void *, size_t, const void *, size_t);
char *our_strstr(const char *, const char *);
void our_qsort(void *, size_t, size_t, int (*)(const void *, const void *));
unsigned long long our_strtoull(const char *, char **, int);
unsigned long our_strtoul(const char *, char **, int);
long long our_strtoll(const char *, char **, int);
long our_strtol(const char *, char **, int);
int our_atoi(const char *);
long long our_atoll(const char *);
int our_fputc(int, FILE *);
int our_putchar(int);
int our_setuid(uid_t);
int our_seteuid(uid_t);
int our_setgid(gid_t);
int our_setgroups(size_t, const gid_t *);
#include "supervisor/libc.c"
#undef memmem
#undef strstr
#undef qsort
#undef strtoull
#undef strtoul
#undef strtoll
#undef strtol
#undef atoi
#undef atoll
/* NOLINTEND(bugprone-suspicious-include,
 *   readability-inconsistent-declaration-parameter-name) */

static const char *const words[] = { "", "0", "1", "-1", "+7", " \t\n12x", "-",
	"+", "0x", "0x1f", "0X1F", "-0x10", "0xg", "08", "017", "-017", "z",
	"Zz", "2147483647", "4294967296", "9223372036854775807",
	"9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"18446744073709551615", "18446744073709551616", "-18446744073709551615",
	"-18446744073709551616", "99999999999999999999999",
	"-99999999999999999999999 and more", "12.5", "1e3", "--1", "- 1",
	"0b11", "ff", "7fffffffffffffff" };
static const int bases[] = { 0, 8, 10, 16, 36 };

#define SAME(type, name)                                                       \
	do {                                                                   \
		char *end, *our_end;                                           \
		int number;                                                    \
		type value, our_value;                                         \
		errno = 0;                                                     \
		value = name(words[i], &end, bases[j]);                        \
		number = errno == ERANGE ? ERANGE : 0;                         \
		errno = 0;                                                     \
		our_value = our_##name(words[i], &our_end, bases[j]);          \
		if (our_value != value || our_end != end || errno != number)   \
			fail_msg(                                              \
			    #name " of \"%s\", base %d", words[i], bases[j]);  \
	} while (0)

static void
test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		for (size_t j = 0; j < COUNT(bases); j++) {
			SAME(long, strtol);
			SAME(unsigned long, strtoul);
			SAME(long long, strtoll);
			SAME(unsigned long long, strtoull);
		}
	assert_int_equal(our_atoi(" -42 "), -42);
	assert_int_equal(our_atoll("5000000000"), 5000000000);
}

static void
test_finding(void **state)
{
	static const char *const hays[] = { "", "a", "aab", "abababc", "xxabc",
		"abc", "aaaaaaaaab", "needle in a haystack" };
	static const char *const needles[] = { "", "a", "b", "ab", "abc", "aab",
		"ababc", "stack", "needles", "haystack!" };
	(void)state;

	for (size_t i = 0; i < COUNT(hays); i++)
		for (size_t j = 0; j < COUNT(needles); j++) {
			const char *hay = hays[i], *needle = needles[j];

			assert_ptr_equal(
			    our_strstr(hay, needle), strstr(hay, needle));
			for (size_t n = 0; n <= strlen(hay); n++)
				assert_ptr_equal(
				    our_memmem(hay, n, needle, strlen(needle)),
				    memmem(hay, n, needle, strlen(needle)));
		}
}

struct row {
	int key;
	char name[3];
};

static int
by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static void
test_sorting(void **state)
{
	static struct row rows[2000];
	unsigned random = 1;
	(void)state;

	for (size_t count = 0; count <= COUNT(rows);
	     count += count < 30 ? 1 : 197) {
		int sum = 0;

		for (size_t i = 0; i < count; i++) {
			random = random * 1103515245 + 12345;
			rows[i].key = (int)(random >> 16 & 1023);
			rows[i].name[1] = (char)rows[i].key;
			sum += rows[i].key;
		}
		our_qsort(rows, count, sizeof(*rows), by_key);
		for (size_t i = 0; i < count; i++) {
			assert_true(i == 0 || rows[i - 1].key <= rows[i].key);
			assert_int_equal(rows[i].name[1], (char)rows[i].key);
			sum -= rows[i].key;
		}
		assert_int_equal(sum, 0);
	}
}

static void
test_identity(void **state)
{
	(void)state;

	assert_int_equal(our_setuid(getuid()), 0);
	assert_int_equal(our_seteuid(getuid()), 0);
	assert_int_equal(our_setgid(getgid()), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_finding),
		cmocka_unit_test(test_sorting),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests_name("libc", tests, NULL, NULL);
}
