/* SPDX-License-Identifier: MIT */
/* gather.h - fills the snapshot from the supervisor, the monitor, the kernel. */
#ifndef HALE_HEALTHCHECK_GATHER_H
#define HALE_HEALTHCHECK_GATHER_H

#include "snapshot.h"

struct config;
struct conf_error;

/* Allocates for *config, after the monitor did.  0, or -1 with err->text. */
int gather_init(const struct config *config, struct conf_error *err);

/* How many probes there are. */
size_t gather_probes(void);

/*
 * The truth, now; good until the next call.  Without figures, what the kernel
 * counts may be old.
 */
const struct snapshot *gather_now(bool figures);

#endif
