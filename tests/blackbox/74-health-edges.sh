#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Health at the edges: no descriptors, no processes, nothing to do, a start that
# never comes.

. "${BASH_SOURCE%/*}/lib.sh"

chmod 777 "$T"
says() { wait_for 30 has "$T/err" "$1"; }
said() # TIMES TEXT
{
	[ "$(grep -c -- "$2" "$T/err")" -ge "$1" ]
}

# ---- 100 probes and few descriptors: a queue, and each gets its turn
{
	echo 'services: {main: {command: [sleep, "600"]}}'
	echo 'hale: {socket: none, log_level: info}'
	echo 'dependencies:'
	for ((i = 1; i <= 100; i++)); do
		echo "  d$i: {file: $T, interval: 1s}"
	done
} >q.yaml
# shellcheck disable=SC2016 # they are the inner shell's
PID1_WRAP=(bash -c 'ulimit -n 64; exec "$@"' few)
pid1_start run -c q.yaml
check "100 probes with 64 descriptors: all pass" \
    wait_for 30 said 100 'healthy: file'
unlike "$(cat "$T/err")" "can't ask" "  and none is refused"
pid1_signal TERM
pid1_wait 20
pid1_defaults

# ---- nothing is due: nothing is done
cat >i.yaml <<EOF
services:
  main: {command: [sleep, "600"], healthcheck: {file: $T, interval: 1h}}
  other: {command: [sleep, "600"], liveness: {file: $T, interval: 1h}}
dependencies: {d: {test: [CMD, "true"], interval: 1h}}
hale: {socket: $T/hale.sock, log_level: info}
EOF
slept() { awk '/^voluntary/ { print $2 }' "/proc/$pid1/status"; }
pid1_start run -c i.yaml
check "all three are healthy" wait_for 30 said 3 ': healthy: '
for _ in 1 2 3; do # its last answers may still be under way
	before=$(slept)
	sleep 3
	woke=$(($(slept) - before))
	[ "$woke" != 0 ] || break
done
is "$woke" 0 "between probes PID 1 does not wake up"
pid1_signal TERM
pid1_wait 20

# ---- a start that never comes: restarted, with growing delays
cat >s.yaml <<EOF
services:
  main:
    command: [sleep, "600"]
    restart: always
    restart_policy: {delay: 100ms, max_delay: 10s}
    startup: {file: $T/never, interval: 20ms, retries: 3}
    liveness: {file: $T/never, interval: 20ms, retries: 1}
hale: {socket: none, log_level: info}
EOF
pid1_start run -c s.yaml
check "a failed startup probe restarts" wait_for 30 said 4 'main: up'
cp "$T/err" seen
is "$(grep -c 'main: unhealthy: file.*never: no such file' seen)" \
    "$(grep -c 'main: unhealthy: file' seen)" "  for its reason"
touch never
check "the next instance begins with a clean slate, and is healthy" \
    says "main: healthy: file"
pid1_signal TERM
pid1_wait 20

# ---- a job between two of its runs is no trouble, one that failed is
cat >j.yaml <<EOF
services:
  main: {command: [sleep, "600"]}
  job: {command: "true", restart: always, essential: false, restart_policy: {delay: 1h, max_delay: 1h}}
hale: {socket: $T/j.sock}
EOF
pid1_start run -c j.yaml
check "a job that ended well waits for its next run" says "job: exited with status 0"
is "$(HALE_SOCKET=$T/j.sock "$HALE" health --wait=10s 2>&1)" ok "  and that is healthy"
like "$(HALE_SOCKET=$T/j.sock "$HALE" status job)" "job *backoff *healthy.* starts again in" "  and shown"
pid1_signal TERM
pid1_wait 20
sed -i 's/: "true"/: "false"/' j.yaml
pid1_start run -c j.yaml
check "a job that failed waits for its next run" says "job: exited with status 1"
like "$(HALE_SOCKET=$T/j.sock "$HALE" health job 2>&1)" "starts again in" "  and that is not healthy"
pid1_signal TERM
pid1_wait 20

# ---- no process to be had: an error, which is told and does not count
if [ "$real_root" = yes ] && command -v setpriv >/dev/null; then
	uid=$((500000 + $$))
	cat >p.yaml <<EOF
services:
  main: {command: [sleep, "600"], restart: always}
dependencies:
  d: {file: $T, interval: 50ms, retries: 1}
hale: {socket: none, log_level: info}
EOF
	as=(setpriv --reuid "$uid" --regid "$uid" --clear-groups)
	# shellcheck disable=SC2016 # they are the inner shell's
	PID1_WRAP=(bash -c 'ulimit -u 8; exec "$@"' few "${as[@]}")
	pid1_start run -c p.yaml
	check "it is healthy at first" says "d: healthy"
	hogs=()
	for _ in 1 2 3 4 5 6 7 8; do # of the same user, so they count
		"${as[@]}" sleep 600 &
		hogs+=($!)
	done
	check "no process to be had is told, after three in a row" \
	    says "d: file .*: can't ask: .*no process"
	kill "${hogs[@]}"
	wait "${hogs[@]}" 2>/dev/null
	sleep 0.5
	unlike "$(cat "$T/err")" "d: unhealthy" "  and no failure of the target's"
	is "$(grep -c 'main: up' "$T/err")" 1 "  nor anybody else's"
	pid1_signal TERM
	pid1_wait 20
	pid1_defaults
else
	skip "no process to be had" "needs root and setpriv"
fi

done_testing
