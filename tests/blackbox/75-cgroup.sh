#!/bin/bash
# SPDX-License-Identifier: MIT
# Control groups, version 2: a service with limits has a group of its own, whose
# end nobody escapes; groups that are frozen from outside, one or all. What the
# controllers then do is the engines' tests' (tests/engines/uml.sh).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

G=/sys/fs/cgroup/${T##*/}
if [ "$real_root" = no ] || ! mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null ||
    ! mkdir "$G" 2>/dev/null; then
	skip "control groups" "no cgroup v2 to write"
	done_testing
fi
finish()
{
	local group
	echo 0 >"$G/cgroup.freeze"
	[ ! -e "$G/cgroup.kill" ] || echo 1 >"$G/cgroup.kill"
	for group in "$G"/*/ "$G"; do
		wait_for 10 rmdir "$group" 2>/dev/null
	done
}
trap finish EXIT

# Its root is a group that is ours, as an engine has it.
# shellcheck disable=SC2016 # for the shells that it starts
in_group()
{
	PID1_WRAP=(sh -c 'echo 0 >"$0/cgroup.procs" && exec unshare --cgroup "$@"' "$G"
	    sh -c 'umount /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh)
}
group_of() # PID
{
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}
members() # GROUP: how many processes
{
	wc -l <"$G/$1/cgroup.procs"
}
has_limit() # KEY FILE VALUE: it is in effect, or hale has said that it isn't
{
	if [ -e "$G/hale-0/$2" ]; then
		is "$(cat "$G/hale-0/$2")" "$3" "$1 is in effect"
	else
		check "$1: no controller, and hale says so" \
		    wait_for 10 has "$T/err" "a: $1 has no effect: $2: No such file"
	fi
}

# ---- a group of its own
cat >"$T/litter" <<'E'
#!/bin/sh
# a daemon that has left the session, and is deaf
(trap '' TERM HUP; setsid sh -c "trap '' TERM HUP; echo daemon >>ev; while :; do sleep 1; done" &)
echo a up >>ev
trap 'exit 3' TERM
sleep 1000 &
wait
E
chmod 755 litter
conf <<'Y'
services:
  a: {command: [./litter], mem_limit: 64m, cpus: "1.5", pids_limit: 20, stop_grace_period: 1s}
  b: {command: [./svc, b]}
hale: {socket: none}
Y
in_group
run_start
event "a up"
event daemon
event "b up"
has_limit mem_limit memory.max 67108864
has_limit cpus cpu.max "150000 100000"
has_limit pids_limit pids.max 20
a=$(head -n 1 "$G/hale-0/cgroup.procs")
is "$(group_of "$pid1")" "${G#/sys/fs/cgroup}/hale" "PID 1 has moved to a leaf"
is "$(group_of "$a")" "${G#/sys/fs/cgroup}/hale-0" "the service has its own"
check "  and so has what left its session" test "$(members hale-0)" -ge 3
is "$(members .)" 0 "nobody is left above"
check "b, without limits, has none" test ! -e "$G/hale-1"
stop
is "$rc" 0 "it ends as it is asked to"
check "a daemon that left the session is gone, too, and so is the group" \
    wait_for 5 test ! -e "$G/hale-0"

# ---- not to be written
# shellcheck disable=SC2016 # another shell expands it
PID1_WRAP=(unshare --mount sh -c 'mount -o remount,ro,bind /sys/fs/cgroup; exec "$@"' sh)
conf <<'Y'
services:
  a: {command: ["true"], mem_limit: 64m}
hale: {socket: none}
Y
run
is "$rc" 0 "a cgroup that is read-only: it runs"
like "$err" 'a: its limits have no effect: /sys/fs/cgroup is no cgroup v2 that can be written: Read-only' \
    "  and says what has no effect"
# shellcheck disable=SC2016 # another shell expands it
PID1_WRAP=(unshare --mount sh -c 'mount -t tmpfs tmpfs /sys/fs/cgroup; exec "$@"' sh)
run
like "$err" 'no cgroup v2 that can be written: .*[Nn]ot supported' "version 1: likewise"

# ---- one is frozen: the others are not, and the stop comes to its end
conf <<'Y'
services:
  main: {command: [./svc, main, "0", "7"]}
  ice: {command: [./svc, ice], mem_limit: 64m, stop_grace_period: 1s, essential: false}
  crash: {command: [sh, -c, "echo crash >>ev; sleep 0.1; exit 1"], essential: false, restart: always, restart_policy: {delay: 20ms, max_delay: 20ms}}
hale: {stop_grace_period: 3s}
Y
in_group
run_start
event "main up"
event "ice up"
frozen() { grep -q "^frozen $2\$" "$1/cgroup.events"; }
echo 1 >"$G/hale-1/cgroup.freeze"
check "a service is frozen" wait_for 10 frozen "$G/hale-1" 1
before=$(grep -c '^crash' "$T/ev")
more() { [ "$(grep -c '^crash' "$T/ev")" -gt $((before + 3)) ]; }
check "  the others go on" wait_for 20 more
PID1_WRAP=(nsenter -t "$pid1" -m -p)
plain status
like "$out" 'ice +up' "  and clients are answered"
stop
is "$rc" 7 "frozen, it does not hear SIGTERM, and is killed: main has its status"
check "  and the group is gone" test ! -e "$G/hale-1"

# ---- all is frozen, for longer than any time in it, and thawed
conf <<Y
services:
  main: {command: [./svc, main, "0", "7"]}
  probed:
    command: [./svc, probed]
    healthcheck: {test: [CMD, "true"], interval: 100ms, timeout: 300ms, retries: 1, on_unhealthy: restart}
    liveness: {file: $T/ev, interval: 100ms, on_unhealthy: restart}
  alive: {command: [./alive], notify: true, watchdog: 500ms}
hale: {socket: none}
Y
cat >"$T/alive" <<'E'
#!/bin/bash
exec python3 -c '
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
s.send(b"READY=1")
open("ev", "a").write("alive up\n")
while True: s.send(b"WATCHDOG=1"); time.sleep(0.1)'
E
chmod 755 alive
in_group
run_start
event "main up"
event "probed up"
event "alive up"
wait_for 20 has "$T/err" 'probed: healthy' || nok "never healthy"
echo 1 >"$G/cgroup.freeze"
check "all of it is frozen" wait_for 10 frozen "$G" 1
sleep 2 # longer than each interval and time-out above
echo 0 >"$G/cgroup.freeze"
check "  and thawed" wait_for 10 frozen "$G" 0
sleep 1 # time for a restart, were there one
stop
is "$rc" 7 "main ends with its status"
is "$(grep -c ' up$' "$T/ev")" 3 "  and nobody was restarted for it"
done_testing
