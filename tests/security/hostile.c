/* SPDX-License-Identifier: MIT */
/*
 * hostile - a service that wants out.  It tries one attack after the other and
 * prints a line for each: what it got ("held" or "GOT IT"), its number in the
 * list of attacks, and what it tried.  The exit status is the number of those
 * that it got.
 *
 *     hostile drop       what a service of another user, without anything, tries
 *     hostile pid1       what it tries on PID 1
 *     hostile calls      what seccomp must refuse
 *     hostile wx         memory that is written, then executed
 *     hostile files DIR  what Landlock must refuse outside DIR
 *     hostile hygiene    what it may not have inherited
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int got;

/* An attack holds when it fails, and if error is given, with that errno. */
static void
held(int number, const char *what, long result, int error)
{
	int is = result < 0 ? errno : 0;

	if (result < 0 && (error == 0 || is == error)) {
		printf("held   %2d  %s: %s\n", number, what, strerror(is));
		return;
	}
	got++;
	printf("GOT IT %2d  %s: %s\n", number, what,
	    result < 0 ? strerror(is) : "it worked");
}

/* A fact that must be so. */
static void
fact(int number, const char *what, int so)
{
	if (!so)
		got++;
	printf("%s %2d  %s\n", so ? "held  " : "GOT IT", number, what);
}

#define TRY(number, error, what, call)                                         \
	do {                                                                   \
		errno = 0;                                                     \
		held(number, what, (long)(call), error);                       \
	} while (0)

static uint64_t
status_bits(const char *path, const char *key, int base)
{
	char text[4096], *at;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (size <= 0)
		return UINT64_MAX;
	text[size] = '\0';
	at = strstr(text, key);
	return at == NULL ? UINT64_MAX : strtoull(at + strlen(key), NULL, base);
}

static long
raise_capability(void)
{
	uint32_t head[2] = { 0x20080522, 0 };
	uint32_t data[6] = { 1 << 12, 1 << 12 };

	return syscall(SYS_capset, head, data);
}

