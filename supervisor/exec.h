/* SPDX-License-Identifier: MIT */
/*
 * exec.h - finds and executes a program with raw system calls, and says in
 * plain words why that failed.
 */
#ifndef HALE_SUPERVISOR_EXEC_H
#define HALE_SUPERVISOR_EXEC_H

#include <stddef.h>

/* Where programs are looked for when the environment has no PATH. */
#define EXEC_DEFAULT_PATH                                                      \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The value of variable name in envp, or NULL. */
const char *exec_getenv(char *const *envp, const char *name);

/*
 * Executes argv[0], searched as execvp(3) searches it but never handed to a
 * shell.  Safe in a vfork()ed child.  Returns -errno of the attempt that
 * mattered; the caller ends the process.
 */
int exec_search(char *const *argv, char *const *envp);

/* 127 not found, 126 found but not executable: what a POSIX shell would say. */
int exec_status(int error);

/*
 * Fills text with one line, without a newline, that says why argv[0] could not
 * be executed with error: the path searched, the interpreter that is missing,
 * the architecture that is wrong.  Reads the file; never blocks on it.
 */
void exec_explain(
    char *text, size_t size, const char *program, char *const *envp, int error);

#endif
