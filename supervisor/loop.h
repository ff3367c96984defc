/* SPDX-License-Identifier: MIT */
/*
 * loop.h - the one place where PID 1 sleeps.
 *
 * Watches and timers live in their owners; the loop allocates once, in
 * loop_init().  One turn: sleep until the nearest deadline (or for ever), read
 * the clock once, then signals, then watches by rank, then due timers.
 */
#ifndef HALE_SUPERVISOR_LOOP_H
#define HALE_SUPERVISOR_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is served first within one turn: the truth about who is alive. */
enum loop_rank {
	LOOP_CHILD,
	LOOP_NOTIFY,
	LOOP_CONTROL,
	LOOP_PROBE,
	LOOP_RANKS
};

struct loop_watch {
	int fd; /* -1: not watched */
	enum loop_rank rank;
	void (*ready)(struct loop_watch *watch, uint32_t events);
};

struct loop_timer {
	int64_t due_ms; /* of clock_now_ms(); meaningless while not armed */
	size_t slot;    /* 0: not armed; owned by the loop */
	void (*fire)(struct loop_timer *timer);
};

/* Recovers the owner of an embedded watch or timer. */
#define LOOP_OWNER(member_ptr, type, member)                                   \
	((type *)(void *)((char *)(member_ptr)-offsetof(type, member)))

/*
 * Makes the epoll and signalfd descriptors and room for timers_max timers.
 * All signals of mask must be blocked already.  Returns 0, or -1 with errno.
 */
int loop_init(
    size_t timers_max, uint64_t mask, void (*on_signal)(const siginfo_t *info));

/*
 * Starts watching watch->fd for events (EPOLLIN, ...), level-triggered.
 * Returns 0, or -1 with errno (ENOMEM, ENOSPC: the caller goes on without).
 */
int loop_watch(struct loop_watch *watch, uint32_t events);

/* Changes the events of a watched descriptor; 0 keeps it registered, mute. */
int loop_rewatch(struct loop_watch *watch, uint32_t events);

/* Stops watching; events of this turn not yet served are dropped.  The
 * descriptor stays open: closing it is its owner's business. */
void loop_unwatch(struct loop_watch *watch);

/* Arms, re-arms or disarms a timer; due_ms in the past fires next turn. */
void loop_arm(struct loop_timer *timer, int64_t due_ms);
void loop_disarm(struct loop_timer *timer);

/* The time at the start of this turn. */
int64_t loop_now_ms(void);

/* Sleeps, then serves all that is ready or due. */
void loop_turn(void);

#endif
