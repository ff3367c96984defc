/* SPDX-License-Identifier: MIT */
/*
 * core_stories.h - lives of services: what the core is told, and what it does.
 *
 * Data of test_core.c, which says how to read it.
 */
#ifndef HALE_TESTS_CORE_STORIES_H
#define HALE_TESTS_CORE_STORIES_H

#include "supervisor/config.h"
#include "supervisor/core.h"

#include <stdint.h>

#define NODES 6
#define STEPS 48

struct story {
	const char *name;
	uint32_t services, elsewhere;
	/* node, need, condition (s r h c), ! required, + restart */
	const char *edges;
	int64_t grace_ms;
	struct core_policy policies[NODES];
	struct {
		const char *does, *tells;
	} steps[STEPS];
};

/* clang-format off */
#define DOUBLING { 500, 30000, 60000, 0 }

static const struct story stories[] = {
	{ "a whole life", 1, 0, "", 60000, {
		{ .stop_ms = 5000, .drain_ms = 1000, .pre_stop_ms = 2000,
		  .restart = RESTART_ALWAYS, .notify = true,
		  .post_start = true, .ready_probe = true,
		  .health_probe = true, .backoff = DOUBLING },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "look a",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status -1, restarts 0, attempts 0, blocker -, " },
		{ "stale a", "" },
		{ "pass 40", "" },
		{ "started a", "a@never a!post_start" },
		{ "started a", "" },
		{ "notified a", "" },
		{ "hooked a 0", "a:up(ready)" },
		{ "facts a 11", "" },
		{ "facts a 11", "" },
		{ "look a",
		  "up for ready, wanted; 40 ms old, status -1, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "started a", "" },
		{ "hooked a 0", "" },
		{ "stale a", "" },
		{ "due a", "" },
		{ "restart a", "a:draining(restart) a@+1000" },
		{ "stale a", "" },
		{ "restart a", "" },
		{ "due a", "a:leaving(timeout) a@+2000 a!pre_stop" },
		{ "facts a 1", "" },
		{ "hooked a 0",
		  "a:stopping(pre_stop over) a!hook_kill a@+5000 "
		  "a!term" },
		{ "due a", "a:killing(timeout) a!hook_kill a@+1000 a!kill" },
		{ "due a", "a!hook_kill a@+1000 a!kill" },
		{ "empty a 137",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "look a",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 137, restarts 0, attempts 0, blocker -, " },
		{ "started a", "a@never a!post_start" },
		{ "notified a", "" },
		{ "exited a 3",
		  "a:stopping(exited) a!hook_kill a@+5000 a!sweep" },
		{ "look a",
		  "stopping for exited, wanted; 0 ms old, status 3, "
		  "restarts 0, attempts 0, blocker -, exited" },
		{ "extend a 9000", "a@+9000" },
		{ "empty a -1",
		  "a@never a!hook_kill a:backoff(exited)=3 a@+529" },
		{ "look a",
		  "backoff for exited, wanted; 0 ms old, status 3, "
		  "restarts 1, attempts 1, blocker -, exited" },
		{ "stale a", "" },
		{ "due a",
		  "a:waiting(delay over) a@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn3" },
		{ "shutdown",
		  "*@+60000 a:stopping(shutdown) a!hook_kill a@+5000 "
		  "a!term" },
		{ "look a",
		  "stopping for shutdown, wanted; 0 ms old, status "
		  "3, restarts 1, attempts 1, blocker -, shutdown" },
		{ "empty a 9",
		  "a@never a!hook_kill a:down(shutdown) *@never "
		  "exit=0" },
		{ "stale a", "" },
		{ "boot", "" },
		{ "look a",
		  "down for shutdown, wanted; 0 ms old, status 9, "
		  "restarts 1, attempts 1, blocker -, shutdown" },
	} },
	{ "hooks are over before it says that it is ready", 1, 0, "", 60000, {
		{ .stop_ms = 5000, .notify = true, .post_start = true },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "hooked a 0", "" },
		{ "started a", "a@never a!post_start" },
		{ "stop a", "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "empty a 0", "a@never a!hook_kill a:down(asked)" },
		{ "look a",
		  "down for asked, not wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
		{ "start a",
		  "a:waiting(asked) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "started a", "a@never a!post_start" },
		{ "hooked a 0", "" },
		{ "notified a", "a:up(ready)" },
		{ "unready a", "" },
		{ "stop a", "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "hooked a 0", "" },
		{ "hooked a 1", "" },
		{ "empty a 143", "a@never a!hook_kill a:down(asked)" },
	} },
	{ "a program ends well, or not, or hangs", 5, 0, "", 60000, {
		{ .stop_ms = 5000, .restart = RESTART_ON_FAILURE,
		  .backoff = DOUBLING },
		{ .stop_ms = 5000, .restart = RESTART_NO },
		{ .stop_ms = 5000, .restart = RESTART_NO },
		{ .stop_ms = 5000, .restart = RESTART_UNLESS_STOPPED,
		  .backoff = { 400000, 900000, 60000, 0 } },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1 b:starting(conditions met) "
		  "b@+10000 b!spawn1 c:starting(conditions met) "
		  "c@+10000 c!spawn1 d:starting(conditions met) "
		  "d@+10000 d!spawn1 e:starting(conditions met) "
		  "e@+10000 e!spawn1" },
		{ "empty a 0", "a@never a!hook_kill a:done(exited)=0" },
		{ "empty b 0", "b@never b!hook_kill b:done(exited)=0" },
		{ "empty c 261", "c@never c!hook_kill c:failed(exited)=5" },
		{ "started d", "d@never d:up(ready)" },
		{ "pass 59999", "" },
		{ "empty d 0", "d!hook_kill d:backoff(exited)=0 d@+422605" },
		{ "look d",
		  "backoff for exited, wanted; 59999 ms old, status "
		  "0, restarts 1, attempts 1, blocker -, , well" },
		{ "due d",
		  "d:waiting(delay over) d@+10000 "
		  "d:starting(conditions met) d@+10000 d!spawn2" },
		{ "pass 60000", "" },
		{ "empty d 300",
		  "d@never d!hook_kill d:backoff(exited)=44 "
		  "d:waiting(delay over) d@+10000 "
		  "d:starting(conditions met) d@+10000 d!spawn3" },
		{ "look d",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 44, restarts 2, attempts 1, blocker -, , "
		  "well" },
		{ "due e", "e:killing(timeout) e!hook_kill e@+1000 e!kill" },
		{ "due e", "e!hook_kill e@+1000 e!kill" },
		{ "empty e -1", "e@never e!hook_kill e:failed(timeout)" },
		{ "look e",
		  "failed for timeout, wanted; 11000 ms old, status "
		  "-1, restarts 0, attempts 0, blocker -, timeout, "
		  "well" },
		{ "start c",
		  "c:waiting(asked) c@+10000 c:starting(conditions "
		  "met) c@+10000 c!spawn2" },
		{ "look c",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 5, restarts 0, attempts 0, blocker -, , "
		  "well" },
		{ "refused c 127",
		  "c@never c!hook_kill c:failed(could not be "
		  "started)=127" },
		{ "start a",
		  "a:waiting(asked) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "empty a 1",
		  "a@never a!hook_kill a:backoff(exited)=1 a@+531" },
		{ "look a",
		  "backoff for exited, wanted; 0 ms old, status 1, "
		  "restarts 1, attempts 1, blocker -, , well" },
		{ "start a",
		  "a:waiting(asked) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn3" },
		{ "look a",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 1, restarts 1, attempts 0, blocker -, , "
		  "well" },
		{ "stop a", "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "empty a 1", "a@never a!hook_kill a:down(asked)" },
	} },
	{ "what is ill is restarted, and has failed", 6, 0, "", 60000, {
		{ .stop_ms = 5000, .backoff = DOUBLING },
		{ .stop_ms = 5000, .restart = RESTART_ON_FAILURE,
		  .backoff = DOUBLING },
		{ .stop_ms = 5000, .restart = RESTART_ON_FAILURE,
		  .notify = true, .backoff = DOUBLING },
		{ .stop_ms = 5000, .restart = RESTART_ON_FAILURE,
		  .post_start = true, .backoff = DOUBLING },
		{ .stop_ms = 5000, .pre_stop_ms = 700, .restart = RESTART_NO,
		  .backoff = DOUBLING },
		{ .stop_ms = 5000, .post_start = true, .restart = RESTART_NO },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 f:waiting(boot) f@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1 "
		  "c:starting(conditions met) c@+10000 c!spawn1 "
		  "d:starting(conditions met) d@+10000 d!spawn1 "
		  "e:starting(conditions met) e@+10000 e!spawn1 "
		  "f:starting(conditions met) f@+10000 f!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "started b", "b@never b:up(ready)" },
		{ "started c", "c@never" },
		{ "started d", "d@never d!post_start" },
		{ "started e", "e@never e:up(ready)" },
		{ "started f", "f@never f!post_start" },
		{ "unhealthy a",
		  "a:stopping(unhealthy) a!hook_kill a@+5000 a!term" },
		{ "empty a 0",
		  "a@never a!hook_kill a:backoff(unhealthy)=0 a@+529" },
		{ "watchdog b",
		  "b:stopping(watchdog) b!hook_kill b@+5000 b!term" },
		{ "empty b 0",
		  "b@never b!hook_kill b:backoff(watchdog)=0 b@+512" },
		{ "unready c",
		  "c:stopping(never ready) c!hook_kill c@+5000 c!term" },
		{ "empty c 0",
		  "c@never c!hook_kill c:backoff(never ready)=0 "
		  "c@+531" },
		{ "unready b", "" },
		{ "hooked d 1",
		  "d:stopping(post_start failed) d!hook_kill d@+5000 "
		  "d!term" },
		{ "empty d 0",
		  "d@never d!hook_kill d:backoff(post_start "
		  "failed)=0 d@+523" },
		{ "watchdog e", "e:leaving(watchdog) e@+700 e!pre_stop" },
		{ "hooked e 1",
		  "e:stopping(pre_stop over) e!hook_kill e@+5000 "
		  "e!term" },
		{ "empty e 0", "e@never e!hook_kill e:failed(watchdog)=0" },
		{ "hooked f 1",
		  "f:stopping(post_start failed) f!hook_kill f@+5000 "
		  "f!term" },
		{ "unhealthy f", "" },
		{ "empty f 0",
		  "f@never f!hook_kill f:failed(post_start failed)=0" },
		{ "look e",
		  "failed for watchdog, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, watchdog, well" },
		{ "look a",
		  "backoff for unhealthy, wanted; 0 ms old, status "
		  "0, restarts 1, attempts 1, blocker -, unhealthy, "
		  "well" },
	} },
	{ "it gives up", 2, 0, "", 60000, {
		{ .stop_ms = 5000, .restart = RESTART_ALWAYS, .essential = 1,
		  .backoff = { 0, 30000, 60000, 2 } },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "empty a 0",
		  "a@never a!hook_kill a:backoff(exited)=0 "
		  "a:waiting(delay over) a@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn2" },
		{ "look a",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 0, restarts 1, attempts 1, blocker -, , "
		  "well" },
		{ "empty a 4",
		  "a@never a!hook_kill a:backoff(exited)=4 "
		  "a:waiting(delay over) a@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn3" },
		{ "look a",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 4, restarts 2, attempts 2, blocker -, , "
		  "well" },
		{ "empty a 0",
		  "a@never a!hook_kill a:failed(gave up)=0 *@+60000 "
		  "b:stopping(shutdown) b!hook_kill b@+5000 b!term" },
		{ "empty b 7",
		  "b@never b!hook_kill b:down(shutdown) *@never "
		  "exit=1" },
	} },
	{ "the failure of an essential one is the exit status", 2, 0, "", 60000, {
		{ .stop_ms = 5000, .essential = -1 },
		{ .stop_ms = 5000, .essential = 1 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "empty a 0", "a@never a!hook_kill a:done(exited)=0" },
		{ "look a",
		  "done for exited, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "start a",
		  "a:waiting(asked) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "started b", "b@never b:up(ready)" },
		{ "empty a 44",
		  "a@never a!hook_kill a:failed(exited)=44 *@+60000 "
		  "b:stopping(shutdown) b!hook_kill b@+5000 b!term" },
		{ "stale b", "" },
		{ "start a", "" },
		{ "stop b", "" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(shutdown) *@never "
		  "exit=44" },
	} },
	{ "an essential one ends well", 2, 0, "", 60000, {
		{ .stop_ms = 5000, .essential = 1 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "empty a 0",
		  "a@never a!hook_kill a:done(exited)=0 *@+60000 "
		  "b:stopping(shutdown) b!hook_kill b@+5000 b!term" },
		{ "empty b 5",
		  "b@never b!hook_kill b:down(shutdown) *@never "
		  "exit=0" },
	} },
	{ "the end of main is its status", 2, 0, "", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000, .essential = -1, .is_main = true },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "empty b 0",
		  "b@never b!hook_kill b:done(exited)=0 *@+60000 "
		  "a:stopping(shutdown) a!hook_kill a@+5000 a!term" },
		{ "empty a 5",
		  "a@never a!hook_kill a:down(shutdown) *@never "
		  "exit=0" },
	} },
	{ "main is asked to end", 2, 0, "", 60000, {
		{ .stop_ms = 5000, .essential = 1, .is_main = true },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "shutdown",
		  "*@+60000 a:stopping(shutdown) a!hook_kill a@+5000 "
		  "a!term b:stopping(shutdown) b!hook_kill b@+5000 "
		  "b!term" },
		{ "empty b 0", "b@never b!hook_kill b:down(shutdown)" },
		{ "empty a 143",
		  "a@never a!hook_kill a:down(shutdown) *@never "
		  "exit=143" },
	} },
	{ "a failure that was no failure of its own", 1, 0, "", 60000, {
		{ .stop_ms = 5000, .notify = true },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a", "a@never" },
		{ "shutdown a",
		  "*@+60000 a:stopping(shutdown) a!hook_kill a@+5000 "
		  "a!term" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(shutdown) *@never "
		  "exit=1" },
	} },
	{ "all end by themselves, the first failure counts", 3, 0, "", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1 b:starting(conditions met) "
		  "b@+10000 b!spawn1 c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "empty c 3", "c@never c!hook_kill c:failed(exited)=3" },
		{ "empty a 0", "a@never a!hook_kill a:done(exited)=0" },
		{ "empty b 2",
		  "b@never b!hook_kill b:failed(exited)=2 *@+60000 "
		  "*@never exit=2" },
	} },
	{ "all end by themselves, and well", 2, 0, "", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "empty b 0", "b@never b!hook_kill b:done(exited)=0" },
		{ "empty a 0",
		  "a@never a!hook_kill a:done(exited)=0 *@+60000 "
		  "*@never exit=0" },
	} },
	{ "conditions", 6, 1, "bas! car! dah! eac! fah fas! dgs! egh!", 60000, {
		{ .stop_ms = 5000, .ready_probe = true, .health_probe = true },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 f:waiting(boot) f@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1" },
		{ "look f",
		  "waiting for boot, wanted; 1000 ms old, status -1, "
		  "restarts 0, attempts 0, blocker -, " },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "facts g 1", "" },
		{ "facts a 10",
		  "c:starting(conditions met) c@+10000 c!spawn1" },
		{ "facts a 1",
		  "d:starting(conditions met) d@+10000 d!spawn1 "
		  "f:starting(conditions met) f@+10000 f!spawn1" },
		{ "facts a 11", "" },
		{ "due e", "e!nag e@+20000" },
		{ "due e", "e!nag e@+30000" },
		{ "due e", "e!nag" },
		{ "stale e", "" },
		{ "stale a", "" },
		{ "stop e", "e:down(asked)" },
		{ "start e", "e:waiting(asked) e@+10000" },
		{ "due e", "e!nag e@+20000" },
		{ "stop f", "f:stopping(asked) f!hook_kill f@+5000 f!term" },
		{ "empty f 0", "f@never f!hook_kill f:down(asked)" },
		{ "facts a 0", "" },
		{ "start f", "f:waiting(asked) f@+10000" },
		{ "look f",
		  "waiting for asked, wanted; 70000 ms old, status "
		  "0, restarts 0, attempts 0, blocker -, asked, well" },
		{ "empty a 0",
		  "a!hook_kill a:done(exited)=0 "
		  "f:starting(conditions met) f@+10000 f!spawn2" },
		{ "look e",
		  "waiting for asked, wanted; 71000 ms old, status "
		  "-1, restarts 0, attempts 0, blocker -, " },
		{ "empty e 1", "" },
		{ "look f",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 0, restarts 0, attempts 0, blocker -, , "
		  "well" },
		{ "restart f",
		  "f:stopping(restart) f!hook_kill f@+5000 f!term" },
		{ "shutdown",
		  "*@+60000 b:stopping(shutdown) b!hook_kill b@+5000 "
		  "b!term c:stopping(shutdown) c!hook_kill c@+5000 "
		  "c!term d:stopping(shutdown) d!hook_kill d@+5000 "
		  "d!term e@never e:down(shutdown)" },
		{ "empty f 0", "f@never f!hook_kill f:down(restart)" },
		{ "stale a", "" },
		{ "empty d 0", "d@never d!hook_kill d:down(shutdown)" },
		{ "empty c 0", "c@never c!hook_kill c:down(shutdown)" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(shutdown) *@never "
		  "exit=0" },
	} },
	{ "what can't be any more", 6, 0, "bar! cah dac! eas fas!", 60000, {
		{ .stop_ms = 5000, .post_start = true },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 f:waiting(boot) f@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1" },
		{ "empty a 6",
		  "a@never a!hook_kill a:failed(exited)=6 "
		  "b:failed(need failed) b@never "
		  "c:starting(conditions met) c@+10000 c!spawn1 "
		  "d:failed(need failed) d@never "
		  "e:starting(conditions met) e@+10000 e!spawn1 "
		  "f:failed(need failed) f@never" },
		{ "look b",
		  "failed for need failed, wanted; 1000 ms old, "
		  "status 6, restarts 0, attempts 0, blocker a, " },
		{ "start b",
		  "b:waiting(asked) b@+10000 a:waiting(asked) "
		  "a@+10000 a:starting(conditions met) a@+10000 "
		  "a!spawn2" },
		{ "look b",
		  "waiting for asked, wanted; 1000 ms old, status 6, "
		  "restarts 0, attempts 0, blocker a, " },
		{ "start d", "d:waiting(asked) d@+10000" },
		{ "start e", "" },
	} },
	{ "what ended well is neither ready nor healthy", 6, 0, "bar! cah! dac! ear fas!", 60000, {
		{ .stop_ms = 5000, .post_start = true, .ready_probe = true },
		{ .stop_ms = 5000, .essential = 1 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 f:waiting(boot) f@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1" },
		{ "empty a 0",
		  "a@never a!hook_kill a:done(exited)=0 "
		  "b:failed(need failed) b@never *@+60000 c@never "
		  "c:down(shutdown) d@never d:down(shutdown) e@never "
		  "e:down(shutdown) f@never f:down(shutdown) *@never "
		  "exit=1" },
		{ "empty d 0", "" },
		{ "empty e 0", "" },
		{ "empty f 0", "" },
	} },
	{ "a client wants what it needs too, and no more", 6, 0, "bas! cbs! cds ebc! cfs!", 60000, {
		{ .stop_ms = 5000, .restart = RESTART_ALWAYS,
		  .backoff = DOUBLING },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 f:waiting(boot) f@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "d:starting(conditions met) d@+10000 d!spawn1 "
		  "f:starting(conditions met) f@+10000 f!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "started b", "b@never b:up(ready)" },
		{ "started d", "d@never d:up(ready)" },
		{ "started f",
		  "f@never f:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "started c", "c@never c:up(ready)" },
		{ "stop a", "c:stopping(asked) c!hook_kill c@+5000 c!term" },
		{ "empty e 0", "" },
		{ "empty c 0",
		  "c@never c!hook_kill c:down(asked) "
		  "b:stopping(asked) b!hook_kill b@+5000 b!term" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(asked) "
		  "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "empty a 0", "a@never a!hook_kill a:down(asked)" },
		{ "look d",
		  "up for ready, wanted; 0 ms old, status -1, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "look c",
		  "down for asked, not wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
		{ "start c",
		  "c:waiting(asked) c@+10000 b:waiting(asked) "
		  "b@+10000 a:waiting(asked) a@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn2" },
		{ "look b",
		  "waiting for asked, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
		{ "look e",
		  "waiting for boot, wanted; 1000 ms old, status -1, "
		  "restarts 0, attempts 0, blocker -, " },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn2" },
		{ "started b",
		  "b@never b:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn2" },
		{ "start c", "" },
		{ "empty a 1", "a!hook_kill a:backoff(exited)=1 a@+529" },
		{ "look a",
		  "backoff for exited, wanted; 0 ms old, status 1, "
		  "restarts 1, attempts 1, blocker -, , well" },
		{ "start c", "" },
		{ "look a",
		  "backoff for exited, wanted; 0 ms old, status 1, "
		  "restarts 1, attempts 1, blocker -, , well" },
		{ "stop d", "d:stopping(asked) d!hook_kill d@+5000 d!term" },
		{ "empty d 0", "d@never d!hook_kill d:down(asked)" },
		{ "start c", "" },
		{ "stale d", "" },
		{ "look d",
		  "down for asked, not wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
	} },
	{ "who asked for it is restarted with it", 5, 0, "bas!+ cbs+ das! eas+", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "e:waiting(boot) e@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1 d:starting(conditions met) "
		  "d@+10000 d!spawn1 e:starting(conditions met) "
		  "e@+10000 e!spawn1" },
		{ "started b",
		  "b@never b:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "started c", "c@never c:up(ready)" },
		{ "started d", "d@never d:up(ready)" },
		{ "empty e 0", "e@never e!hook_kill e:done(exited)=0" },
		{ "restart a",
		  "c:stopping(restart) c!hook_kill c@+5000 c!term" },
		{ "look d",
		  "up for ready, wanted; 0 ms old, status -1, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "empty c 0",
		  "c@never c!hook_kill c:down(restart) "
		  "c:waiting(restart) c@+10000 b:stopping(restart) "
		  "b!hook_kill b@+5000 b!term" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(restart) "
		  "b:waiting(restart) b@+10000 a:stopping(restart) "
		  "a!hook_kill a@+5000 a!term" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn2" },
		{ "started b",
		  "b@never b:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn2" },
		{ "started c", "c@never c:up(ready)" },
		{ "stop b", "b:stopping(asked) b!hook_kill b@+5000 b!term" },
		{ "empty b 0", "b@never b!hook_kill b:down(asked)" },
		{ "restart a",
		  "a:stopping(restart) a!hook_kill a@+5000 a!term" },
		{ "empty c 0", "c!hook_kill c:done(exited)=0" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn3" },
		{ "look b",
		  "down for asked, not wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
		{ "look c",
		  "done for exited, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "restart b", "b:waiting(restart) b@+10000" },
		{ "look b",
		  "waiting for restart, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
		{ "restart e", "e:waiting(restart) e@+10000" },
		{ "stop e", "e@never e:down(asked)" },
		{ "empty e 0", "" },
	} },
	{ "who needs it goes first", 3, 0, "bas! cbs!", 6000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 4000, .drain_ms = 1000 },
		{ .stop_ms = 2500, .pre_stop_ms = 2500 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "started b",
		  "b@never b:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "started c", "c@never c:up(ready)" },
		{ "shutdown",
		  "*@+6000 c:leaving(shutdown) c@+1000 c!pre_stop" },
		{ "shutdown", "" },
		{ "due c", "c:stopping(timeout) c!hook_kill c@+1000 c!term" },
		{ "due c", "c:killing(timeout) c!hook_kill c@+1000 c!kill" },
		{ "due c", "c!hook_kill c@+1000 c!kill" },
		{ "empty c 137",
		  "c@never c!hook_kill c:down(shutdown) "
		  "b:draining(shutdown) b@+300" },
		{ "due b", "b:stopping(timeout) b!hook_kill b@+1200 b!term" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(shutdown) "
		  "a:stopping(shutdown) a!hook_kill a@+2700 a!term" },
		{ "exited a 0", "a!hook_kill a@+2700 a!sweep" },
		{ "extend a 100", "" },
		{ "extend a 50000", "" },
		{ "empty a -1",
		  "a@never a!hook_kill a:down(shutdown) *@never "
		  "exit=137" },
	} },
	{ "its own time is enough", 3, 0, "bas! cbs!", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 4000, .drain_ms = 1000 },
		{ .stop_ms = 2500, .pre_stop_ms = 2500 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "started b",
		  "b@never b:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "started c", "c@never c:up(ready)" },
		{ "stop a", "c:leaving(asked) c@+2500 c!pre_stop" },
		{ "due c", "c:stopping(timeout) c!hook_kill c@+2500 c!term" },
		{ "extend c 100", "" },
		{ "extend c 2500", "" },
		{ "extend c 3000", "c@+3000" },
		{ "due c", "c:killing(timeout) c!hook_kill c@+1000 c!kill" },
		{ "empty c 137",
		  "c@never c!hook_kill c:down(asked) "
		  "b:draining(asked) b@+1000" },
		{ "pass 10", "" },
		{ "unhealthy b",
		  "b:stopping(unhealthy) b!hook_kill b@+4000 b!term" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(asked) "
		  "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "pass 10", "" },
		{ "empty a 0", "a@never a!hook_kill a:down(asked)" },
		{ "look a",
		  "down for asked, not wanted; 5520 ms old, status "
		  "0, restarts 0, attempts 0, blocker -, asked, well" },
	} },
	{ "a stop under way gets less when all has to stop", 4, 0, "", 2000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 500, .drain_ms = 9000 },
		{ .stop_ms = 1000 },
		{ .stop_ms = 100 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1 "
		  "c:starting(conditions met) c@+10000 c!spawn1 "
		  "d:starting(conditions met) d@+10000 d!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "started b", "b@never b:up(ready)" },
		{ "started c", "c@never c:up(ready)" },
		{ "started d", "d@never d:up(ready)" },
		{ "stop a", "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "stop b", "b:draining(asked) b@+9000" },
		{ "stop c", "c:stopping(asked) c!hook_kill c@+1000 c!term" },
		{ "pass 100", "" },
		{ "shutdown",
		  "*@+2000 a@+2000 b@+1894 d:stopping(shutdown) "
		  "d!hook_kill d@+100 d!term" },
		{ "look b",
		  "draining for asked, not wanted; 100 ms old, "
		  "status -1, restarts 0, attempts 0, blocker -, "
		  "asked, well" },
		{ "due b", "b:stopping(timeout) b!hook_kill b@+106 b!term" },
		{ "due c", "c:killing(timeout) c!hook_kill c@+1000 c!kill" },
		{ "empty c 137", "c@never c!hook_kill c:down(asked)" },
		{ "empty d 0", "d@never d!hook_kill d:down(shutdown)" },
		{ "due a", "a:killing(timeout) a!hook_kill a@+1000 a!kill" },
		{ "empty a 137", "a@never a!hook_kill a:down(asked)" },
		{ "empty b 137",
		  "b@never b!hook_kill b:down(asked) *@never exit=137" },
	} },
	{ "nobody is waited for beyond the deadline", 2, 0, "", 1000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "started b", "b@never b:up(ready)" },
		{ "pass 77", "" },
		{ "shutdown",
		  "*@+1000 a:stopping(shutdown) a!hook_kill a@+1000 "
		  "a!term b:stopping(shutdown) b!hook_kill b@+1000 "
		  "b!term" },
		{ "due a", "a:killing(timeout) a!hook_kill a@+1000 a!kill" },
		{ "due *",
		  "a!hook_kill a@+1000 a!kill b:killing(no time "
		  "left) b!hook_kill b@+1000 b!kill *@+1000" },
		{ "empty b 137", "b@never b!hook_kill b:down(shutdown)" },
		{ "due a", "a!hook_kill a@+1000 a!kill" },
		{ "due *", "a!hook_kill a@+1000 a!kill *@never exit=137" },
		{ "look a",
		  "killing for timeout, wanted; 2077 ms old, status "
		  "-1, restarts 0, attempts 0, blocker -, shutdown, "
		  "well" },
		{ "empty a 0", "" },
	} },
	{ "what lives elsewhere is not main", 1, 1, "abs!", 60000, {
		{ .stop_ms = 5000 },
		{ .is_main = true },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "stale a", "" },
		{ "kill",
		  "*@+60000 a:killing(no time left) a!hook_kill "
		  "a@+1000 a!kill" },
		{ "empty a 137",
		  "a@never a!hook_kill a:down(no time left) *@never "
		  "exit=137" },
	} },
	{ "what is stopped is not restarted with its need", 3, 0, "bas!+ cbs!", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "started b",
		  "b@never b:up(ready) c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "started c", "c@never c:up(ready)" },
		{ "stop b", "c:stopping(asked) c!hook_kill c@+5000 c!term" },
		{ "restart a", "" },
		{ "empty c 0",
		  "c@never c!hook_kill c:down(asked) "
		  "b:stopping(asked) b!hook_kill b@+5000 b!term" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(asked) "
		  "a:stopping(restart) a!hook_kill a@+5000 a!term" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "look b",
		  "down for asked, not wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
	} },
	{ "it says that it is ready before we know that it runs", 1, 0, "", 60000, {
		{ .stop_ms = 5000, .notify = true },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "notified a", "" },
		{ "started a", "a@never a:up(ready)" },
		{ "stop a", "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "notified a", "" },
		{ "exited a 3", "a!hook_kill a@+5000 a!sweep" },
		{ "empty a 9", "a@never a!hook_kill a:down(asked)" },
		{ "look a",
		  "down for asked, not wanted; 0 ms old, status 3, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
	} },
	{ "asked to end, then to start, while it stops", 2, 0, "", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "stop a", "a:stopping(asked) a!hook_kill a@+5000 a!term" },
		{ "start a", "" },
		{ "look a",
		  "stopping for asked, wanted; 0 ms old, status -1, "
		  "restarts 0, attempts 0, blocker -, asked, well" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(asked) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "started a", "a@never a:up(ready)" },
		{ "restart a",
		  "a:stopping(restart) a!hook_kill a@+5000 a!term" },
		{ "stop a", "" },
		{ "start a", "" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn3" },
		{ "started a", "a@never a:up(ready)" },
		{ "extend a 10", "" },
		{ "restart a",
		  "a:stopping(restart) a!hook_kill a@+5000 a!term" },
		{ "extend a 50000", "a@+50000" },
		{ "restart a", "" },
		{ "look a",
		  "stopping for restart, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, restart, well" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn4" },
	} },
	{ "it ends by itself before its turn to be stopped", 2, 0, "bas!+", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "started b", "b@never b:up(ready)" },
		{ "restart a",
		  "b:stopping(restart) b!hook_kill b@+5000 b!term" },
		{ "empty a 0",
		  "a!hook_kill a:down(exited) a:waiting(restart) "
		  "a@+10000 a:starting(conditions met) a@+10000 "
		  "a!spawn2" },
		{ "empty b 0",
		  "b@never b!hook_kill b:down(restart) "
		  "b:waiting(restart) b@+10000" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn2" },
		{ "started b", "b@never b:up(ready)" },
		{ "stop a", "b:stopping(asked) b!hook_kill b@+5000 b!term" },
		{ "empty a 0", "a!hook_kill a:down(exited)" },
		{ "look a",
		  "down for exited, not wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "empty b 0", "b@never b!hook_kill b:down(asked)" },
	} },
	{ "more time is had until the deadline", 2, 0, "", 9000, {
		{ .stop_ms = 1000, .drain_ms = 500 },
		{ .stop_ms = 1000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "b:starting(conditions met) b@+10000 b!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "started b", "b@never b:up(ready)" },
		{ "shutdown",
		  "*@+9000 a:draining(shutdown) a@+500 "
		  "b:stopping(shutdown) b!hook_kill b@+1000 b!term" },
		{ "extend a 3000", "" },
		{ "due a", "a:stopping(timeout) a!hook_kill a@+1000 a!term" },
		{ "extend a 3000", "a@+3000" },
		{ "extend a 20000", "a@+8500" },
		{ "extend b 3000", "b@+3000" },
	} },
	{ "half of the time is left to the stop signal", 1, 0, "", 2000, {
		{ .stop_ms = 5000, .drain_ms = 1000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "shutdown", "*@+2000 a:draining(shutdown) a@+1000" },
		{ "due a", "a:stopping(timeout) a!hook_kill a@+1000 a!term" },
		{ "due a", "a:killing(timeout) a!hook_kill a@+1000 a!kill" },
	} },
	{ "a hook under way leaves half of the time too", 1, 0, "", 2000, {
		{ .stop_ms = 5000, .pre_stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a", "a@never a:up(ready)" },
		{ "stop a", "a:leaving(asked) a@+5000 a!pre_stop" },
		{ "pass 100", "" },
		{ "shutdown", "*@+2000 a@+1000" },
		{ "due a", "a:stopping(timeout) a!hook_kill a@+1000 a!term" },
		{ "due a", "a:killing(timeout) a!hook_kill a@+1000 a!kill" },
	} },
	{ "its need failed without a status", 4, 0, "bas! cas!", 60000, {
		{ .stop_ms = 5000, .notify = true },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 d:waiting(boot) d@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1 "
		  "d:starting(conditions met) d@+10000 d!spawn1" },
		{ "watchdog a",
		  "a:stopping(watchdog) a!hook_kill a@+5000 a!term" },
		{ "empty a 0",
		  "a@never a!hook_kill a:failed(watchdog)=0 "
		  "b:failed(need failed) b@never c:failed(need "
		  "failed) c@never" },
		{ "look a",
		  "failed for watchdog, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, watchdog, well" },
		{ "look b",
		  "failed for need failed, wanted; 1000 ms old, "
		  "status 1, restarts 0, attempts 0, blocker a, " },
		{ "start b",
		  "b:waiting(asked) b@+10000 a:waiting(asked) "
		  "a@+10000 a:starting(conditions met) a@+10000 "
		  "a!spawn2" },
		{ "look b",
		  "waiting for asked, wanted; 1000 ms old, status 1, "
		  "restarts 0, attempts 0, blocker a, " },
		{ "started a",
		  "a@never b:starting(conditions met) b@+10000 "
		  "b!spawn1" },
		{ "notified a", "a:up(ready)" },
		{ "look b",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 1, restarts 0, attempts 0, blocker -, , "
		  "well" },
		{ "started b", "b@never b:up(ready)" },
		{ "watchdog a",
		  "a:stopping(watchdog) a!hook_kill a@+5000 a!term" },
		{ "empty a 0", "a@never a!hook_kill a:failed(watchdog)=0" },
		{ "look b",
		  "up for ready, wanted; 0 ms old, status 1, "
		  "restarts 0, attempts 0, blocker -, , well" },
		{ "kill",
		  "*@+60000 b:killing(no time left) b!hook_kill "
		  "b@+1000 b!kill d:killing(no time left) "
		  "d!hook_kill d@+1000 d!kill" },
		{ "look a",
		  "failed for watchdog, wanted; 0 ms old, status 0, "
		  "restarts 0, attempts 0, blocker -, watchdog, well" },
	} },
	{ "nothing starts on what is about to go", 3, 0, "bas! cas!+", 60000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1 c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "started b", "b@never b:up(ready)" },
		{ "started c", "c@never c:up(ready)" },
		{ "stop b", "b:stopping(asked) b!hook_kill b@+5000 b!term" },
		{ "empty b 0", "b@never b!hook_kill b:down(asked)" },
		{ "restart a",
		  "c:stopping(restart) c!hook_kill c@+5000 c!term" },
		{ "start b", "b:waiting(asked) b@+10000" },
		{ "empty c 0",
		  "c@never c!hook_kill c:down(restart) "
		  "c:waiting(restart) c@+10000 a:stopping(restart) "
		  "a!hook_kill a@+5000 a!term" },
		{ "empty a 0",
		  "a@never a!hook_kill a:down(restart) "
		  "a:waiting(restart) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn2" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn2 c:starting(conditions met) "
		  "c@+10000 c!spawn2" },
	} },
	{ "killed at once", 2, 0, "bas!", 30000, {
		{ .stop_ms = 5000 },
		{ .stop_ms = 5000, .restart = RESTART_ALWAYS,
		  .backoff = DOUBLING },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "a:starting(conditions met) a@+10000 a!spawn1" },
		{ "started a",
		  "a@never a:up(ready) b:starting(conditions met) "
		  "b@+10000 b!spawn1" },
		{ "kill",
		  "*@+30000 a:killing(no time left) a!hook_kill "
		  "a@+1000 a!kill b:killing(no time left) "
		  "b!hook_kill b@+1000 b!kill" },
		{ "kill",
		  "a!hook_kill a@+1000 a!kill b!hook_kill b@+1000 "
		  "b!kill" },
		{ "empty b 137", "b@never b!hook_kill b:down(no time left)" },
		{ "empty a 137",
		  "a@never a!hook_kill a:down(no time left) *@never "
		  "exit=137" },
	} },
	{ "one that hung was killed, but not by the stop", 1, 0, "", 30000, {
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1" },
		{ "due a", "a:killing(timeout) a!hook_kill a@+1000 a!kill" },
		{ "shutdown", "*@+30000" },
		{ "empty a 137",
		  "a@never a!hook_kill a:down(timeout) *@never exit=0" },
	} },
	{ "the delay is over, or is waited for no more", 3, 0, "", 30000, {
		{ .stop_ms = 5000, .restart = RESTART_ALWAYS,
		  .backoff = DOUBLING },
		{ .stop_ms = 5000, .restart = RESTART_ALWAYS,
		  .backoff = DOUBLING },
		{ .stop_ms = 5000 },
	}, {
		{ "boot",
		  "a:waiting(boot) a@+10000 b:waiting(boot) b@+10000 "
		  "c:waiting(boot) c@+10000 a:starting(conditions "
		  "met) a@+10000 a!spawn1 b:starting(conditions met) "
		  "b@+10000 b!spawn1 c:starting(conditions met) "
		  "c@+10000 c!spawn1" },
		{ "empty a 1",
		  "a@never a!hook_kill a:backoff(exited)=1 a@+529" },
		{ "empty b 1",
		  "b@never b!hook_kill b:backoff(exited)=1 b@+512" },
		{ "stop a", "a@never a:down(asked)" },
		{ "look a",
		  "down for asked, not wanted; 0 ms old, status 1, "
		  "restarts 1, attempts 1, blocker -, , well" },
		{ "restart b",
		  "b@never b:down(restart) b:waiting(restart) "
		  "b@+10000 b:starting(conditions met) b@+10000 "
		  "b!spawn2" },
		{ "look b",
		  "starting for conditions met, wanted; 0 ms old, "
		  "status 1, restarts 1, attempts 0, blocker -, , "
		  "well" },
		{ "empty b 1",
		  "b@never b!hook_kill b:backoff(exited)=1 b@+531" },
		{ "pass 100", "" },
		{ "due b",
		  "b:waiting(delay over) b@+10000 "
		  "b:starting(conditions met) b@+10000 b!spawn3" },
		{ "empty b 1",
		  "b@never b!hook_kill b:backoff(exited)=1 b@+1083" },
		{ "shutdown",
		  "*@+30000 b@never b:down(shutdown) "
		  "c:stopping(shutdown) c!hook_kill c@+5000 c!term" },
		{ "empty c 0",
		  "c@never c!hook_kill c:down(shutdown) *@never "
		  "exit=0" },
	} },
};
/* clang-format on */

#endif
