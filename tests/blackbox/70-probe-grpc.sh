#!/bin/bash
# SPDX-License-Identifier: MIT
#
# grpc and grpcs against a real gRPC server, Debian's python3-grpcio.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

"$PYTHON" -c 'import grpc' 2>/dev/null || {
	skip "grpc" "no python3-grpcio here"
	done_testing
	exit
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
    -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>log
port=$(free_port) tls=$(free_port)

# The health service by hand: its generated module is another package.
cat >server.py <<'P'
import sys
import time
from concurrent import futures
import grpc

STATES = {b"": b"\x08\x01", b"up": b"\x08\x01", b"down": b"\x08\x02",
          b"unknown": b"", b"slow": b"\x08\x01"}


def check(request, context):
    name = request[2:] if request else b""
    if name == b"slow":
        time.sleep(5)
    if name not in STATES:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service \u00fc")
    return STATES[name]


handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
server = grpc.server(futures.ThreadPoolExecutor(4))
if len(sys.argv) < 5:
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health", handlers),))
server.add_insecure_port("127.0.0.1:" + sys.argv[1])
server.add_insecure_port("unix:" + sys.argv[3])
with open("key.pem", "rb") as k, open("cert.pem", "rb") as c:
    server.add_secure_port("127.0.0.1:" + sys.argv[2],
                           grpc.ssl_server_credentials([(k.read(), c.read())]))
server.start()
print("ready", flush=True)
server.wait_for_termination()
P
"$PYTHON" server.py "$port" "$tls" "$T/g.sock" >ready 2>err.log &
wait_for 30 has ready ready || nok "the gRPC server starts" "$(cat err.log)"

g=grpc://127.0.0.1:$port
passes "$g"
like "$out" SERVING "it says SERVING"
passes "$g/up"
fails "NOT_SERVING" "$g/down"
fails "UNKNOWN" "$g/unknown"
fails "NOT_FOUND.*unknown service" "$g/nope"
fails "timed out after 500 ms waiting|DEADLINE" --timeout 500ms "$g/slow"
passes "grpc+unix://$T/g.sock"
passes "grpc+unix://$T/g.sock:up"
fails "NOT_SERVING" "grpc+unix://$T/g.sock:down"
fails "HTTP/2|not an HTTP" "http://127.0.0.1:$port/"

plain probe https://127.0.0.1:1/ -k
if [[ $out == *"without TLS"* ]]; then
	skip "grpcs" "this hale was built with TLS=none"
else
	s=grpcs://localhost:$tls
	passes "$s" --ca-file "$T/cert.pem"
	passes "$s/up" -k
	fails "NOT_SERVING" "$s/down" -k
	fails "not signed" "$s" --ca-file /etc/ssl/certs/ca-certificates.crt
fi

port=$(free_port)
"$PYTHON" server.py "$port" "$(free_port)" "$T/h.sock" bare >ready2 2>err.log &
wait_for 30 has ready2 ready
fails "lacks grpc.health.v1" "grpc://127.0.0.1:$port"

done_testing
