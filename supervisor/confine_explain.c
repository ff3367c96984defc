/* SPDX-License-Identifier: MIT */
/* confine_explain.c - a step that failed, in words for the person who asked. */
#include "confine.h"
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "landlock.h"

enum {
	SETGID = 6,
	SETUID = 7,
	SETPCAP = 8,
	SYS_NICE = 23,
	SYS_RESOURCE = 24,
	NONE = 64,
};

/* What each step does, and the capabilities without which it may not. */
static const struct {
	char text[44];
	uint8_t needs, needs_too;
} rows[STEP_END] = {
	[STEP_NONE] = { "starting", NONE, NONE },
	[STEP_SECRETS] = { "handing over secrets", NONE, NONE },
	[STEP_OOM] = { "setting oom_score_adj", SYS_RESOURCE, NONE },
	[STEP_NICE] = { "setting nice", SYS_NICE, NONE },
	[STEP_LIMIT] = { "setting ulimit", SYS_RESOURCE, NONE },
	[STEP_UMASK] = { "setting umask", NONE, NONE },
	[STEP_KEYRING] = { "joining a new session keyring", NONE, NONE },
	[STEP_BOUNDING] = { "dropping capabilities", SETPCAP, NONE },
	[STEP_SECUREBITS] = { "setting securebits", SETPCAP, NONE },
	[STEP_KEEP_CAPS] = { "keeping capabilities", NONE, NONE },
	[STEP_GROUPS] = { "setting", SETUID, SETGID },
	[STEP_GROUP] = { "setting", SETUID, SETGID },
	[STEP_USER] = { "setting", SETUID, SETGID },
	[STEP_CAPABILITIES] = { "setting capabilities", NONE, NONE },
	[STEP_AMBIENT] = { "raising ambient", NONE, NONE },
	[STEP_DIRECTORY] = { "entering working directory", NONE, NONE },
	[STEP_VERIFY_USER] = { "verifying the user", NONE, NONE },
	[STEP_VERIFY_GROUPS] = { "verifying the groups", NONE, NONE },
	[STEP_VERIFY_CAPABILITIES] = { "verifying the capabilities", NONE,
	    NONE },
	[STEP_VERIFY_BOUNDING] = { "verifying the bounding set", SETPCAP,
	    NONE },
	[STEP_VERIFY_AMBIENT] = { "verifying the ambient set", NONE, NONE },
	[STEP_VERIFY_SECUREBITS] = { "verifying securebits", NONE, NONE },
	[STEP_VERIFY_REGAIN] = { "verifying that root can't be regained", NONE,
	    NONE },
	[STEP_NO_NEW_PRIVILEGES] = { "setting no_new_privs", NONE, NONE },
	[STEP_WRITE_EXECUTE] = { "denying writable and executable memory", NONE,
	    NONE },
	[STEP_LANDLOCK] = { "creating a Landlock ruleset", NONE, NONE },
	[STEP_LANDLOCK_PATH] = { "adding to the Landlock ruleset", NONE, NONE },
	[STEP_LANDLOCK_PORT] = { "adding to the Landlock ruleset port", NONE,
	    NONE },
	[STEP_LANDLOCK_ENTER] = { "entering the Landlock domain", NONE, NONE },
	[STEP_SECCOMP] = { "loading the seccomp filter", NONE, NONE },
};

struct text {
	char *out;
	size_t size, length;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *text, const char *fmt, ...)
{
	va_list ap;
	int wrote;

	if (text->length >= text->size)
		return;
	va_start(ap, fmt);
	wrote = vsnprintf(
	    text->out + text->length, text->size - text->length, fmt, ap);
	va_end(ap);
	if (wrote > 0)
		text->length += (size_t)wrote;
}

