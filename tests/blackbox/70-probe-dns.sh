#!/bin/bash
# SPDX-License-Identifier: MIT
# A name's way to its addresses, with name servers that answer, lie, cut, refuse
# and are silent: resolv.conf(5), RFC 1035, over UDP and TCP.
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have "$PYTHON" python3 || done_testing
# A network of our own, so that port 53 is free.
: >"$T/net"
if [ "$real_root" = no ] || ! unshare --net="$T/net" ip link set lo up; then
	skip "name servers" "no network namespace of our own"
	done_testing
fi
inside=(nsenter --net="$T/net")

cat >"$T/server.py" <<'E'
import socket, struct, sys, threading, time
A, AAAA, CNAME = 1, 28, 5
V4 = lambda n: [(A, socket.inet_aton("127.0.0.%d" % n))]
V6 = [(AAAA, socket.inet_pton(socket.AF_INET6, "::1"))]
def wire(name): return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"
def question(data):
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    return ".".join(labels), struct.unpack_from("!H", data, at + 1)[0], data[12:at + 5]
def reply(data, records=(), code=0, flags=0, ident=None, ask=None):
    name, kind, asked = question(data)
    mine = [r for r in records if r[0] in (kind, CNAME)]
    head = struct.pack("!HHHHHH", struct.unpack_from("!H", data)[0] if ident is None else ident,
                       0x8180 | code | flags, 1, len(mine), 0, 0)
    return head + (ask or asked) + b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", r, 1, 60, len(d)) + d for r, d in mine)
names = {"four.test": V4(1), "six.test": V6, "both.test": V4(1) + V6,
         "empty.test": [], "alias.test": [(CNAME, wire("four.test"))] + V4(1),
         "api.corp.test": V4(1), "plain": V4(1), "a.b.corp.test": V4(1)}
def answers(data, tcp):
    name, kind, asked = question(data)
    with open("asked", "a") as f: f.write("%s %s %d\n" % ("tcp" if tcp else "udp", name, kind))
    if name == "slow.test": return []
    if name == "big.test":
        return [reply(data, sum((V4(n) for n in range(1, 41)), []))] if tcp else [reply(data, flags=0x200)]
    if name in ("cut.test", "mute.test"): return [reply(data, flags=0x200)]
    if name == "liar.test":
        right = struct.unpack_from("!H", data)[0]
        return [b"", b"x" * 7, reply(data, V4(9), ident=right ^ 1),
                reply(data, V4(9), ask=wire("else.test") + asked[-4:]), reply(data, V4(1))]
    if name in names: return [reply(data, names[name])]
    return [reply(data, code=3)]
def udp(address, code):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    while True:
        data, peer = s.recvfrom(4096)
        if code is None: continue
        for one in ([reply(data, code=code)] if code else answers(data, False)): s.sendto(one, peer)
def tcp(address):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 53)); s.listen()
    while True:
        c, _ = s.accept()
        size = struct.unpack("!H", c.recv(2))[0]
        data = c.recv(size)
        name = question(data)[0]
        if name == "cut.test": c.sendall(b"\x02\x00half")
        elif name == "mute.test": time.sleep(0.1)
        else:
            one = answers(data, True)[0]
            c.sendall(struct.pack("!H", len(one))); time.sleep(0.05)
            c.sendall(one[:100]); time.sleep(0.05); c.sendall(one[100:])
        c.close()
for args in (("127.0.0.1", 0), ("127.0.0.2", 2), ("127.0.0.3", None), ("127.0.0.4", 5), ("::1", 0)):
    threading.Thread(target=udp, args=args, daemon=True).start()
threading.Thread(target=tcp, args=("127.0.0.1",), daemon=True).start()
time.sleep(0.2)
web = socket.socket(); web.bind(("127.0.0.1", 8080)); web.listen(50)
open("up", "w").close()
while True: web.accept()[0].close()
E
: >asked
"${inside[@]}" "$PYTHON" "$T/server.py" 2>server.err &
wait_for 20 test -e "$T/up" || nok "the servers" "$(cat server.err)"
echo "127.0.0.1 nobody" >"$T/hosts"
mount --bind "$T/hosts" /etc/hosts
PID1_WRAP=("${inside[@]}")

resolver() # LINE...: /etc/resolv.conf from now on
{
	printf '%s\n' "$@" >"$T/resolv"
}
asked() # REGEX: how often that was asked, since the last call of forget
{
	grep -c -- "$1" "$T/asked"
}
forget() { : >"$T/asked"; }
resolver "nameserver 127.0.0.1"
mount --bind "$T/resolv" /etc/resolv.conf

for name in four.test six.test both.test alias.test FOUR.test four.test.; do
	passes "dns://$name"
done
forget
passes dns://four.test
is "$(sort -u "$T/asked")" "udp four.test 1
udp four.test 28" "both families are asked for, and nothing else"
passes tcp://four.test:8080
fails "no such host" dns://nx.test
fails "has no address" dns://empty.test
fails "has no address" tcp://empty.test:8080

# ---- who answers, and with what
forget
passes dns://liar.test
is "$(asked 'udp liar.test')" 2 "replies with another id or question, or none, are passed over"
fails "connection refused" tcp://liar.test:8081
forget
passes dns://big.test
isnt "$(asked 'tcp big.test')" 0 "a truncated reply is asked for again over TCP"
passes tcp://big.test:8080
fails "has no address" dns://cut.test
fails "has no address" dns://mute.test

resolver "nameserver 127.0.0.2" "nameserver 127.0.0.1"
passes dns://four.test
resolver "nameserver 127.0.0.2"
fails "SERVFAIL|server failure|failed" dns://four.test
resolver "nameserver 127.0.0.4"
fails "refuse" dns://four.test
resolver "nameserver 127.0.0.9" "nameserver 127.0.0.1"
passes dns://four.test
resolver "nameserver ::1"
passes dns://four.test
resolver "nameserver not-an-address" "nameserver 127.0.0.1"
passes dns://four.test

# ---- silence, and its end
resolver "nameserver 127.0.0.3" "nameserver 127.0.0.1" "options timeout:1 attempts:1"
passes dns://four.test
resolver "nameserver 127.0.0.3" "options timeout:1 attempts:1"
fails "no name server answers" dns://four.test
resolver "nameserver 127.0.0.3" "options timeout:30"
plain probe --timeout 300ms dns://four.test
is "$rc" 1 "a probe's time-out is its own"
like "$out" 'timed out.*resolving the name' "  and says where it was"

# ---- the search list
resolver "nameserver 127.0.0.1" "search none.test corp.test"
forget
passes dns://api
is "$(asked 'udp api.corp.test 1$')" 1 "search: one after the other"
is "$(asked 'udp api.none.test 1$')" 1 "  in their order"
passes dns://plain
forget
passes dns://four.test
is "$(asked 'corp.test')" 0 "a name with a dot is tried as it is first"
fails "no such host" dns://nothing.
is "$(asked 'nothing.corp.test')" 0 "a name that ends in a dot is never searched for"
passes dns://a.b
resolver "nameserver 127.0.0.1" "search corp.test" "options ndots:3"
forget
passes dns://a.b
is "$(head -n 1 "$T/asked" | cut -d' ' -f2)" a.b.corp.test "ndots: the list comes first"
passes dns://four.test
done_testing
