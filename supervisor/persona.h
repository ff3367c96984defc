/* SPDX-License-Identifier: MIT */
/*
 * persona.h - within the personas: what the programs that hale may be called
 * have in common.  Each is in a file of its own, persona_*.c.
 */
#ifndef HALE_SUPERVISOR_PERSONA_H
#define HALE_SUPERVISOR_PERSONA_H

#include <stddef.h>

#include "single.h"

/* Nothing is declared yet; argv is of the whole program. */
struct single persona_blank(char **argv);

/*
 * The command after the options, of the whole argv.  "PROGRAM -- ARGS" is the
 * use that tini's help shows, though what its getopt() makes of it is "PROGRAM
 * ARGS"; not so behind a "--".
 */
char **persona_command(char **argv);

/* Runs it; back only if that failed, with the errno. */
int persona_start(const struct single *single);

/* To standard error: rather nothing than to wait for who reads it. */
void persona_tell(const char *text, size_t size);

/* Each is the main() of the program of its name, with its exit codes. */
int persona_tini(int argc, char **argv);
int persona_catatonit(int argc, char **argv);
int persona_dumb_init(int argc, char **argv);

#endif
