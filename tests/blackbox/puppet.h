/* SPDX-License-Identifier: MIT */
/*
 * puppet.h - what the parts of the test puppet share.
 */
#ifndef PUPPET_H
#define PUPPET_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Says what went wrong, with errno, and ends with 99. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A number up to the end of TEXT or a colon; anything else is fatal. */
long number(const char *text);

/* A signal's number, from that or its name without SIG; else fatal. */
int signal_number(const char *name);

/* 0 if PARENT has none. */
pid_t first_child(pid_t parent);

void sleep_ms(long ms);

/* A wait status as a shell's exit code. */
int status_code(int status);

/*
 * Runs COMMAND on a new pseudo-terminal and plays the steps of [STEPS, END)
 * on its master side.  Returns the command's exit code, 98 if an expected
 * text did not come.
 */
int pty_drive(char **steps, char **end, char **command);

#endif
