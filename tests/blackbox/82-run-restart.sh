#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# Restarts: who, how often, how late (scenarios 20, 25, 26; C5 of the facts).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

cat >crash <<'EOF'
#!/bin/sh
# crash STATUS: notes the time, ends
date +%s%3N >>times
exit "$1"
EOF
chmod 755 crash

gaps()
{
	awk 'NR > 1 { print $1 - last } { last = $1 }' times | tr '\n' ' '
}

: >times
conf <<'E'
services:
  a: {command: ./crash 1, restart: on-failure, restart_policy: {delay: 200ms, max_delay: 600ms, max_attempts: 4}}
E
run
is "$rc" 1 "gives up with the last status"
is "$(wc -l <times)" 5 "after max_attempts restarts"
# shellcheck disable=SC2046 # a list of words
set -- $(gaps) 0 0 0 0
# The clock of `date` starts some ms late in one life, not in another.
if [ "$1" -ge 180 ] && [ "$2" -ge 380 ] && [ "$3" -ge 580 ] &&
    [ "$4" -ge 580 ] && [ "$4" -lt 3500 ]; then
	ok "the delay doubles up to its maximum"
else
	nok "the delay doubles up to its maximum" "$*"
fi

: >times
conf <<'E'
services:
  a: {command: ./crash 0, restart: on-failure}
  b: {command: sh -c 'sleep 0.5'}
E
run
is "$rc $(wc -l <times)" "0 1" "on-failure: an exit with 0 is no failure"

: >times
conf <<'E'
services:
  a: {command: ./crash 3, restart: "no"}
E
run
is "$rc $(wc -l <times)" "3 1" "no: once"

: >times
conf <<'E'
services:
  a: {command: ./crash 3, restart: on-failure:2, restart_policy: {delay: 10ms}}
E
run
is "$rc $(wc -l <times)" "3 3" "on-failure:2: three starts"

conf <<'E'
services:
  a: {command: sh -c 'echo up >>ev; exec sleep 1000', restart: always, restart_policy: {delay: 50ms}}
E
run_start
event up
kill -KILL "$(pid1_main)"
check "killed from outside: started again" wait_for 10 \
    sh -c "[ \$(wc -l <$T/ev) -ge 2 ]"
stop
is "$rc" 0 "and stopped"

conf <<E
services:
  main: {command: [$PUPPET, "out=$T/lives", say=up, pause], restart: on-failure, restart_policy: {delay: 0s}}
E
run_start
lives() { [ "$(grep -c up "$T/lives" 2>/dev/null)" -ge "$1" ]; }
count=1
for signal in TERM INT HUP USR1; do
	wait_for 10 lives $count
	kill -$signal "$(pid1_main)"
	count=$((count + 1))
	check "on-failure: ended by SIG$signal from outside: started again" \
	    wait_for 10 lives $count
done
stop

# pebble#502, finit#313: nothing comes back after a stop
: >times
conf <<'E'
services:
  a: {command: ./crash 1, restart: always, restart_policy: {delay: 30s, max_delay: 60s}}
E
run_start
wait_for 10 has "$T/err" "starting it again"
began_ms=$(now_ms)
stop
is "$(wc -l <times)" 1 "a stop during the delay starts nothing"
check "and does not wait for it" [ $(($(now_ms) - began_ms)) -lt 10000 ]

: >times
conf <<'E'
services:
  a: {command: sh -c 'date >>times; sleep 1.2; exit 1', restart: always, restart_policy: {delay: 60s, max_delay: 60s, window: 1s}}
E
run_start
check "alive for the window: starts again from none" wait_for 15 \
    sh -c "[ \$(wc -l <$T/times) -ge 3 ]"
stop
done_testing
