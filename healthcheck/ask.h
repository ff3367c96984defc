/* SPDX-License-Identifier: MIT */
/* ask.h - hale probe and hale wait-for: probes without a PID 1. */
#ifndef HALE_HEALTHCHECK_ASK_H
#define HALE_HEALTHCHECK_ASK_H

enum { ASK_USAGE = 2 };

/* hale probe PROBE [--timeout DUR] [-v] [--json]: 0 pass, 1 fail, 2 usage. */
int verb_probe(int argc, char **argv);

/*
 * hale wait-for PROBE... [--timeout DUR] [--interval DUR] [-- COMMAND]: 0 all
 * passed (or becomes COMMAND), 124 timed out, 2 usage, 126 and 127 as a shell.
 */
int verb_wait_for(int argc, char **argv);

#endif
