#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# With what status hale ends, and when (scenarios 2, 14, 34; C1 of the facts).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

for code in 0 1 42 255; do
	conf <<E
services:
  main: {command: sh -c 'exit $code'}
  side: {command: ./svc side}
E
	run
	is "$rc" $code "main's exit status $code is ours, and ends the others"
done
for signal in SEGV:139 KILL:137 TERM:143; do
	conf <<E
services:
  main: {command: sh -c 'kill -${signal%:*} \$\$\$\$'}
  side: {command: ./svc side}
E
	run
	is "$rc" "${signal#*:}" "main ended by ${signal%:*}: 128 + its number"
done

conf <<'E'
services:
  main: {command: ./svc main 0 7}
  side: {command: ./svc side}
E
run_start
event "main up"
event "side up"
stop
is "$rc" 7 "a stop that was asked for ends with main's status"

conf <<'E'
services:
  web: {command: sh -c 'exit 5'}
  side: {command: ./svc side}
E
run
is "$rc" 5 "an essential service's failure ends the container, with its status"

conf <<'E'
services:
  web: {command: sh -c 'sleep 0.3; exit 0'}
  side: {command: sh -c 'sleep 0.6; echo side >>ev; exit 0'}
E
run
is "$rc" 0 "all jobs ended well: 0"
is "$(events)" side "and one that ends well does not end the others"

conf <<'E'
services:
  web: {command: sh -c 'exit 0', essential: true}
  side: {command: ./svc side}
E
run
is "$rc" 0 "essential: true: even a good end is the end"

conf <<'E'
services:
  web: {command: sh -c 'exit 5', essential: false}
  side: {command: ./svc side}
E
run_start
event "side up"
wait_for 5 has "$T/err" "web: failed"
check "essential: false: the others go on" pid1_lives
stop
is "$rc" 0 "until a stop"

conf <<'E'
services:
  web: {command: sh -c 'exit 0', restart: always, restart_policy: {delay: 10ms, max_attempts: 2}}
E
run
is "$rc" 1 "giving up never exits 0"
like "$err" "web: gave up after 3 starts" "and is said aloud"

conf <<'E'
services:
  web: {command: /no/such/thing}
E
run
is "$rc" 127 "not found: 127"
like "$err" "/no/such/thing" "and which"
conf <<'E'
services:
  web: {command: /etc/passwd}
E
run
is "$rc" 126 "not executable: 126"
conf <<'E'
services:
  web: {command: ./svc web, user: nobody-here}
E
run
is "$rc" 125 "no such user: 125"
is "$(events)" "" "nothing half started"
conf <<'E'
services:
  web: {command: ./svc web, helthcheck: 1}
E
run
is "$rc" 125 "a config that is wrong: 125"

conf <<'E'
services:
  main: {command: "false"}
  side: {command: ./svc side}
E
run -- sh -c 'exit 9'
is "$rc" 9 "a COMMAND replaces main's"

if ! command -v strace >/dev/null; then
	skip "no process to be had: said, and 125" "no strace"
else
	PID1_WRAP=(strace -f -qq -o "$T/strace" -e trace=clone
		-e inject=clone:error=EAGAIN)
	plain run -c c.yaml
	pid1_defaults
	is "$rc" 125 "no process to be had: 125"
	like "$err" 'main: not started: no process: Resource temp' "and said"

	# hale hears of the start and of the end at once.
	conf <<'E'
services:
  main: {command: ["true"], sandbox: none, oom_score_adj: 1000}
E
	PID1_WRAP=(strace -f -qq -o "$T/strace" -e trace=clone
		-e inject=clone:delay_exit=500000)
	plain run -c c.yaml
	pid1_defaults
	is "$rc" 0 "it ends before its start was seen: its status"
	like "$err" 'main: up, pid [1-9]' "and its pid"
fi
done_testing
