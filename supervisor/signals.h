/* SPDX-License-Identifier: MIT */
/* signals.h - signal numbers and names, as the field writes them. */
#ifndef HALE_SUPERVISOR_SIGNALS_H
#define HALE_SUPERVISOR_SIGNALS_H

#define SIGNALS_NAME_BYTES 16

/*
 * The number of "TERM", "SIGTERM", "15", "SIGRTMIN+3", "RTMAX-1" in any case,
 * 1 to 64; 0 if it is none.  SIGRTMIN is 34, as in every program that COMMAND
 * may be.
 */
int signals_parse(const char *text);

/* Writes "SIGTERM", "SIGRTMIN+3"; never fails.  Needs no C library. */
void signals_name(int sig, char name[SIGNALS_NAME_BYTES]);

#endif
