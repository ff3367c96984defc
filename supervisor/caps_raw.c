/* SPDX-License-Identifier: MIT */
/* caps_raw.c - capget(2) and capset(2), callable before the C library is up. */
#include "caps.h"

#include <linux/capability.h>
#include <linux/prctl.h>

#include "sys.h"

long
caps_get(struct caps_state *state)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	long result = sys2(SYS_capget, sys_ptr(&head), sys_ptr(data));

	if (result < 0)
		return result;
	state->effective = data[0].effective | (uint64_t)data[1].effective
	                                           << 32;
	state->permitted = data[0].permitted | (uint64_t)data[1].permitted
	                                           << 32;
	state->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable
	                                               << 32;
	return 0;
}

long
caps_set(const struct caps_state *state)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)state->effective, (uint32_t)state->permitted,
		    (uint32_t)state->inheritable },
		{ (uint32_t)(state->effective >> 32),
		    (uint32_t)(state->permitted >> 32),
		    (uint32_t)(state->inheritable >> 32) },
	};

	return sys2(SYS_capset, sys_ptr(&head), sys_ptr(data));
}

uint64_t
caps_bounding(void)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 64; i++) {
		long has = sys2(SYS_prctl, PR_CAPBSET_READ, (long)i);

		if (has < 0)
			break;
		if (has > 0)
			mask |= CAPS_BIT(i);
	}
	return mask;
}

/* To drop what is not there costs ten times a look. */
void
caps_drop_bounding(uint64_t present, uint64_t keep)
{
	for (unsigned i = 0; i < 64; i++)
		if ((present & ~keep & CAPS_BIT(i)) != 0 &&
		    sys5(SYS_prctl, PR_CAPBSET_DROP, (long)i, 0, 0, 0) < 0)
			return;
}
