#!/bin/bash
# SPDX-License-Identifier: MIT
# `hale --user USER COMMAND` runs before the C library, and with any further
# option after it: nobody can tell one from the other. And who PID 1 is then.
. "${BASH_SOURCE[0]%/*}/lib.sh"

[ "$real_root" = yes ] || { skip "--user, early and late" "needs root"; done_testing; }
cp "$HALE" "$T/hale"
chmod 755 "$T/hale"
zero=0000000000000000 kill=0000000000000020
look='env | grep -v ^_= | sort; id; grep -E "^(Sig[PBIC]|Cap|NoNew|Seccomp|Groups|Umask)" \
    /proc/self/status; cat /proc/self/limits /proc/self/oom_score_adj; pwd; \
    ls -l /proc/self/fd | wc -l'

seen() # FILE HALE-ARG...: what a command sees, into FILE
{
	pid1 "${@:2}" -- sh -c "$look"
	printf '%s\n' "$rc" "$out" "$err" >"$1"
}

# same NAME USER WRAP...: what a command sees is the same
same()
{
	local name=$1 user=$2
	shift 2
	PID1_WRAP=("$@") PID1_EXE=$T/hale
	seen "$T/early" --user "$user"
	seen "$T/late" --user "$user" --rewrite USR1:USR2
	is "$(diff "$T/early" "$T/late")" '' "$name: early is as late"
	is "$rc" 0 "$name: and works"
	pid1_defaults
}

same "a number" 1000
same "number:number" 1000:1001
same "a name" nobody
same "name:name" nobody:daemon
same "root" 0
same "groups to leave" 1000 setpriv --groups 4,5,6
same "signals ignored and blocked" 1000 env --ignore-signal=USR1,HUP --block-signal=TERM
same "HOME of an engine" nobody env HOME=/root USER=root
same "HOME of its own" nobody env HOME=/srv USER=app LOGNAME=app
same "no environment" nobody env -i PATH=/usr/bin:/bin
same "four capabilities" 1000 setpriv --bounding-set=-all,+kill,+setgid,+setuid,+setpcap
same "no CAP_SETPCAP" 1000 setpriv --bounding-set=-all,+kill,+setgid,+setuid
same "the user itself" 1000 setpriv --reuid 1000 --regid 1000 --clear-groups
same "no /proc" 1000 unshare --mount sh -c \
    'umount -l /proc; exec "$@"' sh

for words in '--user=1000 --' '--user=1000' '-u 1000' '-u 1000 --' '--user 1000'; do
	# shellcheck disable=SC2086 # a list of words
	PID1_EXE=$T/hale pid1 $words id -u
	is "$rc:$out$err" 0:1000 "$words"
done
PID1_EXE=$T/hale pid1 --user 1000 graph
like "$rc:$err" '12[67]:hale: cannot execute graph' \
    "a verb is no verb behind an option"
for words in '--user' '--user 1000' '--user 1000 --' '--user= true' '--user 1000 -x'; do
	# shellcheck disable=SC2086 # a list of words
	PID1_EXE=$T/hale pid1 $words
	is "$rc" 125 "$words: refused"
	is "$(wc -l <<<"$err")" 1 "$words: in one line"
done
: >"$T/plain"
PID1_EXE=$T/hale
pid1 --user 1000 -- /nosuch
is "$rc:$err" "127:hale: cannot execute /nosuch: No such file or directory" \
    "no such command: said once"
pid1 --user 1000 -- "$T/plain"
is "$rc" 126 "not executable"
chmod 700 "$T/plain"
pid1 --user 1000 -- "$T/plain"
is "$rc" 126 "executable for root alone"
pid1 --user 1000 -- sh -c 'kill -SEGV $$'
is "$rc" 139 "killed by a signal"
mapfile -t long < <(printf 'V%s=x\n' {1..300})
PID1_WRAP=(env "${long[@]}")
pid1 --user 1000 -- sh -c 'echo $V300'
is "$rc:$out" 0:x "an environment larger than the early one"
pid1_defaults
PID1_EXE=$T/hale

