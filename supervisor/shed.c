/* SPDX-License-Identifier: MIT */
#include "shed.h"

#include <errno.h>
#include <linux/prctl.h>
#include <string.h>

#include "caps.h"
#include "confine.h"
#include "sys.h"

enum {
	CAP_BIT_KILL = 5,
	CAP_BIT_SETGID = 6,
	CAP_BIT_SETUID = 7,
	CAP_BIT_SETPCAP = 8,
	CAP_BIT_SYS_NICE = 23,
	CAP_BIT_SYS_RESOURCE = 24,
	LIMIT_CORE = 4, /* RLIMIT_CORE */
};

#if defined(SYS_setresuid32)
#define NR_SETRESUID SYS_setresuid32
#define NR_GETEUID   SYS_geteuid32
#else
#define NR_SETRESUID SYS_setresuid
#define NR_GETEUID   SYS_geteuid
#endif

static bool
takes(const struct confinement *service, enum confine_step step)
{
	return (service->steps & UINT64_C(1) << step) != 0;
}

uint64_t
shed_needs(const struct confinement *service)
{
	uint64_t needs = 0;

	if (takes(service, STEP_USER))
		needs |= CAPS_BIT(CAP_BIT_SETUID);
	if (takes(service, STEP_GROUP) || takes(service, STEP_GROUPS))
		needs |= CAPS_BIT(CAP_BIT_SETGID);
	if (takes(service, STEP_CAPABILITIES))
		needs |= CAPS_BIT(CAP_BIT_SETPCAP) | service->capabilities;
	else
		needs |= service->held; /* it keeps all that there is */
	if (takes(service, STEP_LIMIT) || takes(service, STEP_OOM))
		needs |= CAPS_BIT(CAP_BIT_SYS_RESOURCE);
	if (takes(service, STEP_NICE))
		needs |= CAPS_BIT(CAP_BIT_SYS_NICE);
	return needs;
}

uint64_t
shed_keep(uint64_t held, uint64_t needs, bool signals_others)
{
	if (signals_others && (held & CAPS_BIT(CAP_BIT_KILL)) != 0)
		needs |= CAPS_BIT(CAP_BIT_KILL);
	else if (signals_others)
		needs |= CAPS_BIT(CAP_BIT_SETUID);
	return held & needs;
}

long
shed_privileges(uint64_t keep, bool final)
{
	static const uint64_t none[2] = { 0, 0 };
	struct caps_state state = { .effective = keep, .permitted = keep };

	if (final) {
		sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		sys4(SYS_prlimit64, 0, LIMIT_CORE, sys_ptr(none), 0);
		/* While there is CAP_SETPCAP: it is among those that go. */
		caps_drop_bounding(keep);
	}
	sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	sys5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return caps_set(&state);
}

/* The users of services, other than root. */
static uint32_t users[256];
static size_t user_count;

void
shed_expect(uint32_t uid)
{
	for (size_t i = 0; i < user_count; i++)
		if (users[i] == uid)
			return;
	if (uid != 0 && user_count < sizeof(users) / sizeof(users[0]))
		users[user_count++] = uid;
}

static long
send(int to, int sig)
{
	return sys2(SYS_kill, to, sig);
}

static long
send_as_each(int to, int sig)
{
	long result = send(to, sig);
	bool to_all = to == -1;
	long euid;

	if ((result != -EPERM && !to_all) || user_count == 0)
		return result;
	euid = sys0(NR_GETEUID);
	for (size_t i = 0; i < user_count && (result == -EPERM || to_all);
	     i++) {
		long one;

		if (sys3(NR_SETRESUID, -1, (long)users[i], -1) < 0)
			continue;
		one = send(to, sig);
		sys3(NR_SETRESUID, -1, euid, -1);
		if (one == 0 || !to_all)
			result = one;
	}
	/* A change of the euid sets it to whatever the host likes. */
	sys5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return result;
}

long
shed_kill(int pid, int sig)
{
	return send_as_each(pid, sig);
}

void
shed_variable(char **environ, const char *name)
{
	size_t length = strlen(name);
	char **to = environ;

	for (char **from = environ; *from != NULL; from++) {
		volatile char *text = *from;

		if (strncmp(*from, name, length) != 0 ||
		    (*from)[length] != '=') {
			*to++ = *from;
			continue;
		}
		while (*text != '\0')
			*text++ = '\0';
	}
	*to = NULL;
}
