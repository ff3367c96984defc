/* SPDX-License-Identifier: MIT */
#include "seccomp.h"

#include <string.h>

#include "conf.h"

/* Refused by sandbox: strict though @system-service has it. */
#define NOT_STRICT                                                             \
	(RESOURCES | KEYRING | MODULE | RAW_IO | REBOOT | SWAP | CLOCK |       \
	    DEBUG | OBSOLETE | MOUNT | CPU_EMULATION | DENIED)

static void
set_all(struct bpf_rules *rules, enum bpf_rule rule, uint32_t groups)
{
	unsigned number;
	uint32_t mask;

	for (size_t i = 0; i < calls_count(); i++) {
		calls_row(i, &number, &mask);
		if (number < CALLS_KNOWN && (mask & groups) != 0)
			rules->rule[number] = (uint8_t)rule;
	}
}

static void
set_one(struct bpf_rules *rules, unsigned number, enum bpf_rule rule)
{
	if (number < CALLS_KNOWN)
		rules->rule[number] = (uint8_t)rule;
}

/* What is allowed so far is allowed only by this rule. */
static void
narrow(struct bpf_rules *rules, unsigned number, enum bpf_rule rule)
{
	if (number < CALLS_KNOWN && rules->rule[number] == BPF_ALLOW)
		rules->rule[number] = (uint8_t)rule;
}

/* What a kernel with all that we know, and nothing else, would answer. */
static void
start_from(struct bpf_rules *rules, enum bpf_rule known, enum bpf_rule unknown)
{
	memset(rules->rule, (int)unknown, sizeof(rules->rule));
	rules->unknown = (uint8_t)unknown;
	set_all(rules, known, UINT32_MAX);
	/* The few that are in no group at all. */
	for (size_t i = 0; i < calls_count(); i++) {
		unsigned number;
		uint32_t mask;

		calls_row(i, &number, &mask);
		set_one(rules, number, known);
	}
}

static void
set_preset(struct bpf_rules *rules, enum seccomp_preset preset)
{
	switch (preset) {
	case SECCOMP_NONE:
		start_from(rules, BPF_ALLOW, BPF_ALLOW);
		return;
	case SECCOMP_DEFAULT:
		start_from(rules, BPF_ALLOW, BPF_ABSENT);
		set_all(rules, BPF_DENY, DENIED);
		break;
	case SECCOMP_STRICT:
		start_from(rules, BPF_DENY, BPF_ABSENT);
		set_all(rules, BPF_ALLOW, calls_group("@system-service"));
		set_all(rules, BPF_DENY, NOT_STRICT);
		set_all(rules, BPF_ALLOW, START);
		break;
	}
	narrow(rules, CALL_personality, BPF_PERSONALITY);
}

/* Who adds a capability by name wants to use it. */
static const struct {
	uint8_t capability;
	uint16_t number;
} uses[] = {
	{ 2, CALL_open_by_handle_at },
	{ 16, CALL_init_module },
	{ 16, CALL_finit_module },
	{ 16, CALL_delete_module },
	{ 17, CALL_iopl },
	{ 17, CALL_ioperm },
	{ 18, CALL_chroot },
	{ 19, CALL_ptrace },
	{ 19, CALL_kcmp },
	{ 19, CALL_pidfd_getfd },
	{ 19, CALL_process_vm_readv },
	{ 19, CALL_process_vm_writev },
	{ 20, CALL_acct },
	{ 21, CALL_bpf },
	{ 21, CALL_fanotify_init },
	{ 21, CALL_fsconfig },
	{ 21, CALL_fsmount },
	{ 21, CALL_fsopen },
	{ 21, CALL_fspick },
	{ 21, CALL_mount },
	{ 21, CALL_mount_setattr },
	{ 21, CALL_move_mount },
	{ 21, CALL_open_tree },
	{ 21, CALL_perf_event_open },
	{ 21, CALL_pivot_root },
	{ 21, CALL_quotactl },
	{ 21, CALL_setdomainname },
	{ 21, CALL_sethostname },
	{ 21, CALL_umount2 },
	{ 22, CALL_reboot },
	{ 23, CALL_mbind },
	{ 23, CALL_move_pages },
	{ 23, CALL_sched_setaffinity },
	{ 23, CALL_sched_setscheduler },
	{ 23, CALL_set_mempolicy },
	{ 23, CALL_setpriority },
	{ 24, CALL_setrlimit },
	{ 25, CALL_adjtimex },
	{ 25, CALL_clock_adjtime },
	{ 25, CALL_clock_settime },
	{ 25, CALL_settimeofday },
	{ 26, CALL_vhangup },
	{ 34, CALL_syslog },
	{ 38, CALL_perf_event_open },
	{ 39, CALL_bpf },
};

