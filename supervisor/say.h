/* SPDX-License-Identifier: MIT */
/*
 * say.h - the few things that PID 1 says without a C library.
 *
 * Lines go to stderr, or nowhere if that would mean to wait.
 */
#ifndef HALE_SUPERVISOR_SAY_H
#define HALE_SUPERVISOR_SAY_H

#include <stdbool.h>

/*
 * Where lines go once the C library is up: log_line() adds what it adds.
 * Lines come without "hale: " and newline; problem says that it is no news.
 */
void say_through(void (*write_line)(const char *text, bool problem));

/* "cannot send SIGTERM to pid 7: operation not permitted: ..." */
void say_signal_refused(int sig, int pid);

/* With -v: a signal was passed on; how the command ended. */
void say_signal(int sig, int pid);
void say_ended(int status);

/* The time to ask is over. */
void say_killing(void);

/*
 * Names the child of which (-1: any) that waits to be reaped, if it isn't the
 * command main.  Returns its pid, to reap just that one: another may end
 * meanwhile, and come first; 0 where none waits.
 */
int say_reaped(int which, int main);

#endif
