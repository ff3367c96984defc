#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Rows of EDGES.md that a unit test only comes near: probes of one rate, what
# outlives a restart, what a command inherits and leaves behind, sockets that meet
# themselves, a limit of memory, the back-off of who is never healthy.

BLACKBOX_NET=own
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-400}
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have "$PYTHON" python3 || { done_testing; exit; }
chmod 777 "$T"
says() { wait_for 30 has "$T/err" "$1"; }
client() { HALE_SOCKET=$T/hale.sock timeout -k 2 20 "$HALE" "$@"; }
state() # PYTHON: of the status, as s
{
	client status --json | "$PYTHON" -c 'import datetime, json, sys
def at(time):
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
d = json.load(sys.stdin)
s = {x["name"]: x["probes"][0] for x in d["services"] + d["dependencies"]}
print(eval("(" + sys.argv[1] + ")"))' "$1"
}
[ "$(cat /sys/class/net/lo/operstate 2>/dev/null)" != down ] && own_net=yes || own_net=no
{ echo 40000 40001 >/proc/sys/net/ipv4/ip_local_port_range; } 2>/dev/null || own_net=no

# ---- 20 probes of one rate: asked together, round after round, though they began
# at different times
cat >count.py <<'E2'
import socket, threading, time
server = socket.create_server(("127.0.0.1", 10403), backlog=200)
seen = []
def rounds():
    while True:
        time.sleep(0.1)
        now, groups = time.monotonic(), []
        for when, what in sorted(seen):
            if not groups or when - groups[-1][-1][0] > 0.6:
                groups.append([])
            groups[-1].append((when, what))
        # whole: the last one may still be under way
        whole = [sorted(w for _, w in g) for g in groups[:-1]]
        good = 0
        for g in whole:
            good = good + 1 if len(g) == 20 and len(set(g)) == 20 else 0
        with open("rounds", "w") as f:
            print(good, [len(g) for g in whole], file=f)
threading.Thread(target=rounds, daemon=True).start()
while True:
    client, _ = server.accept()
    try:
        client.settimeout(5)
        data = client.recv(4096)
        seen.append((time.monotonic(), data.split(b" ")[1]))
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        client.close()
    except (OSError, IndexError):
        pass
E2
"$PYTHON" count.py &
counter=$!
wait_for 20 listening 10403
{
	echo "hale: {socket: $T/hale.sock, log_level: info}"
	echo 'services:'
	echo '  s0: {command: [sleep, "600"]}'
	for ((i = 1; i <= 9; i++)); do # one after the other
		echo "  s$i:"
		echo '    command: [sleep, "600"]'
		echo "    depends_on: {s$((i - 1)): {condition: service_healthy}}"
		echo "    healthcheck: {http: 'http://127.0.0.1:10403/s$i', interval: 2s}"
	done
	echo 'dependencies:'
	for ((i = 0; i <= 10; i++)); do
		echo "  d$i: {http: 'http://127.0.0.1:10403/d$i', interval: 2s}"
	done
} >r.yaml
three() { [ "$(cut -d' ' -f1 rounds)" -ge 3 ]; }
# Ports for all of it: the narrow range is for what follows.
[ "$own_net" = no ] || echo 30000 39999 >/proc/sys/net/ipv4/ip_local_port_range
pid1_start run -c r.yaml
if wait_for 60 three; then
	ok "20 probes of one rate are asked in one go, each once in a round"
else
	nok "20 probes of one rate are asked in one go, each once in a round" \
	    "$(cat rounds)"
fi
pid1_signal TERM
pid1_wait 20
kill $counter

# ---- the file is read once; who restarts begins again and keeps the past; who is
# reloaded, or only a neighbour, goes on as it was
cat >slow <<'E2'
#!/bin/sh
trap 'echo reloaded' HUP
while :; do sleep 0.1; done
E2
chmod 755 slow
touch beat
cat >c.yaml <<E2
services:
  a:
    command: [$T/slow]
    healthcheck: {file: $T/beat, interval: 50ms, retries: 1, success_retries: 3}
  b:
    command: [$T/slow]
    stop_grace_period: 100ms
    healthcheck: {file: $T/beat, interval: 500ms, retries: 1}
