#!/bin/bash
# SPDX-License-Identifier: MIT
#
# restore.sh: a container of hale whose dockerd ends, by SIGTERM or SIGKILL, and
# comes back (live-restore): supervision goes on meanwhile, also when nobody
# reads what services write, and afterwards all is as it was.

. "$(dirname "$0")/lib.sh"
unset ENGINE_DIR # a daemon of our own
. "$HERE/docker-lib.sh"
is_hale || skip_all "only hale supervises"

on_exit engine_stop docker
engine_start docker --live-restore || skip_all "dockerd does not start here"
build_images || { not_ok "images FROM scratch" && done_testing && exit 1; }
mkdir "$T/conf"
chmod 777 "$T/conf"
cat >"$T/conf/hale.yaml" <<'E'
services:
  main:
    command: [sh, -c, "trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done"]
    healthcheck: {test: [CMD, "true"], interval: 200ms}
  crash:
    command: [sh, -c, "echo x >>/conf/crashes; exit 1"]
    essential: false
    restart: always
    restart_policy: {delay: 100ms, max_delay: 100ms}
  talk:
    command: [sh, -c, "while :; do seq 1000; sleep 0.1; done"]
    essential: false
    stop_grace_period: 1s
    logging: {prefix: true}
E
: >"$T/conf/crashes"
chmod 666 "$T/conf/crashes"
start kept -v "$T/conf:/conf" --entrypoint /sbin/hale \
	--health-cmd '/sbin/hale health main' --health-interval 1s t/box run -c /conf/hale.yaml
eventually "the engine finds it healthy" 60 is_state kept Health.Status healthy
pid1=$(state kept Pid)

crashes() { wc -l <"$T/conf/crashes"; }
more_crashes() { [ "$(crashes)" -gt "$1" ]; }
daemon_down() { # SIGNAL
	local _pid _shim
	_pid=$(cat "$T/docker/pid")
	kill "-$1" "$_pid"
	wait_for 60 eval "! kill -0 $_pid" || not_ok "dockerd ends"
	_shim=$(cat "$T/docker/exec/containerd/containerd.pid" 2>/dev/null) &&
		kill "-$1" "$_shim" 2>/dev/null && wait_for 30 eval "! kill -0 $_shim"
	rm -f "$T/docker/pid" "$T/docker/docker.sock"
}

for signal in TERM KILL; do
	daemon_down "$signal"
	ok "dockerd ended by SIG$signal"
	eventually "…restarts go on without it" 60 more_crashes $(($(crashes) + 10))
	# 3 kB every 0.1 s: longer than the pipe and what hale keeps of it
	eventually "…and with a pipe that nobody reads" 60 more_crashes $(($(crashes) + 40))
	like "…PID 1 is the same" "$(tr '\0' ' ' <"/proc/$pid1/cmdline")" "hale run"
	is "…and its services answer" \
		"$(nsenter -t "$pid1" -m -p /sbin/hale health main >/dev/null && echo 0)" 0
	engine_start docker --live-restore || not_ok "dockerd comes back"
	is "…the container runs" "$(state kept Running)" true
	is "…with the same PID 1" "$(state kept Pid)" "$pid1"
	eventually "…and is healthy" 60 is_state kept Health.Status healthy
	eventually "…docker exec works" 30 "$D" exec kept hale status main
done
stop kept 60
is "docker stop: main's status" "$rc" 7
done_testing
