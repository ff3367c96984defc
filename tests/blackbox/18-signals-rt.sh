#!/bin/bash
# SPDX-License-Identifier: MIT
# Real-time signals: queued ones keep count, order, value and sender.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# In a fresh PID 1 each as the first that comes: highest first.
pid1_start -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
wrong=''
for n in {64..34}; do
# shellcheck disable=SC2086 # a list of words
	pid1_signal $n
	wait_for 3 has "$T/out" "^got $n " || wrong+="$n "
done
pid1_signal TERM
pid1_wait 10
is "$wrong" '' "row 14: each real-time signal arrives at its first delivery"

pid1_start -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
"$PUPPET" queue="$pid1":34:77 queue="$pid1":USR1:-5 queue="$pid1":64:123456
wait_for 5 has "$T/out" 'got 64'
pid1_signal TERM
pid1_wait 10
like "$out" 'got 34 code=-1 pid=[0-9]+ value=77' "row 15: the value of a queued signal is kept"
like "$out" 'got 10 code=-1 pid=[0-9]+ value=-5' "row 15: a standard signal's, too"
like "$out" 'got 64 code=-1 pid=[0-9]+ value=123456' "row 15: and the last one's"

# The sender is a process inside: its pid is kept.
pid1_start -- "$PUPPET" spawn { "out=$T/sender" ids sleep=200 queue=1:35:9 pause } listen
wait_for 10 has "$T/out" 'got 35'
pid1_signal TERM
pid1_wait 10
sender=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$T/sender")
like "$out" "got 35 code=-1 pid=$sender value=9" "row 15: the sender's pid is kept"

# Signal 64 ends the count: the kernel hands out lower numbers first.
pid1_start -- "$PUPPET" tally=64
wait_for 10 has "$T/out" ready
"$PUPPET" queue="$pid1":40:0:200
pid1_signal 64
pid1_wait 20
like "$out" 'count 40=200 last=199' "row 16: 200 queued signals are 200"
like "$out" 'disorder=0' "row 16: and in order"

pid1_start -- "$PUPPET" tally=64
wait_for 10 has "$T/out" ready
"$PUPPET" queue="$pid1":34:0:1000 queue="$pid1":50:0:1000
pid1_signal 64
pid1_wait 20
like "$out" 'count 34=1000 last=999' "1,000 in a burst are 1,000"
like "$out" 'count 50=1000 last=999' "and 1,000 of another kind"
like "$out" 'disorder=0' "and in order"

# 20,000 of a kind that the kernel may merge, then the end.
pid1_start -- "$PUPPET" trap=USR1 pause
wait_for 5 pid1_main >/dev/null
: >"$T/err"
"$PUPPET" queue="$pid1":USR1:0:20000
check "row 17: PID 1 outlives 20,000 signals" pid1_lives
pid1_signal TERM
pid1_wait 20
is "$rc" 143 "row 17: and hears the SIGTERM after them"

# What no libc lets a program send: 32 and 33; and SIGCHLD by the thousand.
pid1_start -- "$PUPPET" spawn { sleep=50 queue=1:CHLD:0:2000 } listen
wait_for 10 has "$T/out" ready
pid1_signal 32
wait_for 5 has "$T/out" 'got 32 '
pid1_signal 33
check "signals 32 and 33 are forwarded, too" wait_for 5 has "$T/out" 'got 33 '
check "2,000 SIGCHLD that a user sent harm nobody" pid1_lives
pid1_signal TERM
pid1_wait
is "$rc" 0 "and the end is as ever"

# PID 1 itself is stopped from outside, and goes on: all that waited comes.
pid1_start -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
kill -STOP "$pid1"
wait_for 5 state_is "$pid1" T
pid1_signal USR1 USR2 40 40 41
kill -CONT "$pid1"
wait_for 5 has "$T/out" 'got 41 '
pid1_signal TERM
pid1_wait
is "$(sed -n 's/^got \([0-9]*\) .*/\1/p' "$T/out" | xargs)" '10 12 18 40 40 41 15' \
    "PID 1 was stopped: what came meanwhile is forwarded after that"

done_testing
