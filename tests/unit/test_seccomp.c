/* SPDX-License-Identifier: MIT */
/*
 * Each filter is run by an interpreter over all numbers and many arguments,
 * and must say what its list says; numbers are checked against libseccomp's.
 */
#include "unit.h"

#include "supervisor/baseline.h"
#include "supervisor/calls.h"
#include "supervisor/conf.h"
#include "supervisor/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

/* Compiled for each machine: its numbers, its oracle. */
#if defined(MACHINE_X86_64)
#define SCMP_ARCH SCMP_ARCH_X86_64
#elif defined(MACHINE_AARCH64)
#define SCMP_ARCH SCMP_ARCH_AARCH64
#elif defined(MACHINE_ARM)
#define SCMP_ARCH SCMP_ARCH_ARM
#else
#define SCMP_ARCH SCMP_ARCH_RISCV64
#endif
#if defined(MACHINE_ARM)
#define MMAP CALL_mmap2
#else
#define MMAP CALL_mmap
#endif

#define EPERM_  (SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_ (SECCOMP_RET_ERRNO | ENOSYS)
#define FAMILY_ (SECCOMP_RET_ERRNO | EAFNOSUPPORT)
#define HIGH    (UINT64_C(1) << 32)

struct filter {
	struct sock_filter code[BPF_LENGTH_MAX];
	size_t length;
	struct bpf_rules rules;
};

/* The array ends exactly where the program does: a stray jump is seen. */
static uint32_t
run(const struct filter *f, unsigned nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = {
		.nr = (int)nr, .arch = bpf_arch(), .args = { a0, a1, a2 }
	};

	return bpf_run(f->code, f->length, &data);
}

static void
make(struct filter *f, const struct seccomp_wants *wants)
{
	struct conf_error err = { 0 };

	if (seccomp_rules(wants, &f->rules, &err) != 1)
		fail_msg("%s", err.text);
	f->length = bpf_assemble(&f->rules, f->code, BPF_LENGTH_MAX);
	assert_in_range(f->length, 4, BPF_LENGTH_MAX);
}

static const struct seccomp_wants defaults = {
	.preset = SECCOMP_DEFAULT,
	.restrict_families = true,
	.families = SECCOMP_FAMILIES,
	.namespaces = SECCOMP_NAMESPACES,
	.deny_typing = true,
};

/* The kernel's own check, as far as it matters: jumps stay inside. */
static void
assert_loadable(const struct filter *f)
{
	for (size_t i = 0; i < f->length; i++) {
		const struct sock_filter *at = &f->code[i];

		if (at->code == (BPF_JMP | BPF_JA))
			assert_true(i + 1 + at->k < f->length);
		else if (BPF_CLASS(at->code) == BPF_JMP)
			assert_true(i + 1 + at->jt < f->length &&
			            i + 1 + at->jf < f->length);
	}
	assert_int_equal(BPF_CLASS(f->code[f->length - 1].code), BPF_RET);
}

/* What a rule says of arguments that are all zero. */
static uint32_t
expected(uint8_t rule)
{
	static const uint32_t table[BPF_RULES] = {
		[BPF_ALLOW] = SECCOMP_RET_ALLOW,
		[BPF_DENY] = EPERM_,
		[BPF_ABSENT] = ENOSYS_,
		[BPF_SOCKET] = FAMILY_,
		[BPF_CLONE] = SECCOMP_RET_ALLOW,
		[BPF_UNSHARE] = SECCOMP_RET_ALLOW,
		[BPF_SETNS] = EPERM_,
		[BPF_IOCTL] = SECCOMP_RET_ALLOW,
		[BPF_PERSONALITY] = SECCOMP_RET_ALLOW,
		[BPF_MMAP] = SECCOMP_RET_ALLOW,
		[BPF_MPROTECT] = SECCOMP_RET_ALLOW,
		[BPF_SHMAT] = SECCOMP_RET_ALLOW,
	};

	return table[rule];
}

