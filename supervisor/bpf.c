/* SPDX-License-Identifier: MIT */
#include "bpf.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* uapi values that may not stand in one header beside libc's own. */
enum {
	NEW_TIME = 0x80,
	IOCTL_TIOCSTI = 0x5412,
	IOCTL_TIOCLINUX = 0x541c,
	PROT_BOTH = 2 | 4, /* PROT_WRITE | PROT_EXEC */
	PROT_X = 4,
	SHM_X = 0100000, /* SHM_EXEC */
	SECCOMP_X32 = 0x40000000,
	ARM_PRIVATE = 0xf0000, /* set_tls, cacheflush and the like */
};

#define RET(value) (SECCOMP_RET_ERRNO | (uint32_t)(value))

uint32_t
bpf_arch(void)
{
#if defined(MACHINE_X86_64)
	return AUDIT_ARCH_X86_64;
#elif defined(MACHINE_AARCH64)
	return AUDIT_ARCH_AARCH64;
#elif defined(MACHINE_ARM)
	return AUDIT_ARCH_ARM;
#else
	return AUDIT_ARCH_RISCV64;
#endif
}

/*
 * Written from its last instruction to its first, for jumps only go forward:
 * a place is known by its distance from the end, the last one being 1.
 */
struct program {
	struct sock_filter *end; /* one past the last instruction */
	size_t used, max;
	bool full;

	/* one of the two is set */
	const struct bpf_rules *rules;
	const struct bpf_profile *profile;

	size_t tails[BPF_RULES]; /* where each rule's code starts; 0: not yet */
	struct {
		uint32_t action;
		size_t place;
	} actions[16]; /* of a profile, as far as there is room */
	size_t action_count;
};

/* Numbers from first on, up to the next run, have one rule, or one action. */
struct run {
	uint32_t first, what;
	bool matched; /* the one call of this run has matches */
};

static size_t
emit(struct program *p, uint16_t code, size_t yes, size_t no, uint32_t k)
{
	if (p->used == p->max) {
		p->full = true;
		return p->used;
	}
	p->used++;
	p->end[-(ptrdiff_t)p->used] = (struct sock_filter){
		.code = code,
		.jt = (uint8_t)yes,
		.jf = (uint8_t)no,
		.k = k,
	};
	return p->used;
}

static size_t
ret(struct program *p, uint32_t value)
{
	return emit(p, BPF_RET | BPF_K, 0, 0, value);
}

/* A place within reach of the next two instructions that leads to target. */
static size_t
near(struct program *p, size_t target)
{
	if (p->used - target < 250)
		return target;
	return emit(p, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(p->used - target));
}

static size_t
test(struct program *p, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	yes = near(p, yes);
	no = near(p, no);
	return emit(p, BPF_JMP | BPF_K | op, p->used - yes, p->used - no, k);
}

static size_t
load(struct program *p, size_t offset)
{
	return emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* The lower half of an argument: the kernel reads no more of these. */
static size_t
load_arg(struct program *p, unsigned n)
{
	return load(p, offsetof(struct seccomp_data, args) + 8 * n);
}

static size_t tail(struct program *p, enum bpf_rule rule);

/* Any of values: yes, else no; the accumulator holds what is compared. */
static size_t
any_of(struct program *p, const uint32_t *values, size_t count, size_t yes,
    size_t no)
{
	for (size_t i = 0; i < count; i++)
		no = test(p, BPF_JEQ, values[i], yes, no);
	return no;
}

static size_t
socket_tail(struct program *p)
{
	uint32_t allowed[64];
	size_t count = 0;
	size_t no = ret(p, RET(EAFNOSUPPORT));

	for (uint32_t i = 0; i < 64; i++)
		if (p->rules->families & UINT64_C(1) << i)
			allowed[count++] = i;
	any_of(p, allowed, count, tail(p, BPF_ALLOW), no);
	return load_arg(p, 0);
}

/* setns(fd, 0) joins whatever fd is: only a named, allowed kind passes. */
static size_t
setns_tail(struct program *p)
{
	size_t no = tail(p, BPF_DENY), yes = tail(p, BPF_ALLOW);

	yes = test(p, BPF_JSET, p->rules->namespaces, no, yes);
	test(p, BPF_JEQ, 0, no, yes);
	return load_arg(p, 1);
}

static size_t
bits_tail(struct program *p, unsigned arg, uint32_t mask)
{
	test(p, BPF_JSET, mask, tail(p, BPF_DENY), tail(p, BPF_ALLOW));
	return load_arg(p, arg);
}

static size_t
mmap_tail(struct program *p)
{
	test(p, BPF_JEQ, PROT_BOTH, tail(p, BPF_DENY), tail(p, BPF_ALLOW));
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, PROT_BOTH);
	return load_arg(p, 2);
}

