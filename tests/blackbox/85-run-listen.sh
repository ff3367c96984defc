#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# Sockets that PID 1 binds and keeps.
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
command -v python3 >/dev/null || {
	skip "listening sockets" "no python3"
	done_testing
}

cat >serve <<'EOF'
#!/usr/bin/env python3
# serve: answers each client with its pid on the sockets it was given
import os, selectors, socket
n = int(os.environ['LISTEN_FDS'])
assert int(os.environ['LISTEN_PID']) == os.getpid()
open('ev', 'a').write('names ' + os.environ['LISTEN_FDNAMES'] + '\n')
sel = selectors.DefaultSelector()
for fd in range(3, 3 + n):
    s = socket.socket(fileno=fd)
    open('ev', 'a').write('fd %d %s %s uid %d\n' % (fd, s.family.name, s.type.name, os.getuid()))
    sel.register(s, selectors.EVENT_READ)
open('ev', 'a').write('up\n')
while True:
    for key, _ in sel.select():
        if key.fileobj.type == socket.SOCK_DGRAM:
            data, who = key.fileobj.recvfrom(100)
            key.fileobj.sendto(data, who)
        else:
            c, _ = key.fileobj.accept()
            c.sendall(b'%d\n' % os.getpid())
            c.close()
EOF
cat >ask <<'EOF'
#!/usr/bin/env python3
# ask SECONDS: connects all the time; prints answers, different pids, refusals
import socket, sys, time
end = time.time() + float(sys.argv[1])
pids, refused, answers = set(), 0, 0
while time.time() < end:
    try:
        s = socket.create_connection(('127.0.0.1', 80), 10)
        s.settimeout(10)
        data = s.recv(100)
        if data:
            pids.add(data)
            answers += 1
        s.close()
    except OSError:
        refused += 1
print('many' if answers > 50 else answers, 'several' if len(pids) > 2 else len(pids), refused)
EOF
chmod 755 serve ask
PID1_UNSHARE+=(--net)

conf <<E
services:
  web:
    command: ./serve
    user: "1000:1000"
    cap_drop: [ALL]
    listen: ["tcp://0.0.0.0:80", "udp://127.0.0.1:81", "unix://$T/web.sock"]
    restart: always
    restart_policy: {delay: 50ms, max_delay: 50ms}
  client:
    command: sh -c 'ip link set lo up; sleep 0.3; ./ask 3 >asked; echo asked >>ev; exec sleep 1000'
    sandbox: none
    no_new_privileges: false
  killer:
    command: sh -c 'sleep 0.5; while sleep 0.3; do pkill -KILL -f "[.]/serve\$\$"; done'
    sandbox: none
E
if [ "$real_root" = yes ] && command -v ip >/dev/null; then
	chmod 777 .
	run_start
	event up
	like "$(cat ev)" "names unknown:unknown:unknown" "LISTEN_FDNAMES"
	like "$(cat ev)" "fd 3 AF_INET SOCK_STREAM uid 1000" "port 80 without a capability"
	like "$(cat ev)" "fd 4 AF_INET SOCK_DGRAM" "udp"
	like "$(cat ev)" "fd 5 AF_UNIX SOCK_STREAM" "unix"
	event asked
	is "$(cat asked)" "many several 0" "killed again and again: not one connection is refused"
	stop
	check "the name of a unix socket is taken away" [ ! -e web.sock ]
else
	skip "port 80 for user 1000" "not root, or no iproute2"
fi

PID1_UNSHARE=(--mount-proc)
conf <<E
services:
  web: {command: ./svc web, listen: ["unix://$T/file"]}
E
echo precious >file
run
is "$rc" 125 "an address that can't be had: 125"
is "$(cat file)" precious "and no file of others is removed"
done_testing
