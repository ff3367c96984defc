/* SPDX-License-Identifier: MIT */
/* early_user.h - `hale --user USER COMMAND` before the C library. */
#ifndef HALE_SUPERVISOR_EARLY_USER_H
#define HALE_SUPERVISOR_EARLY_USER_H

#include <stdbool.h>

#include "confine.h"
#include "single.h"

/* A longer environment is left to the C library's path. */
enum { EARLY_ENVIRONMENT_MAX = 250 };

/* What single_run() is given pointers to. */
struct early_user {
	struct confinement plan;
	struct identity id;
	struct confine_failure why;
	struct identity_words words;
	char *envp[EARLY_ENVIRONMENT_MAX + 4];
};

/*
 * Makes *single run its command as user, with all that --user brings: the plan
 * that confine_compile() would make of it.  false: leave it to that one, which
 * knows every environment and says what is wrong; *single is unchanged.
 */
bool early_user(
    const char *user, struct early_user *made, struct single *single);

#endif
