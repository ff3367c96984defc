#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The ends of probes: one that no signal can end, those that end together with
# 500 others, those of a service that stops, and what they leave to the network.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"

chmod 777 "$T"
says() { wait_for 30 has "$T/err" "$1"; }
ran() # FILE TIMES: at least
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# ---- 500 children end at once, and probes among them
cat >orphans <<'E2'
#!/bin/sh
# Each of them is PID 1's: its parent is gone.
i=0
while [ $i -lt 500 ]; do
	(sleep 1000 &)
	i=$((i + 1))
done
echo all there
exec sleep 2000
E2
cat >probe <<E2
#!/bin/sh
echo ran >>$T/runs
E2
chmod 755 orphans probe
: >runs
chmod 666 runs
cat >m.yaml <<E2
services:
  main:
    command: [$T/orphans]
    healthcheck: {test: [CMD, $T/probe], interval: 20ms, retries: 1, timeout: 20s}
    liveness: {file: $T/probe, interval: 20ms, retries: 1, timeout: 20s}
hale: {socket: $T/hale.sock, log_level: info}
E2
orphans() # ours: the children of PID 1 that sleep, but for main itself
{
	local p
	for p in $(children_of "$pid1"); do
		[ "$(tr '\0' ' ' <"/proc/$p/cmdline")" != 'sleep 1000 ' ] ||
		    echo "$p"
	done 2>/dev/null
}
all_there() { [ "$(orphans | wc -l)" = 500 ]; }
none_left() { [ "$(zombies_of "$pid1")" = 0 ] && [ -z "$(orphans)" ]; }
pid1_start run -c m.yaml
check "500 orphans of a service, which is probed all the time" \
    wait_for 60 all_there
check "  and is healthy" says 'main: healthy: exec'
mapfile -t all < <(orphans)
kill -KILL "${all[@]}"
check "500 that end at once are reaped" wait_for 30 none_left
before=$(wc -l <runs)
check "  and the probes go on" wait_for 30 ran runs $((before + 20))
unlike "$(cat "$T/err")" "unhealthy|can't|timed out" "  nobody is blamed"
is "$(HALE_SOCKET=$T/hale.sock "$HALE" metrics |
    grep -cE '^hale_probe_results_total.*outcome="(fail|error)"} 0$')" 4 \
    "  and not one was a failure or an error"
pid1_signal TERM
pid1_wait 20

# ---- a service that stops: not ready any more, alive, and asked nothing more
cat >slow <<'E2'
#!/bin/sh
trap 'echo asked; while [ -e stay ]; do sleep 0.1; done; exit 3' TERM
while :; do sleep 0.1; done
E2
chmod 755 slow
: >runs
touch stay
cat >h.yaml <<E2
services:
  main:
    command: [$T/slow]
    working_dir: $T
    stop_grace_period: 60s
    readiness: {test: [CMD, $T/probe], interval: 50ms}
    liveness: {file: $T/stay, interval: 50ms, retries: 1}
hale: {socket: $T/hale.sock, log_level: info, stop_grace_period: 60s}
E2
page() # PATH: what /PATH says
{
	"$HALE" probe "http+unix://$T/hale.sock:/$1" >"$T/page.$1" 2>&1
	printf %s $?
}
pid1_start run -c h.yaml
check "a service to be stopped is ready" says 'main: healthy: exec'
is "$(page readyz)$(page livez)" 00 "  and alive"
pid1_signal TERM
check "  it is asked to stop" wait_for 20 has "$T/out" asked
count=$(wc -l <runs)
is "$(page readyz)$(page livez)" 10 "  not ready from then on, but alive"
sleep 1 # twenty of its intervals
is "$(($(wc -l <runs) - count < 3))" 1 "  nor probed any more"
rm stay
pid1_wait 60
is "$rc" 3 "  and its own status is the container's"
unlike "$(cat "$T/err")" unhealthy "  with nobody to blame"