static void
compare_all(const struct filter *f)
{
	assert_loadable(f);
	for (unsigned nr = 0; nr < 2000; nr++) {
		uint8_t rule =
		    nr < CALLS_KNOWN ? f->rules.rule[nr] : f->rules.unknown;

		if (run(f, nr, 0, 0, 0) != expected(rule))
			fail_msg("call %u (%s): %#x, not %#x", nr,
			    calls_name(nr) ? calls_name(nr) : "?",
			    run(f, nr, 0, 0, 0), expected(rule));
	}
}

static void
test_the_ready_made_filter_is_the_assembled_one(void **state)
{
	const struct seccomp_wants wants = seccomp_baseline_wants();
	struct filter f;
	(void)state;

	make(&f, &wants);
	assert_int_equal(f.length, baseline_length);
	assert_memory_equal(f.code, baseline_filter,
	    baseline_length * sizeof(baseline_filter[0]));
}

static bool
in_list(unsigned nr, const char *const *names)
{
	for (; *names != NULL; names++)
		if (calls_number(*names) == (int)nr)
			return true;
	return false;
}

static void
test_default_refuses_its_list_and_nothing_else(void **state)
{
	/* Written down a second time, on purpose. */
	static const char *const denied[] = { "ptrace", "process_vm_readv",
		"process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open",
		"lookup_dcookie", "mount", "umount2", "chroot", "pivot_root",
		"fsopen", "fsmount", "fsconfig", "fspick", "move_mount",
		"open_tree", "open_tree_attr", "mount_setattr", "init_module",
		"finit_module", "delete_module", "create_module",
		"query_module", "get_kernel_syms", "reboot", "kexec_load",
		"kexec_file_load", "swapon", "swapoff", "acct", "bpf",
		"add_key", "request_key", "keyctl", "userfaultfd",
		"io_uring_setup", "io_uring_enter", "io_uring_register",
		"adjtimex", "clock_adjtime", "clock_adjtime64", "clock_settime",
		"clock_settime64", "settimeofday", "open_by_handle_at",
		"ioperm", "iopl", "pciconfig_iobase", "pciconfig_read",
		"pciconfig_write", "modify_ldt", "quotactl", "quotactl_fd",
		"setdomainname", "sethostname", "syslog", "vhangup",
		"fanotify_init", "nfsservctl", "_sysctl", "afs_syscall",
		"bdflush", "getpmsg", "putpmsg", "security", "sysfs", "tuxcall",
		"uselib", "ustat", "vserver", "epoll_ctl_old", "epoll_wait_old",
		"migrate_pages", "move_pages", "set_mempolicy_home_node",
		"lsm_set_self_attr", NULL };
	static const char *const by_argument[] = { "setns", "socket",
		"socketpair", "clone3", NULL };
	struct filter f;
	(void)state;

	make(&f, &defaults);
	compare_all(&f);
	for (unsigned nr = 0; nr < CALLS_KNOWN; nr++) {
		uint32_t got = run(&f, nr, 0, 0, 0);
		uint32_t want = calls_name(nr) == NULL ? ENOSYS_
		                : in_list(nr, denied)  ? EPERM_
		                                       : SECCOMP_RET_ALLOW;

		if (!in_list(nr, by_argument) && got != want)
			fail_msg("%s (%u): %#x", calls_name(nr), nr, got);
	}
	assert_in_range(f.length, 40, 200);
}

static void
test_strict_is_system_service_without_power(void **state)
{
	static const char *const allowed[] = { "read", "openat", "execve",
		"exit_group", "mmap", "futex", "rt_sigreturn", "socket",
		"accept4", "epoll_pwait", "clone", "wait4", "setsid", "fsync",
		"memfd_create", "getrandom", "prctl", "ioctl", "prlimit64",
		"sched_getaffinity", "mprotect", "pipe2", "dup3", "statx",
		NULL };
	static const char *const refused[] = { "mount", "ptrace", "bpf",
		"setrlimit", "sched_setaffinity", "keyctl", "io_uring_setup",
		"reboot", "acct", "chroot", "landlock_create_ruleset",
		"fanotify_init", "userfaultfd", "syslog", NULL };
	struct seccomp_wants wants = defaults;
	struct filter f;
	(void)state;

	wants.preset = SECCOMP_STRICT;
	make(&f, &wants);
	compare_all(&f);
	for (size_t i = 0; allowed[i] != NULL; i++)
		if (calls_number(allowed[i]) != CALLS_NONE &&
		    run(&f, (unsigned)calls_number(allowed[i]), 1, 0, 0) !=
		        SECCOMP_RET_ALLOW)
			fail_msg("%s is refused", allowed[i]);
	for (size_t i = 0; refused[i] != NULL; i++)
		if (run(&f, (unsigned)calls_number(refused[i]), 0, 0, 0) !=
		    EPERM_)
			fail_msg("%s is not refused", refused[i]);
}