/* Which user, which limit, which path. */
static void
say_what(struct text *text, const struct confinement *c,
    const struct confine_failure *why)
{
	size_t index = (size_t)why->detail;

	switch ((enum confine_step)why->step) {
	case STEP_OOM:
		say(text, " %d", c->oom_score_adj);
		return;
	case STEP_NICE:
		say(text, " %d", c->nice);
		return;
	case STEP_LIMIT:
		say(text, " %s", confine_limit_name((unsigned)why->detail));
		return;
	case STEP_GROUPS:
	case STEP_GROUP:
	case STEP_USER:
		if (c->has_user &&
		    (why->step == STEP_USER || why->error == EPERM))
			say(text, " user %u", c->id->uid);
		else if (why->step == STEP_GROUP)
			say(text, " group %u", c->id->gid);
		else
			say(text, " supplementary groups");
		return;
	case STEP_AMBIENT:
	case STEP_VERIFY_BOUNDING:
	case STEP_VERIFY_AMBIENT:
		if (index < CAPS_COUNT)
			say(text, " CAP_%s", caps_name((unsigned)index));
		return;
	case STEP_DIRECTORY:
		say(text, " %s",
		    c != NULL && c->working_dir != NULL ? c->working_dir
		                                        : confine_directory);
		return;
	case STEP_LANDLOCK_PATH:
		say(text, " %s", c->landlock->path[index].path);
		return;
	case STEP_LANDLOCK_PORT:
		say(text, " %u", (unsigned)c->landlock->port[index].port);
		return;
	case STEP_NONE:
	case STEP_SECRETS:
	case STEP_UMASK:
	case STEP_KEYRING:
	case STEP_BOUNDING:
	case STEP_SECUREBITS:
	case STEP_KEEP_CAPS:
	case STEP_CAPABILITIES:
	case STEP_VERIFY_USER:
	case STEP_VERIFY_GROUPS:
	case STEP_VERIFY_CAPABILITIES:
	case STEP_VERIFY_SECUREBITS:
	case STEP_VERIFY_REGAIN:
	case STEP_NO_NEW_PRIVILEGES:
	case STEP_WRITE_EXECUTE:
	case STEP_LANDLOCK:
	case STEP_LANDLOCK_ENTER:
	case STEP_SECCOMP:
	case STEP_END:
		return;
	}
}

static void
say_error(struct text *text, int error)
{
	char words[80];

	if (error == 0) {
		say(text, ": it is not what was set");
		return;
	}
	snprintf(words, sizeof(words), "%s", strerror(error));
	words[0] = (char)tolower((unsigned char)words[0]);
	say(text, ": %s", words);
}

static bool
lacks(const struct confinement *c, unsigned capability)
{
	return capability < NONE && (c->held & CAPS_BIT(capability)) == 0;
}

/* What the reader can change: a capability, a mapping, a kernel. */
static void
say_cure(struct text *text, const struct confinement *c,
    const struct confine_failure *why)
{
	unsigned first = rows[why->step].needs;
	unsigned second = rows[why->step].needs_too;
	bool changes_id = why->step == STEP_USER || why->step == STEP_GROUP ||
	                  why->step == STEP_GROUPS;

	if (changes_id && why->error == EINVAL)
		say(text, ": not mapped in this user namespace");
	else if (why->error == ENOSYS)
		say(text, ": the kernel lacks it, or the engine refuses it");
	else if (why->step == STEP_OOM && why->error == ENOENT)
		say(text, ": /proc is not mounted");
	else if (why->error != EPERM && why->error != EACCES &&
	         why->step != STEP_VERIFY_BOUNDING)
		return;
	else if (lacks(c, first) && lacks(c, second))
		say(text, ": the container lacks CAP_%s and CAP_%s",
		    caps_name(first), caps_name(second));
	else if (lacks(c, first) || lacks(c, second))
		say(text, ": the container lacks CAP_%s",
		    caps_name(lacks(c, first) ? first : second));
	else if (why->step == STEP_GROUPS)
		say(text, ": this user namespace denies setgroups");
}

const char *
packed_confine_explain(const struct confinement *confinement,
    const struct confine_failure *why, char *out, size_t out_size)
{
	struct text text = { out, out_size, 0 };

	if (out_size > 0)
		out[0] = '\0';
	if (why->step < STEP_NONE || why->step >= STEP_END)
		return out;
	say(&text, "%s", rows[why->step].text);
	say_what(&text, confinement, why);
	say_error(&text, why->error);
	say_cure(&text, confinement, why);
	return out;
}
