/* SPDX-License-Identifier: MIT */
/* environment.c - the environment of one service, put together in order. */
#include "supervisor/environment.h"

#include <stdbool.h>
#include <string.h>

/* The item with the name that pair begins with; or items[count]. */
static const char **
find(const struct environment *env, const char *pair)
{
	size_t size = strcspn(pair, "="), i = 0;

	while (i < env->count && (strncmp(env->items[i], pair, size) != 0 ||
	                             env->items[i][size] != '='))
		i++;
	return &env->items[i];
}

static int
append(struct environment *env, const char *pair)
{
	if (env->count == env->room)
		return -1;
	env->items[env->count++] = pair;
	env->items[env->count] = NULL;
	return 0;
}

int
environment_put(struct environment *env, const char *pair)
{
	const char **item = find(env, pair);

	if (item == &env->items[env->count])
		return append(env, pair);
	*item = pair;
	return 0;
}

int
environment_give(struct environment *env, const char *pair)
{
	if (find(env, pair) != &env->items[env->count])
		return 0;
	return append(env, pair);
}

int
environment_put_all(struct environment *env, const struct conf_list *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (environment_put(env, pairs->items[i]) < 0)
			return -1;
	return 0;
}

/* Settings of hale, and what names descriptors that no service inherits. */
static bool
is_ours(const char *pair)
{
	return (strncmp(pair, "HALE_", 5) == 0 &&
	           strncmp(pair, "HALE_SOCKET=", 12) != 0) ||
	       strncmp(pair, "LISTEN_PID=", 11) == 0 ||
	       strncmp(pair, "LISTEN_FDS=", 11) == 0 ||
	       strncmp(pair, "LISTEN_FDNAMES=", 15) == 0;
}

int
environment_base(struct environment *env, char *const *environ)
{
	env->count = 0;
	env->items[0] = NULL;
	for (; environ != NULL && *environ != NULL; environ++) {
		if (is_ours(*environ))
			continue;
		if (append(env, *environ) < 0)
			return -1;
	}
	return 0;
}
