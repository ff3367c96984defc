#!/bin/bash
# SPDX-License-Identifier: MIT
# The end: what is left is asked, waited for, then killed; and who may hurry.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# late FILE: an orphan that needs 0.4 s after SIGTERM to end well
late() { printf '%s\n' { block=TERM "out=$1" listen sleep=400 say=finished }; }

elapsed() { echo $(($(now_ms) - began)); }

mapfile -t block < <(late "$T/o1")
pid1 -- "$PUPPET" orphan "${block[@]}" await="$T/o1" exit=5
is "$rc" 5 "row 25: main ends, a leftover is waited for, the status is main's"
check "row 25: it had SIGTERM" has "$T/o1" '^got 15 '
check "row 25: and the time to finish" has "$T/o1" '^finished'

mapfile -t block < <(late "$T/o2")
plain -- "$PUPPET" orphan "${block[@]}" await="$T/o2" exit=5
is "$rc" 5 "row 26: not PID 1: the status is main's"
check "row 26: not PID 1: the leftover finished" has "$T/o2" '^finished'

plain --stop-grace-period 500ms -- "$PUPPET" \
    daemon { ignore=TERM "out=$T/o3" ids pause } await="$T/o3" sleep=50 exit=6
is "$rc" 6 "row 26: not PID 1: with a daemon that ignores SIGTERM"
left=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$T/o3")
check "row 26: not PID 1: it is killed" gone "$left"

mapfile -t block < <(late "$T/o4")
pid1 -- "$PUPPET" daemon "${block[@]}" await="$T/o4" exit=7
is "$rc" 7 "row 27: a leftover in a session of its own: the status is main's"
check "row 27: it had SIGTERM, too" has "$T/o4" '^got 15 '
check "row 27: and finished" has "$T/o4" '^finished'

mapfile -t block < <(late "$T/o5")
pid1_start -- "$PUPPET" spawn "${block[@]}" await="$T/o5" say=up pause
wait_for 10 has "$T/out" up
pid1_signal TERM
pid1_wait
is "$rc" 143 "row 28: SIGTERM ends main"
check "row 28: what main left behind had it after that" has "$T/o5" '^finished'

pid1 --wait-children -- "$PUPPET" daemon { sleep=600 "out=$T/o6" say=done } exit=4
is "$rc" 4 "row 29: --wait-children: the status is main's"
check "row 29: a daemon of main's runs to its end" has "$T/o6" '^done'
pid1 -- "$PUPPET" daemon { "out=$T/o7" sleep=20000 say=done } await="$T/o7" exit=4
is "$rc" 4 "row 29: without it: the status is main's, too"
check "row 29: without it the daemon has no time of its own" test ! -s "$T/o7"
pid1_start --wait-children -- "$PUPPET" daemon { "out=$T/o8" listen } await="$T/o8" exit=3
wait_for 10 eval '[ -z "$(zombies_of "$pid1" | grep -v 0)" ] && has "$T/o8" ready'
pid1_signal TERM
pid1_wait
is "$rc" 3 "row 29: --wait-children: SIGTERM ends the daemon, the status stays main's"
check "row 29: it had it" has "$T/o8" '^got 15 '

cat >"$T/left" <<'EOF'
trap 'echo usr1 >>usr' USR1
echo up >>usr
while :; do sleep 600 & wait $!; done
EOF
for how in '' '--rewrite HUP:USR1'; do
	: >"$T/usr"
	# shellcheck disable=SC2086 # a list of words
	pid1_start --wait-children $how -- sh -c 'sh left & sh left & exit 5'
	wait_for 10 eval '[ "$(grep -c up "$T/usr")" = 2 ]'
	wait_for 10 eval '[ "$(children_of "$pid1" | wc -w)" = 2 ]'
	if [ -n "$how" ]; then pid1_signal HUP; else pid1_signal USR1; fi
	check "--wait-children: a signal${how:+ that is rewritten} reaches all that is left" \
	    wait_for 10 eval '[ "$(grep -c usr1 "$T/usr")" = 2 ]'
	pid1_signal TERM
	pid1_wait 15
	is "$rc" 5 "--wait-children: and TERM ends them"
done

# The grace period of leftovers, and a second signal.
began=$(now_ms)
pid1 --stop-grace-period 700ms -- "$PUPPET" \
    orphan { ignore=TERM "out=$T/g1" pause } await="$T/g1" sleep=50 exit=9
took=$(elapsed)
is "$rc" 9 "a leftover that ignores SIGTERM: the status is main's"
check "it is killed after the grace period, not before ($took ms)" test "$took" -ge 700
check "and not much later ($took ms)" test "$took" -lt 6000

