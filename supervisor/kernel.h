/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - the kernel's own view of signals, and other calls that the C
 * library wraps in ways that PID 1 can't use.
 *
 * musl's sigfillset() leaves out signals 32 to 34: one of them would end an
 * init that is not PID 1.  Masks here are the kernel's 64 bits.
 */
#ifndef HALE_SUPERVISOR_KERNEL_H
#define HALE_SUPERVISOR_KERNEL_H

#include "sys.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

#define KERNEL_ALL_SIGNALS (~UINT64_C(0))
#define KERNEL_SIGRTMIN    32

#ifndef SYS_clock_gettime /* 32 bits: struct timespec has 64 bits of time */
#define SYS_clock_gettime SYS_clock_gettime64
#endif
#if defined(SYS_ppoll_time64) /* 32 bits: struct timespec has 64 bits of time */
#define SYS_PPOLL SYS_ppoll_time64
#else
#define SYS_PPOLL SYS_ppoll
#endif
#ifndef SYS_timer_settime /* 32 bits: the one that takes longs */
#define SYS_timer_settime SYS_timer_settime32
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* struct sigaction as rt_sigaction(2) takes it; 32 bytes are always enough. */
struct kernel_sigaction {
	unsigned long handler;
	unsigned long flags;
	unsigned long restorer;
	uint64_t mask;
};

static inline uint64_t
kernel_bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

static inline long
kernel_mask(uint64_t mask, uint64_t *old)
{
	return sys4(SYS_rt_sigprocmask, SIG_SETMASK, sys_ptr(&mask),
	    sys_ptr(old), sizeof(mask));
}

static inline long
kernel_default(int sig)
{
	struct kernel_sigaction action = { 0 };

	return sys4(
	    SYS_rt_sigaction, sig, sys_ptr(&action), 0, sizeof(action.mask));
}

static inline bool
kernel_ignored(int sig)
{
	struct kernel_sigaction action = { 0 };

	return sys4(SYS_rt_sigaction, sig, 0, sys_ptr(&action),
	           sizeof(action.mask)) == 0 &&
	       action.handler == 1; /* SIG_IGN */
}

static inline long
kernel_kill(int pid, int sig)
{
	return sys2(SYS_kill, pid, sig);
}

static inline long
kernel_open(const char *path, int flags)
{
	return sys4(SYS_openat, AT_FDCWD, sys_ptr(path), flags | O_CLOEXEC, 0);
}

static inline long
kernel_close(long fd)
{
	return sys1(SYS_close, fd);
}

static inline long
kernel_read(long fd, void *buffer, unsigned long size)
{
	return sys3(SYS_read, fd, sys_ptr(buffer), (long)size);
}

static inline int
kernel_getpid(void)
{
	return (int)sys0(SYS_getpid);
}

static inline long
kernel_set_foreground(long tty, int group)
{
	return sys3(SYS_ioctl, tty, TIOCSPGRP, sys_ptr(&group));
}

/* The terminal's foreground group, or -errno. */
static inline long
kernel_foreground(long tty)
{
	int group = 0;
	long error = sys3(SYS_ioctl, tty, TIOCGPGRP, sys_ptr(&group));

	return error < 0 ? error : group;
}

_Noreturn static inline void
kernel_exit(int status)
{
	for (;;) {
		sys1(SYS_exit_group, status);
		/* A filter may refuse even that: then die of a fault. */
		__builtin_trap();
	}
}

#endif
