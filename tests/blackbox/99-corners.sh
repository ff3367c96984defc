#!/bin/bash
# SPDX-License-Identifier: MIT
# Corners of what is promised that no other test comes to: rare words of services
# and clients, what is said of who gave up or waits, output through a socket.
# BLACKBOX_TIMEOUT is for a machine that is busy with other things.

: "${BLACKBOX_TIMEOUT:=230}"
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
. "$TOP/tests/blackbox/statuslib.sh"
command -v python3 >/dev/null || {
	skip "corners" "no python3"
	done_testing
}

# ---- what a service says
cat >say <<'EOF'
#!/usr/bin/env python3
import os, socket, subprocess, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
child = subprocess.Popen(["sh", "-c", "trap 'echo child end >>ev; exit 5' TERM; echo child up >>ev; while :; do sleep 0.1; done"])
for word in sys.argv[1:]:
    s.send(word.replace("CHILD", str(child.pid)).replace("SELF", str(os.getpid())).encode())
    open("ev", "a").write("said %s\n" % word.split("=")[0])
if "leave" in os.environ:
    while "child up" not in open("ev").read(): time.sleep(0.05)
    os._exit(0)
time.sleep(1000)
EOF
chmod 755 say
conf <<'E'
services:
  a: {command: [./say, "READY=1", "MAINPID=999999"], notify: true, essential: false, stop_grace_period: 1s}
  b: {command: [./say, "ERRNO=2", "READY=1", "FDSTORE=1"], notify: true, essential: false, stop_grace_period: 1s}
  c: {command: [./say, "READY=1", "WATCHDOG=trigger"], notify: true, essential: false, stop_grace_period: 1s}
E
run_start
check "MAINPID of a stranger is refused" \
    wait_for 20 has "$T/err" 'a: notify: MAINPID=999999 is not one of its processes'
check "ERRNO is told in words" wait_for 20 has "$T/err" 'b: says: error: No such file'
check "descriptors that are to be kept are not" wait_for 20 has "$T/err" 'b: .*FDSTORE'
check "WATCHDOG=trigger is an end by the watchdog" \
    wait_for 20 has "$T/err" 'c: failed: watchdog, ended by SIGABRT'
stop
conf <<'E'
services:
  main: {command: [./say, "MAINPID=CHILD", "READY=1"], notify: true, environment: {leave: "1"}}
E
run_start
event "child up"
served
sleep 0.5 # it would be over by now
check "MAINPID: the first process ends, and the service lives on" pid1_lives
hale status
like "$out" 'main +up' "  and is up"
stop
is "$rc" 5 "  until its main process ends, whose status counts"

# ---- what is said of who is not there
conf <<'E'
services:
  main: {command: ./svc main}
  spent: {command: [sh, -c, "exit 3"], essential: false, restart: always, restart_policy: {delay: 10ms, max_delay: 10ms, max_attempts: 2}}
  waits: {command: ./svc waits, essential: false, depends_on: {slow: {condition: service_ready}}}
  slow: {command: ./svc slow, notify: true}
E
run_start
event "main up"
served
wait_for 20 has "$T/err" 'spent: gave up'
hale status spent
like "$out" 'gave up after 3 starts in a row: exited with status 3' \
    "status says who gave up, after how much"