pid1_start --stop-grace-period 60s -- "$PUPPET" \
    orphan { ignore=TERM ignore=INT "out=$T/g2" pause } await="$T/g2" sleep=50 exit=9
wait_for 10 test -e "$T/g2"
wait_for 10 eval '[ "$(same_ns "$pid1" | wc -l)" = 2 ]'
check "in the grace period PID 1 waits" pid1_lives
pid1_signal TERM
pid1_wait 5
is "$rc" 9 "a SIGTERM in the grace period hurries: at once, with main's status"

pid1_start --stop-grace-period 500ms -- "$PUPPET" ignore=TERM say=up pause
wait_for 10 has "$T/out" up
began=$(now_ms)
pid1_signal TERM
pid1_wait 10
is "$rc" 137 "main ignores SIGTERM: killed after --stop-grace-period: 137"
check "and not before ($(elapsed) ms)" test "$(elapsed)" -ge 500

pid1_start --stop-grace-period 60s -- "$PUPPET" ignore=TERM say=up pause
wait_for 10 has "$T/out" up
pid1_signal TERM
wait_for 5 eval '[ "$(status_of "$pid1" ShdPnd)" = 0000000000000000 ]'
pid1_signal TERM
pid1_wait 5
is "$rc" 137 "a second SIGTERM hurries: killed now"

pid1_start -- "$PUPPET" ignore=TERM say=up sleep=1500 exit=8
wait_for 10 has "$T/out" up
pid1_signal TERM
pid1_wait 10
is "$rc" 8 "without --stop-grace-period SIGTERM is only forwarded: main ends by itself"

pid1_start --stop-signal QUIT -- "$PUPPET" listen=QUIT
wait_for 10 has "$T/out" ready
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "--stop-signal QUIT: SIGTERM arrives as SIGQUIT"

PID1_WRAP=(env HALE_STOP_GRACE_PERIOD=500ms)
pid1_start -- "$PUPPET" ignore=TERM say=up pause
wait_for 10 has "$T/out" up
pid1_signal TERM
pid1_wait 10
is "$rc" 137 "HALE_STOP_GRACE_PERIOD does as the option"
pid1_defaults

# Stopped leftovers can't hear SIGTERM: they are continued.
pid1 -- "$PUPPET" daemon { block=TERM "out=$T/s1" raise=STOP listen } await="$T/s1" sleep=200 exit=2
is "$rc" 2 "a stopped leftover: the status is main's"
check "it was continued to hear SIGTERM" has "$T/s1" '^got 15 '

# Nothing alive: at once.
began=$(now_ms)
pid1 --stop-grace-period 60s -- true
check "nobody left: no waiting ($(elapsed) ms)" test "$(elapsed)" -lt 5000

# What forks while it is being killed does not get away.
plain --stop-grace-period 300ms -- "$PUPPET" \
    brood=20 { setsid ignore=TERM "out=$T/brood" ids pause } sleep=300 exit=1
is "$rc" 1 "twenty sessions that ignore SIGTERM: the status is main's"
left=0
for pid in $(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$T/brood"); do
	gone "$pid" || left=$((left + 1))
done
is "$left" 0 "and none of them is left"

cat >"$T/respawner" <<'END'
trap '' TERM HUP
for _ in {1..400}; do
	setsid sleep 31.4159 &
	sleep 0.005
done
END
plain --stop-grace-period 300ms -- bash -c "bash $T/respawner & exit 3"
is "$rc" 3 "one that forks while it is being killed: the status is main's"
left=0
for process in /proc/[0-9]*; do
	[ "$(tr '\0' ' ' 2>/dev/null <"$process/cmdline")" != "sleep 31.4159 " ] ||
	    left=$((left + 1))
done
is "$left" 0 "and nothing of it gets away"

pid1_start --wait-children -- "$PUPPET" daemon { ignore=TERM "out=$T/w1" pause } await="$T/w1" exit=4
wait_for 10 test -e "$T/w1"
wait_for 10 eval '[ "$(same_ns "$pid1" | wc -l)" = 2 ]'
pid1_signal TERM
sleep 0.3
check "--wait-children: a daemon that ignores SIGTERM has its grace period" pid1_lives
pid1_signal TERM
pid1_wait 8
is "$rc" 4 "a second SIGTERM hurries"

pid1_start --drain 500ms --stop-grace-period 20s -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
began=$(now_ms)
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "--drain 500ms: SIGTERM arrives"
check "and not before ($(elapsed) ms)" test "$(elapsed)" -ge 500

pid1_start -- "$PUPPET" trap=CONT trap=TERM:3 say=up pause
wait_for 10 has "$T/out" up
pid1_signal TERM
pid1_wait
is "$out" $'up\ntrapped 15' "one that is not stopped is not sent SIGCONT either"

done_testing