static void
try_drop(void)
{
	static const char *const sets[] = {
		"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"
	};
	gid_t root = 0;
	uint64_t args[11] = { 0 };

	for (size_t i = 0; i < 5; i++)
		fact(1, sets[i],
		    status_bits("/proc/self/status", sets[i], 16) == 0);
	fact(1, "not root", getuid() != 0 && geteuid() != 0 && getgid() != 0);
	fact(1, "no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	fact(1, "seccomp",
	    status_bits("/proc/self/status", "Seccomp:", 10) == 2);
	TRY(2, EPERM, "setuid(0)", setuid(0));
	TRY(2, EPERM, "setresuid(0)", setresuid(0, 0, 0));
	TRY(2, EPERM, "setresuid(-1, 0, -1)",
	    setresuid((uid_t)-1, 0, (uid_t)-1));
	TRY(2, EPERM, "setresgid(0)", setresgid(0, 0, 0));
	TRY(2, EPERM, "setgroups(root)", setgroups(1, &root));
	TRY(3, EPERM, "capset(NET_ADMIN)", raise_capability());
	TRY(3, EPERM, "ambient raise",
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 12, 0, 0));
	TRY(3, EPERM, "securebits off", prctl(PR_SET_SECUREBITS, 0));
	TRY(3, EINVAL, "no_new_privs off",
	    prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	TRY(5, EPERM, "unshare(NEWUSER)", unshare(CLONE_NEWUSER));
	TRY(5, EPERM, "unshare(NEWNS)", unshare(CLONE_NEWNS));
	TRY(5, EPERM, "clone(NEWUSER)",
	    syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	args[0] = CLONE_NEWUSER;
	TRY(5, ENOSYS, "clone3(NEWUSER)", syscall(435, args, sizeof(args)));
	TRY(5, EPERM, "setns(pid 1)",
	    setns(open("/proc/self/ns/user", O_RDONLY), 0));
	fact(17, "securebits locked or none",
	    (prctl(PR_GET_SECUREBITS) & 0x10) == 0);
}

static long
copy_from_pid1(void)
{
	char buffer[16];
	struct iovec local = { buffer, 16 }, remote = { (void *)0x400000, 16 };

	return process_vm_readv(1, &local, 1, &remote, 1, 0);
}

static long
limit_pid1(void)
{
	struct rlimit limit = { 4, 4 };

	return prlimit(1, RLIMIT_NOFILE, &limit, NULL);
}

static long
take_fd_of_pid1(void)
{
	int fd = (int)syscall(SYS_pidfd_open, 1, 0);

	return fd < 0 ? fd : syscall(438, fd, 0, 0);
}

static int
same_user(void)
{
	return status_bits("/proc/1/status", "Uid:", 10) == getuid();
}

static void
try_pid1(void)
{
	static const char *const files[] = { "environ", "mem", "maps", "auxv",
		"fd/1", "root", "cwd", "exe", "stack", "syscall" };
	char path[64], link[64];
	int same = same_user();
	int number = same ? 33 : 32;
	long seized = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/1/%s", files[i]);
		if (i >= 4 && i <= 7)
			TRY(number, EACCES, path,
			    readlink(path, link, sizeof(link)));
		else if (i == 1)
			TRY(number, EACCES, path, open(path, O_RDWR));
		else {
			int fd = open(path, O_RDONLY);

			/* some are opened, and refused at the first read */
			TRY(number, 0, path,
			    fd < 0 ? fd : read(fd, link, sizeof(link)));
		}
	}
	for (int i = 0; i < 10000 && seized == 0; i++)
		seized = ptrace(PTRACE_SEIZE, 1, 0, 0) == 0;
	fact(34, "PTRACE_SEIZE, 10000 times", !seized);
	TRY(number, EPERM, "PTRACE_ATTACH", ptrace(PTRACE_ATTACH, 1, 0, 0));
	TRY(number, EPERM, "process_vm_readv", copy_from_pid1());
	TRY(number, EPERM, "pidfd_getfd", take_fd_of_pid1());
	if (!same) {
		TRY(32, EPERM, "prlimit(NOFILE=4)", limit_pid1());
		TRY(32, 0, "setpriority(19)", setpriority(PRIO_PROCESS, 1, 19));
		TRY(36, EPERM, "kill(SIGTERM)", kill(1, SIGTERM));
		TRY(35, EPERM, "kill(SIGKILL)", kill(1, SIGKILL));
		TRY(35, EPERM, "kill(SIGSTOP)", kill(1, SIGSTOP));
	} else {
		/* these are let through, and must do nothing */
		limit_pid1();
		kill(1, SIGKILL);
		kill(1, SIGSTOP);
		usleep(50000);
		TRY(34, 0, "PID 1 is stopped",
		    status_bits("/proc/1/status", "State:\tT", 10) == UINT64_MAX
		        ? -1
		        : 0);
	}
}

static long
tiocsti(unsigned long upper)
{
	char c = 'x';

	return syscall(SYS_ioctl, 0, upper | 0x5412, &c);
}

static void
try_calls(void)
{
	static const struct {
		const char *name;
		long nr;
	} denied[] = {
		{ "io_uring_setup", 425 },
		{ "bpf", SYS_bpf },
		{ "userfaultfd", SYS_userfaultfd },
		{ "perf_event_open", SYS_perf_event_open },
		{ "keyctl", SYS_keyctl },
		{ "add_key", SYS_add_key },
		{ "ptrace", SYS_ptrace },
		{ "process_vm_readv", SYS_process_vm_readv },
		{ "open_by_handle_at", SYS_open_by_handle_at },
		{ "mount", SYS_mount },
		{ "umount2", SYS_umount2 },
		{ "pivot_root", SYS_pivot_root },
		{ "chroot", SYS_chroot },
		{ "fsopen", 430 },
		{ "open_tree", 428 },
		{ "kexec_load", SYS_kexec_load },
		{ "init_module", SYS_init_module },
		{ "delete_module", SYS_delete_module },
		{ "reboot", SYS_reboot },
		{ "swapon", SYS_swapon },
		{ "acct", SYS_acct },
		{ "settimeofday", SYS_settimeofday },
		{ "clock_settime", SYS_clock_settime },
		{ "sethostname", SYS_sethostname },
		{ "pidfd_getfd", 438 },
	};
	static const int families[] = { AF_ALG, AF_VSOCK, AF_PACKET, AF_KEY,
		AF_TIPC, AF_BLUETOOTH, AF_CAN };

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		TRY(68, EPERM, denied[i].name,
		    syscall(denied[i].nr, 0, 0, 0, 0, 0, 0));
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		TRY(68, EAFNOSUPPORT, "socket of a rare family",
		    socket(families[i], SOCK_RAW, 0));
		TRY(68, EAFNOSUPPORT, "the same, with bit 32 set",
		    syscall(SYS_socket, families[i] | 1L << 32, SOCK_RAW, 0));
	}
	TRY(67, ENOSYS, "call 999", syscall(999));