hale: {socket: $T/hale.sock, log_level: info}
E2
at_least() # N NAME
{
	[ "$(state "s['$2']['consecutive']")" -ge "$1" ]
}
pid1_start run -c c.yaml
check "two services are healthy" says "b: healthy"
check "  for some time" wait_for 30 at_least 25 a
sed "s,$T/beat,/nowhere," c.yaml >new
cp new c.yaml
pid1_signal HUP
client reload a >/dev/null 2>&1
check "a is reloaded" wait_for 20 has "$T/out" reloaded
is "$(state "s['a']['consecutive'] >= 25, s['a']['status']")" \
    "(True, 'healthy')" "  which its probe's verdict does not notice"
rm beat
check "both are unhealthy" says "b: unhealthy"
touch beat
check "  and well again" wait_for 30 at_least 3 b
kept=$(state "s['a']['consecutive']")
state "at(s['b']['history'][0]['time'])" >before
client restart b >/dev/null 2>&1
check "b has begun again" wait_for 30 at_least 1 b
# Times are told by the clock on the wall as it is then: to the millisecond.
is "$(state "min(abs(at(h['time']) - $(cat before)) for h in s['b']['history']) < .01,
    s['b']['consecutive'] < len(s['b']['history'])" | tr '\n' ' ')" "(True, True) " \
    "  from nothing, and its history goes on"
is "$(state "s['a']['consecutive'] > $kept")" True "  its neighbour's count goes on"
is "$(state "s['a']['target'] + ', ' + s['b']['target']")" \
    "file $T/beat, file $T/beat" "  and the file was not read again"
pid1_signal TERM
pid1_wait 30

# ---- what a command inherits, and what it may leave behind
cat >look <<E2
#!/bin/sh
grep -E '^(Sig(Blk|Ign)|Cap...|NoNewPrivs|Uid|Gid|Groups|Seccomp):' /proc/self/status >$T/look.\$1
{ pwd; umask; ulimit -n; ls -l /proc/self/fd | awk '\$9 < 3 { print \$9 }'
echo "fds \$(ls /proc/self/fd | wc -l) MODE \$MODE"; } >>$T/look.\$1
E2
cat >probe <<E2
#!/bin/sh
[ ! -t 0 ] && [ "\$(readlink /proc/self/fd/0)" = /dev/null ] || exit 9
$T/look probe
# twice forked, in a session of its own, and what it inherits is still open
setsid sh -c 'sleep 987 & sleep 987 & exit 0' &
echo fine
E2
chmod 755 look probe
user=''
[ "$real_root" != yes ] || user='user: "1234:2345"'
cat >i.yaml <<E2
services:
  main:
    command: [sh, -c, "$T/look main; exec sleep 600"]
    $user
    working_dir: /usr
    umask: "0027"
    ulimits: {nofile: 99}
    environment: {MODE: seen}
    sandbox: default
    healthcheck: {test: [CMD, $T/probe], interval: 100s, timeout: 20s}
hale: {socket: none, log_level: info}
E2
before=$(now_ms)
pid1_start run -c i.yaml
check "a command that leaves two others behind passes" says "main: healthy: exec"
is "$(($(now_ms) - before < 15000))" 1 "  and is not waited for until its time is out"
check "  and its service has looked" wait_for 20 has look.main MODE
# A shell's own signals and descriptors are no matter of hale's.
is "$(grep -v SigIgn look.probe)" "$(grep -v SigIgn look.main)" \
    "  it was all that its service is: user, groups, capabilities, filter, mask, directory"
left() { pgrep -f 'sleep 98[7]' | wc -l; }
mapfile -t daemons < <(pgrep -f 'sleep 98[7]')
kill -KILL "${daemons[@]}" 2>/dev/null
none_left() { [ "$(zombies_of "$pid1")" = 0 ] && [ "$(left)" = 0 ]; }
check "  what it left is reaped when it ends" wait_for 20 none_left
is "$(grep -c 'main: up' "$T/err")$(grep -cE 'main: (ended|exited|down)' "$T/err")" 10 \
    "  and taken for nobody else"
pid1_signal TERM
pid1_wait 20

