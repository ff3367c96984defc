#!/bin/bash
# SPDX-License-Identifier: MIT
# What PID 1 keeps: next to nothing; what the command has: all that was given.
. "${BASH_SOURCE[0]%/*}/lib.sh"

if [ "$real_root" = no ]; then
	skip "rows 46 and 47: privileges of PID 1" "needs root"
	done_testing
fi

before=$(status_of $$ CapEff)
pid1_start -- "$PUPPET" limits pause
main=$(pid1_main)
wait_for 5 has "$T/out" dumpable
kept=$((16#$(status_of "$pid1" CapEff) | 16#$(status_of "$pid1" CapPrm) | 16#$(status_of "$pid1" CapInh)))
is $((kept & ~0x20)) 0 "row 46: PID 1 keeps at most CAP_KILL"
is "$(status_of "$pid1" NoNewPrivs)" 1 "row 46: PID 1 has no_new_privs"
is "$(status_of "$main" CapEff)" "$before" "row 46: the command has what was given"
is "$(status_of "$main" NoNewPrivs)" 0 "row 46: and may gain privileges"
like "$(<"$T/out")" "dumpable=1" "row 46: and is dumpable"
pid1_signal TERM
pid1_wait

# As one user inside: PID 1 can't be traced, and keeps nothing.
PID1_WRAP=(setpriv --reuid 12345 --regid 12345 --clear-groups)
pid1_start -- "$PUPPET" attach=1 say=after pause
wait_for 10 has "$T/out" after
main=$(pid1_main)
is "$(status_of "$pid1" CapPrm)" 0000000000000000 "row 46: not root: PID 1 has no capability"
like "$(<"$T/out")" 'attach=Operation not permitted' "row 46: a command of the same uid can't trace PID 1"
is "$(stat -c %u "/proc/$pid1/status")" 0 "row 46: PID 1 is not dumpable"
is "$(stat -c %u "/proc/$main/status")" 12345 "row 46: the command is"
pid1_signal TERM
pid1_wait
is "$rc" 143 "row 46: SIGTERM gets through"
pid1_defaults

# The command becomes another user.
pid1_start -- "$PUPPET" uid=12345 listen
wait_for 10 has "$T/out" ready
pid1_signal WINCH USR1
wait_for 5 has "$T/out" 'got 28 '
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "row 47: a command that changed its uid still hears its signals"
like "$out" 'got 28 .*got 15 |got 10 .*got 15 ' "row 47: all of them"

PID1_WRAP=(setpriv --bounding-set -kill --inh-caps -kill)
pid1_start -- "$PUPPET" uid=12345 trap=WINCH trap=TERM:3 say=ready await="$T/enough" exit=8
wait_for 10 has "$T/out" ready
pid1_signal WINCH
sleep 0.2
check "row 47: without CAP_KILL: hale outlives a signal that it may not forward" pid1_lives
pid1_signal TERM
sleep 0.2
check "row 47: and a second" pid1_lives
: >"$T/enough"
pid1_wait 10
is "$rc" 8 "row 47: and passes the status on"
like "$err" 'hale: .*(not permitted|EPERM|CAP_KILL)' "row 47: and has said what it could not do"
pid1_defaults

# Row 37: hale dies, the command does not outlive it.
plain_start -p TERM -- "$PUPPET" "out=$T/p1" trap=TERM:0 ids pause
wait_for 10 has "$T/p1" pid=
main=$(wait_child "$pid1")
pid1_signal KILL
pid1_wait
check "row 37: -p TERM: hale is killed, the command gets SIGTERM" wait_for 5 has "$T/p1" 'trapped 15'
check "row 37: and ends" wait_for 5 gone "$main"
plain_start -p KILL -- sleep 60
main=$(wait_child "$pid1")
pid1_signal KILL
pid1_wait
check "row 37: -p KILL" wait_for 5 gone "$main"
"$PUPPET" spawn { exec "$HALE" -p SIGTERM -- "$PUPPET" "out=$T/p2" ids pause } await="$T/p2" sleep=50 exit=0
wait_for 10 has "$T/p2" pid=
main=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$T/p2")
check "row 37: hale's own parent dies: hale gets the signal, the command ends" wait_for 5 gone "$main"

done_testing
