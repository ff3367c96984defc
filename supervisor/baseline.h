/* SPDX-License-Identifier: MIT */
/*
 * baseline.h - the default preset's seccomp filter, assembled before the build.
 *
 * What PID 1 loads for `--user` before the C library, and for every service of
 * which nothing else was asked.
 */
#ifndef HALE_SUPERVISOR_BASELINE_H
#define HALE_SUPERVISOR_BASELINE_H

#include <linux/filter.h>
#include <stdint.h>

extern const struct sock_filter baseline_filter[]
    __attribute__((visibility("hidden")));
extern const uint16_t baseline_length __attribute__((visibility("hidden")));

#endif
