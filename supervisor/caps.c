/* SPDX-License-Identifier: MIT */
#include "caps.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "sys.h"

/* By number, each ended by a NUL: one string needs no relocations. */
static const char names[] =
    "CHOWN\0DAC_OVERRIDE\0DAC_READ_SEARCH\0FOWNER\0FSETID\0KILL\0SETGID\0"
    "SETUID\0SETPCAP\0LINUX_IMMUTABLE\0NET_BIND_SERVICE\0NET_BROADCAST\0"
    "NET_ADMIN\0NET_RAW\0IPC_LOCK\0IPC_OWNER\0SYS_MODULE\0SYS_RAWIO\0"
    "SYS_CHROOT\0SYS_PTRACE\0SYS_PACCT\0SYS_ADMIN\0SYS_BOOT\0SYS_NICE\0"
    "SYS_RESOURCE\0SYS_TIME\0SYS_TTY_CONFIG\0MKNOD\0LEASE\0AUDIT_WRITE\0"
    "AUDIT_CONTROL\0SETFCAP\0MAC_OVERRIDE\0MAC_ADMIN\0SYSLOG\0WAKE_ALARM\0"
    "BLOCK_SUSPEND\0AUDIT_READ\0PERFMON\0BPF\0CHECKPOINT_RESTORE\0";

_Static_assert(CAP_CHECKPOINT_RESTORE == CAPS_COUNT - 1, "a name for each");
_Static_assert(CAP_CHECKPOINT_RESTORE == CAP_LAST_CAP, "newer kernel headers");

const char *
caps_name(unsigned capability)
{
	const char *name = names;

	if (capability >= CAPS_COUNT)
		return NULL;
	while (capability-- > 0)
		name += strlen(name) + 1;
	return name;
}

static int
number_of(const char *word)
{
	const char *name = names;

	for (int i = 0; i < CAPS_COUNT; i++, name += strlen(name) + 1)
		if (strcasecmp(name, word) == 0)
			return i;
	return -1;
}

int
caps_parse(const char *word, uint64_t *mask, struct conf_error *err)
{
	const char *bare = strncasecmp(word, "CAP_", 4) == 0 ? word + 4 : word;
	int number;

	if (strcasecmp(word, "ALL") == 0) {
		*mask = CAPS_ALL;
		return 0;
	}
	number = number_of(bare);
	if (number < 0)
		return conf_refuse(err, "unknown capability \"%s\"", word);
	*mask = CAPS_BIT(number);
	return 0;
}

/* The union of a list; *has_all: the word ALL was in it. */
static int
sum(const struct conf_list *list, uint64_t *mask, bool *has_all,
    struct conf_error *err)
{
	*mask = 0;
	*has_all = false;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t one = 0;

		if (caps_parse(list->items[i], &one, err) < 0)
			return -1;
		if (one == CAPS_ALL)
			*has_all = true;
		else
			*mask |= one;
	}
	return 0;
}

int
caps_tweak(uint64_t base, uint64_t all, const struct conf_list *add,
    const struct conf_list *drop, uint64_t *out, struct conf_error *err)
{
	uint64_t added, dropped;
	bool adds_all, drops_all;

	if (sum(add, &added, &adds_all, err) < 0 ||
	    sum(drop, &dropped, &drops_all, err) < 0)
		return -1;
	if (adds_all)
		base = all;
	if (drops_all)
		base = 0;
	if (drops_all && adds_all)
		return conf_refuse(
		    err, "cap_add and cap_drop can't both say ALL");
	*out = (base & ~dropped) | added;
	return 0;
}

const char *
caps_text(uint64_t mask, char *out, size_t out_size)
{
	const char *before = "";
	size_t length = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < CAPS_COUNT; i++)
		count += (mask & CAPS_BIT(i)) != 0;
	out[0] = '\0';
	if (mask == 0) {
		snprintf(out, out_size, "none");
		return out;
	}
	if (count == CAPS_COUNT) {
		snprintf(out, out_size, "all");
		return out;
	}
	if (count > CAPS_COUNT / 2 + 4) {
		before = "all but ";
		mask = CAPS_ALL & ~mask;
	}
	for (unsigned i = 0; i < CAPS_COUNT && length < out_size; i++)
		if (mask & CAPS_BIT(i))
			length += (size_t)snprintf(out + length,
			    out_size - length, "%s%s",
			    length > 0 ? ", " : before, caps_name(i));
	return out;
}
