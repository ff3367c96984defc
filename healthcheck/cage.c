/* SPDX-License-Identifier: MIT */
#include "cage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define CAGE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CAGE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define CAGE_ARCH AUDIT_ARCH_RISCV64
#elif defined(__arm__)
#define CAGE_ARCH AUDIT_ARCH_ARM
#endif

#if defined(__SANITIZE_ADDRESS__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

enum { MEMORY_BYTES = 64 << 20 }; /* a handshake with a big bundle takes 5 */

/* Calls that are harmless whatever their arguments; the usual ones first. */
/* clang-format off */
static const uint16_t talking[] = {
	SYS_connect, SYS_getsockopt, SYS_getsockname, SYS_sendto,
	SYS_recvfrom, SYS_close, SYS_write, SYS_exit_group, SYS_read,
	SYS_getrandom, SYS_nanosleep,
#ifdef SYS_clock_nanosleep /* 32 bits: those of the new time, below */
	SYS_clock_nanosleep, SYS_clock_gettime,
#endif
#ifdef SYS_poll
	SYS_poll,
#else
	SYS_ppoll,
#endif
#ifdef SYS_ppoll_time64
	SYS_ppoll_time64, SYS_clock_gettime64, SYS_clock_nanosleep_time64,
#endif
};

/* What files and TLS take besides. */
static const uint16_t reading[] = {
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_fstat, SYS_lseek,
	SYS_getdents64, SYS_getpeername, SYS_fcntl, SYS_faccessat, SYS_statfs,
	SYS_statx,
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_stat
	SYS_stat, SYS_access,
#endif
#ifdef SYS_stat64
	SYS_stat64, SYS_fstat64, SYS_fstatat64, SYS_statfs64, SYS_fstatfs64,
	SYS_fcntl64, SYS__llseek,
#endif
};
/* clang-format on */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define ARG(n)                                                                 \
	((uint32_t)offsetof(struct seccomp_data, args) + 8 * (n) +             \
	    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))
#define ARG_HIGH(n)                                                            \
	((uint32_t)offsetof(struct seccomp_data, args) + 8 * (n) +             \
	    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0 : 4))
#define LOAD(at)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define RETURN(v) BPF_STMT(BPF_RET | BPF_K, (v))
#define EQUAL(v, yes, no)                                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), (yes), (no))
#define ANY_BIT(v, yes, no)                                                    \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(v), (yes), (no))

/* If the number is nr: allow unless an argument has one of these bits. */
#define UNLESS_BITS(nr, arg, bits)                                             \
	EQUAL(nr, 0, 4), LOAD(ARG(arg)), ANY_BIT(bits, 0, 1), DENY, ALLOW
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define DENY  RETURN(SECCOMP_RET_ERRNO | EPERM)

