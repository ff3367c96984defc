/* SPDX-License-Identifier: MIT */
/*
 * bpf.h - a rule for each system call, made into a seccomp filter.
 *
 * Pure.  The filter is a balanced tree over ranges of equal rules: some eight
 * comparisons for any call, and a few dozen instructions to load, where one
 * comparison for each name would be hundreds.  Arguments that are 32 bits wide
 * in the kernel are compared as 32 bits, so that no upper half gets past.
 */
#ifndef HALE_SUPERVISOR_BPF_H
#define HALE_SUPERVISOR_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "calls.h"

enum bpf_rule {
	BPF_ALLOW,
	BPF_DENY,        /* EPERM */
	BPF_ABSENT,      /* ENOSYS: as a kernel without it would answer */
	BPF_SOCKET,      /* by address family, else EAFNOSUPPORT */
	BPF_CLONE,       /* not into a new namespace */
	BPF_UNSHARE,     /* likewise */
	BPF_SETNS,       /* only into those that are allowed */
	BPF_IOCTL,       /* nothing that types into a terminal */
	BPF_PERSONALITY, /* the harmless ones */
	BPF_MMAP,        /* not writable and executable at once */
	BPF_MPROTECT,    /* not executable later */
	BPF_SHMAT,       /* not executable */
	BPF_RULES
};

struct bpf_rules {
	uint8_t rule[CALLS_KNOWN]; /* enum bpf_rule, by number */
	uint8_t unknown;           /* enum bpf_rule of all other numbers */
	uint64_t families;         /* BPF_SOCKET: 1 << AF_X is allowed */
	uint32_t namespaces;       /* CLONE_NEW*: refused */
};

enum { BPF_LENGTH_MAX = 1024, BPF_ARGS = 6 };

/* How an argument is compared; all of its 64 bits count. */
enum bpf_op {
	BPF_EQUAL,
	BPF_LOW_EQUAL, /* its lower half alone */
	BPF_UNEQUAL,
	BPF_LOW_UNEQUAL, /* its upper half is zero, and the lower one unequal */
	BPF_MASKED,      /* (argument & mask) == value */
	BPF_GREATER,
	BPF_GREATER_EQUAL,
	BPF_LESS,
	BPF_LESS_EQUAL,
};

struct bpf_compare {
	uint64_t value, mask;
	uint8_t arg; /* 0 to 5 */
	uint8_t op;  /* enum bpf_op */
};

/* What a call gets if all of its comparisons hold. */
struct bpf_match {
	uint16_t number;
	uint8_t count;
	uint32_t action; /* SECCOMP_RET_* with its data */
	struct bpf_compare compare[BPF_ARGS];
};

/* A profile: an action for each call, and exceptions by argument. */
struct bpf_profile {
	uint32_t action[CALLS_KNOWN];
	uint32_t unknown;          /* of all other numbers */
	struct bpf_match *matches; /* the first that holds counts */
	size_t match_count;
};

/*
 * Writes the filter into code[].  Returns its length in instructions, or 0
 * when it does not fit into max (BPF_LENGTH_MAX is enough for any rules).
 */
size_t bpf_assemble(
    const struct bpf_rules *rules, struct sock_filter *code, size_t max);

/* The same for a profile; 0 also when code[] has no room for it. */
size_t bpf_assemble_profile(
    const struct bpf_profile *profile, struct sock_filter *code, size_t max);

/*
 * What a filter returns for a call: SECCOMP_RET_*, with its data.  For checks
 * before it is loaded; a program that the kernel would refuse gives
 * SECCOMP_RET_KILL_PROCESS.
 */
uint32_t bpf_run(const struct sock_filter *code, size_t length,
    const struct seccomp_data *data);

/* AUDIT_ARCH_* of this architecture. */
uint32_t bpf_arch(void);

#endif
