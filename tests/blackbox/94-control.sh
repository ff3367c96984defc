#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# The socket under random requests and deaf clients; a file that changes under
# hale; `hale health` in each state (scenarios 39, 50, 51, 52).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
. "$TOP/tests/blackbox/statuslib.sh"
chmod 755 .

# ---- 39: who follows the events and does not read, and a full pipe for a log
mkfifo pipe
exec 7<>pipe
conf <<'E2'
services:
  a: {command: sh -c 'yes | head -c 300000; echo "a full" >>ev; exec ./svc a', logging: {prefix: true}}
  b: {command: ./svc b}
E2
(in_pidns "$HALE" run -c c.yaml) >pipe 2>pipe &
pid1_job=$!
wait_for 10 pid1_runs
served
event "a full"
event "a up"
event "b up"
inside "$HALE" events --follow >follow.out &
follower=$!
wait_for 10 has follow.out 'b: .* -> up'
raw '
s = connect()
s.sendall(b"GET /v1/events?follow HTTP/1.1\r\n\r\n")
print(s.recv(12).decode()); sys.stdout.flush()
time.sleep(1000)' >deaf.out &
deaf=$!
wait_for 10 has deaf.out '^HTTP/1.1 200'
begin=$(now_ms)
kill -TERM "$pid1"
check "a follower, a deaf one and a full pipe: it stops" wait_for 20 gone "$pid1_job"
wait "$pid1_job"
is $? 0 "  with the status of a stop"
check "  before any deadline" [ $(($(now_ms) - begin)) -lt 8000 ]
is "$(grep -cE '^[ab] (term|end)' "$T/ev")" 4 "  and everybody was asked"
wait $follower
check "  and the follower has seen it" has follow.out 'b: .* -> stopping'
wait $deaf 2>/dev/null
exec 7>&-

# ---- 50: random bytes, and a client that never reads
conf <<'E2'
services:
  main: {command: [sleep, "1000"]}
  other: {command: [sleep, "1000"]}
E2
run_start
served
well() { [ "$(inside "$HALE" health main)" = ok ]; }
check "main is well" wait_for 20 well
is "$(raw '
import random
seed = 50
rand = random.Random(seed)
words = [b"GET ", b"POST ", b"/v1/status", b"/v1/events", b"/metrics", b"/readyz?service=",
    b"/v1/services/other", b"/v1/services/other/signal?name=", b"?", b"&", b"=", b"%2f", b"%", b"..",
    b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\r\n\r\n", b"\n", b"Content-Length: ", b"-1", b"3",
    b"Connection: close", b"Expect: 100-continue", b"Transfer-Encoding: chunked", b"Host: h", b":", b" "]
wrong = []
for i in range(600):
    text = b"GET /livez HTTP/1.1" if rand.random() < 0.5 else b""
    for k in range(rand.randint(1, 12)):
        text += rand.choice(words) if rand.random() < 0.8 else bytes(
            rand.randrange(256) for n in range(rand.randint(1, 300)))
    s = connect()
    try:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
    except OSError: pass
    got = answer(s)
    s.close()
    if got and not got.startswith(b"HTTP/1.1 "): wrong.append((text, got[:80]))
print(len(wrong), wrong[:2])')" '0 []' "600 random requests: each is answered, or none"
check "  and others are served" well
is "$(raw '
s = connect()
s.setblocking(False)
sent = 0
try:
    for i in range(100000): sent += s.send(b"GET /v1/status HTTP/1.1\r\n\r\n")
except BlockingIOError: pass
print("full" if sent > 0 else "nothing")
sys.stdout.flush()
k = [connect() for i in range(20)]
for c in k: c.sendall(b"GET /metrics HTTP/1.1\r\n\r\n" * 400)
print(status(ask(b"GET /livez?service=main HTTP/1.1\r\nConnection: close\r\n\r\n")))' |
	tr '\n' ' ')" 'full 200 ' "clients that ask and never read: others are served"