static const struct sock_filter opening[] = {
	EQUAL(SYS_socket, 0, 6),
	LOAD(ARG(0)),
	EQUAL(AF_UNIX, 3, 0),
	EQUAL(AF_INET, 2, 0),
	EQUAL(AF_INET6, 1, 0),
	DENY,
	ALLOW,
	UNLESS_BITS(SYS_openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
#ifdef SYS_open
	UNLESS_BITS(SYS_open, 1, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
#endif
};

static const struct sock_filter mapping[] = {
#ifdef SYS_mmap
	UNLESS_BITS(SYS_mmap, 2, PROT_EXEC),
#endif
#ifdef SYS_mmap2
	UNLESS_BITS(SYS_mmap2, 2, PROT_EXEC),
#endif
	UNLESS_BITS(SYS_mprotect, 2, PROT_EXEC),
};

/* A filter as it grows. */
struct filter {
	struct sock_filter code[COUNT(talking) + COUNT(reading) +
	                        COUNT(opening) + COUNT(mapping) + 16];
	unsigned short size;
};

/* Where they jump to, is known when all is there: see install_filter(). */
static void
allow(struct filter *filter, const uint16_t *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		filter->code[filter->size++] =
		    (struct sock_filter)EQUAL(calls[i], 0, 0);
}

static void
append(struct filter *filter, const struct sock_filter *code, size_t count)
{
	for (size_t i = 0; i < count; i++)
		filter->code[filter->size++] = code[i];
}

/* What the fork server takes besides, and its children can't use. */
static void
allow_fork(struct filter *filter, uint64_t key)
{
	const struct sock_filter code[] = {
		EQUAL(SYS_close_range, 5, 0),
		EQUAL(SYS_clone, 0, 5),
		LOAD(ARG(4)),
		EQUAL(key, 0, 3),
		LOAD(ARG_HIGH(4)),
		EQUAL(key >> 32, 0, 1),
		ALLOW,
	};

	append(filter, code, COUNT(code));
}

/* The key is nowhere but on the stack: a child has our registers, not that. */
#if __has_attribute(zero_call_used_regs)
#define LEAVES_NO_TRACE __attribute__((noinline, zero_call_used_regs("used")))
#else
#define LEAVES_NO_TRACE __attribute__((noinline))
#endif

/* The kernel compiles it for each child: the less it holds, the better. */
static LEAVES_NO_TRACE int
install_filter(bool plain, const uint64_t *fork_key)
{
	/*
	 * The first instruction keeps the kernel from working out what comes
	 * of each of its 900 calls: that pays for the fork server, which lives
	 * long; a probe is over before it would.
	 */
	static const struct sock_filter head[] = {
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD(offsetof(struct seccomp_data, arch)),
		EQUAL(CAGE_ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(offsetof(struct seccomp_data, nr)),
	};
	static const struct sock_filter tail[] = { DENY, ALLOW };
	struct filter filter;
	struct sock_fprog program = { .filter = filter.code };
	unsigned short first, listed;

	filter.size = 0;
	append(&filter, fork_key == NULL ? head : head + 1,
	    fork_key == NULL ? COUNT(head) : COUNT(head) - 1);
	first = filter.size;
	allow(&filter, talking, COUNT(talking));
	if (!plain)
		allow(&filter, reading, COUNT(reading));
	listed = filter.size;
	append(&filter, opening, COUNT(opening));
	if (!plain)
		append(&filter, mapping, COUNT(mapping));
	if (fork_key != NULL)
		allow_fork(&filter, *fork_key);
	append(&filter, tail, COUNT(tail));
	for (unsigned short i = first; i < listed; i++)
		filter.code[i].jt = (uint8_t)(filter.size - 2 - i);
	program.len = filter.size;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/*
 * A limit that is lower already is as good.  Address space is not limited
 * under a sanitizer, which needs terabytes.
 */
static int
limit_memory(void)
{
	const struct rlimit most = { MEMORY_BYTES, MEMORY_BYTES };

	if (IS_SANITIZED || prlimit(0, RLIMIT_AS, &most, NULL) == 0)
		return 0;
	return errno == EPERM ? 0 : -1;
}

/* The ambient ones go with them; whoever became a user may have none left. */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { 0 }, held[2];

	if (syscall(SYS_capget, &head, held) == 0 &&
	    memcmp(held, none, sizeof(held)) == 0)
		return 0;
	return (int)syscall(SYS_capset, &head, none);
}

void
cage_close(int first, int last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	for (int fd = first; fd <= last && fd < 1024; fd++)
		close(fd);
}

int
cage_lock(bool plain, const uint64_t *fork_key)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || drop_capabilities() < 0 ||
	    limit_memory() < 0)
		return -1;
	/* A sanitizer's own calls are not on the list. */
	if (IS_SANITIZED)
		return 0;
	/* A kernel without seccomp still has all of the above. */
	if (install_filter(plain, fork_key) < 0 && errno != EINVAL &&
	    errno != ENOSYS)
		return -1;
	return 0;
}

int
cage_enter(int answer_fd, bool keep_stderr, bool plain)
{
	cage_close(0, keep_stderr ? 1 : answer_fd - 1);
	if (keep_stderr)
		cage_close(3, answer_fd - 1);
	cage_close(answer_fd + 1, INT_MAX);
	return cage_lock(plain, NULL);
}
