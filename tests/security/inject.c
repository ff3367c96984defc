/* SPDX-License-Identifier: MIT */
/*
 * inject CALL[:ARG0]=ERRNO... -- COMMAND [ARG]...: runs COMMAND with a seccomp
 * filter under which these system calls (with ARG0 as their first argument, if
 * it is given) do nothing and return ERRNO; 0 pretends that they worked.  Needs
 * CAP_SYS_ADMIN, and sets no no_new_privs.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name)                                                             \
	{                                                                      \
#name, SYS_##name                                              \
	}

static const struct {
	const char *name;
	long nr;
} calls[] = {
	CALL(capset),
	CALL(chdir),
	CALL(clone3),
	CALL(close_range),
	CALL(fcntl),
	CALL(keyctl),
	CALL(memfd_create),
	CALL(prctl),
	CALL(prlimit64),
	CALL(seccomp),
	CALL(setgroups),
	CALL(setpriority),
	CALL(setresgid),
	CALL(setresuid),
	CALL(unshare),
	{ "landlock_create_ruleset", 444 },
	{ "landlock_add_rule", 445 },
	{ "landlock_restrict_self", 446 },
};

static struct sock_filter code[256];
static unsigned short used;

static void
emit(unsigned op, unsigned yes, unsigned no, uint32_t k)
{
	code[used++] = (struct sock_filter){ (unsigned short)op,
		(unsigned char)yes, (unsigned char)no, k };
}

static long
number_of(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strlen(calls[i].name) == length &&
		    memcmp(calls[i].name, name, length) == 0)
			return calls[i].nr;
	fprintf(stderr, "inject: unknown call %s\n", name);
	exit(2);
}

static void
add(const char *spec)
{
	long nr = number_of(spec, strcspn(spec, ":="));
	const char *arg = strchr(spec, ':'), *error = strchr(spec, '=');
	uint32_t action =
	    SECCOMP_RET_ERRNO | (uint32_t)atoi(error == NULL ? "1" : error + 1);

	emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	if (arg == NULL) {
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)nr);
	} else {
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, (uint32_t)nr);
		emit(BPF_LD | BPF_W | BPF_ABS, 0, 0,
		    offsetof(struct seccomp_data, args));
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1,
		    (uint32_t)strtol(arg + 1, NULL, 0));
	}
	emit(BPF_RET | BPF_K, 0, 0, action);
}

int
main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = code };
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		add(argv[i]);
	if (i + 1 >= argc)
		return 2;
	emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	program.len = used;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
		perror("inject: seccomp");
		return 2;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
