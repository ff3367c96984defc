/* SPDX-License-Identifier: MIT */
/* defaults.c - within `make SAN=1` alone: also where the environment is empty. */

/* NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer's name */
const char *__asan_default_options(void);

/*
 * LeakSanitizer stops its process by ptrace(), which PID 1 can't be by any; and
 * what PID 1 has at its end is no leak. A service's core limit is left alone.
 */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0:disable_coredump=0";
}
/* NOLINTEND(bugprone-reserved-identifier) */
