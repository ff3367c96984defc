/* SPDX-License-Identifier: MIT */
/*
 * sys.h - system calls without a C library.
 *
 * Between fork and exec, and in the first microseconds of PID 1, there is no
 * errno, no thread pointer and no relocated data to rely on: these are plain
 * instructions.  Each returns what the kernel does: a value, or -errno.
 */
#ifndef HALE_SUPERVISOR_SYS_H
#define HALE_SUPERVISOR_SYS_H

#include <stdint.h>
#include <sys/syscall.h>

#if defined(__clang_analyzer__)

/* It does not follow assembler: the kernel may have written any memory. */
long sys6(long nr, long a, long b, long c, long d, long e, long f);

#elif defined(__x86_64__)

#define SYS_INSN(ret, nr, ...)                                                 \
	__asm__ volatile("syscall"                                             \
	                 : "=a"(ret)                                           \
	                 : "a"(nr)__VA_ARGS__                                  \
	                 : "rcx", "r11", "memory")
#define SYS_A1      "D"
#define SYS_A2      "S"
#define SYS_A3      "d"
#define SYS_REG4(v) register long r4 __asm__("r10") = (v)
#define SYS_REG5(v) register long r5 __asm__("r8") = (v)
#define SYS_REG6(v) register long r6 __asm__("r9") = (v)

static inline long
sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	SYS_REG4(d);
	SYS_REG5(e);
	SYS_REG6(f);

	SYS_INSN(ret, nr, , SYS_A1(a), SYS_A2(b), SYS_A3(c), "r"(r4), "r"(r5),
	    "r"(r6));
	return ret;
}

static inline long
sys4(long nr, long a, long b, long c, long d)
{
	long ret;
	SYS_REG4(d);

	SYS_INSN(ret, nr, , SYS_A1(a), SYS_A2(b), SYS_A3(c), "r"(r4));
	return ret;
}

static inline long
sys3(long nr, long a, long b, long c)
{
	long ret;

	SYS_INSN(ret, nr, , SYS_A1(a), SYS_A2(b), SYS_A3(c));
	return ret;
}

static inline long
sys2(long nr, long a, long b)
{
	long ret;

	SYS_INSN(ret, nr, , SYS_A1(a), SYS_A2(b));
	return ret;
}

static inline long
sys1(long nr, long a)
{
	long ret;

	SYS_INSN(ret, nr, , SYS_A1(a));
	return ret;
}

static inline long
sys0(long nr)
{
	long ret;

	SYS_INSN(ret, nr, );
	return ret;
}

#else

#if defined(__aarch64__)
#define SYS_NR     "x8"
#define SYS_INSN   "svc 0"
#define SYS_ARG(n) "x" #n
#elif defined(__riscv) && __riscv_xlen == 64
#define SYS_NR     "a7"
#define SYS_INSN   "ecall"
#define SYS_ARG(n) "a" #n
#elif defined(__arm__) && !defined(__thumb__)
#define SYS_NR     "r7"
#define SYS_INSN   "svc 0"
#define SYS_ARG(n) "r" #n
#else
#error                                                                         \
    "hale has no system call instruction for this architecture (build arm with -marm)"
#endif

static inline long
sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long n __asm__(SYS_NR) = nr;
	register long r0 __asm__(SYS_ARG(0)) = a;
	register long r1 __asm__(SYS_ARG(1)) = b;
	register long r2 __asm__(SYS_ARG(2)) = c;
	register long r3 __asm__(SYS_ARG(3)) = d;
	register long r4 __asm__(SYS_ARG(4)) = e;
	register long r5 __asm__(SYS_ARG(5)) = f;

	__asm__ volatile(SYS_INSN
	                 : "+r"(r0)
	                 : "r"(n), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
	                 : "memory");
	return r0;
}

#endif

#if defined(__clang_analyzer__) || !defined(__x86_64__)
#define sys4(nr, a, b, c, d) sys6(nr, a, b, c, d, 0, 0)
#define sys3(nr, a, b, c)    sys6(nr, a, b, c, 0, 0, 0)
#define sys2(nr, a, b)       sys6(nr, a, b, 0, 0, 0, 0)
#define sys1(nr, a)          sys6(nr, a, 0, 0, 0, 0, 0)
#define sys0(nr)             sys6(nr, 0, 0, 0, 0, 0, 0)

#endif

#define sys5(nr, a, b, c, d, e) sys6(nr, a, b, c, d, e, 0)

/* A pointer as a system call wants it. */
static inline long
sys_ptr(const volatile void *p)
{
	return (long)(intptr_t)p;
}

#endif
