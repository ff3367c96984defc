/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include "clock.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCH 64

/* Clients served a turn: however many ask, children wait for no more of them. */
#define CONTROL_MAX 8

/* What stays ready and can't be served (the kernel has no memory for it) would
 * have us spin: after so many turns in so short a time, others have theirs. */
enum { BURST_TURNS = 2000, BURST_MS = 100 };

static struct {
	int epoll_fd, signal_fd;
	int64_t now_ms, burst_ms;
	unsigned burst_turns;
	uint64_t mask;
	void (*on_signal)(const siginfo_t *info);

	/* What this turn still has to serve; unwatching takes it out. */
	struct epoll_event batch[BATCH];
	int batch_count;
	int first; /* of the batch, moves on with each turn: everybody's turn comes */

	/* A binary heap by due_ms; slot 1 is the nearest, slot 0 is unused. */
	struct loop_timer **timers;
	size_t timers_used, timers_max;
} loop;

int
loop_init(
    size_t timers_max, uint64_t mask, void (*on_signal)(const siginfo_t *info))
{
	struct epoll_event event = { .events = EPOLLIN };

	loop.timers = calloc(timers_max + 1, sizeof(*loop.timers));
	loop.timers_max = timers_max;
	loop.on_signal = on_signal;
	loop.mask = mask;
	if (loop.timers == NULL)
		return -1;
	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* Raw: musl's sigset_t helpers hide signals 32 to 34 from us. */
	loop.signal_fd = (int)syscall(
	    SYS_signalfd4, -1, &mask, sizeof(mask), SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop.epoll_fd < 0 || loop.signal_fd < 0)
		return -1;
	loop.now_ms = clock_now_ms();
	return epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, loop.signal_fd, &event);
}

static int
control(int op, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop.epoll_fd, op, watch->fd, &event);
}

int
loop_watch(struct loop_watch *watch, uint32_t events)
{
	return control(EPOLL_CTL_ADD, watch, events);
}

int
loop_rewatch(struct loop_watch *watch, uint32_t events)
{
	return control(EPOLL_CTL_MOD, watch, events);
}

void
loop_unwatch(struct loop_watch *watch)
{
	if (watch->fd >= 0)
		control(EPOLL_CTL_DEL, watch, 0);
	for (int i = 0; i < loop.batch_count; i++)
		if (loop.batch[i].data.ptr == watch)
			loop.batch[i].events = 0;
}

int64_t
loop_now_ms(void)
{
	return loop.now_ms;
}

static void
heap_put(size_t slot, struct loop_timer *timer)
{
	loop.timers[slot] = timer;
	timer->slot = slot;
}

static void
heap_up(size_t slot, struct loop_timer *timer)
{
	while (slot > 1 && timer->due_ms < loop.timers[slot / 2]->due_ms) {
		heap_put(slot, loop.timers[slot / 2]);
		slot /= 2;
	}
	heap_put(slot, timer);
}

static void
heap_down(size_t slot, struct loop_timer *timer)
{
	for (size_t child; (child = slot * 2) <= loop.timers_used;
	     slot = child) {
		if (child < loop.timers_used &&
		    loop.timers[child + 1]->due_ms < loop.timers[child]->due_ms)
			child++;
		if (timer->due_ms <= loop.timers[child]->due_ms)
			break;
		heap_put(slot, loop.timers[child]);
	}
	heap_put(slot, timer);
}

void
loop_disarm(struct loop_timer *timer)
{
	size_t slot = timer->slot;
	struct loop_timer *last;

	if (slot == 0)
		return;
	timer->slot = 0;
	last = loop.timers[loop.timers_used--];
	if (last == timer)
		return;
	if (slot > 1 && last->due_ms < loop.timers[slot / 2]->due_ms)
		heap_up(slot, last);
	else
		heap_down(slot, last);
}

void
loop_arm(struct loop_timer *timer, int64_t due_ms)
{
	loop_disarm(timer);
	/* More timers than loop_init() was told of is our bug: keep the rest. */
	if (loop.timers_used == loop.timers_max)
		return;
	timer->due_ms = due_ms;
	heap_up(++loop.timers_used, timer);
}