hale restart other
is "$rc" 0 "  and obeyed"
rests() { was=$(wakeups "$pid1"); sleep 0.3; [ "$(wakeups "$pid1")" = "$was" ]; }
check "  and once they are gone PID 1 rests" wait_for 20 rests
stop

# ---- 51: the file changes while hale runs
conf <<'E2'
services:
  a: {command: sh -c 'trap "echo hup >>ev" HUP; trap "exit 0" TERM; echo "a $$WORD" >>ev; while :; do sleep 0.1; done', environment: {WORD: first}}
  b: {command: ./svc b, reload: {command: "true"}}
E2
run_start
served
event "a first"
event "b up"
fetch GET /v1/services/b
was=$(json 'd["pid"], d["state"], d["restarts"]')
cp c.yaml good.yaml
echo 'services: {a: [' >c.yaml
pid1_signal HUP
check "a broken file and SIGHUP: a service gets its reload" event hup
hale reload a
is "$rc" 0 "  and by hand"
fetch GET /v1/services/b
is "$(json 'd["pid"], d["state"], d["restarts"]')" "$was" "  and no other is touched"
sed 's/first/second/; s/^  b:/  c:/' good.yaml >c.yaml
hale restart a
check "the file is read once: a restart is as before" wait_for 20 eval \
    '[ "$(grep -c "^a first" "$T/ev")" = 2 ]'
hale start c
is "$rc" 1 "  a service that was added is not there"
hale restart b
is "$rc" 0 "  one that was renamed is"
stop
is "$(grep -c second "$T/ev")" 0 "  until hale itself is started again"

# ---- 52: hale health in each state
touch fit
conf <<E2
services:
  up: {command: [sleep, "1000"]}
  fit: {command: [sleep, "1000"], healthcheck: {file: $T/fit, interval: 100ms}}
  ill: {command: [sleep, "1000"], healthcheck: {file: $T/nil, interval: 100ms, retries: 1, on_unhealthy: none}}
  begun: {command: [sleep, "1000"], healthcheck: {file: $T/nil, interval: 100ms, start_period: 1h}}
  unready: {command: [sleep, "1000"], notify: true}
  waits: {command: [sleep, "1000"], depends_on: {unready: {condition: service_ready}}}
  job: {command: ["true"], restart: "no"}
  failed: {command: ["false"], restart: "no", essential: false}
  backoff: {command: ["false"], restart: always, restart_policy: {delay: 60s, max_delay: 60s}, essential: false}
  down: {command: [sleep, "1000"]}
  stops: {command: ./deaf stops, stop_grace_period: 60s}
hale: {stop_grace_period: 60s}
E2
run_start
served
hale stop down
event "stops up"
inside "$HALE" stop stops >/dev/null 2>&1 &
event "stops term"
health() # SERVICE: "STATUS LINE"
{
	local said
	said=$(inside "$HALE" health "$1" 2>&1)
	echo "$? $said"
}
health_is() # SERVICE REGEX
{
	[[ $(health "$1") =~ ^$2 ]]
}
state() # SERVICE REGEX: as root, and as somebody else
{
	local seen
	wait_for 20 health_is "$1" "$2"
	seen=$(health "$1")
	like "$seen" "^$2" "health of one that is: $1"
	is "$(wc -l <<<"$seen")" 1 "  in one line"
	[ "$real_root" = no ] || is "$(as 4242 "$HALE" health "$1" 2>&1)" \
	    "${seen#* }" "  and for any user"
}
state stops '1 stops: .*stopping'
kill -KILL "$pid1"
pid1_wait
run_start
served
hale stop down
state up '0 ok$'
state fit '0 ok$'
state ill '1 ill: unhealthy'
state begun '1 begun: starting'
state unready '1 unready: starting'
state waits '1 waits: unready is not ready'
state job '0 ok$'
state failed '1 failed: '
state backoff '1 backoff: '
state down '0 ok$' # as somebody wanted it
pid1_signal KILL
pid1_wait
done_testing
