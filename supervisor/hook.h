/* SPDX-License-Identifier: MIT */
/*
 * hook.h - commands that run as a service: post_start, pre_stop, reload.
 *
 * One after the other, each with its own time; each in a session of its own,
 * which is killed at the end of that time.
 */
#ifndef HALE_SUPERVISOR_HOOK_H
#define HALE_SUPERVISOR_HOOK_H

#include "supervisor/unit.h"

enum hook_kind { HOOK_NONE, HOOK_POST_START, HOOK_PRE_STOP, HOOK_RELOAD };

/* Gives unit what it needs to run hooks, if its config has any; 0, or -1. */
int hook_init(struct unit *unit);

/* Starts the first command of that kind; its end is posted to the core. */
void hook_start(struct unit *unit, enum hook_kind kind);

/* The command that runs now has ended. */
void hook_ended(struct unit *unit, int status);

/* Kills what runs; nobody is told. */
void hook_kill(struct unit *unit);

/* HOOK_NONE, or what runs now. */
enum hook_kind hook_running(const struct unit *unit);

/* The end of HOOK_RELOAD; status 0: well.  In surface.c. */
void surface_reloaded(uint32_t index, int status);

#endif
