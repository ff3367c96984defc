#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make TLS=none: it links and probes; what needs TLS says so, and until when a
# server's certificate is valid is read from what TLS 1.2 sends in clear. The
# same build is one of PAGE=none.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-400}
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have openssl openssl && have "$PYTHON" python3 || { done_testing; exit; }
if [ "$HALE" -ef "$TOP/build/san/hale" ]; then
	skip "TLS=none" "this run is about another build"
	done_testing
	exit
fi
make --no-print-directory -s -C "$TOP" B=build/plain TLS=none PAGE=none \
	LTO= build/plain/hale >make.log 2>&1 ||
	{ nok "it builds" "$(tail -n 5 make.log)"; done_testing; exit; }
ok "it builds"
HALE=$TOP/build/plain/hale PID1_EXE=$TOP/build/plain/hale
is "$(grep -c mbedtls "$HALE.debug")" 0 "  without mbedTLS"
is "$(grep -c '<!DOCTYPE' "$HALE")" 0 "  and without the status page"
cat >page.yaml <<Y
services: {main: {command: [sleep, "1000"]}}
hale: {socket: $T/page.sock}
Y
pid1_start run -c page.yaml
wait_for 20 env HALE_SOCKET="$T/page.sock" "$HALE" health >/dev/null
is "$(curl -s -o page -w '%{http_code}' --unix-socket page.sock http://h/):$(cat page)" \
    '404:{"ok":false,"error":"no such page"}' "  which is 404 then"
is "$(curl -s -o page -w '%{http_code}' --unix-socket page.sock http://h/readyz)" \
    200 "  and nothing else is"
pid1_signal TERM
pid1_wait 20
is "$rc" 143 "  and it runs"

server=''
serve() # NAME ARG...: s_server with that certificate; sets port
{
	local name=$1
	shift
	[ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null; }
	port=$(free_port)
	openssl s_server -accept "127.0.0.1:$port" -cert "$name.pem" \
		-key "$name.key" -quiet "$@" >>log 2>&1 </dev/zero &
	server=$!
	wait_for 20 listening "$port" || nok "the server starts: $name"
}
made() # NAME DAYS ARG...: a certificate of its own
{
	openssl req -x509 -newkey "${@:3}" -nodes -keyout "$1.key" \
		-out "$1.pem" -days "$2" -subj "/CN=$1" 2>>log
}
made rsa 90 rsa:2048
made ec 90 ec -pkeyopt ec_paramgen_curve:P-256
made soon 3 ec -pkeyopt ec_paramgen_curve:P-256
made chain 90 rsa:2048
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	cat rsa.pem
done >many.pem

serve rsa -tls1_2
passes "cert://127.0.0.1:$port?days=30"
like "$out" "valid for (89|90) days" "  and says for how long"
passes "cert://localhost:$port?days=30"
fails "expires too soon, in (89|90) days" "cert://127.0.0.1:$port?days=100"
serve ec
passes "cert://127.0.0.1:$port?days=30"
serve soon -tls1_2
fails "expires too soon, in [23] days" "cert://127.0.0.1:$port?days=14"
serve chain -tls1_2 -cert_chain many.pem
passes "cert://127.0.0.1:$port?days=30" # of many records
serve rsa -tls1_3
fails "error: the server speaks TLS 1.3 only" "cert://127.0.0.1:$port"
fails "error: this hale was built without TLS" "https://127.0.0.1:$port"
kill "$server"
fails "connection refused" "cert://127.0.0.1:$port"

port=$(free_port)
"$PYTHON" "$TOP/tests/blackbox/hostile.py" "$port" >"$T/server" &
wait_for 20 has "$T/server" ready || nok "the hostile server starts"
fails "does not speak TLS" "cert://127.0.0.1:$port"
passes "http://127.0.0.1:$port/ok"
passes "cert://$T/rsa.pem?days=30"
# Lengths that lie, and an end at each byte of an answer.
cat >lies.py <<'EOF'
import socket, threading
def hello(body):
    return b"\x16\x03\x03" + len(body).to_bytes(2, "big") + body
def message(kind, body, size=None):
    n = len(body) if size is None else size
    return bytes([kind]) + n.to_bytes(3, "big") + body
answers = [
    hello(message(11, b"\0\0\x05\0\0\xff\0\0")),
    hello(message(11, b"\xff\xff\xff\0\0\1\0")),
    hello(message(11, b"")),
    hello(message(11, b"\0\0\0")),
    hello(message(11, b"\0\0\x06\0\0\x03\0\0\0")),
    hello(message(14, b"")),
    hello(message(2, b"", 0xffffff)) * 9,
    b"\x16\x03\x03\xff\xff",
    b"\x16\x03\x03\0\0",
    hello(message(2, b"x" * 70, 70))[:20],
    b"\x15\x03\x03\0\2\2\x28",
    hello(message(2, b"", 0xfffff) + b"x" * 16000) * 5,
]
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9)
print(len(answers), s.getsockname()[1], flush=True)
for answer in answers:
    c = s.accept()[0]
    c.recv(999)
    try:
        c.sendall(answer)
        c.shutdown(socket.SHUT_WR)
        while c.recv(999):
            pass
    except OSError:
        pass
EOF
"$PYTHON" lies.py >lies &
wait_for 10 [ -s lies ]
read -r count port <lies
for ((i = 0; i < count; i++)); do
	plain probe --timeout 10s "cert://127.0.0.1:$port"
	is "$rc" 1 "a lie is a failure: $out"
	unlike "$out" "error:|killed|without an answer" "  of the server"
done

done_testing
