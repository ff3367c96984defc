#!/bin/bash
# SPDX-License-Identifier: MIT
# Stopped commands: left alone while nobody asks, continued to hear the end.
. "${BASH_SOURCE[0]%/*}/lib.sh"

for sig in TERM INT QUIT; do
	pid1_start -- sleep 60
	main=$(pid1_main)
	kill -STOP "$main"
	wait_for 5 state_is "$main" T
	pid1_signal $sig
	pid1_wait 10
	is "$rc" $((128 + $(kill -l $sig))) "row 35: a stopped command hears SIG$sig: it is continued"
done

# Both at once: hale may read SIGTERM before it reads that its child stopped.
wrong=0
for _ in {1..20}; do
	pid1_start -- sleep 60
	main=$(pid1_main)
	kill -STOP "$main"
	pid1_signal TERM
	pid1_wait 3
	[ "$rc" = 143 ] || wrong=$((wrong + 1))
done
is "$wrong" 0 "row 35: SIGTERM at the very moment of the stop, 20 times"

pid1_start --stop-grace-period 1s -- "$PUPPET" ignore=TERM say=up pause
wait_for 10 has "$T/out" up
kill -STOP "$(pid1_main)"
pid1_signal TERM
pid1_wait 10
is "$rc" 137 "row 35: stopped and deaf: killed after the grace period"

pid1_start -- "$PUPPET" say=up listen
wait_for 10 has "$T/out" ready
main=$(pid1_main)
kill -STOP "$main"
check "row 36: a command that was stopped by SIGSTOP" wait_for 5 state_is "$main" T
sleep 0.3
check "row 36: stays stopped" state_is "$main" T
check "row 36: PID 1 does not stop with it" state_is "$pid1" S
pid1_signal USR1
check "row 36: and forwards as ever" wait_for 5 eval '[[ $(status_of "$main" ShdPnd) == *200 ]] || sleep 0.1' || :
kill -CONT "$main"
check "row 36: SIGCONT, and it goes on" wait_for 5 has "$T/out" 'got 10 '
pid1_signal CONT
check "row 36: SIGCONT through PID 1 arrives" wait_for 5 has "$T/out" 'got 18 '
pid1_signal TERM
pid1_wait
is "$rc" 0 "row 36: the end is as ever"

# SIGTSTP sent to PID 1 is forwarded to one that catches it.
pid1_start -- "$PUPPET" trap=TSTP say=up pause
wait_for 10 has "$T/out" up
pid1_signal TSTP
check "SIGTSTP from outside is forwarded" wait_for 5 has "$T/out" 'trapped 20'
pid1_signal TERM
pid1_wait

# To one that does not catch it: nobody could continue it, it must not hang.
for sig in TSTP TTIN TTOU; do
	pid1_start -- sleep 60
	main=$(pid1_main)
	pid1_signal $sig
	sleep 0.2
	check "row 56: SIG$sig leaves nobody stopped" wait_for 5 state_is "$main" S
	pid1_signal TERM
	pid1_wait 10
	is "$rc" 143 "row 56: and SIGTERM ends it"
done

pid1_start -- sleep 60
main=$(pid1_main)
for _ in {1..50}; do
	kill -STOP "$main"
	kill -CONT "$main"
	pid1_signal CONT
done
check "stop and continue, 50 times: PID 1 lives" pid1_lives
pid1_signal TERM
pid1_wait
is "$rc" 143 "and the status is right"

done_testing