# ---- who is never healthy is started later and later, and given up at last
cat >b.yaml <<E2
services:
  main:
    command: [sh, -c, "trap 'exit 0' TERM; sleep 600 & wait"]
    restart: always
    restart_policy: {delay: 200ms, max_delay: 30s, window: 60s, max_attempts: 4}
    liveness: {file: $T/never, interval: 20ms, retries: 2}
hale: {socket: $T/hale.sock, log_level: info}
E2
pid1_start run -c b.yaml
check "never healthy: it is started a fourth time" eval \
    'wait_for 30 eval "[ \$(grep -c \"main: up\" \$T/err) -ge 4 ]"'
client events --json >happened
is "$("$PYTHON" -c '
import datetime, json, sys
def at(e): return datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00"))
e = [json.loads(l) for l in open("happened")]
e = [x for x in e if x.get("service", x.get("name")) == "main"]
text = [json.dumps(x) for x in e]
downs = [at(x) for x, t in zip(e, text) if "backoff" in t and x.get("to", x.get("state")) == "backoff"]
ups = [at(x) for x, t in zip(e, text) if x.get("from") == "backoff"]
waits = [(u - d).total_seconds() for d, u in zip(downs, ups)]
print(len(waits) >= 3 and waits[0] >= .19 and waits[1] >= .39 and waits[2] >= .79 or (waits, text))
')" True "  each time after twice the delay"
pid1_wait 60
isnt "$rc" 0 "  then it is given up, and that is no success"
like "$err" "main: gave up after 5 starts" "  which is told"

# ---- who is well and ill by turns is told to flap, and left alone
cat >turns <<'E2'
#!/bin/sh
# The one that is not there is made: it passes every second time.
[ -e turn ] && rm turn && exit 1
: >turn
E2
chmod 755 turns
cat >f.yaml <<E2
services:
  main:
    command: [sleep, "600"]
    working_dir: $T
    healthcheck: {test: [CMD, $T/turns], interval: 50ms, retries: 2}
    liveness: {test: [CMD, $T/turns2], interval: 50ms, retries: 2}
hale: {socket: $T/hale.sock, log_level: info}
E2
sed 's/turn/turn2/g' turns >turns2
chmod 755 turns2
pid1_start run -c f.yaml
check "it flaps" says 'main: exec .*/turns: flapping'
like "$(client status)" "main *up *healthy.*flapping: exec $T/turns" \
    "  which the status says"
is "$(state "s['main']['flapping']")" True "  and its JSON"
is "$(client health 2>&1)" ok "  and it is healthy, with two retries"
is "$(grep -c 'main: up' "$T/err")" 1 "  nobody is restarted for it"
pid1_signal TERM
pid1_wait 20

# ---- the memory of a group: version 2 as files, version 1 as it is
cat >two <<'E2'
	mount -t tmpfs none /sys/fs/cgroup
	cd /sys/fs/cgroup || exit
	echo $((100 << 20)) >memory.max
	echo $((90 << 20)) >memory.current
	printf 'anon 1\ninactive_file %d\nactive_file 5\n' $((30 << 20)) >memory.stat
	"$HALE" probe "memory://?free=30%"
	"$HALE" probe "memory://?free=41m"
	echo max >memory.max
	"$HALE" probe "memory://?free=0%"
	echo $((50 << 20)) >memory.max
	"$HALE" probe "memory://?free=1"
E2
HALE=$HALE unshare --mount --propagation private bash two >memory 2>&1
machine=$(($(awk '/MemTotal/ { print $2 }' /proc/meminfo) >> 10))
is "$(sed 's/ ([0-9.]* ms)//; s/[0-9]* MiB free of '$machine' MiB ([0-9]* %)/MACHINE/' memory)" \
    "memory: 40 MiB free of 100 MiB (40 %)
memory: 40 MiB free of 100 MiB (40 %), less than 41m
memory: MACHINE
memory: 0 MiB free of 50 MiB (0 %), less than 1" \
    "the limit of a group of version 2, less what is given back at once"
