/* SPDX-License-Identifier: MIT */
/* early.h - between the kernel and the C library; see early.c. */
#ifndef HALE_SUPERVISOR_EARLY_H
#define HALE_SUPERVISOR_EARLY_H

#include <stdbool.h>
#include <stdint.h>

/* The signal mask that hale was started with; main() starts with all blocked. */
extern uint64_t early_inherited_mask __attribute__((visibility("hidden")));

/* The command was started, held up on its way, and killed: no second try. */
extern bool early_held_up __attribute__((visibility("hidden")));

/* Called once by hale_start with the initial stack. */
void hale_early(long *stack);

/*
 * Whether word is one of hale's verbs, from init.c's table, which must be
 * readable before relocation: names in it are arrays, not pointers.
 */
bool early_is_verb(const char *word);

/*
 * Does a verb's work and exits, where that needs no C library; returns if it
 * did nothing that others could see. mask is what hale was started with. Of
 * healthcheck/early_health.c.
 */
void early_verb(int argc, char *const *argv, char *const *envp, uint64_t mask);

#endif
