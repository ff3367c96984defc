/* SPDX-License-Identifier: MIT */
/*
 * noalloc.c - linked into build/hale-noalloc alone: PID 1 of `hale run` aborts
 * when it allocates after its start-up, which is over when it first waits.  Its
 * children may do as they like.
 *
 * The linker wraps the functions below (--wrap), so hale itself knows nothing
 * of it.  With NOALLOC_PROVOKE in the environment it allocates at once, to show
 * that this would be seen.
 */
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_epoll_wait(
    int fd, struct epoll_event *events, int count, int timeout_ms);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_epoll_wait(
    int fd, struct epoll_event *events, int count, int timeout_ms);

static long armed; /* the pid that must not; 0: none yet */

static void
check(void)
{
	static const char text[] = "noalloc: PID 1 allocates after start-up\n";

	if (armed == 0 || syscall(SYS_getpid) != armed)
		return;
	syscall(SYS_write, 2, text, sizeof(text) - 1);
	__builtin_trap();
}

void *
__wrap_malloc(size_t size)
{
	check();
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	check();
	return __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	check();
	return __real_realloc(old, size);
}

int
__wrap_epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
	if (armed == 0) {
		armed = syscall(SYS_getpid);
		if (getenv("NOALLOC_PROVOKE") != NULL)
			free(__wrap_malloc(1));
	}
	return __real_epoll_wait(fd, events, count, timeout_ms);
}
