/* SPDX-License-Identifier: MIT */
/* The command lines of tini, docker-init, catatonit, dumb-init, gosu and
 * su-exec: the first byte says whose; then words, each ended by a NUL; after an
 * empty one, the environment. Linked so that nothing is run and nobody becomes
 * anybody: the linker puts the functions below before the real ones (--wrap). */
#include "supervisor/early.h"
#include "supervisor/personas.h"
#include "supervisor/single.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 60 };

static const char *const names[] = { "tini", "docker-init", "catatonit",
	"dumb-init", "gosu", "su-exec", "/sbin/tini-static" };
static char **words; /* of the command line, the command's among them */
static size_t word_count;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
void __wrap_single_run(
    const struct single *single, volatile struct single_report *report);
int __wrap_exec_search(char *const *argv, char *const *envp);
int __wrap_setgroups(size_t count, const gid_t *list);
int __wrap_setgid(gid_t gid);
int __wrap_setuid(uid_t uid);

bool
early_is_verb(const char *word) /* init.c's */
{
	(void)word;
	return false;
}

/* What is to be run are words of the command line, to its end. */
static void
check_command(char *const *argv)
{
	if (argv[0] == NULL)
		abort();
	for (size_t i = 0; argv[i] != NULL; i++) {
		size_t at = 0;

		while (at < word_count && words[at] != argv[i])
			at++;
		if (at == word_count)
			abort();
	}
}

void
__wrap_single_run(
    const struct single *single, volatile struct single_report *report)
{
	if (single->argv != NULL)
		check_command(single->argv);
	else if (strcmp(words[0], "catatonit") != 0)
		abort();
	if (single->parent_death < 0 || single->parent_death > SIGNAL_MAX)
		abort();
	for (int i = 1; single->rewrite != NULL && i <= SIGNAL_MAX; i++)
		if (single->rewrite[i] > SIGNAL_MAX &&
		    single->rewrite[i] != SIGNAL_DROPPED)
			abort();
	report->error = -ENOENT;
}

int
__wrap_exec_search(char *const *argv, char *const *envp)
{
	check_command(argv);
	if (envp == NULL)
		abort();
	return -ENOENT;
}

int
__wrap_setgroups(size_t count, const gid_t *list)
{
	if (count > 0 && list == NULL)
		abort();
	return 0;
}

int
__wrap_setgid(gid_t gid)
{
	if (gid == (gid_t)-1)
		abort();
	return 0;
}

/* Root only for who asked for it by its name or number. */
int
__wrap_setuid(uid_t uid)
{
	size_t length = strcspn(words[1], ":");

	if (uid == (uid_t)-1)
		abort();
	if (uid == 0 && !(length == 1 && words[1][0] == '0') &&
	    !(length == 4 && strncmp(words[1], "root", 4) == 0))
		abort();
	return 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* Its words are for /dev/null, the fuzzer's own are not. */
static int
quietly(persona_main *run, int argc, char **argv)
{
	static FILE *null;
	FILE *out = stdout, *err = stderr;
	int status;

	if (null == NULL && (null = fopen("/dev/null", "w")) == NULL)
		abort();
	stdout = stderr = null;
	status = run(argc, argv);
	stdout = out;
	stderr = err;
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[WORDS_MAX + 2] = { NULL }, *text = malloc(size + 1);
	char name[32];
	size_t count = 1, argc;

	if (text == NULL || size == 0) {
		free(text);
		return 0;
	}
	snprintf(name, sizeof(name), "%s",
	    names[data[0] % (sizeof(names) / sizeof(names[0]))]);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	argv[0] = name;
	for (size_t at = 0; at < size - 1 && count < WORDS_MAX;
	     at += strlen(text + at) + 1)
		argv[count++] = text + at;
	for (argc = 1; argc < count && *argv[argc] != '\0';)
		argc++;
	clearenv();
	for (size_t i = argc + 1; i < count; i++)
		if (strchr(argv[i], '=') > argv[i])
			putenv(argv[i]);
	argv[argc] = NULL;
	words = argv;
	word_count = argc;
	optind = 0; /* getopt() begins anew */
	if ((unsigned)quietly(persona_find(name), (int)argc, argv) > 255)
		abort();
	clearenv();
	free(text);
	return 0;
}