static void
allow_uses(struct bpf_rules *rules, uint64_t capabilities)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (capabilities & UINT64_C(1) << uses[i].capability)
			set_one(rules, uses[i].number, BPF_ALLOW);
}

/* One word of system_call_filter: a group, a name or a number, without "~". */
static int
apply_word(struct bpf_rules *rules, const char *word, enum bpf_rule rule,
    struct conf_error *err)
{
	uint32_t group = calls_group(word);
	int64_t number;

	if (group != 0) {
		set_all(rules, rule, group);
		return 0;
	}
	if (conf_number(&number, word) < 0)
		number = calls_number(word);
	if (number < 0 || number > CALLS_NONE)
		return conf_refuse(err, "unknown %s \"%s\"",
		    word[0] == '@' ? "group of system calls" : "system call",
		    word);
	set_one(rules, (unsigned)number, rule);
	return 0;
}

/* systemd's rule: the first word decides whether it is a list of what is
 * allowed or of what is refused; each later one adds or takes away. */
static int
apply_list(struct bpf_rules *rules, const struct conf_list *words,
    struct conf_error *err)
{
	struct bpf_rules list = { .unknown = BPF_ABSENT };
	bool refuses = words->items[0][0] == '~';

	start_from(&list, refuses ? BPF_ALLOW : BPF_DENY, BPF_ABSENT);
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		enum bpf_rule rule = word[0] == '~' ? BPF_DENY : BPF_ALLOW;

		if (apply_word(&list, word + (word[0] == '~'), rule, err) < 0)
			return -1;
		if (i == 0 && !refuses)
			set_all(&list, BPF_ALLOW, START);
	}
	for (size_t i = 0; i < CALLS_KNOWN; i++)
		if (rules->rule[i] == BPF_ALLOW)
			rules->rule[i] = list.rule[i];
	if (rules->unknown == BPF_ALLOW)
		rules->unknown = BPF_ABSENT;
	return 0;
}

static void
narrow_by_argument(struct bpf_rules *rules, const struct seccomp_wants *wants)
{
	if (wants->restrict_families) {
		narrow(rules, CALL_socket, BPF_SOCKET);
		narrow(rules, CALL_socketpair, BPF_SOCKET);
	}
	if (wants->namespaces != 0) {
		narrow(rules, CALL_clone, BPF_CLONE);
		narrow(rules, CALL_unshare, BPF_UNSHARE);
		narrow(rules, CALL_setns, BPF_SETNS);
		/* Its flags are in memory, out of a filter's sight; libcs go
		 * back to clone when there is none. */
		narrow(rules, CALL_clone3, BPF_ABSENT);
	}
	if (wants->deny_typing)
		narrow(rules, CALL_ioctl, BPF_IOCTL);
	if (wants->deny_write_execute) {
		narrow(rules, CALL_mmap, BPF_MMAP);
		narrow(rules, CALL_mmap2, BPF_MMAP);
		narrow(rules, CALL_mprotect, BPF_MPROTECT);
		narrow(rules, CALL_pkey_mprotect, BPF_MPROTECT);
		narrow(rules, CALL_shmat, BPF_SHMAT);
	}
}

struct seccomp_wants
seccomp_baseline_wants(void)
{
	return (struct seccomp_wants){
		.preset = SECCOMP_DEFAULT,
		.restrict_families = true,
		.families = SECCOMP_FAMILIES,
		.namespaces = SECCOMP_NAMESPACES,
		.deny_typing = true,
	};
}

int
seccomp_rules(const struct seccomp_wants *wants, struct bpf_rules *rules,
    struct conf_error *err)
{
	set_preset(rules, wants->preset);
	allow_uses(rules, wants->capabilities);
	rules->families = wants->families;
	rules->namespaces = wants->namespaces;
	if (wants->calls != NULL && wants->calls->count > 0 &&
	    apply_list(rules, wants->calls, err) < 0)
		return -1;
	narrow_by_argument(rules, wants);
	for (size_t i = 0; i < CALLS_KNOWN; i++)
		if (rules->rule[i] != BPF_ALLOW)
			return 1;
	return rules->unknown != BPF_ALLOW;
}

