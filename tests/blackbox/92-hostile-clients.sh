#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Clients that mean no good, or know no better: nobody else notices.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"

cat >c.yaml <<Y
services:
  main: {command: [sleep, "1000"]}
  other: {command: [sleep, "1000"]}
  chatty:
    command: [sleep, "0.02"]
    restart: always
    restart_policy: {delay: 10ms, max_delay: 10ms, window: 10ms}
hale: {listen: "127.0.0.1:10498"}
Y
PID1_WRAP=(prlimit --nofile=200:200)
pid1_start run -c c.yaml
pid1_defaults
served || nok "no status socket" "$(cat "$T/err")"
well() { [ "$(inside "$HALE" health main)" = ok ]; }

# ---- malformed
is "$(raw '
for text in (b"\r\n\r\nGET /livez HTTP/1.1\r\n\r\n", b"GET /livez HTTP/1.0\r\n\r\n",
    b"GET / HTTP/2.0\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\n\n",
    b"GET livez HTTP/1.1\r\n\r\n", b"GET /a b HTTP/1.1\r\n\r\n", b"GET /\x01 HTTP/1.1\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nX\r\n\r\n", b"GET /livez HTTP/1.1\r\nA : b\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nA: b\0\r\n\r\n", b"GET /livez HTTP/1.1\r\n b: c\r\n\r\n",
    b"POST /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /livez HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /livez HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nA: " + b"a" * 5000 + b"\r\n\r\n"):
    s = connect(); s.sendall(text); s.shutdown(socket.SHUT_WR)
    print(status(answer(s)), end=" ")')" \
    "200 200 505 400 400 400 505 400 400 400 400 400 400 400 501 413 431 431 " \
    "what is no request gets its answer"
is "$(raw '
s = connect()
try:
    for i in range(160): s.sendall(b"x" * 65536)
except OSError: pass
print(status(answer(s)))')" 431 "10 MiB without an end: 431"

# ---- many in one
is "$(raw '
s = connect(); s.sendall(b"GET /livez?service=main HTTP/1.1\r\n\r\n" * 1000); s.shutdown(socket.SHUT_WR)
print(answer(s).count(b"HTTP/1.1 200"))')" 1000 "1,000 pipelined requests, then half-closed: 1,000 answers"
is "$(raw '
s = connect()
s.sendall(b"GET /livez?service=main HTTP/1.1\r\n\r\n" * 20 + b"POST /v1/services/other/restart HTTP/1.1\r\n\r\n")
data = b""
while data.count(b"HTTP/1.1 200") < 21:
    got = s.recv(65536)
    if not got: break
    data += got
print(data.count(b"HTTP/1.1 200"))')" 21 "deeds may be pipelined, too"
is "$(raw '
s = connect()
for c in b"GET /livez?service=main HTTP/1.1\r\nConnection: close\r\n\r\n":
    s.sendall(bytes([c]))
print(status(answer(s)))')" 200 "byte by byte is fine"
is "$(raw '
s = connect(); s.sendall(b"POST /v1/services/other/restart HTTP/1.1\r\nConnection: close\r\n\r\n"); s.shutdown(socket.SHUT_WR)
print(status(answer(s)))')" 200 "who half-closes hears the outcome"
is "$(inside timeout 20 python3 -c '
import socket
s = socket.create_connection(("127.0.0.1", 10498)); s.settimeout(10)
s.sendall(b"GET /livez?service=main HTTP/1.1\r\nConnection: close\r\n\r\n" + b"x" * 3000)
data = b""
while True:
    got = s.recv(65536)
    if not got: break
    data += got
print(data.split(b"\r\n")[0].decode(), data.endswith(b"ok\n"))')" "HTTP/1.1 200 OK True" \
    "over TCP the answer survives what was not read"

# ---- silent and slow
raw '
quiet = [connect() for i in range(60)]
for s in quiet: s.sendall(b"GET /li")
print("there"); sys.stdout.flush()
t = time.time()
ended = 0
for s in quiet:
    ended += s.recv(10) == b""
print(ended, 1 < time.time() - t < 60)' >quiet.out &
quiet=$!
wait_for 10 has quiet.out there
check "60 half requests wait: others are served" well
wait $quiet
is "$(sed -n 2p quiet.out)" "60 True" "  and each is let go when its time is over"

