/* SPDX-License-Identifier: MIT */
/*
 * raw.h - system calls without a libc, for the programs of the bench that have
 * to be as small as a program can be: the floor and the measured child.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Always inline: two tasks may share the stack around a call, so none of these
 * may push a return address.
 */
#define RAW_INLINE static inline __attribute__((always_inline))

/* What the kernel takes for a signal set: one bit per signal, 64 of them. */
typedef uint64_t raw_sigset;

#if defined(__x86_64__)

RAW_INLINE long
raw_call(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
	                 : "=a"(ret)
	                 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
	                 : "rcx", "r11", "memory");
	return ret;
}

/* Hands the stack as the kernel built it (argc, argv, NULL, envp) to entry(). */
#define RAW_START                                                              \
	__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n"                    \
	        "\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall entry\n\thlt")

#elif defined(__aarch64__)

RAW_INLINE long
raw_call(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	register long x4 __asm__("x4") = 0;

	__asm__ volatile("svc #0"
	                 : "+r"(x0)
	                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
	                 : "memory");
	return x0;
}

#define RAW_START                                                              \
	__asm__(".globl _start\n_start:\n\tmov x0,sp\n\tbl entry\n\tbrk #1")

#else
/* cppcheck is asked about the other machines, too. */
/* cppcheck-suppress preprocessorErrorDirective */
#error "the bench knows x86_64 and aarch64"
#endif

#define RAW_SIGCHLD     17
#define RAW_SIG_SETMASK 2
#define RAW_CLONE_VM    0x100L
#define RAW_CLONE_VFORK 0x4000L

RAW_INLINE long
raw_setmask(const raw_sigset *set)
{
	return raw_call(__NR_rt_sigprocmask, RAW_SIG_SETMASK, (long)set, 0, 8);
}

RAW_INLINE _Noreturn void
raw_exit(int code)
{
	for (;;)
		(void)raw_call(__NR_exit_group, code, 0, 0, 0);
}

/* A child on this stack; the caller sleeps until it has exec'd or ended. */
RAW_INLINE long
raw_vfork(void)
{
	return raw_call(
	    __NR_clone, RAW_CLONE_VM | RAW_CLONE_VFORK | RAW_SIGCHLD, 0, 0, 0);
}

#endif