/* By number, from 0; "" where a number has no name. */
static const char family_names[] =
    "UNSPEC\0UNIX\0INET\0AX25\0IPX\0APPLETALK\0NETROM\0BRIDGE\0ATMPVC\0X25\0"
    "INET6\0ROSE\0DECnet\0NETBEUI\0SECURITY\0KEY\0NETLINK\0PACKET\0ASH\0"
    "ECONET\0ATMSVC\0RDS\0SNA\0IRDA\0PPPOX\0WANPIPE\0LLC\0IB\0MPLS\0CAN\0"
    "TIPC\0BLUETOOTH\0IUCV\0RXRPC\0ISDN\0PHONET\0IEEE802154\0CAIF\0ALG\0NFC\0"
    "VSOCK\0KCM\0QIPCRTR\0SMC\0XDP\0MCTP\0";

static int
family_number(const char *word)
{
	const char *name = family_names;

	if (strncmp(word, "AF_", 3) != 0)
		return -1;
	if (strcmp(word, "AF_LOCAL") == 0)
		return 1;
	if (strcmp(word, "AF_ROUTE") == 0)
		return 16;
	for (int i = 0; *name != '\0'; i++, name += strlen(name) + 1)
		if (strcmp(name, word + 3) == 0)
			return i;
	return -1;
}

int
seccomp_families(
    const struct conf_list *words, uint64_t *families, struct conf_error *err)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		bool refuses = word[0] == '~';
		int number = family_number(word + refuses);

		if (strcmp(word, "none") == 0 && words->count == 1)
			break;
		if (number < 0)
			return conf_refuse(
			    err, "unknown address family \"%s\"", word);
		if (i == 0 && refuses)
			mask = ~UINT64_C(0);
		if (refuses)
			mask &= ~(UINT64_C(1) << number);
		else
			mask |= UINT64_C(1) << number;
	}
	*families = mask;
	return 0;
}

static const struct {
	char name[8];
	uint32_t flag;
} kinds[] = {
	{ "cgroup", 0x02000000 },
	{ "ipc", 0x08000000 },
	{ "mnt", 0x00020000 },
	{ "net", 0x40000000 },
	{ "pid", 0x20000000 },
	{ "time", 0x00000080 },
	{ "user", 0x10000000 },
	{ "uts", 0x04000000 },
};

static int
find_kind(const char *word, size_t length, uint32_t *flag)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == length &&
		    memcmp(kinds[i].name, word, length) == 0) {
			*flag = kinds[i].flag;
			return 0;
		}
	return -1;
}

int
seccomp_namespaces(
    const char *text, uint32_t *namespaces, struct conf_error *err)
{
	const char *at = text + (text[0] == '~');
	uint32_t mask = 0;
	int all;

	if (conf_bool(&all, text) == 0) {
		*namespaces = all ? SECCOMP_NAMESPACES : 0;
		return 0;
	}
	while (*(at += strspn(at, " ,")) != '\0') {
		size_t length = strcspn(at, " ,");
		uint32_t flag;

		if (find_kind(at, length, &flag) < 0)
			return conf_refuse(err,
			    "unknown namespace \"%.*s\": cgroup, ipc, mnt, "
			    "net, "
			    "pid, time, user or uts",
			    (int)length, at);
		mask |= flag;
		at += length;
	}
	*namespaces = text[0] == '~' ? mask : SECCOMP_NAMESPACES & ~mask;
	return 0;
}

int
seccomp_check(const char *what, const struct sock_filter *code, size_t length,
    struct conf_error *err)
{
	static const uint16_t needed[] = { CALL_execve, CALL_exit_group,
		CALL_rt_sigreturn };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct seccomp_data data = { .nr = needed[i],
			.arch = bpf_arch() };
		uint32_t action = bpf_run(code, length, &data);

		if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG)
			return conf_refuse(err,
			    "%s refuses %s: nothing could start or end under "
			    "it",
			    what, calls_name(needed[i]));
	}
	return 0;
}
