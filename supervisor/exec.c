/* SPDX-License-Identifier: MIT */
#include "exec.h"

#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

const char *
exec_getenv(char *const *envp, const char *name)
{
	size_t length = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
			return *envp + length + 1;
	return NULL;
}

static int
execute(const char *path, char *const *argv, char *const *envp)
{
	return (int)sys3(
	    SYS_execve, sys_ptr(path), sys_ptr(argv), sys_ptr(envp));
}

/* Joins one directory of PATH and the program; an empty one means ".". */
static bool
join(char *path, const char *dir, size_t dir_length, const char *program)
{
	size_t length = strlen(program);

	if (dir_length + 1 + length + 1 > PATH_MAX)
		return false;
	memcpy(path, dir, dir_length);
	if (dir_length > 0)
		path[dir_length++] = '/';
	memcpy(path + dir_length, program, length + 1);
	return true;
}

/* Apart, so that a command with a slash costs no page of stack. */
__attribute__((noinline)) static int
search(char *const *argv, char *const *envp, const char *dir)
{
	char path[PATH_MAX];
	const char *end;
	int found = -ENOENT; /* what to report when no directory has it */

	for (;; dir = end + 1) {
		int error;

		for (end = dir; *end != ':' && *end != '\0';)
			end++;
		if (join(path, dir, (size_t)(end - dir), argv[0])) {
			error = execute(path, argv, envp);
			if (error == -EACCES)
				found = -EACCES;
			else if (error != -ENOENT && error != -ENOTDIR)
				return error;
		}
		if (*end == '\0')
			return found;
	}
}

int
exec_search(char *const *argv, char *const *envp)
{
	const char *path;

	if (argv[0][0] == '\0')
		return -ENOENT;
	if (strchr(argv[0], '/') != NULL)
		return execute(argv[0], argv, envp);
	path = exec_getenv(envp, "PATH");
	return search(argv, envp, path != NULL ? path : EXEC_DEFAULT_PATH);
}

int
exec_status(int error)
{
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}
