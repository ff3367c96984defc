/* SPDX-License-Identifier: MIT */
/*
 * seccomp.h - which system calls a service may make: presets, systemd's groups,
 * address families, namespaces, W^X, and Docker's profiles.
 *
 * Presets and lists are made into a filter here, in microseconds and without
 * the heap; a profile, by profile.h, in a short-lived child.
 */
#ifndef HALE_SUPERVISOR_SECCOMP_H
#define HALE_SUPERVISOR_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf.h"

struct conf_error;
struct conf_list;

enum seccomp_preset { SECCOMP_NONE, SECCOMP_DEFAULT, SECCOMP_STRICT };

/* What is wanted, resolved. */
struct seccomp_wants {
	enum seccomp_preset preset;
	const struct conf_list *calls; /* system_call_filter; may be empty */
	bool restrict_families;
	uint64_t families;       /* 1 << AF_X: allowed */
	uint32_t namespaces;     /* CLONE_NEW*: refused */
	bool deny_write_execute; /* where the kernel has no PR_SET_MDWE */
	bool deny_typing;        /* TIOCSTI, TIOCLINUX */
	uint64_t capabilities;   /* added by name: their calls come along */
};

/* What sandbox: default lets a service open: unix, inet, inet6, netlink. */
#define SECCOMP_FAMILIES                                                       \
	(UINT64_C(1) << 1 | UINT64_C(1) << 2 | UINT64_C(1) << 10 |             \
	    UINT64_C(1) << 16)

/* All kinds of namespace that a process can make. */
#define SECCOMP_NAMESPACES UINT32_C(0x7e020080)

/* The default preset, with nothing asked of it or against it; calls is NULL. */
struct seccomp_wants seccomp_baseline_wants(void);

/*
 * The rules for each call.  Pure.  Returns 1, 0 when nothing is refused and no
 * filter is needed, or -1 with err->text set.
 */
int seccomp_rules(const struct seccomp_wants *wants, struct bpf_rules *rules,
    struct conf_error *err);

/* "AF_INET", "AF_PACKET", or "~AF_X" lists, as a mask of those allowed. */
int seccomp_families(
    const struct conf_list *words, uint64_t *families, struct conf_error *err);

/*
 * restrict_namespaces: "true", "false", those allowed ("user net"), or "~" and
 * those refused, as a mask of those refused.
 */
int seccomp_namespaces(
    const char *text, uint32_t *namespaces, struct conf_error *err);

/*
 * Nothing starts or ends under a filter that refuses execve or exit_group.
 * what: whose filter, in the message.
 */
int seccomp_check(const char *what, const struct sock_filter *code,
    size_t length, struct conf_error *err);

#endif
