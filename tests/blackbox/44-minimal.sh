#!/bin/bash
# SPDX-License-Identifier: MIT
# Where there is next to nothing: no /proc, no /dev, no files, no room.
. "${BASH_SOURCE[0]%/*}/lib.sh"

PID1_UNSHARE=(--mount)
PID1_WRAP=(sh -c 'umount -l /proc && exec "$@"' --)
pid1 -- "$PUPPET" storm=20 ids exit=6
is "$rc" 6 "row 65: no /proc: it works"
like "$out" 'ppid=1 ' "row 65: no /proc: hale was PID 1"
mapfile -t block < <(printf '%s\n' { block=TERM "out=$T/np" listen say=finished })
pid1 -- "$PUPPET" daemon "${block[@]}" await="$T/np" exit=5
is "$rc" 5 "row 65: no /proc: a leftover in its own session is asked"
check "row 65: no /proc: and finished" has "$T/np" '^finished'
pid1_defaults

# FROM scratch: nothing but the two programs.
mkdir "$T/scratch"
cp "$HALE" "$T/scratch/hale"
cp "$PUPPET" "$T/scratch/puppet"
PID1_UNSHARE=(--mount)
PID1_EXE=/hale
PID1_WRAP=("$PUPPET" chroot="$T/scratch" exec)
pid1 -- /puppet storm=20 ids exit=6
is "$rc" 6 "row 65: FROM scratch: it works"
pid1 -- puppet exit=1
is "$rc" 127 "row 65: FROM scratch: not in PATH is 127"
pid1 -- /nothing
is "$rc" 127 "row 65: FROM scratch: not found is 127"
like "$err" '/nothing' "row 65: and said"
PID1_WRAP=("$PUPPET" close=0 close=1 close=2 chroot="$T/scratch" exec)
pid1 -- /puppet exit=6
is "$rc" 6 "row 65: FROM scratch without /dev and with closed stdio"
pid1_defaults

for n in 3 4 5 8; do
# shellcheck disable=SC2206 # split at blanks
	PID1_WRAP=("$PUPPET" limit=nofile:$n exec)
	pid1 -- "$PUPPET" storm=10 exit=6
	is "$rc" 6 "RLIMIT_NOFILE $n: it works"
	pid1 --stop-grace-period 1s -- "$PUPPET" exit=6
	is "$rc" 6 "RLIMIT_NOFILE $n: with a grace period"
done
pid1_defaults

PID1_WRAP=("$PUPPET" open=1:/dev/full open=2:/dev/full exec)
pid1 -vv -- "$PUPPET" exit=6
is "$rc" 6 "a full disk on stdout and stderr"
PID1_WRAP=("$PUPPET" limit=fsize:0 exec)
pid1 -- "$PUPPET" exit=6
is "$rc" 6 "RLIMIT_FSIZE 0"
pid1_defaults

# A read-only root, an unreadable working directory, a deleted one.
PID1_WRAP=(sh -c 'mount -o bind,ro / / 2>/dev/null; exec "$@"' --)
pid1 -- "$PUPPET" exit=6
is "$rc" 6 "a read-only root"
mkdir "$T/gonedir"
PID1_WRAP=(sh -c "cd $T/gonedir && rmdir $T/gonedir && exec \"\$@\"" --)
pid1 -- "$PUPPET" exit=6
is "$rc" 6 "a deleted working directory"
pid1_defaults

if [ "$real_root" = yes ]; then
	PID1_WRAP=(setpriv --reuid 54322 --regid 54322 --clear-groups --bounding-set -all --inh-caps -all --no-new-privs)
	pid1 -- "$PUPPET" storm=10 exit=6
	is "$rc" 6 "another uid, no capability, no_new_privs"
	pid1_start -- sleep 60
	pid1_signal TERM
	pid1_wait
	is "$rc" 143 "and SIGTERM gets through"
	PID1_WRAP=(setpriv --reuid 54323 --clear-groups "$PUPPET" limit=np:2 exec)
	pid1 -- "$PUPPET" exit=6
	is "$rc" 6 "two processes allowed: hale and the command"
	pid1_defaults
else
	skip "another uid, no capability" "needs root"
fi

# An argument list and an environment as large as they may be.
long=$(head -c 120000 /dev/zero | tr '\0' x)
pid1 -- sh -c 'echo ${#1} $#' sh "$long" "$long" "$long"
is "$out" '120000 3' "long arguments"
PID1_WRAP=(env "LONG=$long")
pid1 -- sh -c 'echo ${#LONG}'
is "$out" 120000 "a long environment"
PID1_WRAP=(env -i)
pid1 -- "$PUPPET" exit=6
is "$rc" 6 "an empty environment"
pid1_defaults

done_testing