static size_t
values_tail(struct program *p, unsigned arg, const uint32_t *values,
    size_t count, enum bpf_rule match, enum bpf_rule other)
{
	any_of(p, values, count, tail(p, match), tail(p, other));
	return load_arg(p, arg);
}

static size_t
write_tail(struct program *p, enum bpf_rule rule)
{
	static const uint32_t typing[] = { IOCTL_TIOCSTI, IOCTL_TIOCLINUX };
	static const uint32_t harmless[] = { 0, 8, 0x20000, 0x20008, 0x40000,
		0xffffffff };

	switch (rule) {
	case BPF_ALLOW:
		return ret(p, SECCOMP_RET_ALLOW);
	case BPF_DENY:
		return ret(p, RET(EPERM));
	case BPF_ABSENT:
		return ret(p, RET(ENOSYS));
	case BPF_SOCKET:
		return socket_tail(p);
	case BPF_CLONE:
		/* Its lowest byte is a signal, not NEW_TIME. */
		return bits_tail(
		    p, 0, p->rules->namespaces & ~(uint32_t)NEW_TIME);
	case BPF_UNSHARE:
		return bits_tail(p, 0, p->rules->namespaces);
	case BPF_SETNS:
		return setns_tail(p);
	case BPF_IOCTL:
		return values_tail(p, 1, typing, 2, BPF_DENY, BPF_ALLOW);
	case BPF_PERSONALITY:
		return values_tail(p, 0, harmless, 6, BPF_ALLOW, BPF_DENY);
	case BPF_MMAP:
		return mmap_tail(p);
	case BPF_MPROTECT:
		return bits_tail(p, 2, PROT_X);
	case BPF_SHMAT:
		return bits_tail(p, 2, SHM_X);
	case BPF_RULES:
		break;
	}
	return ret(p, SECCOMP_RET_KILL_PROCESS);
}

/* Where a rule's code starts; written once, when first asked for. */
static size_t
tail(struct program *p, enum bpf_rule rule)
{
	if (p->tails[rule] == 0)
		p->tails[rule] = write_tail(p, rule);
	return p->tails[rule];
}

/* Where an action is returned from; few are as many as there are places. */
static size_t
action(struct program *p, uint32_t value)
{
	for (size_t i = 0; i < p->action_count; i++)
		if (p->actions[i].action == value)
			return p->actions[i].place;
	if (p->action_count == sizeof(p->actions) / sizeof(p->actions[0]))
		return ret(p, value);
	p->actions[p->action_count].action = value;
	p->actions[p->action_count].place = ret(p, value);
	return p->actions[p->action_count++].place;
}

static size_t
load_half(struct program *p, unsigned arg, bool upper)
{
	return load(
	    p, offsetof(struct seccomp_data, args) + 8 * arg + 4 * upper);
}