static void
test_arguments_are_compared_as_32_bits(void **state)
{
	struct filter f;
	struct seccomp_wants wants = defaults;
	(void)state;

	wants.deny_write_execute = true;
	make(&f, &wants);
	for (uint64_t high = 0; high <= HIGH; high += HIGH) {
		for (uint64_t family = 0; family < 100; family++)
			assert_int_equal(
			    run(&f, CALL_socket, high | family, 1, 0),
			    family == 1 || family == 2 || family == 10 ||
			            family == 16
			        ? SECCOMP_RET_ALLOW
			        : FAMILY_);
		for (unsigned bit = 7; bit < 32; bit++) {
			uint64_t flag = UINT64_C(1) << bit;
			bool is_ns = (SECCOMP_NAMESPACES & flag) != 0;

			assert_int_equal(
			    run(&f, CALL_unshare, high | flag, 0, 0),
			    is_ns ? EPERM_ : SECCOMP_RET_ALLOW);
			assert_int_equal(run(&f, CALL_clone, high | flag, 0, 0),
			    is_ns && bit != 7 ? EPERM_ : SECCOMP_RET_ALLOW);
			assert_int_equal(run(&f, CALL_setns, 3, high | flag, 0),
			    is_ns ? EPERM_ : SECCOMP_RET_ALLOW);
		}
		assert_int_equal(
		    run(&f, CALL_ioctl, 0, high | 0x5412, 0), EPERM_);
		assert_int_equal(
		    run(&f, CALL_ioctl, 0, high | 0x541c, 0), EPERM_);
		assert_int_equal(run(&f, CALL_ioctl, 0, high | 0x5413, 0),
		    SECCOMP_RET_ALLOW);
		for (uint64_t prot = 0; prot < 8; prot++) {
			assert_int_equal(run(&f, MMAP, 0, 0, high | prot),
			    (prot & 6) == 6 ? EPERM_ : SECCOMP_RET_ALLOW);
			assert_int_equal(
			    run(&f, CALL_mprotect, 0, 0, high | prot),
			    (prot & 4) != 0 ? EPERM_ : SECCOMP_RET_ALLOW);
		}
		assert_int_equal(
		    run(&f, CALL_personality, high | 0xffffffff, 0, 0),
		    SECCOMP_RET_ALLOW);
		assert_int_equal(
		    run(&f, CALL_personality, high | 0x400000, 0, 0), EPERM_);
	}
	assert_int_equal(run(&f, CALL_clone3, 0, 0, 0), ENOSYS_);
}

static void
test_other_architectures_are_killed(void **state)
{
	static const uint32_t others[] = { 0x40000003, 0xc000003e, 0xc00000b7,
		0x40000028, 0xc00000f3, 0 };
	struct filter f;
	(void)state;

	make(&f, &defaults);
	for (size_t i = 0; i < COUNT(others); i++) {
		struct seccomp_data data = { .nr = 0, .arch = others[i] };

		if (others[i] != bpf_arch())
			assert_int_equal(bpf_run(f.code, f.length, &data),
			    SECCOMP_RET_KILL_PROCESS);
	}
	/* x32, and numbers from the future */
	assert_int_equal(run(&f, 0x40000000, 0, 0, 0), ENOSYS_);
	assert_int_equal(run(&f, 0x40000000 | CALL_ptrace, 0, 0, 0), ENOSYS_);
	assert_int_equal(run(&f, 999, 0, 0, 0), ENOSYS_);
	assert_int_equal(run(&f, UINT32_MAX, 0, 0, 0), ENOSYS_);
}