group=/sys/fs/cgroup/memory/hale-test-$$
if [ "$real_root" = yes ] && mkdir "$group" 2>/dev/null; then
	trap 'wait_for 5 rmdir "$group" 2>/dev/null' EXIT
	echo $((64 << 20)) >"$group/memory.limit_in_bytes"
	# shellcheck disable=SC2016 # the inner shell's
	in_group=(bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' in "$group")
	PID1_WRAP=("${in_group[@]}")
	plain probe "memory://?free=10%"
	like "$rc $out" "^0 memory: [0-9]+ MiB free of 64 MiB" "the limit of a group of version 1"
	plain probe "memory://?free=100%"
	like "$rc $out" "^1 memory: .*less than 100%" "  and who is over it"
	pid1_defaults
else
	skip "a group of version 1" "no such hierarchy to write to"
fi

# ---- sockets: to oneself, to nobody who accepts, of other kinds
if [ "$own_net" = no ]; then
	skip "a socket that meets itself" "no network of our own"
else
	# Two ports to choose from, fresh ones each time: a pair that has met
	# is busy for a minute.
	bad=0
	for ((i = 40000; i < 40040; i += 2)); do
		echo "$i" $((i + 1)) >/proc/sys/net/ipv4/ip_local_port_range
		"$HALE" probe "tcp://127.0.0.1:$i" >self 2>&1 && bad=1
	done
	is "$bad" 0 "a probe does not pass because it met itself"
	is "$("$PYTHON" -c 'import socket
met = 0
for i in range(41000, 41040, 2):
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as f:
        print(i, i + 1, file=f)
    s = socket.socket()
    try:
        s.connect(("127.0.0.1", i))
        met += s.getsockname() == s.getpeername()
    except OSError: pass
    s.close()
print(met > 0)')" True "  as anyone else would there"
	echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range
fi
"$PYTHON" -c 'import socket, sys, time
keep = []
def unix(kind, name):
    s = socket.socket(socket.AF_UNIX, kind); s.bind(name); s.listen(5); keep.append(s)
unix(socket.SOCK_STREAM, "\0hale-test-abstract")
unix(socket.SOCK_SEQPACKET, "seq.sock")
full = socket.socket(); full.bind(("127.0.0.2", 0)); full.listen(0)
free = socket.socket(); free.bind(("127.0.0.1", full.getsockname()[1])); free.listen(9)
for i in range(3):
    c = socket.socket(); c.setblocking(False); keep.append(c)
    try: c.connect(full.getsockname())
    except OSError: pass
six = socket.socket(socket.AF_INET6)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
try:
    six.bind(("::1", 0)); six.listen(5)
    port = six.getsockname()[1]
except OSError: port = 0
print(full.getsockname()[1], port, flush=True)
time.sleep(300)' >ports &
wait_for 20 [ -s ports ]
read -r full six <ports
fails "timed out after 500 ms connecting" --timeout 500ms "tcp://127.0.0.2:$full"
printf '127.0.0.2 two\n127.0.0.1 two\n127.0.0.2 one\n127.0.0.2 one\n' >hosts
[ -e /etc/hosts ] || : >/etc/hosts
mount --bind hosts /etc/hosts
passes "tcp://two:$full" # the second address does not wait for the first
fails "timed out after 1 s connecting" --timeout 1s "tcp://one:$full"
passes unix://@hale-test-abstract
fails "connection refused" unix://@hale-test-nobody
fails "wrong (protocol )?type|[Pp]rotocol" "unix://$T/seq.sock"
plain probe "unix:///$(printf 'x%.0s' {1..107})"
is "$rc" 2 "a path that no socket can have is refused"
like "$err" "at most 107 bytes" "  and why"
if [ "$real_root" = yes ] && command -v setpriv >/dev/null; then
	mkdir -m 700 locked
	"$PYTHON" -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("locked/s"); s.listen(); time.sleep(300)' &
	wait_for 20 [ -S locked/s ]
	PID1_WRAP=(setpriv --reuid 1234 --regid 1234 --clear-groups)
	fails "unix .*: permission denied" "unix://$T/locked/s"
	pid1_defaults
fi
if [ "$six" = 0 ]; then
	skip "localhost that is ::1" "no IPv6 here"
else
	passes "tcp://localhost:$six"
	passes "tcp://[::1]:$six"
	fails "connection refused" "tcp://127.0.0.1:$six"
fi

done_testing