fetch GET '/readyz?verbose&exclude=nobody&exclude=slow'
like "$body" 'excluded: ok' "readyz: a service may be left out"
like "$body" 'warn: .*no matches for "nobody"' "  and one that is none is told"
fetch HEAD /v1/events -I
is "$code" 200 "HEAD of the events"
hale status --json waits
hale signal NOSUCH main
like "$rc$err" '^1.*NOSUCH' "a signal that is none"
fetch POST /v1/services/main/dance
is "$code" 404 "an action that is none"
raw '
s = connect()
s.sendall(b"POST /v1/services/main/reload HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
print(s.recv(4096).split(b"\r\n")[0].decode())' >answer
like "$(<answer)" ' 413 ' "a body that is too long: 413"
raw '
s = connect()
s.sendall(b"POST /v1/services/main/signal?name=CONT HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
time.sleep(0.2)
s.sendall(b"cd")
print(s.recv(4096).split(b"\r\n")[0].decode())' >answer
like "$(<answer)" ' 200 ' "a body that comes in pieces"
raw '
s = connect()
s.sendall(b"GET /v1/events?follow HTTP/1.1\r\nHost: h\r\n\r\n")
s.shutdown(socket.SHUT_WR)
s.recv(4096)
s.settimeout(60); open("'"$T"'/ev2", "w").close()
text = b""
while b"stopping" not in text:
    got = s.recv(4096)
    if not got: break
    text += got
print("heard" if b"stopping" in text else "closed")' >answer &
follower=$!
wait_for 20 test -e "$T/ev2"
check "who waits is told what for, after 10 s" \
    wait_for 30 has "$T/err" 'waits: not started: .*slow.*, for 10 s'
fetch POST /v1/services/slow/stop
wait_for 20 gone $follower || nok "the follower hears nothing"
wait $follower
is "$(<answer)" heard "a follower on the socket that says no more still hears"
stop

# ---- a hook, a held start, and their ends
conf <<'E'
services:
  main: {command: ./svc main, stop_grace_period: 5s, pre_stop: [{command: [sleep, "100"], timeout: 300ms}]}
E
run_start
event "main up"
stop
is "$rc" 0 "a pre_stop hook that hangs does not hold up the stop"
like "$err" 'main: stopping: timeout' "  and is told"
for sig in TERM INT; do
	pid1_start --wait-for "file://$T/never" --wait-timeout 60s -- sleep 60
	wait_for 10 child_of "$pid1" >/dev/null
	pid1_signal $sig
	pid1_wait
	is "$rc" $((128 + $(kill -l $sig))) "SIG$sig while it waits for what is not there: the end"
done

# ---- names of signals
for name in RTMIN SIGRTMIN+3 RTMAX RTMAX-14 SIGRTMAX-1 IOT SIGCLD POLL 34 64; do
	printf 'services: {a: {command: x, stop_signal: %s}}\n' "$name" >c.yaml
	plain check c.yaml
	is "$rc" 0 "stop_signal: $name"
done
for name in RTMIN-1 RTMIN+31 RTMAX+1 RTMIN+x SIG 65 0 1x 0064; do
	printf 'services: {a: {command: x, stop_signal: "%s"}}\n' "$name" >c.yaml
	plain check c.yaml
	is "$rc" 1 "stop_signal: $name is refused"
done

# ---- listen: IPv6, a dead socket, one that lives
cat >took <<'EOF'
#!/usr/bin/env python3
import os, socket, time
for fd in range(3, 3 + int(os.environ["LISTEN_FDS"])):
    s = socket.socket(fileno=fd)
    open("ev", "a").write("%s %s\n" % (s.family.name, s.getsockname()[0] if s.family == socket.AF_INET6 else s.getsockname()))
open("ev", "a").write("up\n")
time.sleep(1000)
EOF
chmod 755 took
python3 -c 'import socket
s = socket.socket(socket.AF_UNIX); s.bind("dead"); s.close()'
conf <<E
services:
  a: {command: ./took, listen: ["tcp://[::1]:$((20000 + RANDOM % 20000))", "unix://$T/dead"]}
E
run_start
event up
is "$(events)" "AF_INET6 ::1 AF_UNIX $T/dead up" "an IPv6 address, and a socket that nobody listens on"
stop
python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("alive"); s.listen(); open("bound", "w").close(); time.sleep(60)' &
holder=$!
wait_for 10 test -e bound
sed -i "s,$T/dead,$T/alive," c.yaml
run
is "$rc" 125 "a socket on which somebody listens is not taken"
like "$err" 'alive.*in use' "  and named"
kill $holder

# ---- stdout is a socket, its reader slow
cat >reader <<'EOF'
import os, socket, subprocess, sys, time
a, b = socket.socketpair()
job = subprocess.Popen(sys.argv[1:], stdout=b, stdin=subprocess.DEVNULL)
b.close()
time.sleep(1)
a.settimeout(30)
count, rest = 0, b""
while True:
    try:
        data = a.recv(65536)
    except TimeoutError:
        open("all", "w").close()
        continue
    if not data: break
    lines = (rest + data).split(b"\n")
    rest = lines.pop()
    for line in lines:
        assert line == b"a | line %d" % (count + 1), line
        count += 1
    if count == 14000: open("all", "w").close()
print(count, job.wait())
EOF
cat >lines <<'EOF'
#!/bin/sh
# It ends when all is read, or hale would wait for 0.2 s only.
seq -f "line %g" 1 14000
until [ -e all ]; do sleep 0.05; done
EOF
chmod 755 lines
conf <<'E'
services:
  a: {command: ./lines, logging: {prefix: true}}
hale: {socket: none}
E
is "$(python3 reader unshare --pid --fork --kill-child --mount-proc "$HALE" run -c c.yaml 2>/dev/null)" \
    "14000 0" "marked lines through a socket whose reader is slow: none is lost"
conf <<'E'
services:
  a: {command: [seq, -f, "line %g", "1", "14000"], logging: {prefix: true}}
hale: {socket: none}
E
mkfifo slow
python3 -c 'import os, time
f = open("slow", "rb")
while not os.path.exists("over"): time.sleep(0.05)
open("got", "wb").write(f.read())' &
reader=$!
(in_pidns "$HALE" run -c c.yaml) >slow 2>"$T/err"
is $? 0 "nobody reads: the end does not wait for it"
: >over
wait $reader
err=$(<"$T/err")
like "$err" '[0-9]+ lines were dropped: they were not read in time' "  and says so"
lost=$(sed -n 's/.* \([0-9]*\) lines were dropped: they.*/\1/p' "$T/err")
is $(($(wc -l <got) + ${lost:-0})) 14000 "  each line came out, or was counted"

# ---- seccomp profiles with every action and comparison
cat >p.json <<'EOF'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
 {"names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95},
 {"names": ["sync"], "action": "SCMP_ACT_LOG"},
 {"names": ["setpriority"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 2, "value": 4, "op": "SCMP_CMP_GT"}]},
 {"names": ["alarm"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 10, "op": "SCMP_CMP_LT"}]},
 {"names": ["umask"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 448, "valueTwo": 448, "op": "SCMP_CMP_MASKED_EQ"}]},
 {"names": ["kexec_load"], "action": "SCMP_ACT_KILL_PROCESS"},
 {"names": ["acct"], "action": "SCMP_ACT_TRAP"},
 {"names": ["swapon"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
 {"names": ["swapoff"], "action": "SCMP_ACT_ERRNO", "includes": {"arches": ["amd64", "arm64", "arm", "riscv64"], "minKernel": "4.8"}}
]}
EOF
cat >calls <<'EOF'
#!/usr/bin/env python3
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def errno_of(name, *args):
    ctypes.set_errno(0)
    return ctypes.get_errno() if getattr(libc, name)(*args) == -1 else 0
