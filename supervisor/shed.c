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

	/* Nobody's by custom, and in every map of 65536 users. */
	OWN_USER = 65533,
	OWN_USER_TOO = 65531,
};

#if defined(SYS_setresuid32)
#define NR_SETRESUID SYS_setresuid32
#define NR_SETRESGID SYS_setresgid32
#define NR_SETGROUPS SYS_setgroups32
#define NR_GETEUID   SYS_geteuid32
#else
#define NR_SETRESUID SYS_setresuid
#define NR_SETRESGID SYS_setresgid
#define NR_SETGROUPS SYS_setgroups
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

static void
never_again(void)
{
	static const uint64_t none[2] = { 0, 0 };

	sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	sys4(SYS_prlimit64, 0, LIMIT_CORE, sys_ptr(none), 0);
}

static long
keep_only(uint64_t permitted, uint64_t effective)
{
	struct caps_state state = { .effective = effective,
		.permitted = permitted };

	sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	sys5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return caps_set(&state);
}

long
shed_privileges(uint64_t keep, bool final)
{
	if (final) {
		never_again();
		/* While there is CAP_SETPCAP: it is among those that go. */
		caps_drop_bounding(caps_bounding(), keep);
	}
	return keep_only(keep, keep);
}

/* Permitted, and made effective for the moment that they are used. */
static uint64_t reserve;

static long
change_identity(uint32_t own_id, uint32_t effective_id)
{
	const long own = (long)own_id, effective = (long)effective_id;
	long result = sys2(NR_SETGROUPS, 0, 0);

	if (result == 0)
		result = sys3(NR_SETRESGID, own, own, own);
	if (result == 0)
		result = sys3(NR_SETRESUID, own, effective, own);
	return result;
}

long
shed_user(uint32_t uid, uint64_t permitted)
{
	uint32_t own = uid != OWN_USER ? OWN_USER : OWN_USER_TOO;
	uint64_t keep = permitted & CAPS_BIT(CAP_BIT_KILL);
	long result;

	sys5(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	/* Root that has no CAP_KILL either can still signal root. */
	result =
	    keep != 0 ? change_identity(own, own) : change_identity(0, uid);
	sys5(SYS_prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
	if (result < 0)
		return result;
	never_again();
	reserve = keep;
	return keep_only(keep, 0);
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

/* The reserve is drawn, or put back. */
static void
draw(bool on)
{
	struct caps_state state = { .permitted = reserve,
		.effective = on ? reserve : 0 };

	if (reserve != 0)
		caps_set(&state);
}

long
shed_kill(int pid, int sig)
{
	long result;

	draw(true);
	result = send_as_each(pid, sig);
	draw(false);
	return result;
}

long
shed_queue(int pid, const siginfo_t *info)
{
	long result;

	draw(true);
	result = sys3(SYS_rt_sigqueueinfo, pid, info->si_signo, sys_ptr(info));
	draw(false);
	return result;
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
