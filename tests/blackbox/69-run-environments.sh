#!/bin/bash
# SPDX-License-Identifier: MIT
# Each way to start a container, with `hale run`: its service runs as its user,
# or one line names the service and what is missing; what PID 1 is left with.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

[ "$real_root" = yes ] || { skip "environments of hale run" "needs root"; done_testing; }
cp "$HALE" "$T/hale"
chmod 755 "$T/hale"
docker=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap
docker+=,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap
only() # CAP,CAP: the words for setpriv
{
	echo "--bounding-set=-all${1:+,+${1//,/,+}}"
}
user=(setpriv --reuid 1001 --regid 1001 --clear-groups)
platform=(setpriv --reuid 1000680000 --regid 0 --clear-groups)
# try USER WRAP...: one service as USER, in that environment
try()
{
	cat >"$T/c.yaml" <<EOF
services:
  main:
    command: ["sh", "-c", "id -u; id -g; grep -c 0000000000000000 /proc/self/status"]
    user: "$1"
hale: {socket: none}
EOF
	PID1_EXE=$T/hale PID1_WRAP=("${@:2}")
	pid1 run -c "$T/c.yaml"
	pid1_defaults
}
works() # NAME UID GID: as that user
{
	is "$rc,$(head -n 2 <<<"$out" | tr '\n' ' ')" "0,$2 $3 " "$1: works"
}
refused() # NAME REGEX
{
	is "$rc,$out" "125," "$1: refused, and nothing runs"
	like "$err" "main: not started: .*$2" "$1: names what is missing"
}
try 1000 setpriv "$(only $docker)"
works "Docker's default set" 1000 1000
try 1000 setpriv "$(only setuid,setgid)"
works "SETUID and SETGID alone" 1000 1000
try 1000 setpriv --no-new-privs "$(only kill,setuid,setgid,setpcap)"
works "no-new-privileges" 1000 1000
try 1000 setpriv "$(only '')"
refused "--cap-drop ALL" 'setting user 1000: .* lacks CAP_SETUID'
try 0 setpriv "$(only '')"
works "--cap-drop ALL, user 0" 0 0
try 1001 "${user[@]}"
works "--user 1001, user 1001" 1001 1001
try 1000 "${user[@]}"
refused "--user 1001, user 1000" 'setting user 1000: .* lacks CAP_SETUID'
try 1000680000 "${platform[@]}"
works "an arbitrary uid with gid 0 and no entry" 1000680000 0
try 1000 unshare --user --map-root-user
refused "a user namespace of one id" '(not mapped in this user namespace|setgroups)'
try 0 unshare --user --map-root-user
works "a user namespace of one id, user 0" 0 0
try 1000 unshare --mount sh -c \
    'mount -o remount,bind,ro / 2>/dev/null; exec "$@"' sh
works "a read-only root" 1000 1000
try 1000 unshare --mount sh -c 'umount -l /proc; exec "$@"' sh
is "$rc,$(head -n 2 <<<"$out" | tr '\n' ' ')" "0,1000 1000 " "no /proc: works"

# A stop, where nobody may signal another user's processes but by being it.
conf <<EOF
services:
  a: {command: [./svc, a], user: "1000"}
  b: {command: [./deaf, b], user: "1001"}
hale: {socket: none, stop_grace_period: 1s}
EOF
PID1_WRAP=(setpriv --no-new-privs "$(only setuid,setgid)") PID1_EXE=$T/hale
run_start
event 'a up'
event 'b up'
stop
is "$rc" 137 "no CAP_KILL: TERM, then KILL, reach other users"
like "$(events)" 'a term' "and one of them heeded it"
done_testing