static size_t
equal_half(struct program *p, const struct bpf_compare *c, bool upper,
    size_t yes, size_t no)
{
	uint32_t value = (uint32_t)(c->value >> (upper ? 32 : 0));
	uint32_t mask = (uint32_t)(c->mask >> (upper ? 32 : 0));

	if (c->op == BPF_MASKED && mask == 0)
		return value == 0 ? yes : no;
	test(p, BPF_JEQ, value, yes, no);
	if (c->op == BPF_MASKED && mask != UINT32_MAX)
		emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	return load_half(p, c->arg, upper);
}

static size_t
equal(struct program *p, const struct bpf_compare *c, size_t yes, size_t no)
{
	return equal_half(p, c, true, equal_half(p, c, false, yes, no), no);
}

/* argument op value, for JGT and JGE. */
static size_t
ordered(struct program *p, const struct bpf_compare *c, uint16_t op, size_t yes,
    size_t no)
{
	uint32_t upper = (uint32_t)(c->value >> 32);
	size_t low;

	test(p, op, (uint32_t)c->value, yes, no);
	low = load_half(p, c->arg, false);
	low = test(p, BPF_JEQ, upper, low, no);
	test(p, BPF_JGT, upper, yes, low);
	return load_half(p, c->arg, true);
}

static size_t
compare(struct program *p, const struct bpf_compare *c, size_t yes, size_t no)
{
	struct bpf_compare small = *c;

	small.value &= UINT32_MAX;
	switch ((enum bpf_op)c->op) {
	case BPF_EQUAL:
	case BPF_MASKED:
		return equal(p, c, yes, no);
	case BPF_LOW_EQUAL:
		return equal_half(p, c, false, yes, no);
	case BPF_UNEQUAL:
		return equal(p, c, no, yes);
	case BPF_LOW_UNEQUAL:
		return equal_half(
		    p, &small, true, equal_half(p, &small, false, no, yes), no);
	case BPF_GREATER:
		return ordered(p, c, BPF_JGT, yes, no);
	case BPF_GREATER_EQUAL:
		return ordered(p, c, BPF_JGE, yes, no);
	case BPF_LESS:
		return ordered(p, c, BPF_JGE, no, yes);
	case BPF_LESS_EQUAL:
		return ordered(p, c, BPF_JGT, no, yes);
	}
	return no;
}

/* All matches of one call, the last one written first. */
static size_t
match_tail(struct program *p, const struct run *run)
{
	size_t next = action(p, run->what);

	for (size_t i = p->profile->match_count; i-- > 0;) {
		const struct bpf_match *match = &p->profile->matches[i];
		size_t yes;

		if (match->number != run->first)
			continue;
		yes = action(p, match->action);
		for (size_t j = match->count; j-- > 0;)
			yes = compare(p, &match->compare[j], yes, next);
		next = yes;
	}
	return next;
}

static size_t
leaf(struct program *p, const struct run *run)
{
	if (p->rules != NULL)
		return tail(p, (enum bpf_rule)run->what);
	return run->matched ? match_tail(p, run) : action(p, run->what);
}

static size_t
tree(struct program *p, const struct run *runs, size_t count)
{
	size_t half = count / 2;
	size_t right, left;

	if (count == 1)
		return leaf(p, runs);
	right = tree(p, runs + half, count - half);
	left = tree(p, runs, half);
	return test(p, BPF_JGE, runs[half].first, right, left);
}

static size_t
add_run(struct run *runs, size_t count, struct run next)
{
	const struct run *last = count > 0 ? &runs[count - 1] : NULL;

	if (last != NULL && last->what == next.what && !last->matched &&
	    !next.matched)
		return count;
	runs[count] = next;
	return count + 1;
}

static bool
has_match(const struct bpf_profile *profile, uint32_t number)
{
	for (size_t i = 0; i < profile->match_count; i++)
		if (profile->matches[i].number == number)
			return true;
	return false;
}

static struct run
run_of(const struct program *p, uint32_t number)
{
	if (p->rules != NULL)
		return (struct run){ number, p->rules->rule[number], false };
	return (struct run){ number, p->profile->action[number],
		has_match(p->profile, number) };
}