# ---- 64 ports for 200 connections: those that are over are used again
if ! { echo 40000 40063 >/proc/sys/net/ipv4/ip_local_port_range; } 2>/dev/null ||
    ! command -v python3 >/dev/null; then
	skip "few ports" "no network of our own, or no python3"
else
	python3 - >"$T/server" 2>&1 <<'E2' &
import socket
server = socket.create_server(("127.0.0.1", 10401), backlog=64)
print("ready", flush=True)
while True:
    client, _ = server.accept()
    try:
        client.settimeout(5)
        if client.recv(4096):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            client.recv(1)
        client.close()
    except OSError as error:
        print("error", error, flush=True)
E2
	wait_for 20 has "$T/server" ready
	cat >w.yaml <<E2
services: {main: {command: [sleep, "2000"]}}
dependencies:
  t: {tcp: "127.0.0.1:10401", interval: 50ms, retries: 1}
  h: {http: "http://127.0.0.1:10401/", interval: 50ms, retries: 1}
hale: {socket: $T/hale.sock, log_level: info}
E2
	passes_of() # NAME
	{
		HALE_SOCKET=$T/hale.sock "$HALE" metrics |
		    awk -v s="service=\"$1\"" '/results_total.*pass/ &&
			index($0, s) { print $NF }'
	}
	many() { [ "$(passes_of t)" -ge 100 ] && [ "$(passes_of h)" -ge 100 ]; }
	pid1_start run -c w.yaml
	check "64 ports are enough for 200 probes" wait_for 60 many
	unlike "$(cat "$T/err")" "unhealthy|can't" "  none fails"
	is "$(grep -c error "$T/server")" 0 "  and the server sees no reset"
	pid1_signal TERM
	pid1_wait 20
fi

# ---- a probe that not even SIGKILL ends, as on a dead NFS server: a frozen one
ice=/sys/fs/cgroup/freezer/hale-test-$$
if [ "$real_root" != yes ] || ! mkdir "$ice" 2>/dev/null; then
	skip "a probe that can't be killed" "no cgroup v1 freezer to write to"
	done_testing
	exit
fi
melt()
{
	echo THAWED >"$ice/freezer.state" 2>/dev/null
	wait_for 5 rmdir "$ice" 2>/dev/null
}
trap melt EXIT
cat >hang <<E2
#!/bin/sh
echo ran >>$T/hangs
exec sleep 1000
E2
chmod 755 hang
: >hangs
chmod 666 hangs
cat >d.yaml <<E2
services:
  main:
    command: [sleep, "2000"]
    readiness: {test: [CMD, $T/hang], interval: 100ms, timeout: 3s, retries: 1}
    healthcheck: {file: $T/hang, interval: 100ms, retries: 1}
hale: {socket: $T/hale.sock, log_level: info}
E2
hanging() { probe=$(orphans) && [ -n "$probe" ]; }
pid1_start run -c d.yaml
check "a probe that hangs" wait_for 20 hanging
echo "$probe" >"$ice/cgroup.procs"
echo FROZEN >"$ice/freezer.state"
check "a probe that SIGKILL does not end is told" \
    says "main: exec .*: the probe can't be killed"
is "$(grep -c "can't be killed" "$T/err")" 1 "  once"
HALE_SOCKET=$T/hale.sock "$HALE" status >"$T/status"
like "$(cat "$T/status")" 'main .*up' "  PID 1 answers meanwhile"
check "  the other probes go on" says 'main: healthy: file'
is "$(wc -l <hangs)" 1 "  and no second one is started"
echo THAWED >"$ice/freezer.state"
check "thawed it is gone, and told as a time-out" \
    says 'main: unhealthy: exec .*timed out after 3 s'
check "  and the next one has its turn" wait_for 20 ran hangs 2
pid1_signal TERM
pid1_wait 30
is "$rc" 143 "it stops as asked"
done_testing
