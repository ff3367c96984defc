#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# hale run as an init (scenarios 31, 33, 41, 44, 45, 53).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

conf <<E
services:
  main: {command: [$PUPPET, storm=1000, "out=$T/ev", say=done, pause], sandbox: none}
E
run_start
event "done"
alone() { [ "$(same_ns "$pid1" | wc -l)" = 2 ]; }
check "a thousand orphans are reaped" wait_for 10 alone
check "and PID 1 lives" pid1_lives
stop

# With many living PID 1 reaps by name, and what went unnamed by a timer.
has_children() { [ "$(children_of "$pid1" | wc -w)" = "$1" ]; }
conf <<E
services:
  main: {command: [$PUPPET, brood=1000, "{", pause, "}", storm=300, listen, exit=5], sandbox: none}
E
run_start
wait_for 30 has "$T/out" '^ready'
check "300 orphans die beside 1,000 living: no zombie" \
    wait_for 10 has_children 1001
children_of "$pid1" | tr ' ' '\n' | sed -n '2,501p' | xargs kill -KILL
check "half of 1,000 die at once: no zombie" wait_for 10 has_children 501
stop
is "$rc" 5 "and the end of a service among them is seen"

conf <<E
services:
  main: {command: [$PUPPET, traceme, exec, sleep, "60"], sandbox: none}
E
run_start
main=$(pid1_main)
check "a service that asks to be traced runs all the same" \
    wait_for 10 test "/proc/$main/exe" -ef "$(type -P sleep)"
stop
is "$rc" 143 "and ends when asked"

conf <<'E'
services:
  a: {command: ./svc a}
  b: {command: ./svc b, depends_on: [a]}
E
run_start
event "b up"
wait_for 10 sh -c "[ \$(grep -c 'up, pid' $T/err) = 2 ]"
rests() { was=$(wakeups "$pid1"); sleep 0.3; [ "$(wakeups "$pid1")" = "$was" ]; }
wait_for 10 rests
was=$(wakeups "$pid1") ticks=$(cpu_ticks "$pid1")
sleep 3
is "$(wakeups "$pid1") $(cpu_ticks "$pid1")" "$was $ticks" "idle: not one wake-up"
stop

plain_start run -c c.yaml
: >ev
wait_for 10 has "$T/err" "b: up"
kill -TERM "$pid1"
pid1_wait 10
is "$rc" 0 "not PID 1: runs and stops all the same"

cat >look <<'EOF'
#!/bin/sh
grep -E '^(SigBlk|SigIgn|NoNewPrivs)' /proc/self/status | tr '\t\n' '  ' >seen
ls -l /proc/self/fd | sed -n 's/.* \([0-9]*\) -> .*/\1/p' | sort -n | tr '\n' ' ' >fds
ps -o pid=,sid=,pgid= -p $$ >ids
EOF
chmod 755 look
conf <<'E'
services:
  main: {command: ./look}
E
trap '' PIPE
run
trap - PIPE
is "$rc" 0 "a look from inside"
like "$(cat seen)" "SigBlk: 0000000000000000 SigIgn: 0000000000000000" "signals: nothing blocked, nothing ignored"
like "$(cat seen)" "NoNewPrivs: 1" "in a config file: no_new_privs"
is "$(cat fds)" "0 1 2 3 " "descriptors: 0, 1, 2 (and that of ls)"
like "$(cat ids)" "^ *([0-9]+) +\1 +\1" "leads a session of its own"

conf <<'E'
services:
  main: {command: sh -c 'id -u; echo "$$HOME"'}
E
chmod 755 .
PID1_WRAP=(setpriv --reuid 1000780000 --regid 0 --clear-groups --no-new-privs)
if [ "$real_root" = yes ]; then
	run
	is "$rc ${out%%
*}" "0 1000780000" "any user number, no new privileges"
else
	skip "any user number" "not root"
fi
pid1_defaults

conf <<'E'
services:
  a: {command: ./svc a, user: "1234:1234"}
E
chmod 777 .
if [ "$real_root" = yes ]; then
	run_start
	event "a up"
	is "$(status_of "$(pid1_main)" Uid) $(status_of "$(pid1_main)" Groups)" "1234 " "user: who it is, without root's groups"
	stop
fi
done_testing
