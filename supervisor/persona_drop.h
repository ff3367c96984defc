/* SPDX-License-Identifier: MIT */
/*
 * persona_drop.h - gosu and su-exec, which drop privileges and are gone.
 */
#ifndef HALE_SUPERVISOR_PERSONA_DROP_H
#define HALE_SUPERVISOR_PERSONA_DROP_H

/* Each is the main() of the program of its name: 1 on any failure. */
int persona_gosu(int argc, char **argv);
int persona_su_exec(int argc, char **argv);

#endif
