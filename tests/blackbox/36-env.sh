#!/bin/bash
# SPDX-License-Identifier: MIT
# The environment: what names hale's own pid is put right, HALE_* is hale's.
. "${BASH_SOURCE[0]%/*}/lib.sh"

shows=("$PUPPET" ids env=LISTEN_PID env=LISTEN_FDS env=WATCHDOG_PID env=MAINPID)
PID1_WRAP=(env LISTEN_PID=1 LISTEN_FDS=1 WATCHDOG_PID=1 MAINPID=1 "$PUPPET" open=3:/dev/null exec)
pid1 -- "${shows[@]}" fds
pid=$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$T/out")
like "$out" "LISTEN_PID=$pid" "row 45: LISTEN_PID is the command's"
like "$out" 'LISTEN_FDS=1' "row 45: LISTEN_FDS is kept"
like "$out" 'fds=0,1,2,3,' "row 45: and the descriptor"
like "$out" "WATCHDOG_PID=$pid" "row 45: WATCHDOG_PID, too"
like "$out" "MAINPID=$pid" "row 45: MAINPID, too"

PID1_WRAP=(env LISTEN_PID=4711 WATCHDOG_PID=10 MAINPID=11)
pid1 -- "${shows[@]}"
like "$out" 'LISTEN_PID=4711' "row 45: another's LISTEN_PID is left alone"
like "$out" 'WATCHDOG_PID=10' "row 45: another's WATCHDOG_PID, too"
like "$out" 'MAINPID=11' "row 45: another's MAINPID, too"
PID1_WRAP=(env -u LISTEN_PID)
pid1 -- "${shows[@]}"
like "$out" 'LISTEN_PID=\(unset\)' "row 45: none is made"

PID1_WRAP=(env HALE_STOP_GRACE_PERIOD=5s HALE_SOCKET=/run/x.sock HALE_FOO=1 PHALE_X=2)
pid1 -- "$PUPPET" env=HALE_STOP_GRACE_PERIOD env=HALE_SOCKET env=HALE_FOO env=PHALE_X
is "$out" $'HALE_STOP_GRACE_PERIOD=(unset)\nHALE_SOCKET=/run/x.sock\nHALE_FOO=(unset)\nPHALE_X=2' \
    "HALE_* are hale's, save HALE_SOCKET"
PID1_WRAP=(env TINI_VERBOSITY=0 TINI_SUBREAPER=1)
pid1 -- "$PUPPET" env=TINI_VERBOSITY env=TINI_SUBREAPER
is "$out" $'TINI_VERBOSITY=0\nTINI_SUBREAPER=1' "other variables are passed on as they are"

# ---- options by their variables
nnp=(grep -o 'NoNewPrivs:.*[01]' /proc/self/status)
for pair in true:1 1:1 yes:1 false:0 0:0 no:0 :0; do
	PID1_WRAP=(env HALE_NO_NEW_PRIVILEGES="${pair%:*}")
	pid1 -- "${nnp[@]}"
	is "$rc:${out//[!01]/}" "0:${pair#*:}" "HALE_NO_NEW_PRIVILEGES=${pair%:*}"
done
PID1_WRAP=(env HALE_NO_NEW_PRIVILEGES=maybe)
plain -- true
like "$rc$err" '^125.*HALE_NO_NEW_PRIVILEGES.*maybe' "HALE_NO_NEW_PRIVILEGES=maybe is refused"
for words in '3 4' '3,4' ' 3, 4 '; do
	PID1_WRAP=(env HALE_EXIT_ZERO="$words")
	pid1 -- sh -c 'exit 4'
	is "$rc" 0 "HALE_EXIT_ZERO='$words' is two codes"
done
PID1_WRAP=(env HALE_VERBOSE=2)
pid1 -- true
once=$err
pid1_defaults
pid1 -vv -- true
is "$once" "$err" "HALE_VERBOSE=2 is -vv"
for name in USER SECCOMP SANDBOX CAP_DROP GROUP_ADD; do
	PID1_WRAP=(env "HALE_$name=")
	plain -- true
	unlike "$err" true "HALE_$name= is not taken for \"true\""
done
PID1_WRAP=(env HALE_USER=)
plain -- true
is "$rc" 125 "HALE_USER= is refused: nobody meant root"
PID1_WRAP=(env HALE_SOCKET= HALE_LISTEN=)
pid1 -- true
is "$rc:$err" 0: "an empty HALE_SOCKET or HALE_LISTEN declares nothing"
PID1_WRAP=(env -i)
pid1 -- "$PUPPET" exec /usr/bin/env
unlike "$out" '[A-Z]' "nothing is added"

done_testing
