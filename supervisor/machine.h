/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the machine that filters are made for: the compiler's own, unless
 * -DMACHINE_X says another, as mk/baseline.sh does.
 */
#ifndef HALE_SUPERVISOR_MACHINE_H
#define HALE_SUPERVISOR_MACHINE_H

#if !defined(MACHINE_X86_64) && !defined(MACHINE_AARCH64) &&                   \
    !defined(MACHINE_ARM) && !defined(MACHINE_RISCV64)
#if defined(__x86_64__)
#define MACHINE_X86_64
#elif defined(__aarch64__)
#define MACHINE_AARCH64
#elif defined(__arm__)
#define MACHINE_ARM
#else
#define MACHINE_RISCV64
#endif
#endif

#endif