print(errno_of("uname", ctypes.create_string_buffer(400)),
      errno_of("setpriority", 0, 0, 4), errno_of("setpriority", 0, 0, 5),
      errno_of("swapoff", b"/none"), os.umask(0o022))
EOF
chmod 755 calls
pid1 --seccomp "$T/p.json" -- ./calls
is "$out" "95 0 1 1 18" "a profile's errno, comparisons and conditions"
pid1 --seccomp "$T/p.json" -- python3 -c 'import ctypes; ctypes.CDLL(None).acct(None)'
is "$rc" 159 "a trap is SIGSYS"
for broken in '{"defaultAction": "SCMP_ACT_NONE"}' '{"syscalls": []}' '[]' \
	'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": 1}' \
	'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["uname"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]}]}' \
	'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["uname"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_ODD"}]}]}' \
	'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99999}]}'; do
	echo "$broken" >broken.json
	pid1 --seccomp "$T/broken.json" -- true
	is "$rc" 125 "refused: $broken"
done
head -c 1100000 /dev/zero | tr '\0' ' ' >large.json
pid1 --seccomp "$T/large.json" -- true
like "$rc $err" '125 .*larger than 1 MiB' "a profile that is too large"

# ---- the names of others, to their last word
ln -s "$HALE" dumb-init
ln -s "$HALE" catatonit
PID1_EXE=$T/catatonit
PID1_WRAP=(env CATATONIT_LOG=x)
pid1 -- true
like "$rc $err" '^1 .*reserved for future use' "catatonit: CATATONIT_LOG is refused"
PID1_WRAP=()
for sig in TERM INT; do
	pid1_start -P
	wait_for 10 state_is "$pid1" S || nok "PID 1 does not wait"
	pid1_signal USR1 $sig
	pid1_wait
	is "$rc" 0 "catatonit -P: only reaps, until SIG$sig"
done
PID1_EXE=$T/dumb-init
pid1_start -v -r 12:0 -- "$PUPPET" ignore=10 say=up pause
wait_for 20 has "$T/out" up
pid1_signal USR1
check "dumb-init -v: what came and went" \
    wait_for 20 has "$T/err" 'Forwarded signal 10 to children'
pid1_signal USR2
check "  and what did not go" wait_for 20 has "$T/err" 'Not forwarding signal 12'
pid1_signal TERM
pid1_wait 20
is "$rc" 143 "  and its end"
pid1_defaults
done_testing
