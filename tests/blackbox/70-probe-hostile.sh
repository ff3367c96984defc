#!/bin/bash
# SPDX-License-Identifier: MIT
#
# HTTP and TCP against servers that are slow, endless, huge or mad.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have "$PYTHON" python3 || { done_testing; exit; }
port=$(free_port)
"$PYTHON" "$TOP/tests/blackbox/hostile.py" "$port" >"$T/server" &
wait_for 20 has "$T/server" ready || nok "the hostile server starts"
u=http://127.0.0.1:$port

passes "$u/ok"
passes "$u/warn"
passes "$u/interim"
passes "$u/chunks"
passes "$u/split"
passes "$u/same"
passes "$u/absolute"
passes "$u/other"
passes "$u/script"
passes "$u/file"
passes "$u/nowhere"
passes "$u/endless"
passes "$u/ok#expect_body=ok"
passes "$u/split#expect_body=ok"
passes "$u/bad#expect_status=400"
passes "http://localhost:$port/ok"
fails "status 400" "$u/bad"
fails "status 200, not 201-299,300" "$u/ok#expect_status=201-299,300"
fails 'the body does not hold "no"' "$u/ok#expect_body=no"
fails 'the body, cut at 10 KiB, does not hold "no"' "$u/endless#expect_body=no"
fails "too many interim" "$u/hints"
fails "too many interim|closed|not an HTTP" "$u/early"
fails "closed the connection unanswered" "$u/close"
fails "connection reset|closed" "$u/reset"
fails "head is too large|malformed header" "$u/head"
fails "not an HTTP response|TLS" "$u/garbage"
fails "ended early" "$u/short"
fails "chunk" "$u/badchunk"
fails "not an HTTP response|ended early" "$u/status"
fails "more than 10 redirects" "$u/loop"
fails "timed out after 500 ms waiting for the response" \
    --timeout 500ms "$u/silent"
before=$(now_ms)
fails "timed out after 1 s" --timeout 1s "$u/slow"
check "a slow server does not hold the probe up" \
    [ $(($(now_ms) - before)) -lt 5000 ]
fails "does not speak TLS|built without TLS" "https://127.0.0.1:$port/ok"
fails "does not speak HTTP/2|reset" "grpc://127.0.0.1:$port"

# kubelet's pkg/probe/http: 200 to 399 pass, and what is no status fails
verdicts=''
for status in 200 201 204 226 299 300 301 304 307 308 399 \
    400 401 404 418 429 499 500 503 599 600 999 099 000 20 2000; do
	plain probe --timeout 10s "$u/$status"
	verdicts+="$status:$rc "
done
is "$verdicts" "$(printf '%s:0 ' 200 201 204 226 299 300 301 304 307 308 399)$(
    printf '%s:1 ' 400 401 404 418 429 499 500 503 599 600 999 099 000 20 2000)" \
    "statuses pass and fail as kubelet has it"

plain probe "$u/echo#expect_body=kube" -H 'Host: kube' -H 'X-A: b' -v
is "$rc" 0 "headers are sent"
like "$err" "> X-A: b" "  and -v shows the exchange"
like "$err" "< HTTP/1.1 200 OK" "  both ways"
plain probe "$u/echo" -H 'User-Agent:' -v
unlike "$err" "> User-Agent" "an empty header removes ours"

t=tcp://127.0.0.1:$port
passes "$t"
passes "$t?send=PING\\r\\n&expect=%2BPONG"
passes "$t?send=x&expect=a\\x00b\\0c"
passes "$t?send=x&expect=!PONG"
fails "closed without the expected answer" \
    "$t?send=GET /close HTTP/1.1\\r\\n\\r\\n&expect=!PONG"
fails 'not the expected answer: "\+PONG' "$t?send=PING\\r\\n&expect=%2BOK"
fails "not the expected answer" "$t?send=PING&expect=!PONG"
fails "timed out" --timeout 300ms "$t?expect=hello"

# A full backlog is no success.
"$PYTHON" -c 'import socket,time
s = socket.socket(socket.AF_UNIX); s.bind("full.sock"); s.listen(0)
c = [socket.socket(socket.AF_UNIX) for i in range(3)]
for x in c:
    x.setblocking(False)
    try: x.connect("full.sock")
    except OSError: pass
print("ready", flush=True)
import os
while not os.path.exists("go"): time.sleep(0.1)
while True: s.accept()' >"$T/full" &
wait_for 10 has "$T/full" ready
before=$(now_ms)
fails "timed out after 500 ms connecting" --timeout 500ms "unix://$T/full.sock"
check "  not before it is over" [ $(($(now_ms) - before)) -ge 500 ]
"$HALE" probe --timeout 20s "unix://$T/full.sock" >"$T/waits" 2>&1 &
waits=$!
wait_for 2 has "$T/waits" . 2>/dev/null || : >"$T/go" # it waits for its turn
wait $waits
is "$? $(cut -d' ' -f3 "$T/waits")" "0 connected" "  and a free place is taken"

done_testing
