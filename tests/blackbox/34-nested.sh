#!/bin/bash
# SPDX-License-Identifier: MIT
# An init under an init: the engine's --init over the image's own.
. "${BASH_SOURCE[0]%/*}/lib.sh"

try() # NAME OUTER... : the rest of the line runs `sh -c …` at its end
{
	local name=$1
	shift
	pid1 "$@" sh -c 'exit 9'
	is "$rc" 9 "row 44: $name: the exit status"
	is "$err" '' "row 44: $name: silent"
	pid1_start "$@" "$PUPPET" listen
	wait_for 10 has "$T/out" ready
	pid1_signal USR1 TERM
	pid1_wait
	is "$rc" 0 "row 44: $name: SIGTERM arrives"
	is "$(grep -c '^got 10 ' "$T/out")" 1 "row 44: $name: SIGUSR1 once"
}

try "hale under hale" -- "$HALE" --
try "hale under hale under hale" -- "$HALE" -- "$HALE" --
PID1_EXE=$(command -v tini || :)
if [ -n "$PID1_EXE" ]; then try "hale under tini" -- "$HALE" --; fi
PID1_EXE=$(command -v catatonit || :)
if [ -n "$PID1_EXE" ]; then
	pid1 -- "$HALE" -- sh -c 'exit 9'
	is "$rc" 9 "row 44: hale under catatonit: the exit status"
fi
pid1_defaults

pid1_start -- "$HALE" -- sleep 60
wait_for 10 eval 'child_of "$(child_of "$pid1")"' >/dev/null
pid1_signal TERM
pid1_wait
is "$rc" 143 "row 44: SIGTERM through two is 143"

# Orphans go to the inner one, and both ends are clean.
pid1 -- "$HALE" -- "$PUPPET" storm=100 orphan { sleep=100 } exit=17
is "$rc" 17 "row 44: orphans below the inner one"

# HALE_SOCKET, which services get, names the outer one's socket.
pid1 --socket "$T/s" -- "$HALE" -- sh -c 'echo "$HALE_SOCKET"; exit 8'
is "$rc:$out" "8:$T/s" "in a service hale COMMAND passes HALE_SOCKET on"
is "$(grep -c 'main: up' "$T/err")" 1 "and is no supervisor by it"
unlike "$err" 'no status socket' "nor wants to be the server there"

done_testing
