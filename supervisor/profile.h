/* SPDX-License-Identifier: MIT */
/*
 * profile.h - seccomp profiles in Docker's JSON format.
 *
 * A short-lived child reads the file with libyaml (JSON is YAML) and hands back
 * the finished filter, so that no parser of it ever touches PID 1's memory.
 */
#ifndef HALE_SUPERVISOR_PROFILE_H
#define HALE_SUPERVISOR_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "packed.h"

struct conf_error;
struct confine_filter;

/*
 * Compiles the profile at path for a service that has the capabilities of
 * mask.  The filter lives in pages of its own, for ever.
 *
 * Returns 0, or -1 with err->text set and *out unchanged.
 */
PACKED_ENTRY int profile_compile(const char *path, uint64_t capabilities,
    struct confine_filter *out, struct conf_error *err);

/*
 * What the child does: size bytes of text become a filter in the file fd.
 * Returns 0, or -1 with err->text set.
 */
int profile_translate(const char *text, size_t size, uint64_t capabilities,
    int fd, struct conf_error *err);

#endif
