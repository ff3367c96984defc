#!/bin/bash
# SPDX-License-Identifier: MIT
# Each way to start a container: it works, or one line names what is missing.
. "${BASH_SOURCE[0]%/*}/lib.sh"

[ "$real_root" = yes ] || { skip "environments" "needs root"; done_testing; }
cp "$HALE" "$T/hale"
chmod 755 "$T/hale"
PID1_DEFAULT=$T/hale
docker=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap
docker+=,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap
only() # CAP,CAP: the words for setpriv
{
	echo "--bounding-set=-all${1:+,+${1//,/,+}}"
}
try() # NAME WRAP... -- HALE-ARG...
{
	local name=$1
	shift
	PID1_WRAP=()
	while [ "$1" != -- ]; do
		PID1_WRAP+=("$1")
		shift
	done
	shift
	PID1_EXE=$PID1_DEFAULT
	pid1 "$@"
	pid1_defaults
}
drop=(-- --user 1000 -- sh -c 'id -u; id -g')
works() { is "$rc,$out" "0,1000
1000" "$1: works"; }
fails() # NAME REGEX
{
	is "$rc,$out" "125," "$1: refused, and nothing runs"
	like "$err" "$2" "$1: names what is missing"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$1: in one line"
}

try docker setpriv "$(only $docker)" "${drop[@]}"
works "Docker's default set"
try few setpriv "$(only setuid,setgid)" "${drop[@]}"
works "SETUID and SETGID alone"
try nnp setpriv --no-new-privs "$(only kill,setuid,setgid,setpcap)" "${drop[@]}"
works "no-new-privileges"
try none setpriv "$(only '')" "${drop[@]}"
fails "--cap-drop ALL" \
    'setting user 1000: operation not permitted: the container lacks CAP_SETUID'
try nogid setpriv "$(only setuid)" "${drop[@]}"
fails "SETUID alone" 'setting user 1000: .* lacks CAP_SETGID'
try none setpriv "$(only '')" -- --user 0 -- id -u
is "$rc,$out" "0,0" "--cap-drop ALL, --user 0: works"
try nothing setpriv "$(only '')" -- -- id -u
is "$rc,$out" "0,0" "--cap-drop ALL, nothing declared: works"

user=(setpriv --reuid 1001 --regid 1001 --clear-groups)
try same "${user[@]}" -- --user 1001 -- id -u
is "$rc,$out" "0,1001" "--user 1001 as 1001: a no-op"
try other "${user[@]}" "${drop[@]}"
fails "--user 1000 as 1001" 'setting user 1000: .* lacks CAP_SETUID'
try group "${user[@]}" -- --user 1001:5 -- id
fails "--user 1001:5 as 1001" 'lacks CAP_SETUID and CAP_SETGID'
arbitrary=(setpriv --reuid 1000680000 --regid 0 --clear-groups)
try openshift "${arbitrary[@]}" -- --user 1000680000 -- sh -c 'id -u; id -g'
is "$rc,$out" "0,1000680000
0" "an arbitrary uid with gid 0 and no entry: a no-op"
try openshift "${arbitrary[@]}" -- -- id -u
is "$rc,$out" "0,1000680000" "an arbitrary uid, nothing declared"

# A user namespace that maps root and nobody else.
try rootless unshare --user --map-root-user -- --user 0 -- id -u
is "$rc,$out" "0,0" "a user namespace of one id, --user 0: works"
try rootless unshare --user --map-root-user "${drop[@]}"
fails "a user namespace of one id" 'not mapped in this user namespace|setgroups'

# A stop must reach a service of another user without CAP_KILL.
PID1_WRAP=(setpriv "$(only setuid,setgid)") PID1_EXE=$T/hale
pid1_start --user 1000 -- sh -c 'trap "exit 9" TERM; echo up; sleep 60 & wait'
wait_for 10 has "$T/out" up
pid1_signal TERM
pid1_wait 10
is "$rc" 9 "without CAP_KILL a stop reaches another user"
pid1_defaults

PID1_UNSHARE=() PID1_EXE=$T/hale
PID1_WRAP=(unshare --mount sh -c 'umount -l /proc; exec "$@"' sh)
pid1 --user 1000 -- /usr/bin/id -u
is "$rc,$out" "0,1000" "no /proc: works"
pid1_defaults
PID1_WRAP=(unshare --mount sh -c 'mount -o remount,bind,ro / 2>/dev/null; exec "$@"' sh)
pid1 --user 1000 -- id -u
is "$rc,$out" "0,1000" "a read-only root: works"
done_testing
