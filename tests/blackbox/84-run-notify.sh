#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# Readiness by sd_notify and by descriptor; the watchdog (scenarios 15-18).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
# Others may run a hale beside us.
mount -t tmpfs tmpfs /run || exit
command -v python3 >/dev/null || {
	skip "sd_notify" "no python3"
	done_testing
}

cat >say <<'EOF'
#!/usr/bin/env python3
# say SECONDS|TEXT...: waits, says; then up
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for word in sys.argv[1:]:
    try:
        time.sleep(float(word))
        continue
    except ValueError:
        pass
    s.sendto(word.encode(), os.environ['NOTIFY_SOCKET'])
    open('ev', 'a').write('said ' + word.replace('\n', ' ') + '\n')
time.sleep(1000)
EOF
chmod 755 say

conf <<'E'
services:
  a: {command: [./say, "0.3", "READY=1"], notify: true}
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
E
run_start
event "b up"
check "service_ready waits for READY=1" event "said READY=1"
stop
is "$rc" 0 "and it stops"
is "$(find /run -maxdepth 1 -name 'hale.notify*' | wc -l)" 0 "no socket is left"

conf <<'E'
services:
  a: {command: [./say, "READY=0", "garbage", "=", "0.2", "READY=1"], notify: true}
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
E
run_start
event "b up"
before "said garbage" "b up" "what means nothing is passed over"
stop

conf <<'E'
services:
  a: {command: sh -c 'echo "$$NOTIFY_SOCKET" >sock; exec sleep 1000', notify: true}
  thief:
    command: sh -c 'until [ -s sock ]; do sleep 0.05; done; NOTIFY_SOCKET=$$(cat sock) exec ./say READY=1'
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
E
run_start
event "said READY=1"
wait_for 10 has "$T/err" "not listening"
like "$(cat "$T/err")" "a: notify: not listening to process" "a stranger is not listened to"
is "$(line_of 'b up')" "" "and changes nothing"
stop

conf <<'E'
services:
  a: {command: [./say, "READY=1\nWATCHDOG=1"], notify: true, watchdog: 500ms, restart: on-failure:1, restart_policy: {delay: 10ms}}
E
run
is "$rc" 134 "no sign of life: SIGABRT, then given up"
is "$(grep -c said "$T/ev")" 2 "after a restart"

conf <<'E'
services:
  a: {command: [./say, "READY=1", "1", "WATCHDOG=1", "1", "WATCHDOG=1", "1", "WATCHDOG=1", "WATCHDOG_USEC=0", "3", "STOPPING=1"], notify: true, watchdog: 2500ms}
E
run_start
check "a watched service that says so lives" event "said STOPPING=1"
check "and hale" pid1_lives
stop

conf <<'E'
services:
  a: {command: sh -c 'sleep 0.3; echo >&3; exec sleep 1000', notify: "fd:3"}
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
E
run_start
check "fd:3: a newline is ready" event "b up"
stop

conf <<'E'
services:
  a: {command: sh -c 'printf abc >&3; sleep 0.3; echo half >>ev; printf "def\nghi" >&3; (head -c 300000 /dev/zero >&3); echo wrote >>ev; exec sleep 1000', notify: "fd:3"}
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
E
run_start
event "b up"
before "half" "b up" "fd:3: bytes before the newline are passed over"
check "fd:3: who writes on does not block" event wrote
stop

cat >longer <<'EOF'
#!/usr/bin/env python3
# longer: asks for more time when it is to stop, and takes it
import os, signal, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ['NOTIFY_SOCKET'])
def stop(*_):
    s.send(b'STOPPING=1\nEXTEND_TIMEOUT_USEC=40000000')
    open('ev', 'a').write('asked\n')
    time.sleep(4.5)
    open('ev', 'a').write('over\n')
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
s.send(b'READY=1\nRELOADING=1\nMAINPID=1\nWATCHDOG_USEC=x')
open('ev', 'a').write('up\n')
while True:
    signal.pause()
EOF
chmod 755 longer
conf <<'E'
services:
  a: {command: ./longer, notify: true, stop_grace_period: 3s}
hale: {stop_grace_period: 60s}
E
run_start
event up
stop
is "$rc $(line_of over)" "0 3" "EXTEND_TIMEOUT_USEC: a stop may take longer"

cat >heir <<'EOF'
#!/usr/bin/env python3
# heir: a child names itself as the main process, and its parent ends at once
import os, signal, socket
told, tell = os.pipe()
if os.fork():
    os.read(told, 1)
    os._exit(0)
signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ['NOTIFY_SOCKET'])
s.send(b'MAINPID=%d\nREADY=1' % os.getpid())
open('/proc/self/comm', 'w').write('heir-up')
os.write(tell, b'.')
while True:
    signal.pause()
EOF
chmod 755 heir
conf <<'E'
services:
  main: {command: ./heir, notify: true, restart: on-failure, restart_policy: {delay: 0s}}
E
run_start
heir=''
inherited()
{
	local now
	now=$(children_of "$pid1")
	[ -n "$now" ] && [ "$now" != "$heir" ] &&
	    [ "$(cat "/proc/$now/comm")" = heir-up ] && heir=$now
}
wrong=0
for _ in 1 2 3 4 5; do
	wait_for 20 inherited || wrong=$((wrong + 1))
	kill -KILL "$heir"
done
is "$wrong" 0 "MAINPID: the heir of one that ends at once is the service"
wait_for 20 inherited
has_ended() { [ "$(grep -c 'main: ended by SIGKILL.*: starting it again' "$T/err")" = 5 ]; }
check "MAINPID: the heir's end is the service's, which starts again" \
    wait_for 20 has_ended
stop
is "$rc" 9 "MAINPID: the heir is asked to stop, and its status counts"

conf <<'E'
services:
  a: {command: sh -c 'exec 3>&-; exec sleep 1000', notify: "fd:3"}
E
run
is "$rc" 143 "fd:3 closed without a newline: the start failed"

cat >flood <<'EOF'
#!/usr/bin/env python3
import os, socket, array, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a = os.environ['NOTIFY_SOCKET']
f = os.open('/dev/null', os.O_RDONLY)
for i in range(3000):
    s.sendto(b'STATUS=' + b'x' * (i % 6000), a)
    s.sendmsg([b'FDSTORE=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [f] * (i % 200 + 1)))], 0, a)
s.sendto(b'READY=1', a)
time.sleep(1000)
EOF
chmod 755 flood
conf <<'E'
services:
  a: {command: ./flood, notify: true}
  b: {command: ./svc b, depends_on: {a: {condition: service_ready}}}
hale: {log_level: error}
E
run_start
check "a flood of datagrams and descriptors" event "b up"
check "leaves no descriptor behind" \
    [ "$(find "/proc/$pid1/fd" -mindepth 1 | wc -l)" -lt 20 ]
stop
done_testing
