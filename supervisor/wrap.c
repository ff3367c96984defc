/* SPDX-License-Identifier: MIT */
/*
 * wrap.c - what the linker calls in place of the C library's functions (--wrap):
 * the texts of errors and signals lie packed. Only where that library is musl.
 */
#include "packed.h"

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
char *__real_strerror(int number);
char *__real_strsignal(int number);
char *__wrap_strerror(int number);
char *__wrap_strsignal(int number);

char *
__wrap_strerror(int number)
{
	packed_load(PACKED_TEXTS);
	return __real_strerror(number);
}

char *
__wrap_strsignal(int number)
{
	packed_load(PACKED_TEXTS);
	return __real_strsignal(number);
}
/* NOLINTEND(bugprone-reserved-identifier) */