static void
apply(struct filter *f, const char **items, size_t count)
{
	struct conf_list list = { items, count };
	struct seccomp_wants wants = { .calls = &list };

	make(f, &wants);
	compare_all(f);
}

static void
test_lists_read_as_systemd_reads_them(void **state)
{
	const char *allow[] = { "@system-service", "~@setuid", "ptrace" };
	const char *refuse[] = { "~@mount", "~uname", "chroot" };
	struct filter f;
	(void)state;

	apply(&f, allow, 3);
	assert_int_equal(run(&f, CALL_read, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(&f, CALL_ptrace, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(&f, CALL_execve, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(&f, CALL_setuid, 0, 0, 0), EPERM_);
	assert_int_equal(run(&f, CALL_mount, 0, 0, 0), EPERM_);
	assert_int_equal(run(&f, 999, 0, 0, 0), ENOSYS_);
	apply(&f, refuse, 3);
	assert_int_equal(run(&f, CALL_mount, 0, 0, 0), EPERM_);
	assert_int_equal(run(&f, CALL_uname, 0, 0, 0), EPERM_);
	assert_int_equal(run(&f, CALL_chroot, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(&f, CALL_bpf, 0, 0, 0), SECCOMP_RET_ALLOW);
}

static void
test_any_list_becomes_the_same_filter(void **state)
{
	struct filter f;
	(void)state;

	srand(7);
	for (int round = 0; round < 300; round++) {
		int spread = 1 + rand() % 40;

		memset(&f.rules, 0, sizeof(f.rules));
		for (size_t i = 0; i < CALLS_KNOWN; i++)
			f.rules.rule[i] =
			    (uint8_t)(rand() % spread == 0 ? rand() % BPF_RULES
			                                   : BPF_ALLOW);
		f.rules.unknown = (uint8_t)(rand() % 3);
		f.rules.families = SECCOMP_FAMILIES;
		f.rules.namespaces = SECCOMP_NAMESPACES;
		f.length = bpf_assemble(&f.rules, f.code, BPF_LENGTH_MAX);
		assert_int_not_equal(f.length, 0);
#if defined(MACHINE_X86_64)
		assert_int_equal(run(&f, 0x40000001, 0, 0, 0), ENOSYS_);
#endif
		compare_all(&f);
		for (size_t room = 0; round < 3 && room < f.length; room++) {
			struct sock_filter small[BPF_LENGTH_MAX];

			assert_int_equal(
			    bpf_assemble(&f.rules, small, room), 0);
		}
	}
}

static void
test_a_wrong_word_is_an_error(void **state)
{
	static const struct {
		const char *word, *text;
	} rows[] = {
		{ "opne", "unknown system call \"opne\"" },
		{ "~nosuch", "unknown system call \"nosuch\"" },
		{ "@mounts", "unknown group of system calls \"@mounts\"" },
		{ "", "unknown system call \"\"" },
		{ "-1", "unknown system call" },
		{ "99999999", "unknown system call" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *items[] = { rows[i].word };
		struct conf_list list = { items, 1 };
		struct seccomp_wants wants = { .calls = &list };
		struct bpf_rules rules;
		struct conf_error err = { 0 };

		assert_int_equal(seccomp_rules(&wants, &rules, &err), -1);
		if (strstr(err.text, rows[i].text) == NULL)
			fail_msg("%s: %s", rows[i].word, err.text);
	}
}

static void
test_nothing_wanted_needs_no_filter(void **state)
{
	struct seccomp_wants wants = { .preset = SECCOMP_NONE };
	struct bpf_rules rules;
	struct conf_error err;
	(void)state;

	assert_int_equal(seccomp_rules(&wants, &rules, &err), 0);
}

static void
test_a_filter_without_execve_is_refused(void **state)
{
	static const char *const needed[] = { "~execve", "~exit_group",
		"~rt_sigreturn" };
	struct filter f;
	struct conf_error err;
	(void)state;

	for (size_t i = 0; i < COUNT(needed); i++) {
		const char *items[] = { needed[i] };

		apply(&f, items, 1);
		assert_int_equal(
		    seccomp_check("x", f.code, f.length, &err), -1);
		assert_non_null(strstr(err.text, needed[i] + 1));
	}
	make(&f, &defaults);
	assert_int_equal(seccomp_check("x", f.code, f.length, &err), 0);
}

static void
test_namespaces_and_families(void **state)
{
	const char *some[] = { "AF_UNIX", "AF_INET" };
	const char *but[] = { "~AF_PACKET", "~AF_ALG" };
	const char *none[] = { "none" };
	const char *wrong[] = { "AF_NOSUCH" };
	struct conf_error err;
	uint64_t families;
	uint32_t ns;
	(void)state;

	assert_int_equal(
	    seccomp_families(&(struct conf_list){ some, 2 }, &families, &err),
	    0);
	assert_int_equal(families, 6);
	assert_int_equal(
	    seccomp_families(&(struct conf_list){ but, 2 }, &families, &err),
	    0);
	assert_int_equal(~families, UINT64_C(1) << 17 | UINT64_C(1) << 38);
	assert_int_equal(
	    seccomp_families(&(struct conf_list){ none, 1 }, &families, &err),
	    0);
	assert_int_equal(families, 0);
	assert_int_equal(
	    seccomp_families(&(struct conf_list){ wrong, 1 }, &families, &err),
	    -1);
	assert_int_equal(seccomp_namespaces("true", &ns, &err), 0);
	assert_int_equal(ns, SECCOMP_NAMESPACES);
	assert_int_equal(seccomp_namespaces("false", &ns, &err), 0);
	assert_int_equal(ns, 0);
	assert_int_equal(seccomp_namespaces("user net", &ns, &err), 0);
	assert_int_equal(ns, SECCOMP_NAMESPACES & ~0x50000000u);
	assert_int_equal(seccomp_namespaces("~user", &ns, &err), 0);
	assert_int_equal(ns, 0x10000000);
	assert_int_equal(seccomp_namespaces("usr", &ns, &err), -1);
}

/* libseccomp is the oracle, where it knows the name. */
static void
test_numbers_are_libseccomps(void **state)
{
	static const uint32_t archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64,
		SCMP_ARCH_ARM, SCMP_ARCH_RISCV64 };
	static const struct {
		const char *name;
		int number[3];
	} rows[] = {
#define NO -1
#define CALL(name, x86_64, generic, arm, groups)                               \
	{ #name, { x86_64, generic, arm } },
#include "supervisor/calls.def"
#undef CALL
#undef NO
	};
	size_t compared = 0;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t a = 0; a < COUNT(archs); a++) {
			int ours = rows[i].number[a == 3 ? 1 : a];
			int theirs = seccomp_syscall_resolve_name_arch(
			    archs[a], rows[i].name);

			if (theirs < 0 || (a != 3 && ours < 0))
				continue;
			if (ours != theirs)
				fail_msg("%s: %d, not %d on %zu", rows[i].name,
				    ours, theirs, a);
			compared++;
		}
	assert_true(compared > 1200);
	/* and none that libseccomp has is missing */
	for (int nr = 0; nr < CALLS_KNOWN; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH, nr);

		if (name != NULL)
			assert_int_equal(calls_number(name), nr);
		free(name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_default_refuses_its_list_and_nothing_else),
		cmocka_unit_test(
		    test_the_ready_made_filter_is_the_assembled_one),
		cmocka_unit_test(test_strict_is_system_service_without_power),
		cmocka_unit_test(test_arguments_are_compared_as_32_bits),
		cmocka_unit_test(test_other_architectures_are_killed),
		cmocka_unit_test(test_lists_read_as_systemd_reads_them),
		cmocka_unit_test(test_any_list_becomes_the_same_filter),
		cmocka_unit_test(test_a_wrong_word_is_an_error),
		cmocka_unit_test(test_nothing_wanted_needs_no_filter),
		cmocka_unit_test(test_a_filter_without_execve_is_refused),
		cmocka_unit_test(test_namespaces_and_families),
		cmocka_unit_test(test_numbers_are_libseccomps),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
