#!/bin/bash
# SPDX-License-Identifier: MIT
# The exit status: of the command, and of the signal that ended it.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# One shell in one namespace would be hale's child once only: 256 times hale.
wrong=''
for n in {0..255}; do
	(in_pidns "$HALE" -- sh -c "exit $n") </dev/null >/dev/null 2>"$T/err"
	got=$?
	[ $got = "$n" ] || wrong+="$n→$got "
done
is "$wrong" '' "row 01: exit status 0 to 255 is passed on"

wrong=''
for n in {1..31} {34..64}; do
	case $n in 17|18|19|20|21|22|23|28) continue ;; esac
	(in_pidns "$HALE" -- "$PUPPET" die "$n") </dev/null >/dev/null 2>"$T/err"
	got=$?
	[ $got = $((128 + n)) ] || wrong+="$n→$got "
done
is "$wrong" '' "row 02: ended by signal N is 128 + N, real-time ones too"

done_testing
