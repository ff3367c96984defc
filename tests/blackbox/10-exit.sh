#!/bin/bash
# SPDX-License-Identifier: MIT
# The exit status: of the command, and of the signal that ended it.
. "${BASH_SOURCE[0]%/*}/lib.sh"

wrong=''
for n in {0..255}; do
	(in_pidns "$HALE" -- sh -c "exit $n") </dev/null >/dev/null 2>"$T/err"
	got=$?
	[ $got = "$n" ] || wrong+="$n→$got "
done
is "$wrong" '' "row 01: exit status 0 to 255 is passed on"

# Those whose default action is to stop or do nothing end nobody.
wrong=''
for n in {1..64}; do
	case $n in 17|18|19|20|21|22|23|28) continue ;; esac
	(in_pidns "$HALE" -- "$PUPPET" die="$n") </dev/null >/dev/null 2>"$T/err"
	got=$?
	[ $got = $((128 + n)) ] || wrong+="$n→$got "
done
is "$wrong" '' "row 02: ended by signal N is 128 + N, real-time ones too"

pid1 -v -- "$PUPPET" die=SEGV
is "$rc" 139 "row 02: SIGSEGV is 139"
like "$err" 'SIGSEGV|SEGV|signal 11' "row 02: with -v it says which signal"

pid1 -e 143 -- sh -c 'exit 143'
is "$rc" 0 "-e 143 makes 143 a success"
pid1 -e 143 -e 7 -- sh -c 'exit 7'
is "$rc" 0 "-e is repeatable"
pid1 -e 143 -- "$PUPPET" die=TERM
is "$rc" 0 "-e 143 is for a death by SIGTERM, too"
pid1 -e 143 -- sh -c 'exit 144'
is "$rc" 144 "-e leaves other codes alone"

# The command's children must not be taken for it.
pid1 -- "$PUPPET" orphan { exit=9 } orphan { die=9 } spawn { exit=8 } wait exit=3
is "$rc" 3 "an orphan's status is not the command's"

plain -- sh -c 'exit 42'
is "$rc" 42 "not PID 1: the exit status is passed on"
plain -- "$PUPPET" die=TERM
is "$rc" 143 "not PID 1: a signal is 128 + N"

done_testing
