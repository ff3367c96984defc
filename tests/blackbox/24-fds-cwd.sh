#!/bin/bash
# SPDX-License-Identifier: MIT
# What hale holds on to: descriptors, standard streams, the working directory.
. "${BASH_SOURCE[0]%/*}/lib.sh"

: >"$T/held"
PID1_WRAP=("$PUPPET" open=4:"$T/held" open=77:"$T/held" exec)
pid1_start -- "$PUPPET" fds pause
main=$(pid1_main)
wait_for 5 has "$T/out" fds=
is "$(find "/proc/$pid1/fd" -lname "$T/held" | wc -l)" 0 "row 21: hale closes descriptors that it inherits"
is "$(find "/proc/$main/fd" -lname "$T/held" | wc -l)" 2 "row 21: the command keeps them"
pid1_signal TERM
pid1_wait
is "$out" 'fds=0,1,2,4,77,' "row 21: and gets none of hale's own"
pid1_defaults

# A reader at the other end of hale's standard output.
mkfifo "$T/pipe"
reader() { (cat "$T/pipe" >"$T/read"; : >"$T/eof") & }

rm -f "$T/eof"
reader
PID1_WRAP=("$PUPPET" write=1:"$T/pipe" exec)
pid1_start -- "$PUPPET" say=hello close=1 pause
check "row 22: the command closes its stdout, the reader has the end" wait_for 5 test -e "$T/eof"
check "row 22: and hale lives on" pid1_lives
pid1_signal TERM
pid1_wait

rm -f "$T/eof"
reader
PID1_WRAP=("$PUPPET" write=2:"$T/pipe" exec)
pid1_start --close-stdio -- "$PUPPET" close=2 pause
check "row 22: --close-stdio: stderr, too" wait_for 5 test -e "$T/eof"
pid1_signal TERM
pid1_wait
is "$rc" 143 "row 22: and the end is as ever"

rm -f "$T/eof"
reader
PID1_WRAP=("$PUPPET" write=1:"$T/pipe" exec)
pid1_start -- "$PUPPET" say=one sleep=100 say=two
pid1_wait
wait_for 5 test -e "$T/eof"
is "$(<"$T/read")" $'one\ntwo' "the command's output is all there"
pid1_defaults


mkdir "$T/here"
PID1_WRAP=("$PUPPET" chdir="$T/here" exec)
pid1_start -- sleep 60
main=$(pid1_main)
is "$(readlink "/proc/$pid1/cwd")" / "row 23: hale's working directory is /"
is "$(readlink "/proc/$main/cwd")" "$T/here" "row 23: the command's is the one it was given"
pid1_signal TERM
pid1_wait
wrong=0
for _ in {1..20}; do
	pid1 -- "$PUPPET" cwd
	[ "$out" = cwd=/ ] || wrong=$((wrong + 1))
done
is "$wrong" 0 "row 66: the command never sees hale anywhere else, 20 times"
PID1_WRAP=("$PUPPET" chdir="$T/here" exec)
printf '#!/bin/sh\nexit 12\n' >"$T/here/prog"
chmod 755 "$T/here/prog"
pid1 -- ./prog
is "$rc" 12 "a relative command is found from the directory it was given"
pid1_defaults

for closed in 0 1 2 '0 1' '0 1 2'; do
	PID1_WRAP=("$PUPPET")
	for fd in $closed; do PID1_WRAP+=("close=$fd"); done
	PID1_WRAP+=(exec)
	rm -f "$T/report"
	pid1 -- "$PUPPET" out="$T/report" fds exit=5
	is "$rc" 5 "row 24: descriptors $closed closed at the start: it runs"
	like "$(<"$T/report")" '^fds=0,1,2,$' "row 24: $closed closed: the command has 0, 1 and 2, no other"
done
pid1_defaults

done_testing