static siginfo_t
info_of(const struct signalfd_siginfo *in)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = (int)in->ssi_signo;
	info.si_code = in->ssi_code;
	info.si_pid = (pid_t)in->ssi_pid;
	info.si_uid = in->ssi_uid;
	if (info.si_signo == SIGCHLD)
		info.si_status = in->ssi_status;
	else
		/* ssi_ptr holds the whole union, ssi_int a part. */
		info.si_value.sival_ptr = (void *)(uintptr_t)in->ssi_ptr;
	return info;
}

/* The other way, which has none to fail: the descriptor only tells of them. */
static void
take_signals(void)
{
	const struct timespec at_once = { 0, 0 };
	siginfo_t info;

	for (int i = 0; i < BATCH; i++) {
		if (sys4(SYS_rt_sigtimedwait, sys_ptr(&loop.mask),
		        sys_ptr(&info), sys_ptr(&at_once),
		        sizeof(loop.mask)) <= 0)
			break;
		loop.on_signal(&info);
	}
}

static void
serve_signals(void)
{
	struct signalfd_siginfo in[8];
	int rounds = BATCH;
	ssize_t got;

	do {
		got = read(loop.signal_fd, in, sizeof(in));
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(in[0]); i++) {
			siginfo_t info = info_of(&in[i]);

			loop.on_signal(&info);
		}
		/* Fewer than there is room for: those were all.  In a storm
		 * of them others have their turn. */
	} while (got == (ssize_t)sizeof(in) && --rounds > 0);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		take_signals();
}

static void
serve_rank(enum loop_rank rank, int most)
{
	for (int k = 0; k < loop.batch_count && most > 0; k++) {
		int i = (loop.first + k) % loop.batch_count;
		struct loop_watch *watch = loop.batch[i].data.ptr;
		uint32_t events = loop.batch[i].events;

		if (events == 0 || watch == NULL || watch->rank != rank)
			continue;
		loop.batch[i].events = 0;
		watch->ready(watch, events);
		most--;
	}
}

static void
serve_watches(void)
{
	for (int rank = 0; rank < LOOP_RANKS; rank++)
		serve_rank((enum loop_rank)rank,
		    rank == LOOP_CONTROL ? CONTROL_MAX : BATCH);
	loop.batch_count = 0;
	loop.first = (loop.first + CONTROL_MAX) % BATCH;
}

static void
serve_timers(void)
{
	/* Those armed by the ones that fire here wait for the next turn. */
	int64_t now_ms = loop.now_ms;

	for (size_t left = loop.timers_used; left > 0 && loop.timers_used > 0 &&
	                                     loop.timers[1]->due_ms <= now_ms;
	     left--) {
		struct loop_timer *timer = loop.timers[1];

		loop_disarm(timer);
		timer->fire(timer);
	}
}

/* epoll's timeout in ms: -1 for ever, 0 at once, never early. */
static int
time_left(void)
{
	int64_t left_ms;

	if (loop.timers_used == 0)
		return -1;
	left_ms = loop.timers[1]->due_ms - clock_now_ms();
	return left_ms <= 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void
slow_down(void)
{
	if (loop.now_ms - loop.burst_ms >= BURST_MS) {
		loop.burst_ms = loop.now_ms;
		loop.burst_turns = 0;
	} else if (++loop.burst_turns > BURST_TURNS) {
		poll(NULL, 0, 1);
	}
}

void
loop_turn(void)
{
	int count = epoll_wait(loop.epoll_fd, loop.batch, BATCH, time_left());
	bool signalled = false;

	loop.now_ms = clock_now_ms();
	loop.batch_count = count > 0 ? count : 0;
	for (int i = 0; i < loop.batch_count; i++)
		if (loop.batch[i].data.ptr == NULL)
			signalled = true;
	if (signalled)
		serve_signals();
	serve_watches();
	serve_timers();
	slow_down();
}
