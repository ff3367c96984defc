/* SPDX-License-Identifier: MIT */
/*
 * environment.h - the environment of one service, put together in order.
 *
 *     environment_base()   what hale has, less HALE_* (HALE_SOCKET stays)
 *     environment_put()    one NAME=value: a name that is there is replaced
 *     environment_give()   the same, but what is there wins (HOME, USER)
 *
 * Pure: an array of borrowed pointers that the caller brings, no memory of its
 * own, so that PID 1 can put one together at each start of a service.
 */
#ifndef HALE_SUPERVISOR_ENVIRONMENT_H
#define HALE_SUPERVISOR_ENVIRONMENT_H

#include "supervisor/conf.h"

struct environment {
	const char **items; /* count of them, then NULL */
	size_t count;
	size_t room; /* of items[], the NULL not counted */
};

/* Each returns 0, or -1 when there is no room, *env unchanged. */
int environment_base(struct environment *env, char *const *environ);
int environment_put(struct environment *env, const char *pair);
int environment_give(struct environment *env, const char *pair);
int environment_put_all(struct environment *env, const struct conf_list *pairs);

#endif
