#!/bin/bash
# SPDX-License-Identifier: MIT
# hale's own messages: on stderr, and never worth a moment of PID 1.
. "${BASH_SOURCE[0]%/*}/lib.sh"

pid1 -vvv -w -- "$PUPPET" storm=3 say=mine exit=3
is "$out" mine "row 48: -vvv: standard output is the command's alone"
like "$err" 'hale: ' "row 48: hale speaks on stderr"
is "$(grep -vc '^hale: ' "$T/err")" 0 "row 48: each of its lines starts with hale:"
is "$rc" 3 "row 48: the status is the command's"
pid1 -- "$PUPPET" die=TERM
is "$out$err" '' "by default hale says nothing"

# A pipe that is full and that nobody reads.
mkfifo "$T/full"
exec 9<>"$T/full"
"$PUPPET" fill=9
for opts in -vvv '-vvv -g' '-vvv -w'; do
	PID1_WRAP=("$PUPPET" write=2:"$T/full" exec)
	# shellcheck disable=SC2086 # a list of words
	pid1_start $opts -- "$PUPPET" storm=20 listen
	wait_for 10 has "$T/out" ready
	pid1_signal USR1 USR2 WINCH
	wait_for 5 has "$T/out" 'got 28 '
	pid1_signal TERM
	pid1_wait 10
	is "$rc" 0 "row 49: $opts into a full pipe does not hold PID 1 up"
	is "$(grep -c ^got "$T/out")" 4 "row 49: $opts: every signal came through"
	pid1_defaults
done
exec 9>&-

# The reader of the log is gone: SIGPIPE for hale, none for the command.
mkfifo "$T/dead"
sleep 60 <>"$T/dead" &
holder=$!
PID1_WRAP=("$PUPPET" write=2:"$T/dead" await="$T/go" exec)
pid1_start_any -vvv -w -- "$PUPPET" storm=5 listen
wait_for 10 eval 'pid1=$(child_of "$pid1_job")'
sleep 0.2
kill $holder
wait $holder 2>/dev/null
: >"$T/go"
wait_for 10 has "$T/out" ready
pid1_signal USR1
wait_for 5 has "$T/out" 'got 10 '
sleep 0.3
check "row 50: hale does not spin when its log's reader is gone" test "$(cpu_ticks "$pid1")" -lt 15
pid1_signal TERM
pid1_wait 10
is "$rc" 0 "row 50: and the command ends as it wants"
unlike "$out" 'got 13 ' "row 50: hale's own SIGPIPE is not forwarded"
pid1_defaults
pid1_start -v -- "$PUPPET" listen
wait_for 10 has "$T/out" ready
pid1_signal PIPE
wait_for 5 has "$T/out" 'got 13 '
pid1_signal TERM
pid1_wait 10
like "$out" 'got 13 ' "row 50: a SIGPIPE that somebody sent is forwarded"

PID1_WRAP=("$PUPPET" open=2:/dev/full exec)
pid1 -vvv -- sh -c 'exit 4'
is "$rc" 4 "stderr on a full disk: the command runs"
PID1_WRAP=("$PUPPET" limit=fsize:0 exec)
pid1 -vvv -- "$PUPPET" exit=4
is "$rc" 4 "a file size limit: SIGXFSZ of hale's own log harms nobody"
pid1_defaults

pid1 --log-format json -v -- "$PUPPET" die=TERM
like "$err" '^\{.*\}$' "--log-format json: a JSON object a line"
is "$rc" 143 "--log-format json: the status is passed on"
pid1 --log-format xml -- true
is "$rc" 125 "--log-format xml is refused"

done_testing
