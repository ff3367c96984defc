#!/bin/bash
# SPDX-License-Identifier: MIT
# Reaping: every orphan, whoever left it behind, and nothing but the dead.
. "${BASH_SOURCE[0]%/*}/lib.sh"

no_zombies() { [ "$(zombies_of "$pid1")" = 0 ]; }
alone() { [ "$(same_ns "$pid1" | wc -l)" = "$1" ]; }

pid1_start -- "$PUPPET" storm=2000 say=done pause
check "row 30: a storm of 2,000 orphans" wait_for 30 has "$T/out" '^done'
check "row 30: leaves no zombie" wait_for 5 alone 2
check "row 30: and PID 1 alive" pid1_lives
pid1_signal TERM
pid1_wait
is "$rc" 143 "row 30: and listening"

pid1_start -- "$PUPPET" brood=500 { pause } say=up pause
wait_for 30 has "$T/out" '^up'
wait_for 10 alone 502
main=$(pid1_main)
for pid in $(same_ns "$pid1"); do
	case $pid in "$pid1"|"$main") ;; *) echo "$pid" ;; esac
done | xargs kill -KILL
check "row 30: 500 adopted ones die at once: no zombie" wait_for 10 alone 2
pid1_signal TERM
pid1_wait
is "$rc" 143 "row 30: and PID 1 still listens"

# With many living PID 1 reaps by name, and what went unnamed by a timer.
has_children() { [ "$(children_of "$pid1" | wc -w)" = "$1" ]; }
pid1_start -- "$PUPPET" brood=1000 { pause } storm=300 say=up listen exit=5
wait_for 30 has "$T/out" '^ready'
check "row 30: 300 orphans die beside 1,000 living: no zombie" \
    wait_for 10 has_children 1001
children_of "$pid1" | tr ' ' '\n' | sed -n '2,501p' | xargs kill -KILL
check "row 30: half of 1,000 die at once: no zombie" \
    wait_for 10 has_children 501
pid1_signal ALRM CHLD
check "row 30: and a user's SIGALRM is still the command's" \
    wait_for 10 has "$T/out" '^got 14'
pid1_signal TERM
pid1_wait
is "$rc" 5 "row 30: and the command's end among them is seen"

PUPPET_OUT=$T/orphan
plain_start -- "$PUPPET" orphan { "out=$PUPPET_OUT" ids pause } pause
wait_for 10 has "$PUPPET_OUT" ppid=
sleep 0.1
is "$(sed -n 's/.* ppid=\([0-9]*\) .*/\1/p' "$PUPPET_OUT")" "$pid1" \
    "row 31: not PID 1: an orphan comes to hale all the same"
pid1_signal TERM
pid1_wait
is "$err" '' "row 31: silently"

pid1_start -- sleep 60
main=$(pid1_main)
nsenter --target "$pid1" --pid --mount -- "$PUPPET" storm=100 \
    brood=20 { exit=0 }
check "row 32: orphans of a session from outside are reaped" wait_for 5 alone 2
pid1_signal TERM
pid1_wait

pid1_start -- "$PUPPET" ignore=TERM \
    spawn { sleep=100 kill=-1:KILL } pause
wait_for 10 eval 'gone "$(pid1_main)" || sleep 0.2' || :
pid1_wait 10
is "$rc" 137 "row 64: kill -9 -1 inside ends the command; hale lives to say 137"

pid1_start -- sh -c 'kill -9 1; kill -STOP 1; kill -SEGV 1; kill -TRAP 1; kill -ILL 1; exit 4'
pid1_wait 10
like "$rc" '^(4|139|133|132)$' "row 64: kill -9, -STOP, -SEGV 1 from inside do not end hale"

# A child that asks to be traced stops at its next signal, for its parent.
pid1_start -- "$PUPPET" traceme trap=USR1 raise=USR1 say=on exit=11
pid1_wait 10
is "$rc" 11 "PTRACE_TRACEME and a signal neither hang nor kill hale"
like "$out" 'trapped 10' "and the child gets its signal"
pid1 -- "$PUPPET" orphan { traceme raise=USR2 say=lived } sleep=300 exit=12
is "$rc" 12 "an adopted one that asks to be traced, too"
pid1_start -- "$PUPPET" traceme exec sleep 60
pid1_main >/dev/null
pid1_signal TERM
pid1_wait 10
is "$rc" 143 "PTRACE_TRACEME and exec: SIGTERM comes through"

# -w names what was reaped.
pid1 -w -- "$PUPPET" orphan { exit=3 } sleep=300 exit=0
like "$err" '^hale: .*[0-9]' "-w says which orphan was reaped"
is "$(grep -c . "$T/err")" 1 "-w: one line for one orphan"
# Of many that end at once each is named, once.
mkfifo "$T/gate"
cat >"$T/many.sh" <<-'E'
	for i in {1..40}; do sh -c 'cat "$1" &' sh "$1"; done
	for i in {1..40}; do sleep 0.02; : <>"$1"; done
E
pid1 -w -- bash "$T/many.sh" "$T/gate"
orphans=$(grep -o 'orphan [0-9]*' "$T/err")
is "$(sort -u <<<"$orphans" | wc -l) of $(wc -l <<<"$orphans")" '40 of 40' \
    "-w: each of 40 orphans is named once"
pid1 -- "$PUPPET" orphan { exit=3 } sleep=300 exit=0
is "$err" '' "without -w nothing is said"

# Orphans while the command ends: nobody is left, no status mixed up.
wrong=0
for _ in {1..20}; do
	pid1 -- "$PUPPET" storm=20 brood=5 { exit=1 } exit=23
	[ "$rc" = 23 ] || wrong=$((wrong + 1))
done
is "$wrong" 0 "the status is the command's with orphans dying beside it, 20 times"

done_testing
