#!/bin/bash
# SPDX-License-Identifier: MIT
# Masks and dispositions: what the command starts with, what hale was given.
. "${BASH_SOURCE[0]%/*}/lib.sh"

pid1 -- "$PUPPET" masks
is "$out" 'blocked=0 ignored=0' "row 18: nothing blocked or ignored after a clean start"
pid1 -g -- "$PUPPET" masks
is "$out" 'blocked=0 ignored=0' "row 18: with -g, too"

PID1_WRAP=("$PUPPET" block=10 block=15 block=34 ignore=HUP ignore=INT ignore=PIPE ignore=CHLD exec)
pid1 -- "$PUPPET" masks
is "$out" 'blocked=0 ignored=0' "row 19: as PID 1 inherited masks and ignored signals are reset"
pid1_start -- sleep 60
pid1_signal TERM
pid1_wait 10
is "$rc" 143 "row 19: an inherited mask does not keep a signal from hale"
pid1_defaults

PID1_WRAP=("$PUPPET" ignore=CHLD exec)
pid1 -- sh -c 'exit 7'
is "$rc" 7 "row 20: SIGCHLD came in ignored: the status is passed on"
pid1 -- "$PUPPET" storm=50 exit=6
is "$rc" 6 "row 20: and orphans are reaped all the same"
plain -- sh -c 'exit 7'
is "$rc" 7 "row 20: not PID 1, SIGCHLD ignored: the status is passed on"
pid1_defaults

PID1_WRAP=("$PUPPET" block=CHLD exec)
pid1 -- sh -c 'exit 7'
is "$rc" 7 "row 20: SIGCHLD came in blocked: the status is passed on"
pid1_defaults

# As tini it keeps what tini keeps.
ln -s "$HALE" "$T/tini"
PID1_EXE=$T/tini
PID1_WRAP=("$PUPPET" block=10 ignore=HUP exec)
pid1 -- "$PUPPET" masks
is "$out" 'blocked=200 ignored=1' "row 19: under tini's name what was inherited is kept"
PID1_WRAP=("$PUPPET" ignore=CHLD exec)
pid1 -- sh -c 'exit 7'
is "$rc" 7 "row 20: under tini's name SIGCHLD ignored does not hang"
pid1_defaults

# Limits and the rest of what a process passes on.
PID1_WRAP=("$PUPPET" limit=nofile:64 exec)
pid1 -- "$PUPPET" limits
like "$out" ' files=64 .*dumpable=1 nnp=0' "limits pass through; the command is dumpable and without no_new_privs"
pid1_defaults
before=$("$PUPPET" limits)
pid1 -- "$PUPPET" limits
is "$out" "$before" "all limits are as they were"
PID1_WRAP=(env -i A=1 B=2)
pid1 -- "$PUPPET" env=A env=B env=C
is "$out" $'A=1\nB=2\nC=(unset)' "the environment passes through"
pid1_defaults

pid1 -- "$PUPPET" setsid exit=2
is "$out" 'setsid=Operation not permitted' "row 43: the command leads a group of its own, so setsid() is refused"
pid1 --no-process-group -- "$PUPPET" setsid exit=2
is "$out $rc" 'setsid=ok 2' "row 43: --no-process-group: it may leave for a session of its own"
pid1_start --no-process-group -- "$PUPPET" setsid listen
wait_for 10 has "$T/out" ready
pid1_signal USR1
wait_for 5 has "$T/out" 'got 10 '
pid1_signal TERM
pid1_wait
is "$rc" 0 "row 43: and still hears its signals"

done_testing