# ---- who PID 1 is
ids() # PID FIELD
{
	sed -n "s/^$2:\t//p" "/proc/$1/status" | tr '\t' ' '
}
caps() # PID
{
	echo "$(status_of "$1" CapPrm) $(status_of "$1" CapEff) $(
	    status_of "$1" CapBnd)"
}
echoes='trap "echo usr1" USR1; trap "echo term; exit 9" TERM; echo up; while :; do sleep 600 & wait; done'
gives() # WANT COMMAND...
{
	[ "$("${@:2}")" = "$1" ]
}
become() # NAME FUNCTION ARG... WANT: PID 1 gets there, a moment after the start
{
	local name=$1 want=${*: -1}
	set -- "${@:2:$#-2}"
	wait_for 10 gives "$want" "$@"
	is "$("$@")" "$want" "$name"
}
begin() # HALE-ARG...
{
	pid1_start "$@" -- sh -c "$echoes"
	wait_for 10 has "$T/out" up
}
finish() # NAME
{
	pid1_signal USR1
	wait_for 10 has "$T/out" usr1
	pid1_signal TERM
	pid1_wait 15
	is "$rc:$out" "9:up
usr1
term" "$1: signals still reach the service"
}
begin --user 1000
become "PID 1 becomes a user of its own" ids "$pid1" Uid \
    "65533 65533 65533 65533"
become "and group" ids "$pid1" Gid "65533 65533 65533 65533"
become "that keeps CAP_KILL, permitted and not effective" caps "$pid1" \
    "$kill $zero $zero"
is "$(status_of "$pid1" NoNewPrivs)$(status_of "$pid1" Seccomp)" 12 \
    "with no_new_privs and the default filter"
finish "a user of its own"
begin --user 65533
become "which is never the service's" ids "$pid1" Uid \
    "65531 65531 65531 65531"
finish "another"
begin --user 1000 --cap-add NET_BIND_SERVICE
become "with a capability to give it stays root" caps "$pid1" \
    "$kill $kill $zero"
is "$(ids "$pid1" Uid)" "0 0 0 0" "with the ids of root"
finish "root"
PID1_WRAP=(setpriv "--bounding-set=-all,+setgid,+setuid,+setpcap")
begin --user 1000
become "without CAP_KILL its effective user is the service's" \
    ids "$pid1" Uid "0 1000 0 1000"
become "and it keeps nothing at all" caps "$pid1" "$zero $zero $zero"
check "whom the service can't signal" setpriv --reuid 1000 --clear-groups \
    --regid 1000 bash -c "! kill -TERM $pid1 2>/dev/null"
finish "without CAP_KILL"
unshare --user sleep 100 &
: >"$T/userns"
wait_for 10 eval '[ "$(readlink /proc/$!/ns/user)" != "$(
    readlink /proc/self/ns/user)" ]'
printf '0 0 1\n1000 1000 1\n' >"$T/map"
cat "$T/map" >"/proc/$!/uid_map"
cat "$T/map" >"/proc/$!/gid_map"
mount --bind "/proc/$!/ns/user" "$T/userns"
kill $!
PID1_WRAP=(nsenter "--user=$T/userns" --setuid 0 --setgid 0)
begin --user 1000
become "where that user is not mapped it stays root" caps "$pid1" \
    "$kill $kill $zero"
finish "a small user namespace"
pid1_defaults
PID1_EXE=$T/hale
plain_start --user 1000 -- sh -c "$echoes"
wait_for 10 has "$T/out" up
become "not PID 1: CAP_KILL alone" caps "$pid1" "$kill $kill $zero"
is "$(ids "$pid1" Uid)" "0 0 0 0" "whoever started it may signal it"
pid1_signal TERM
pid1_wait 10
done_testing
