/* SPDX-License-Identifier: MIT */
#include "cage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
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

enum {
	MEMORY_BYTES = 64 << 20, /* a handshake with a big bundle takes 5 */
	DESCRIPTORS = 64,
};

/* Calls that are harmless whatever their arguments. */
static const uint16_t allowed[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_close,
	SYS_lseek,
	SYS_connect,
	SYS_sendto,
	SYS_recvfrom,
	SYS_sendmsg,
	SYS_recvmsg,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_getsockname,
	SYS_getpeername,
	SYS_shutdown,
	SYS_ppoll,
	SYS_exit,
	SYS_exit_group,
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_fstat,
	SYS_statx,
	SYS_statfs,
	SYS_fstatfs,
	SYS_getdents64,
	SYS_getrandom,
	SYS_fcntl,
	SYS_getpid,
	SYS_gettid,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_rt_sigreturn,
	SYS_futex,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_clock_gettime,
	SYS_gettimeofday,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_getuid,
	SYS_geteuid,
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_poll
	SYS_poll,
	SYS_stat,
	SYS_access,
#endif
#ifdef SYS_stat64
	SYS_stat64,
	SYS_fstat64,
	SYS_fstatat64,
	SYS_statfs64,
	SYS_fstatfs64,
	SYS_fcntl64,
	SYS__llseek,
#endif
#ifdef SYS_ppoll_time64
	SYS_ppoll_time64,
	SYS_clock_gettime64,
	SYS_clock_nanosleep_time64,
	SYS_futex_time64,
#endif
};

enum {
	ALLOWED = sizeof(allowed) / sizeof(allowed[0]),
	FIXED = 40, /* room for the rules with arguments */
};

#define ARG(n)                                                                 \
	((uint32_t)offsetof(struct seccomp_data, args) + 8 * (n) +             \
	    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))
#define LOAD(at)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define RETURN(v) BPF_STMT(BPF_RET | BPF_K, (v))
#define EQUAL(v, yes, no)                                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), (yes), (no))
#define ANY_BIT(v, yes, no)                                                    \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(v), (yes), (no))

/*
 * If the number is nr: allow unless an argument has one of these bits.  Each
 * rule leaves the number in the accumulator for the next.
 */
#define UNLESS_BITS(nr, arg, bits)                                             \
	EQUAL(nr, 0, 5), LOAD(ARG(arg)), ANY_BIT(bits, 0, 1), DENY, ALLOW,     \
	    LOAD(0)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define DENY  RETURN(SECCOMP_RET_ERRNO | EPERM)

static const struct sock_filter with_arguments[] = {
	UNLESS_BITS(SYS_openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
#ifdef SYS_open
	UNLESS_BITS(SYS_open, 1, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
#endif
#ifdef SYS_mmap
	UNLESS_BITS(SYS_mmap, 2, PROT_EXEC),
#endif
#ifdef SYS_mmap2
	UNLESS_BITS(SYS_mmap2, 2, PROT_EXEC),
#endif
	UNLESS_BITS(SYS_mprotect, 2, PROT_EXEC),
	EQUAL(SYS_socket, 0, 6),
	LOAD(ARG(0)),
	EQUAL(AF_UNIX, 3, 0),
	EQUAL(AF_INET, 2, 0),
	EQUAL(AF_INET6, 1, 0),
	DENY,
	ALLOW,
	DENY,
};

static int
install_filter(void)
{
	enum {
		ARGUMENTS = sizeof(with_arguments) / sizeof(struct sock_filter)
	};
	struct sock_filter code[ALLOWED * 2 + ARGUMENTS + 8] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		EQUAL(CAGE_ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .filter = code };
	unsigned short n = 4;

	for (size_t i = 0; i < ALLOWED; i++) {
		code[n++] = (struct sock_filter)EQUAL(allowed[i], 0, 1);
		code[n++] = (struct sock_filter)ALLOW;
	}
	for (size_t i = 0; i < ARGUMENTS; i++)
		code[n++] = with_arguments[i];
	program.len = n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int
limit(int what, uint64_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) < 0)
		return -1;
	if (now.rlim_max < most)
		most = now.rlim_max;
	return setrlimit(what, &(struct rlimit){ most, most });
}

/* Address space is not limited under a sanitizer, which needs terabytes. */
static int
limit_all(int64_t timeout_ms)
{
	if (!IS_SANITIZED && limit(RLIMIT_AS, MEMORY_BYTES) < 0)
		return -1;
	return limit(RLIMIT_CORE, 0) < 0 ||
	               limit(RLIMIT_NOFILE, DESCRIPTORS) < 0 ||
	               limit(RLIMIT_CPU, (uint64_t)timeout_ms / 1000 + 2) < 0
	           ? -1
	           : 0;
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return (int)syscall(SYS_capset, &head, none);
}

/* Closes everything above answer_fd's new place. */
static int
place_descriptors(int answer_fd, int keep_stderr)
{
	if (answer_fd != CAGE_ANSWER && dup2(answer_fd, CAGE_ANSWER) < 0)
		return -1;
	if (syscall(SYS_close_range, CAGE_ANSWER + 1, ~0u, 0) < 0)
		for (int fd = CAGE_ANSWER + 1; fd < 1024; fd++)
			close(fd);
	close(0);
	close(1);
	if (!keep_stderr)
		close(2);
	return 0;
}

int
cage_enter(int answer_fd, int keep_stderr, int64_t timeout_ms)
{
	if (place_descriptors(answer_fd, keep_stderr) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || drop_capabilities() < 0 ||
	    limit_all(timeout_ms) < 0)
		return -1;
	/* A sanitizer's own calls are not on the list. */
	if (IS_SANITIZED)
		return 0;
	/* A kernel without seccomp still has all of the above. */
	if (install_filter() < 0 && errno != EINVAL && errno != ENOSYS)
		return -1;
	return 0;
}
