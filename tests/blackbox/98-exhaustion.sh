#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hale run where something has run out, or comes in floods: descriptors, pids,
# memory, time; orphans, signals, output that nobody reads.  Its main goes on,
# and ends with its own status.
#
# BLACKBOX_TIMEOUT is for a machine that is busy with other things.

: "${BLACKBOX_TIMEOUT:=230}"
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
PID1_TIMEOUT=60

# ---- descriptors

conf <<Y
services:
  main: {command: [$PUPPET, sleep=100, exit=7], notify: false, logging: {prefix: true}, stop_grace_period: 1s}
  job: {command: ["true"], notify: true, essential: false}
hale: {socket: none}
Y
for n in 4 6 8 10 12 16 24 40; do
	PID1_WRAP=("$PUPPET" "limit=nofile:$n" exec)
	run
	if [ "$rc" = 7 ]; then
		ok "RLIMIT_NOFILE $n: it works"
	else
		like "$rc: $err" '^125: .*[a-z]' "RLIMIT_NOFILE $n: 125, and why"
	fi
done
is "$rc" 7 "with room for 40 descriptors it works"
pid1_defaults

# ---- pids and memory: version 1 or 2 of cgroups, whatever is writable

cgroup= # a directory of the controller $1 that is ours to make limits in
make_group() # CONTROLLER FILE VALUE
{
	local root
	for root in "/sys/fs/cgroup/$1" /sys/fs/cgroup; do
		cgroup=$root/${T##*/}.$1
		mkdir "$cgroup" 2>/dev/null || continue
		[ -e "$cgroup/$2" ] && echo "$3" >"$cgroup/$2" && return
		rmdir "$cgroup"
	done 2>/dev/null
	return 1
}

in_group() # COMMAND...
{
	# shellcheck disable=SC2016 # for the shell that it starts
	PID1_WRAP=(sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$cgroup")
}

end_group()
{
	pid1_defaults
	wait_for 10 rmdir "$cgroup" || nok "the group is still in use"
}

conf <<Y
services:
  main:
    command: [sh, -c, "sleep 1 & : >$T/go; wait; exit 7"]
    stop_grace_period: 1s
  bomb: # when main has forked what it has to
    command: [sh, -c, "until [ -e $T/go ]; do :; done; while :; do sleep 100 & done"]
    essential: false
    restart: always
    restart_policy: {delay: 50ms}
    stop_grace_period: 1s
hale: {stop_grace_period: 2s, socket: none}
Y
if make_group pids pids.max 24; then
	in_group
	run
	is "$rc" 7 "a fork bomb in a group of 24 processes: main has its status"
	end_group
else
	skip "a fork bomb in a group of 24 processes" "no pids controller to write"
fi

conf <<Y
services:
  main: {command: [sh, -c, "until grep -q 3 n; do sleep 0.1; done; exit 7"], stop_grace_period: 1s}
  eater:
    command: [sh, -c, "echo x >>n2; wc -l <n2 >n; exec tail /dev/zero"]
    essential: false
    restart: always
    restart_policy: {delay: 50ms}
    oom_score_adj: 500
hale: {stop_grace_period: 2s, socket: none}
Y
: >n
if make_group memory memory.limit_in_bytes 32M || make_group memory memory.max 32M; then
	in_group
	run
	is "$rc" 7 "a service that the kernel kills for its memory, three times"
	like "$err" 'eater: .*SIGKILL' "  and hale says that"
	end_group
else
	skip "a service that the kernel kills for its memory" \
	    "no memory controller to write"
fi

# ---- time: all of it stopped for longer than any interval

conf <<Y
services:
  main: {command: [./svc, main, "0", "7"], stop_grace_period: 1s}
  probed:
    command: [./svc, probed]
    healthcheck: {test: [CMD, "true"], interval: 100ms, timeout: 300ms, retries: 1, on_unhealthy: restart}
    liveness: {file: $T/ev, interval: 100ms, on_unhealthy: restart}
hale: {log_level: info, socket: none}
Y
run_start
event "main up"
wait_for 20 has "$T/err" 'probed: healthy' || nok "never healthy"
all=$(same_ns "$pid1")
# shellcheck disable=SC2086 # a list
kill -STOP $all
wait_for 10 state_is "$pid1" T || nok "PID 1 isn't stopped"
sleep 2 # longer than each interval and timeout above
# shellcheck disable=SC2086 # a list of words
kill -CONT $all
check "PID 1, stopped and continued, goes on" wait_for 10 state_is "$pid1" S
stop
is "$rc" 7 "all stopped for 2 s and continued: main ends with its status"
is "$(grep -c '^probed up' "$T/ev")" 1 "  and nobody was restarted for it"

# ---- floods

conf <<Y
services:
  main: {command: [$PUPPET, storm=20000, exit=7], sandbox: none}
  beside: {command: [sleep, "1000"], essential: false, stop_grace_period: 1s}
hale: {socket: none}
Y
PID1_TIMEOUT=150
run
is "$rc" 7 "20,000 orphans"
pid1_defaults

conf <<Y
services:
  main: {command: [./svc, main, "0", "7"], stop_grace_period: 3s}
  crash: {command: [sh, -c, "echo crash >>ev; exit 1"], essential: false, restart: always, restart_policy: {delay: 20ms, max_delay: 20ms}}
hale: {socket: none}
Y
sed -i 's/^trap stop TERM/trap stop TERM; trap "" USR1 USR2 WINCH CONT/' "$T/svc"
run_start
event "main up"
for _ in {1..4000}; do
	kill -USR1 "$pid1" && kill -USR2 "$pid1" && kill -WINCH "$pid1" || break
done
before=$(grep -c '^crash' "$T/ev")
more_crashes() { [ "$(grep -c '^crash' "$T/ev")" -gt $((before + 2)) ]; }
check "12,000 signals: others are restarted all the same" wait_for 20 more_crashes
stop
is "$rc" 7 "  and main ends with its status"

{
	echo services:
	echo "  main: {command: [sh, -c, 'sleep 1; exit 7'], logging: {prefix: true}, stop_grace_period: 1s}"
	for i in {1..10}; do
		echo "  talk$i: {command: [sh, -c, 'while echo $i; do :; done'], logging: {prefix: true}, essential: false, stop_grace_period: 1s}"
	done
	echo "hale: {socket: none, stop_grace_period: 2s}"
} | conf
mkfifo stalled
exec 7<>stalled # a reader that reads nothing
unread() { exec unshare --pid --fork --kill-child --mount-proc "$HALE" run -c c.yaml >stalled 2>err </dev/null; }
(unread) &
job=$!
check "ten that talk to a pipe that nobody reads: it ends" wait_for 60 gone $job
kill -KILL $job 2>/dev/null
wait $job
is $? 7 "  with main's status"
like "$(<err)" 'lines were dropped' "  and says what was lost"
exec 7>&-

done_testing
