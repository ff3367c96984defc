#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# post_start, pre_stop, reload; other signals (scenarios 29, 30, 40).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

conf <<'E'
services:
  a:
    command: ./svc a
    post_start: [{command: sh -c 'sleep 0.2; echo "post 1" >>ev'}, {command: sh -c 'echo "post 2" >>ev'}]
    pre_stop: [{command: sh -c 'echo "pre" >>ev'}]
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
E
run_start
event "b up"
before "post 1" "post 2" "post_start: one after the other"
before "post 2" "b up" "ready after the last"
stop
before "pre" "a term" "pre_stop comes before the stop signal"

conf <<'E'
services:
  a: {command: ./svc a, post_start: [{command: sh -c 'exit 3'}]}
E
run
isnt "$rc" 0 "post_start fails: the start failed"
like "$err" "a: post_start: exit status 3" "and says so"

conf <<'E'
services:
  a: {command: ./svc a, stop_grace_period: 5s, pre_stop: [{command: sleep 1000, timeout: 500ms}]}
E
run_start
event "a up"
began_ms=$(now_ms)
stop
is "$(events)" "a up a term a end" "a pre_stop that hangs is killed, then the stop goes on"
check "in time" [ $(($(now_ms) - began_ms)) -lt 10000 ]

conf <<'E'
services:
  main: {command: sh -c 'trap "echo main hup >>ev" HUP; trap "echo main usr1 >>ev" USR1; trap "echo main winch >>ev" WINCH; echo up >>ev; while :; do sleep 0.1; done'}
  b: {command: sh -c 'trap "echo b usr2 >>ev" USR2 HUP; echo b up >>ev; while :; do sleep 0.1; done', reload: {signal: SIGUSR2}}
  c: {command: ./svc c, reload: {command: sh -c 'echo c reloaded >>ev'}}
E
run_start
event up
event "b up"
event "c up"
wait_for 10 sh -c "[ \$(grep -c 'up, pid' $T/err) = 3 ]"
pid1_signal HUP
event "main hup"
event "b usr2"
check "SIGHUP reloads all, each in its way" event "c reloaded"
pid1_signal USR1
check "other signals go to main" event "main usr1"
pid1_signal WINCH
check "each of them" event "main winch"
stop
is "$rc" 143 "main ended by the stop"

conf <<'E'
services:
  a: {command: sh -c 'trap "echo a usr1 >>ev" USR1; echo a up >>ev; while :; do sleep 0.1; done'}
  b: {command: sh -c 'trap "echo b usr1 >>ev" USR1; echo b up >>ev; while :; do sleep 0.1; done'}
E
run_start
event "a up"
event "b up"
pid1_signal USR1
event "a usr1"
check "or to all, where there is no main" event "b usr1"
stop
done_testing