#if defined(__x86_64__)
	TRY(66, ENOSYS, "x32 getpid", syscall(0x40000000 | SYS_getpid));
#endif
	TRY(22, EPERM, "TIOCSTI", tiocsti(0));
	TRY(22, EPERM, "TIOCSTI with bit 32 set", tiocsti(1UL << 32));
	TRY(22, EPERM, "TIOCLINUX", ioctl(0, 0x541c, "\2"));
	TRY(68, EPERM, "raw socket", socket(AF_INET, SOCK_RAW, 1));
#if defined(__x86_64__)
	{
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			long result = 20; /* getpid of i386 */

			__asm__ volatile("int $0x80" : "+a"(result)::"memory");
			_exit(result > 0 ? 0 : 1);
		}
		waitpid(pid, &status, 0);
		fact(66, "int 0x80", WIFSIGNALED(status) || status != 0);
	}
#endif
}

static void
try_wx(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRY(69, 0, "mmap writable and executable",
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
	        ? -1
	        : 0);
	TRY(69, 0, "mprotect +x of what was written",
	    mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static long
connect_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = "\0hale-hostile" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	long result = connect(fd, (struct sockaddr *)&address,
	    offsetof(struct sockaddr_un, sun_path) + 13);

	close(fd);
	return result;
}

static void
try_files(const char *dir)
{
	char path[256], other[256];
	int fd;

	snprintf(path, sizeof(path), "%s/ro/file", dir);
	TRY(70, EACCES, "write a read-only file", open(path, O_WRONLY));
	TRY(70, EACCES, "truncate it", truncate(path, 0));
	TRY(70, EACCES, "unlink it", unlink(path));
	fd = open(path, O_RDONLY);
	fact(70, "a read-only file can be read", fd >= 0);
	snprintf(other, sizeof(other), "%s/rw/moved", dir);
	TRY(70, 0, "rename it away", rename(path, other));
	TRY(70, 0, "link it away", link(path, other));
	snprintf(path, sizeof(path), "%s/ro/new", dir);
	TRY(70, EACCES, "create a file", open(path, O_WRONLY | O_CREAT, 0600));
	TRY(70, EACCES, "mkdir", mkdir(path, 0700));
	TRY(70, EACCES, "mkfifo", mkfifo(path, 0600));
	TRY(70, EACCES, "symlink", symlink("x", path));
	snprintf(path, sizeof(path), "%s/other/file", dir);
	TRY(70, EACCES, "read what is not listed", open(path, O_RDONLY));
	snprintf(path, sizeof(path), "%s/rw/new", dir);
	fact(70, "a writable directory can be written",
	    open(path, O_WRONLY | O_CREAT, 0600) >= 0);
	TRY(38, 0, "signal PID 1", kill(1, 0));
	TRY(38, 0, "abstract socket", connect_abstract());
}

static void
try_hygiene(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int extra = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (atoi(entry->d_name) > 2 &&
		    atoi(entry->d_name) != dirfd(dir))
			extra++;
	fact(18, "no descriptor but 0, 1 and 2", extra == 0);
	fact(21, "no signal blocked",
	    status_bits("/proc/self/status", "SigBlk:", 16) == 0);
	fact(21, "no signal ignored",
	    status_bits("/proc/self/status", "SigIgn:", 16) == 0);
	fact(46, "0, 1 and 2 are open",
	    fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 &&
	        fcntl(2, F_GETFD) >= 0);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "drop") == 0)
		try_drop();
	else if (strcmp(what, "pid1") == 0)
		try_pid1();
	else if (strcmp(what, "calls") == 0)
		try_calls();
	else if (strcmp(what, "wx") == 0)
		try_wx();
	else if (strcmp(what, "files") == 0 && argc > 2)
		try_files(argv[2]);
	else if (strcmp(what, "hygiene") == 0)
		try_hygiene();
	else
		return 125;
	return got > 100 ? 100 : got;
}
