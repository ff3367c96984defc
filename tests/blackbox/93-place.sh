#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Where the status socket lies, what it takes away and what it never touches.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"
chmod 755 "$T"

cat >c.yaml <<Y
services: {main: {command: [sh, -c, 'echo \$\$HALE_SOCKET >$T/where; exec sleep 1000']}}
Y
conf_socket() { printf 'services: {main: {command: [sleep, "1000"]}}\nhale: {socket: "%s"}\n' "$1" >c2.yaml; }
up()    { wait_for 20 inside "$HALE" health >/dev/null; }
over()  { pid1_signal TERM; pid1_wait 20; }

pid1_start run -c c.yaml
check "the usual place" up
is "$(stat -c '%F %a' $SOCK)" "socket 666" "  is a socket for all"
wait_for 5 test -s where
is "$(cat where)" $SOCK "  and services find it by HALE_SOCKET"
over
check "  it goes with hale" [ ! -e $SOCK ]

# ---- what lies there
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("'$SOCK'")'
pid1_start run -c c.yaml
check "a dead socket is replaced" up
over
echo precious >$SOCK
pid1_start run -c c.yaml
check "a file is not: another place" up
is "$(cat $SOCK)" precious "  and the file stays"
over
is "$(cat $SOCK)" precious "  to the end"
rm $SOCK
ln -s "$T/target" $SOCK
pid1_start run -c c.yaml
check "a symbolic link is not followed" up
check "  nothing is made where it points" [ ! -e target ]
check "  it stays" [ -L $SOCK ]
over
check "  to the end" [ -L $SOCK ]
rm $SOCK
python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("'$SOCK'"); s.listen(0)
k = socket.socket(socket.AF_UNIX); k.connect("'$SOCK'")
time.sleep(1000)' &
other=$!
wait_for 10 test -S $SOCK
inode=$(stat -c %i $SOCK)
pid1_start run -c c.yaml
check "a living server is left alone, even one with a full queue" \
    wait_for 20 has err "no status socket: $SOCK: Address (already )?in use"
over
is "$(stat -c %i $SOCK)" "$inode" "  it keeps its place"
kill $other
wait $other 2>/dev/null
rm $SOCK

# ---- what others put there meanwhile
pid1_start run -c c.yaml
up
rm $SOCK
echo mine >$SOCK
over
is "$(cat $SOCK)" mine "a file that took its place is not removed"
rm $SOCK
pid1_start run -c c.yaml
up
rm $SOCK
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("'$SOCK'")'
over
check "nor a socket, be it dead" [ -S $SOCK ]
rm $SOCK

# ---- other places
conf_socket "$T/my.sock"
pid1_start run -c c2.yaml
check "socket: PATH" wait_for 20 inside env HALE_SOCKET="$T/my.sock" "$HALE" health
over
check "  goes too" [ ! -e my.sock ]
conf_socket none
pid1_start run -c c2.yaml
wait_for 20 has err "main: up"
hale health
is "$rc" 1 "socket: none"
check "  makes none" [ ! -e $SOCK ]
over
is "$rc" 143 "  and all else works"
conf_socket "$T/no/such/place.sock"
pid1_start run -c c2.yaml
check "a place that is not there is a warning" \
    wait_for 20 has err "no status socket: .*No such file"
over
conf_socket "/$(printf 'x%.0s' {1..120})"
pid1_start run -c c2.yaml
check "a name too long is a warning" wait_for 20 has err "no status socket:"
over
is "$rc" 143 "  no more"

# ---- read-only /run, other users
mount -o remount,ro /run
pid1_start run -c c.yaml
check "with a read-only /run hale is found all the same" up
path=/dev/shm/hale-$(stat -Lc %i "/proc/$pid1/ns/pid")/hale.sock
check "  in /dev/shm" [ -S "$path" ]
is "$(stat -c %a "${path%/*}")" 755 "  in a directory that only it can write to"
wait_for 5 has where shm
is "$(cat where)" "$path" "  HALE_SOCKET says where"
over
check "  and both go" [ ! -e "${path%/*}" ]
conf_socket $SOCK
pid1_start run -c c2.yaml
check "  so it is where the file says the usual place" up
over
mount -o remount,ro /dev/shm
pid1_start run -c c.yaml
check "nowhere to be: a warning" wait_for 20 has err "no status socket: .*; /dev/shm: "
over
is "$rc" 143 "  and all else works"
mount -o remount,rw /run
mount -o remount,rw /dev/shm
if [ "$real_root" = yes ]; then
	rm -f where
	chmod 777 "$T"
	PID1_WRAP=(setpriv --reuid 4242 --regid 4242 --clear-groups --)
	pid1_start run -c c.yaml
	pid1_defaults
	check "any other user" up
	path=/dev/shm/hale-$(stat -Lc %i "/proc/$pid1/ns/pid")/hale.sock
	is "$(stat -c '%U %a' "${path%/*}")" "UNKNOWN 755" "  has its own directory"
	is "$(as 4242 "$HALE" restart main)" "hale: restart main: up" "  may act"
	is "$(as 0 "$HALE" restart main)" "hale: restart main: up" "  and root"
	as 4243 "$HALE" restart main >as.out 2>&1
	is "$?" 1 "  and no one else"
	over
	# Somebody waits there already.
	cat >trap.sh <<'S'
d=/dev/shm/hale-$(stat -Lc %i /proc/self/ns/pid)
mkdir "$d"; chown 4243 "$d"; chmod 777 "$d"
exec setpriv --reuid 4242 --regid 4242 --clear-groups -- "$@"
S
	PID1_WRAP=(sh trap.sh)
	pid1_start run -c c.yaml
	pid1_defaults
	check "a directory that another user made is not used" \
	    wait_for 20 has err "no status socket: .*/dev/shm: Operation not permitted"
	over
else
	skip "other users" "not root"
fi
done_testing
