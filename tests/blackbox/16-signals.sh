#!/bin/bash
# SPDX-License-Identifier: MIT
# Forwarding: each signal, once, in order, to whom it is meant for.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# All but KILL, STOP, CHLD, TERM (which ends the listener); 32, 33 are libc's.
all=$(echo {1..8} {10..14} 16 18 {20..31} {34..64})

send_all() # sends each and waits for it; prints those that did not arrive
{
	local n
	for n in $all; do
		pid1_signal "$n" || { echo "dead at $n"; break; }
		wait_for 3 has "$T/out" "^got $n " || echo "$n"
	done | xargs
}

pid1_start -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
is "$(send_all)" '' "row 11: every catchable signal is forwarded"
pid1_signal CHLD
check "row 11: a SIGCHLD from outside does not end PID 1" pid1_lives
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "row 11: SIGTERM, too"
is "$(grep -c ^got "$T/out")" 59 "row 11: 59 signals, each once"
unlike "$out" 'got 17 ' "row 11: SIGCHLD is not forwarded"
like "$out" 'got 10 code=0' "row 11: a kill arrives as a kill"

plain_start -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
is "$(send_all)" '' "row 12: not PID 1: kernel-type signals by kill, too, are forwarded"
check "row 12: not PID 1: hale outlives them" pid1_lives
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "row 12: not PID 1: the status is the command's"
like "$out" 'got 34 ' "row 13: not PID 1: signal 34 is forwarded"
like "$out" 'got 11 ' "row 12: not PID 1: SIGSEGV by kill is forwarded"

# The group.
pid1_start -g -- "$PUPPET" spawn { "out=$T/kid" listen } listen
wait_for 10 has "$T/out" ready && wait_for 10 has "$T/kid" ready
pid1_signal USR1 TERM
pid1_wait 10
is "$rc" 0 "row 28: -g: the command has its signal"
check "row 28: -g: and so has its child, USR1" has "$T/kid" '^got 10 '
check "row 28: -g: and TERM" has "$T/kid" '^got 15 '

pid1_start -- "$PUPPET" spawn { "out=$T/kid2" listen } listen=USR2
wait_for 10 has "$T/out" ready && wait_for 10 has "$T/kid2" ready
pid1_signal USR1 USR2
pid1_wait 10
check "row 28: without -g only the command has it" \
    eval '! grep -q "^got 10 " "$T/kid2"'

PID1_WRAP=(env TINI_KILL_PROCESS_GROUP=1)
pid1_start -- "$PUPPET" spawn { "out=$T/kid3" listen } listen
wait_for 10 has "$T/out" ready && wait_for 10 has "$T/kid3" ready
pid1_signal USR1 TERM
pid1_wait 10
check "TINI_KILL_PROCESS_GROUP does as -g" has "$T/kid3" '^got 10 '
pid1_defaults

# --rewrite.
pid1_start -r TERM:QUIT -r SIGHUP:0 -r 10:12 -r USR2:34 -- "$PUPPET" listen=QUIT
wait_for 10 has "$T/out" ready
pid1_signal HUP USR1
wait_for 5 has "$T/out" 'got 12 '
pid1_signal USR2
wait_for 5 has "$T/out" 'got 34 '
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "-r TERM:QUIT: SIGTERM arrives as SIGQUIT"
unlike "$out" 'got 1 ' "-r HUP:0 drops SIGHUP"
like "$out" 'got 12 ' "-r 10:12 takes numbers"
like "$out" 'got 34 ' "-r USR2:34: to a real-time signal; each is rewritten once"

# A signal that nobody wants kills nobody but the command.
pid1_start -- sleep 60
pid1_signal USR1
pid1_wait 10
is "$rc" 138 "a command that does not catch SIGUSR1 dies of it: 138"

for sig in HUP INT QUIT TERM ALRM PIPE; do
	pid1_start -- sleep 60
	pid1_main >/dev/null
	pid1_signal $sig
	pid1_wait 10
	is "$rc" $((128 + $(kill -l $sig))) "SIG$sig reaches the command at once"
done

done_testing
