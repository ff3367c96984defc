/* SPDX-License-Identifier: MIT */
/*
 * shed.h - what PID 1 itself keeps, once it knows what it will need again.
 *
 *     to signal another user's process   CAP_KILL, or CAP_SETUID by shed_kill()
 *     to start a service as another user CAP_SETUID, CAP_SETGID
 *     to empty its bounding set          CAP_SETPCAP
 *     to give it a capability            that capability
 *     to raise a limit, lower nice       CAP_SYS_RESOURCE, CAP_SYS_NICE
 *
 * All else leaves every set.  Raw system calls only: a child, and PID 1 before
 * its C library, may call these.
 */
#ifndef HALE_SUPERVISOR_SHED_H
#define HALE_SUPERVISOR_SHED_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct confinement;

/* The capabilities that starting a service like this again takes.  Pure. */
uint64_t shed_needs(const struct confinement *service);

/*
 * What to keep of held: needs, and for signalling (if other users' processes
 * are to be signalled) CAP_KILL, or CAP_SETUID where there is no CAP_KILL.
 */
uint64_t shed_keep(uint64_t held, uint64_t needs, bool signals_others);

/*
 * Drops all but keep from the effective and permitted sets, and all of the
 * inheritable and ambient ones; no longer dumpable.  final: no service will be
 * started again, so the bounding set goes too, no_new_privs and a core limit of
 * 0 are set.  Returns 0, or -errno of the capset that failed.
 */
long shed_privileges(uint64_t keep, bool final);

/*
 * Once nothing will be started again, and all below is user uid's: PID 1
 * becomes a user of its own, whom that one can neither signal nor slow down,
 * and keeps CAP_KILL alone, effective only while it signals.  Where there is no
 * CAP_KILL it keeps nothing: its effective user is uid, which is enough to
 * signal and not to be signalled.
 *
 * Returns 0, or -errno where it can't (no CAP_SETUID, no such user in this
 * user namespace), with all capabilities as they were.
 */
long shed_user(uint32_t uid, uint64_t permitted);

/* From now on there may be processes of user uid to signal. */
void shed_expect(uint32_t uid);

/*
 * Signals a process: without CAP_KILL as one of the users expected, for the
 * moment that it takes, in which nobody can signal or trace us.  pid may be
 * negative as for kill(2); -1 reaches the processes of all of them.
 *
 * Returns 0 or -errno.
 */
long shed_kill(int pid, int sig);

/* The same with a value and a sender, to a single process: not as a user. */
long shed_queue(int pid, const siginfo_t *info);

/* Overwrites NAME=value in the environment that /proc/PID/environ shows, and
 * leaves it out of environ; all values of that name. */
void shed_variable(char **environ, const char *name);

#endif
