#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A hundred thousand orphans: each is reaped, and meanwhile PID 1 does all else.
# BLACKBOX_TIMEOUT is for a machine that is busy with other things.

: "${BLACKBOX_TIMEOUT:=230}"
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

dirty_kb()
{
	awk '/_Dirty/ { sum += $2 } END { print sum }' "/proc/$pid1/smaps_rollup"
}
cat >"$T/litter" <<E
#!/bin/sh
$PUPPET storm=500
echo warm >>ev
until [ -e go ]; do sleep 0.05; done
$PUPPET storm=100000
echo over >>ev
trap 'exit 7' TERM
sleep 1000 &
wait
E
chmod 755 litter
conf <<'Y'
services:
  main: {command: ./litter, sandbox: none}
  beside: {command: [./svc, beside], essential: false}
  crash: {command: [sh, -c, "echo crash >>ev; exit 1"], essential: false, restart: always, restart_policy: {delay: 100ms, max_delay: 100ms}}
Y
run_start
event warm
PID1_WRAP=(nsenter -t "$pid1" -m -p)
plain status
before=$(dirty_kb)
touch go
crashes() { grep -c '^crash$' "$T/ev"; }
first=$(crashes)
more() { [ "$(crashes)" -gt $((first + 5)) ]; }
check "restarts go on meanwhile" wait_for 60 more
plain status
like "$out" 'beside +up' "and clients are answered"
check "all 100,000 were made" wait_for 180 has "$T/ev" '^over$'
none_left() { [ "$(zombies_of "$pid1")" = 0 ]; }
check "and none is left" wait_for 30 none_left
after=$(dirty_kb)
check "PID 1 is no larger for it ($before kB, $after kB)" \
    test "$after" -le $((before + 48))
stop
is "$rc" 7 "main ends with its status"
done_testing
