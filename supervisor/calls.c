/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include "packed.h"

#include <string.h>

static const uint16_t numbers[] = {
#define CALL(name, x86_64, generic, arm, groups) CALL_##name,
#include "calls.def"
#undef CALL
};

static const uint32_t groups_of[] = {
#define CALL(name, x86_64, generic, arm, groups) groups,
#include "calls.def"
#undef CALL
};

/* In the same order, one behind the other, each with its NUL: no relocations,
 * and no string longer than C11 knows. */
static const struct {
#define CALL(name, x86_64, generic, arm, groups) char name[sizeof(#name)];
#include "calls.def"
#undef CALL
} names PACKED_TEXT = {
#define CALL(name, x86_64, generic, arm, groups) #name,
#include "calls.def"
#undef CALL
};

#define COUNT (sizeof(numbers) / sizeof(numbers[0]))

/* clang-format off */
static const struct {
	char name[16]; /* without the @ */
	uint32_t groups;
} groups[] = {
	{ "default", START },
	{ "aio", AIO },
	{ "basic-io", BASIC_IO },
	{ "chown", CHOWN },
	{ "clock", CLOCK },
	{ "cpu-emulation", CPU_EMULATION },
	{ "debug", DEBUG },
	{ "file-system", FILE_SYSTEM },
	{ "io-event", IO_EVENT },
	{ "ipc", IPC },
	{ "keyring", KEYRING },
	{ "known", CALL_GROUPS_ALL },
	{ "memlock", MEMLOCK },
	{ "module", MODULE },
	{ "mount", MOUNT },
	{ "network-io", NETWORK_IO },
	{ "obsolete", OBSOLETE },
	{ "pkey", PKEY },
	{ "privileged", PRIVILEGED | CHOWN | CLOCK | MODULE | RAW_IO |
	    REBOOT | SWAP },
	{ "process", PROCESS },
	{ "raw-io", RAW_IO },
	{ "reboot", REBOOT },
	{ "resources", RESOURCES },
	{ "sandbox", SANDBOX },
	{ "setuid", SETUID },
	{ "signal", SIGNAL },
	{ "swap", SWAP },
	{ "sync", SYNC },
	{ "system-service", SERVICE | START | AIO | BASIC_IO | CHOWN |
	    FILE_SYSTEM | IO_EVENT | IPC | KEYRING | MEMLOCK | NETWORK_IO |
	    PROCESS | RESOURCES | SETUID | SIGNAL | SYNC | TIMER },
	{ "timer", TIMER },
};
/* clang-format on */

size_t
calls_count(void)
{
	return COUNT;
}

void
calls_row(size_t row, unsigned *number, uint32_t *mask)
{
	*number = numbers[row];
	*mask = groups_of[row];
}

const char *
calls_name(unsigned number)
{
	const char *name = packed_text((const char *)&names);

	for (size_t i = 0; i < COUNT; i++, name += strlen(name) + 1)
		if (numbers[i] == number && number != CALLS_NONE)
			return name;
	return NULL;
}

int
calls_number(const char *name)
{
	const char *at = packed_text((const char *)&names);

	for (size_t i = 0; i < COUNT; i++, at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return numbers[i];
	return -1;
}

uint32_t
calls_group(const char *name)
{
	if (name[0] == '@')
		for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			if (strcmp(groups[i].name, name + 1) == 0)
				return groups[i].groups;
	return 0;
}