static size_t
find_runs(const struct program *p, struct run *runs)
{
	uint32_t unknown =
	    p->rules != NULL ? p->rules->unknown : p->profile->unknown;
	size_t count = 0;

	for (uint32_t i = 0; i < CALLS_KNOWN; i++)
		count = add_run(runs, count, run_of(p, i));
	count = add_run(runs, count, (struct run){ CALLS_KNOWN, unknown, 0 });
#if defined(MACHINE_ARM)
	count = add_run(runs, count,
	    (struct run){ ARM_PRIVATE,
	        p->rules != NULL ? BPF_ALLOW : SECCOMP_RET_ALLOW, 0 });
	count =
	    add_run(runs, count, (struct run){ ARM_PRIVATE + 16, unknown, 0 });
#endif
#if defined(MACHINE_X86_64)
	/* x32's numbers are x86_64's, with a bit that no filter looks at. */
	count = add_run(runs, count,
	    (struct run){
	        SECCOMP_X32, p->rules != NULL ? BPF_ABSENT : RET(ENOSYS), 0 });
#endif
	return count;
}

static size_t
assemble(struct program *p, struct sock_filter *code)
{
	struct run runs[CALLS_KNOWN + 4];
	size_t count = find_runs(p, runs);
	size_t foreign, first;

	p->end = code + p->max;
	/* What others lead to lies behind them, so it is written first. */
	if (p->rules != NULL) {
		tail(p, BPF_ALLOW);
		tail(p, BPF_DENY);
	}
	foreign = ret(p, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < count; i++)
		if (!runs[i].matched)
			leaf(p, &runs[i]);
	first = tree(p, runs, count);
	if (first != p->used)
		emit(p, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(p->used - first));
	first = load(p, offsetof(struct seccomp_data, nr));
	test(p, BPF_JEQ, bpf_arch(), first, foreign);
	load(p, offsetof(struct seccomp_data, arch));
	if (p->full)
		return 0;
	memmove(code, p->end - p->used, p->used * sizeof(*code));
	return p->used;
}

size_t
bpf_assemble(
    const struct bpf_rules *rules, struct sock_filter *code, size_t max)
{
	struct program p = { .max = max, .rules = rules };

	return assemble(&p, code);
}

size_t
bpf_assemble_profile(
    const struct bpf_profile *profile, struct sock_filter *code, size_t max)
{
	struct program p = { .max = max, .profile = profile };

	return assemble(&p, code);
}

/* One instruction that is no jump and no return; -1: not known. */
static int
step(const struct sock_filter *at, const struct seccomp_data *data, uint32_t *a)
{
	switch (at->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (at->k > sizeof(*data) - 4 || at->k % 4 != 0)
			return -1;
		memcpy(a, (const char *)data + at->k, 4);
		return 0;
	case BPF_ALU | BPF_AND | BPF_K:
		*a &= at->k;
		return 0;
	}
	return -1;
}

/* Is the condition of a jump met?  -1: it is no conditional jump. */
static int
condition(const struct sock_filter *at, uint32_t a)
{
	switch (at->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		return a == at->k;
	case BPF_JMP | BPF_JGE | BPF_K:
		return a >= at->k;
	case BPF_JMP | BPF_JGT | BPF_K:
		return a > at->k;
	case BPF_JMP | BPF_JSET | BPF_K:
		return (a & at->k) != 0;
	}
	return -1;
}

uint32_t
bpf_run(const struct sock_filter *code, size_t length,
    const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < length; pc++) {
		const struct sock_filter *at = &code[pc];
		int met = condition(at, a);

		if (at->code == (BPF_RET | BPF_K))
			return at->k;
		if (at->code == (BPF_JMP | BPF_JA))
			pc += at->k;
		else if (met >= 0)
			pc += met ? at->jt : at->jf;
		else if (step(at, data, &a) < 0)
			break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}
