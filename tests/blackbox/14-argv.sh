#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line: where options end, what is refused, who hale says it is.
. "${BASH_SOURCE[0]%/*}/lib.sh"

pid1 ls -d -l /
is "$rc" 0 "row 09: options after the command are the command's"
like "$out" '^d.* /$' "row 09: ls -d -l / lists the directory"
pid1 -- echo -v -- -e x
is "$out" '-v -- -e x' "row 09: all after -- is the command's, as it is"
pid1 echo -- x
is "$out" '-- x' "row 09: a -- after the command is the command's"

plain --version
is "$rc" 0 "row 10: --version is a success"
like "$out" '^hale [0-9]+\.[0-9]+' "row 10: on standard output"
is "$err" '' "row 10: and nothing on standard error"
ln -s "$HALE" "$T/docker-init"
PID1_EXE=$T/docker-init
plain --version
is "$rc" 0 "row 10: as docker-init --version is a success"
like "$out" '^tini version [0-9]' "row 10: as docker-init it says what moby parses"
pid1_defaults

plain -h
is "$rc" 0 "-h is a success"
like "$out" 'COMMAND' "-h goes to standard output"
is "$err" '' "-h: nothing on standard error"
plain --help
is "$rc" 0 "--help, too"

plain --no-such-option -- true
is "$rc" 125 "an unknown option is 125"
like "$err" 'no-such-option' "and is named"
plain -Z -- true
is "$rc" 125 "an unknown letter is 125"
plain -e 256 -- true
is "$rc" 125 "-e 256 is refused"
plain -e x -- true
is "$rc" 125 "-e x is refused"
plain -p SIGNOPE -- true
is "$rc" 125 "-p SIGNOPE is refused"
plain -r 15:99 -- true
is "$rc" 125 "-r 15:99 is refused"
plain -r TERM -- true
is "$rc" 125 "-r without a colon is refused"
plain --stop-grace-period soon -- true
is "$rc" 125 "a duration that is none is refused"
plain --
is "$rc" 125 "no command is 125"
like "$err" 'usage: hale ' "and the usage is said"
plain --help
like "$out" 'Usage:' "--help begins with the usage"
for option in user sandbox seccomp cap-add group-add socket; do
	plain "--$option" '' -- true
	is "$rc" 125 "--$option '' is refused"
	unlike "$err" true "--$option '' is not taken for \"true\""
done
plain -e
is "$rc" 125 "an option without its value is 125"

pid1 -vv -g -e 3 sh -c 'exit 3'
is "$rc" 0 "short options cluster and end at the command"
pid1 -e3 -- sh -c 'exit 3'
is "$rc" 0 "-e3 is -e 3"
pid1 --stop-grace-period=2s -- true
is "$rc" 0 "--option=value"
pid1 --stop-grace-period 2s -- true
is "$rc" 0 "--option value"

PID1_WRAP=(env HALE_STOP_GRACE_PERIOD=soon)
plain -- true
is "$rc" 125 "a bad value in HALE_STOP_GRACE_PERIOD is refused"
like "$err" 'HALE_STOP_GRACE_PERIOD' "and the variable is named"
plain --stop-grace-period 2s -- true
like "$rc" '^(0|125)$' "the command line wins over the environment, or both count"
PID1_WRAP=(env TINI_VERBOSITY=0 TINI_SUBREAPER= TINI_KILL_PROCESS_GROUP=)
pid1 -- true
is "$rc$err" 0 "tini's environment is understood"
pid1_defaults

# A verb's name is a command after --.
mkdir "$T/bin"
printf '#!/bin/sh\necho mine "$@"\n' >"$T/bin/health"
chmod 755 "$T/bin/health"
PID1_WRAP=(env PATH="$T/bin:$PATH")
pid1 -- health x
is "$out" 'mine x' "a command named like a verb runs after --"
pid1_defaults

done_testing
