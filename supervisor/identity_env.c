/* SPDX-License-Identifier: MIT */
/* identity_env.c - HOME, USER and LOGNAME, without a C library. */
#include "identity.h"

#include <string.h>

/* NAME=value into out, which has room for both. */
static char *
join(char *out, const char *name, const char *value)
{
	size_t length = strlen(name);

	memcpy(out, name, length);
	memcpy(out + length, value, strlen(value) + 1);
	return out;
}

/*
 * Adds pair, whose name is length bytes with its '=', or puts it in the place
 * of what an engine sets for root, which it does in every container: nobody
 * gave that.
 */
static size_t
give(char **envp, size_t count, char *pair, size_t length)
{
	size_t at = 0;

	while (at < count && strncmp(envp[at], pair, length) != 0)
		at++;
	if (at == count || strcmp(envp[at] + length, "/root") == 0 ||
	    strcmp(envp[at] + length, "root") == 0)
		envp[at] = pair;
	return at == count ? count + 1 : count;
}

void
identity_environment(const struct identity *id, struct identity_words *words,
    char **envp, size_t count)
{
	count = give(envp, count, join(words->home, "HOME=", id->home), 5);
	if (id->name[0] != '\0') {
		count =
		    give(envp, count, join(words->user, "USER=", id->name), 5);
		count = give(
		    envp, count, join(words->logname, "LOGNAME=", id->name), 8);
	}
	envp[count] = NULL;
}
