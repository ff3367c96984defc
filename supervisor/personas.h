/* SPDX-License-Identifier: MIT */
/*
 * personas.h - called by another program's name, hale is that program.
 *
 * tini, docker-init, catatonit and dumb-init: their command lines, variables,
 * messages' forms and exit codes, without the faults that tests/blackbox names.
 */
#ifndef HALE_SUPERVISOR_PERSONAS_H
#define HALE_SUPERVISOR_PERSONAS_H

typedef int persona_main(int argc, char **argv);

/* The main() of the program that argv0 names, or NULL: hale itself. */
persona_main *persona_find(const char *argv0);

#endif