# ---- 1,000 at a time
raw '
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))
many = []
for i in range(1000):
    s = socket.socket(socket.AF_UNIX); s.connect("'$SOCK'"); many.append(s)
print("there"); sys.stdout.flush()
time.sleep(3)' >many.out &
many=$!
check "1,000 silent clients come in" wait_for 20 has many.out there
check "  while all others are served" well
hale restart other
is "$rc" 0 "  and obeyed"
ticks=$(cpu_ticks "$pid1")
sleep 1
check "  and hale does not spin" [ $(($(cpu_ticks "$pid1") - ticks)) -lt 40 ]
wait $many
is "$(raw '
import threading
count = [0]
def one():
    for k in range(5):
        try:
            if status(ask(b"GET /livez?service=main HTTP/1.1\r\nConnection: close\r\n\r\n")) == "200": count[0] += 1; return
        except OSError: pass
        time.sleep(0.1 * k)
threads = [threading.Thread(target=one) for i in range(1000)]
for t in threads: t.start()
for t in threads: t.join()
print(count[0])')" 1000 "1,000 that ask at once are all answered"

# ---- followers
is "$(raw '
s = connect()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
s.sendall(b"GET /v1/events?follow HTTP/1.1\r\n\r\n")
print(s.recv(15).decode())
sys.stdout.flush()
time.sleep(0.5)')" "HTTP/1.1 200 OK" "a follower may go at any time"
raw '
s = connect()
s.sendall(b"GET /v1/events?follow HTTP/1.1\r\n\r\n")
s.recv(100)
print("there"); sys.stdout.flush()
open("'"$T"'/go", "x").close()
while not os.path.exists("'"$T"'/look"): time.sleep(0.1)
print(answer(s)[-60:].decode())' >deaf.out &
deaf=$!
wait_for 10 test -e go
# It takes 3,000 events to fill its buffer and pass the ring by.
told() { [ "$(inside ls /proc/1/fd | wc -l)" -lt "$fds" ]; }
fds=$(inside ls /proc/1/fd | wc -l)
check "a follower that does not read is dropped" wait_for 60 told
touch look
wait $deaf
like "$(cat deaf.out)" '"error":"too slow: [0-9]+ events are lost"' "  and told"

# ---- no descriptors left
prlimit --pid "$pid1" --nofile=14:200
raw '
many = []
for i in range(40): many.append(connect())
print("there"); sys.stdout.flush()
time.sleep(3)' >many.out &
many=$!
wait_for 10 has many.out there
ticks=$(cpu_ticks "$pid1")
sleep 1.5
check "no descriptor to accept with: hale does not spin" \
    [ $(($(cpu_ticks "$pid1") - ticks)) -lt 60 ]
wait $many
prlimit --pid "$pid1" --nofile=200:200
check "  and goes on when there are some" wait_for 20 well

# ---- nothing is kept of them
raw '
for text in (b"GET /v1/status HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n"):
    s = connect()
    for i in range(3000):
        s.sendall(text)
        data = s.recv(65536)
        need = int(data.split(b"Content-Length: ")[1].split(b"\r")[0]) + data.index(b"\r\n\r\n") + 4
        while len(data) < need: data += s.recv(65536)' >/dev/null
before=$(rss_kb)
raw '
s = connect()
for i in range(20000):
    s.sendall(b"GET /v1/status HTTP/1.1\r\n\r\n")
    data = s.recv(65536)
    need = int(data.split(b"Content-Length: ")[1].split(b"\r")[0]) + data.index(b"\r\n\r\n") + 4
    while len(data) < need: data += s.recv(65536)'
after=$(rss_kb)
check "20,000 requests later PID 1 is no larger ($before kB, $after kB)" \
    [ "$after" -le $((before + 8)) ]
is "$(inside ls /proc/1/fd | wc -l)" "$(sleep 0.3; inside ls /proc/1/fd | wc -l)" "no descriptor is left behind"
pid1_signal TERM
pid1_wait 20
is "$rc" 143 "and the end is as asked, with main's status"
done_testing
