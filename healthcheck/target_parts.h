/* SPDX-License-Identifier: MIT */
/*
 * target_parts.h - within target.c and target_*.c: the parts of a URL.
 *
 * All of them cut the text that they get in place, and point into it.  They
 * return 0, or -1 with err->text set.
 */
#ifndef HALE_HEALTHCHECK_TARGET_PARTS_H
#define HALE_HEALTHCHECK_TARGET_PARTS_H

#include "target.h"

/* "host:port", "[::1]:port", "host"; usual_port 0: there is none. */
int target_authority(struct probe *probe, char *text, uint16_t usual_port,
    struct conf_error *err);

/* "/run/x.sock:/path": the path of a socket, then what to ask there. */
int target_socket(struct probe *probe, char *text, const char *fallback,
    struct conf_error *err);

/*
 * What stands behind the scheme of probe->kind; on_socket: it was +unix.
 * Needs room for two bytes more behind text.
 */
int target_kind(
    struct probe *probe, char *text, bool on_socket, struct conf_error *err);

#endif
