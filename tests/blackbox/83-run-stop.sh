#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# One shared deadline, whole sessions (scenarios 21-24, 35-38; C4 of the facts).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

took()
{
	stop_ms=$(now_ms)
	stop "$@"
	stop_ms=$(($(now_ms) - stop_ms))
}

conf <<'E'
services:
  a: {command: ./svc a}
  b: {command: ./svc b}
E
run_start
event "a up"
event "b up"
took
check "well-behaved services: gone at once" [ "$stop_ms" -lt 3000 ]

conf <<'E'
services:
  a: {command: ./deaf a}
  b: {command: ./deaf b, stop_grace_period: 60s}
hale: {stop_grace_period: 1500ms}
E
run_start
event "a up"
event "b up"
took
is "$rc" 137 "who does not end is killed: 137"
check "not before the deadline" [ "$stop_ms" -ge 1400 ]
check "and not long after it" [ "$stop_ms" -lt 9000 ]

# dinit, supervisord and compose add the times up
conf <<'E'
services:
  c: {command: ./deaf c, stop_grace_period: 5s, depends_on: [b]}
  b: {command: ./deaf b, stop_grace_period: 5s, depends_on: [a]}
  a: {command: ./deaf a, stop_grace_period: 5s}
hale: {stop_grace_period: 3s}
E
run_start
event "a up"
event "b up"
event "c up"
took
check "a chain of 3 x 5 s fits in 3 s" [ "$stop_ms" -lt 9000 ]
before "c term" "b term" "each is asked in its turn"
before "b term" "a term" "down to the last"

conf <<'E'
services:
  a: {command: ./deaf a, stop_grace_period: 60s}
hale: {stop_grace_period: 60s}
E
run_start
event "a up"
pid1_signal TERM
event "a term"
took
is "$rc" 137 "a second SIGTERM kills now"
check "at once" [ "$stop_ms" -lt 10000 ]

for signal in INT QUIT RTMIN+3; do
	conf <<'E'
services:
  a: {command: ./svc a}
E
	run_start
	event "a up"
	stop "$signal"
	is "$rc $(events)" "0 a up a term a end" "SIG$signal begins the stop"
done

conf <<'E'
services:
  a: {command: ./svc a}
E
run_start
event "a up"
kill -STOP "$(pid1_main)"
took
is "$(events)" "a up a term a end" "a stopped process is continued"

# process-compose#520: the leader is gone, its children are not
conf <<'E'
services:
  a: {command: sh -c './svc child 1 & echo "a up" >>ev; wait', stop_grace_period: 10s}
E
run_start
event "child up"
stop
before "child term" "child end" "children of a dead leader are asked, too"

conf <<'E'
services:
  a: {command: bash -c './deaf child & echo "a up" >>ev; wait', stop_grace_period: 1s, restart: always, restart_policy: {delay: 10ms}}
E
run_start
event "child up"
kill -KILL "$(pid1_main)"
wait_for 20 sh -c "[ \$(grep -c 'child up' $T/ev) -ge 2 ]"
is "$(grep -c 'child term' "$T/ev")" 1 "left-overs are asked, then killed, before a restart"
alive=0
for p in $(same_ns "$pid1"); do
	tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -q '^/bin/sh ./deaf' &&
	    alive=$((alive + 1))
done
is "$alive" 1 "never two instances"
stop INT

conf <<'E'
services:
  main: {command: sh -c 'setsid ./svc daemon & echo "main up" >>ev; exec ./svc main'}
E
run_start
event "daemon up"
event "main up"
stop
check "a daemon in a session of its own is asked at the end" \
    [ -n "$(line_of 'daemon end')" ]

conf <<'E'
services:
  main: {command: bash -c 'set -m; ./deaf grouped & echo "main up" >>ev; wait', stop_grace_period: 500ms}
E
run_start
event "grouped up"
stop
check "process groups inside of a session are found" \
    [ -n "$(line_of 'grouped term')" ]

conf <<'E'
services:
  a: {command: sh -c 'trap "echo usr1 >>ev; exit 0" USR1; echo "a up" >>ev; sleep 1000 & wait', stop_signal: SIGUSR1}
E
run_start
event "a up"
stop
is "$(events)" "a up usr1" "stop_signal"

# Each that a process can wait for, all in one stop.
signals=({1..8} {10..16} 18 {20..31} 34 49 64)
{
	echo services:
	for n in "${signals[@]}"; do
		echo "  s$n: {command: [$PUPPET, \"out=$T/s$n\", listen=$n], stop_signal: $n}"
	done
	echo 'hale: {stop_grace_period: 60s}'
} | conf
run_start
ready=("${signals[@]/#/s}")
all_ready() { [ "$(grep -lx ready "${ready[@]}" 2>/dev/null | wc -l)" = ${#ready[@]} ]; }
check "stop_signal: ${#signals[@]} services, one for each signal" \
    wait_for 30 all_ready
stop
wrong=''
for n in "${signals[@]}"; do
	has "s$n" "^got $n " || wrong+="$n "
done
is "$rc $wrong" "0 " "stop_signal: each gets its own, and ends by it"

conf <<'E'
services:
  a: {command: ./svc a, drain: 1s}
E
run_start
event "a up"
took
check "drain: it goes on serving first" [ "$stop_ms" -ge 950 ]
is "$(events)" "a up a term a end" "and is stopped then"
done_testing
