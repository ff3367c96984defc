#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# Start order, conditions, stop order (facts: scenarios 1, 5-11).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

conf <<'E'
services:
  web: {command: ./svc web, depends_on: [api, db]}
  api: {command: ./svc api, depends_on: [db]}
  db: {command: ./svc db}
E
run_start
event "web up"
event "api up"
event "db up"
stop
is "$rc" 0 "a stop that was asked for, without main: 0"
before "web end" "api term" "users stop first"
before "api end" "db term" "and what they need after them"

conf <<'E'
services:
  job: {command: sh -c 'sleep 0.3; echo "job end" >>ev'}
  web: {command: ./svc web, depends_on: {job: {condition: service_completed_successfully}}}
E
run_start
event "web up"
before "job end" "web up" "service_completed_successfully waits for the end"
stop
is "$rc" 0 "a job that is done is no reason to fail"

conf <<'E'
services:
  job: {command: sh -c 'exit 3'}
  web: {command: ./svc web, depends_on: {job: {condition: service_completed_successfully}}}
E
run
is "$rc" 3 "a job that fails ends the container with its status"
is "$(events)" "" "and who needs it never starts"

conf <<'E'
services:
  job: {command: sh -c 'exit 3', essential: false}
  web: {command: ./svc web, essential: false, depends_on: {job: {condition: service_completed_successfully}}}
E
run
like "$err" "web: not started: job failed" "what it needs is told by name"
is "$rc" 3 "all ended: the first failure is the status"
conf <<'E'
services:
  web: {command: ./svc web, depends_on: {job: {condition: service_completed_successfully}}}
  job: {command: [sh, -c, "exit 4"]}
E
run
is "$rc:$(events)" "4:" "an essential job fails: that is the end, with its status"
like "$err" "web: not started: job failed" "and who waited says so by name"

conf <<'E'
services:
  job: {command: sh -c 'exit 3', essential: false}
  web: {command: ./svc web, depends_on: {job: {condition: service_completed_successfully, required: false}}}
E
run_start
check "required: false goes on without it" event "web up"
stop

conf <<'E'
services:
  slow: {command: sh -c 'echo "slow up" >>ev; exec sleep 1000', notify: true}
  web: {command: ./svc web, depends_on: {slow: {condition: service_ready}}}
E
run_start
event "slow up"
stop
is "$rc" 0 "a stop while one waits"
is "$(events)" "slow up" "starts nothing"

conf <<'E'
services:
  top: {command: ./svc top, depends_on: [left, right]}
  left: {command: ./svc left, depends_on: {base: {condition: service_ready}}}
  right: {command: ./svc right 1, depends_on: {base: {condition: service_ready}}}
  base: {command: sh -c 'sleep 0.3; echo "base up" >>ev; echo >&3; exec ./svc base', notify: "fd:3"}
E
run_start
event "top up"
event "left up"
event "right up"
before "base up" "left up" "a diamond: what both need is first"
before "base up" "right up" "a diamond: for both"
stop
is "$rc $(grep -c 'top up\|left up\|right up' "$T/ev")" '0 3' \
    "a diamond: each starts once"
before "right end" "base term" "a diamond: what both need waits for the later"

{
	# Each has a fiftieth of it to stop in: 2 s, however busy the machine.
	echo "hale: {stop_grace_period: 100s}"
	echo services:
	echo "  s0: {command: ./svc s0}"
	for i in {1..49}; do
		echo "  s$i: {command: ./svc s$i, depends_on: [s$((i - 1))]}"
	done
} | conf
run_start
wait_for 20 sh -c "[ \$(grep -c up $T/ev) = 50 ]"
is "$(grep -c up "$T/ev")" 50 "a chain of 50 comes up"
stop
is "$rc" 0 "and goes down"
is "$(grep -c end "$T/ev")" 50 "all of it, politely"
before "s49 end" "s0 term" "in reverse"

conf <<'E'
services:
  a: {command: ./svc a, depends_on: [b]}
  b: {command: ./svc b, depends_on: [c]}
  c: {command: ./svc c, depends_on: [a]}
E
run
is "$rc" 125 "a cycle is refused"
like "$err" "a.*b.*c.*a" "and told whole"
is "$(events)" "" "before anything starts"
done_testing
