/* SPDX-License-Identifier: MIT */
/*
 * baseline.c - prints the default preset's filter for the machine that it was
 * compiled for by -DMACHINE_X, as rows of an array; mk/baseline.sh runs it.
 */
#include "supervisor/conf.h"
#include "supervisor/packed.h"
#include "supervisor/seccomp.h"

#include <inttypes.h>
#include <stdio.h>

/* What only lists of calls would want; there are none here. */
int
conf_refuse(struct conf_error *err, const char *fmt, ...)
{
	(void)err;
	(void)fmt;
	return -1;
}

int
conf_number(int64_t *out, const char *text)
{
	(void)out;
	(void)text;
	return -1;
}

int
conf_bool(int *out, const char *text)
{
	(void)out;
	(void)text;
	return -1;
}

int
packed_load(enum packed which)
{
	(void)which;
	return 0;
}

int
main(void)
{
	static struct sock_filter code[BPF_LENGTH_MAX];
	static struct bpf_rules rules;
	struct seccomp_wants wants = seccomp_baseline_wants();
	struct conf_error err;
	size_t length = 0;

	if (seccomp_rules(&wants, &rules, &err) == 1)
		length = bpf_assemble(&rules, code, BPF_LENGTH_MAX);
	for (size_t i = 0; i < length; i++)
		printf("{ 0x%02x, %u, %u, 0x%" PRIx32 " },%s",
		    (unsigned)code[i].code, code[i].jt, code[i].jf, code[i].k,
		    i % 3 == 2 ? "\n" : " ");
	putchar('\n');
	return length > 0 ? 0 : 1;
}
