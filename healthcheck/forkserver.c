/* SPDX-License-Identifier: MIT */
#include "forkserver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cage.h"
#include "supervisor/shed.h"
#include "supervisor/sys.h"

enum {
	SLOTS_MAX = 8,
	DESK_BYTES = 16384, /* most of it is the server's stack */
	STACK_REACH = 1 << 20,
	ABOVE_ALL = 64, /* a descriptor that no slot has as its number */
	ENDS_MAX = 8,   /* so often, and it is not tried again */
	PATIENCE_MS = 100,
};

/* What PID 1 and the server share, and no child has: it is not copied. */
struct desk {
	uint64_t key; /* clone() is for who knows it */
	struct {
		struct child_order order;
		volatile pid_t pid; /* the kernel writes it, before it runs */
	} slots[SLOTS_MAX];
};

static struct {
	struct desk *desk; /* NULL: there never was one */
	pid_t pid;         /* 0: there is none now */
	int control[2];    /* a byte says: this slot */
	int answer_fds[SLOTS_MAX];
	unsigned slots, wanted, busy; /* busy: a bit each */
	unsigned ends;
	bool off;
} server;

/* How it begins: what PID 1 has open for it. */
struct opened {
	int control_fd;
	int answer_fds[SLOTS_MAX];
	int (*become)(void);
};

void
forkserver_expect(void)
{
	if (server.wanted < SLOTS_MAX)
		server.wanted++;
}

/* Slot n answers on descriptor n; the next one is the control. */
static int
arrange(const struct opened *opened)
{
	int control = fcntl(opened->control_fd, F_DUPFD, ABOVE_ALL);
	int high[SLOTS_MAX];

	for (unsigned i = 0; i < server.slots; i++) {
		high[i] = fcntl(opened->answer_fds[i], F_DUPFD, ABOVE_ALL);
		if (high[i] < 0)
			return -1;
	}
	for (unsigned i = 0; i < server.slots; i++)
		if (dup2(high[i], (int)i) < 0)
			return -1;
	return control < 0 ? -1 : dup2(control, (int)server.slots);
}

/*
 * Each page less is one less to copy.  The stack that we began on may reach
 * less far; beyond it there is nothing for as far as it may grow.
 */
static int
keep_from_children(struct desk *desk, const void *on_stack)
{
	uintptr_t at = (uintptr_t)on_stack & ~(uintptr_t)(STACK_REACH - 1);

	madvise(
	    (void *)(at - STACK_REACH), 2 * (size_t)STACK_REACH, MADV_DONTFORK);
	return madvise(desk, DESK_BYTES, MADV_DONTFORK);
}

/* Runs on the desk: no child gets a copy of this stack. */
static void
serve(const void *begin)
{
	const struct opened *opened = begin;
	struct desk *desk = server.desk;
	int control = (int)server.slots;
	unsigned char slot;
	long result = 0;

	if (keep_from_children(desk, begin) < 0 || arrange(opened) < 0 ||
	    opened->become() < 0 || geteuid() == 0)
		_exit(CHILD_NOT_STARTED);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "hale-probes");
	cage_close(control + 1, INT_MAX);
	if (cage_lock(true, &desk->key) < 0)
		_exit(CHILD_NOT_STARTED);
	while (result >= 0 && read(control, &slot, 1) == 1)
		result = child_fork(&desk->slots[slot].order, slot,
		    &desk->slots[slot].pid, &desk->key);
	/* No room for another: later, perhaps.  Else it never works here. */
	_exit(result == -EAGAIN || result == -ENOMEM ? 1 : CHILD_NOT_STARTED);
}

/* Returns the number of pipes that are open: all, if all went well. */
static unsigned
open_answers(struct opened *opened)
{
	for (unsigned i = 0; i < server.slots; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
			return i;
		server.answer_fds[i] = ends[0];
		opened->answer_fds[i] = ends[1];
	}
	return server.slots;
}

/* Its orders and its key are not for the children that PID 1 makes. */
static bool
set_desk(void)
{
	void *desk = mmap(NULL, DESK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (desk == MAP_FAILED)
		return false;
	server.desk = desk;
	return getrandom(&server.desk->key, sizeof(server.desk->key),
	           GRND_NONBLOCK) == sizeof(server.desk->key);
}

/* What a server leaves behind; nobody is busy for it any more. */
static void
clear_away(void)
{
	for (unsigned i = 0; i < server.slots; i++)
		close(server.answer_fds[i]);
	server.slots = 0;
	for (int i = 0; i < 2; i++) {
		if (server.control[i] > 0)
			close(server.control[i]);
		server.control[i] = 0;
	}
	if (server.desk != NULL)
		munmap(server.desk, DESK_BYTES);
	server.desk = NULL;
}

/* Both ends of control stay open here: writing to it is never in vain. */
static bool
start(int (*become)(void))
{
	struct opened opened = { .become = become };
	unsigned pipes = 0;

	clear_away();
	server.pid = 0;
	if (set_desk() && pipe2(server.control, O_CLOEXEC) == 0) {
		server.slots = server.wanted;
		opened.control_fd = server.control[0];
		pipes = open_answers(&opened);
		if (pipes == server.slots)
			server.pid = child_split(
			    serve, &opened, (char *)server.desk + DESK_BYTES);
		for (unsigned i = 0; i < pipes; i++)
			close(opened.answer_fds[i]);
		server.slots = pipes;
	}
	if (server.pid <= 0) {
		clear_away();
		server.pid = 0;
		return false;
	}
	madvise(server.desk, DESK_BYTES, MADV_DONTFORK);
	return true;
}

static bool
is_there(int (*become)(void))
{
	if (server.off || server.pid > 0)
		return !server.off;
	/* Children of the one before still use its pipes. */
	return server.busy == 0 && start(become);
}

int
forkserver_ask(const struct child_order *order, int (*become)(void))
{
	unsigned char slot = 0;

	if (!is_there(become))
		return -1;
	while (server.busy & 1U << slot)
		slot++;
	if (slot >= server.slots)
		return -1;
	server.desk->slots[slot].order = *order;
	server.desk->slots[slot].pid = 0;
	if (write(server.control[1], &slot, 1) != 1)
		return -1;
	server.busy |= 1U << slot;
	return slot;
}

int
forkserver_fd(int slot)
{
	return server.answer_fds[slot];
}

pid_t
forkserver_pid(int slot)
{
	return server.desk->slots[slot].pid;
}

bool
forkserver_lost(int slot)
{
	return server.pid == 0 && forkserver_pid(slot) == 0;
}

void
forkserver_leave(int slot)
{
	server.busy &= ~(1U << slot);
}

bool
forkserver_ended(pid_t pid, int wait_status)
{
	if (server.pid == 0 || pid != server.pid)
		return false;
	server.pid = 0;
	server.ends++;
	if (server.ends == ENDS_MAX ||
	    wait_status == CHILD_NOT_STARTED << 8) /* as wait(2) has it */
		server.off = true;
	return true;
}

void
forkserver_kill(void)
{
	if (server.pid > 0)
		shed_kill(server.pid, SIGKILL);
}

void
forkserver_stop(void)
{
	struct pollfd end = { .events = POLLIN };

	server.off = true;
	if (server.pid == 0)
		return;
	forkserver_kill();
	end.fd = (int)syscall(SYS_pidfd_open, server.pid, 0);
	if (end.fd < 0)
		return; /* it is reaped as any other */
	poll(&end, 1, PATIENCE_MS);
	close(end.fd);
	if (waitpid(server.pid, NULL, WNOHANG) == server.pid)
		server.pid = 0;
}
