#!/bin/bash
# SPDX-License-Identifier: MIT
#
# When hale itself can't ask: whatever a sandbox around it forbids, whatever it
# lacks, is an error that says why, and never a failure of who is asked.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have "$PYTHON" python3 || { done_testing; exit; }
chmod 777 "$T"

# deny.py WHAT=ERROR... -- COMMAND: with a seccomp filter around it;
# landlock=tcp: with a Landlock domain that may connect nowhere
cat >deny.py <<'EOF2'
import ctypes, errno, os, platform, struct, sys
calls = {
    "x86_64": {"socket": [41], "connect": [42], "sendto": [44], "clone": [56],
               "open": [2, 257], "stat": [4, 262, 332], "statfs": [137],
               "list": [217], "pipe": [293]},
    "aarch64": {"socket": [198], "connect": [203], "sendto": [206],
                "clone": [220], "open": [56], "stat": [79, 291], "statfs": [43],
                "list": [61], "pipe": [59]},
}.get(platform.machine())
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
at = sys.argv.index("--")
code = [(0x20, 0, 0, 0)]
for rule in sys.argv[1:at]:
    what, value = rule.split("=")
    if what == "landlock":
        ruleset = struct.pack("QQ", 0, 2)
        fd = libc.syscall(444, ruleset, len(ruleset), 0)
        if fd < 0 or libc.syscall(446, fd, 0) != 0:
            sys.exit(99)
        continue
    if calls is None:
        sys.exit(99)
    for number in calls[what]:
        code += [(0x15, 0, 1, number),
                 (6, 0, 0, 0x50000 | getattr(errno, value))]
code.append((6, 0, 0, 0x7fff0000))
raw = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(raw))
if libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0) != 0:
    sys.exit(99)
os.execv(sys.argv[at + 1], sys.argv[at + 1:])
EOF2
denied() # WHAT...: PID1_WRAP for it
{
	PID1_WRAP=("$PYTHON" "$T/deny.py" "$@" --)
}
PID1_WRAP=("$PYTHON" "$T/deny.py" connect=EPERM socket=EPERM --)
plain version
if [ "$rc" = 99 ]; then
	skip "a filter around hale" "no seccomp, or a machine whose calls are not listed"
	done_testing
	exit
fi

# is_error TEXT PROBE...: under PID1_WRAP
is_error()
{
	local why=$1
	shift
	plain probe --timeout 10s --json "$@"
	like "$rc $out" "^1 .*\"outcome\":\"error\",\"reason\":\"resource\".*\"text\":\"can't ask: $why" \
	    "an error: ${PID1_WRAP[2]:-no denial}: $*: $why"
}
is_failure()
{
	local why=$1
	shift
	plain probe --timeout 10s --json "$@"
	like "$rc $out" "^1 .*\"outcome\":\"fail\".*\"text\":\"$why" \
	    "a failure: ${PID1_WRAP[2]:-no denial}: $*: $why"
}

: >some.pem
port=$(free_port)
echo "nameserver 127.0.0.1" >resolv
[ -e /etc/hosts ] || : >/etc/hosts
mount --bind "$T/resolv" /etc/resolv.conf
sandbox='[a-z ]* .seccomp, Landlock or a firewall'
network=("tcp://127.0.0.1:$port" "http://127.0.0.1:$port"
	"https://127.0.0.1:$port" "grpc://127.0.0.1:$port"
	"grpcs://127.0.0.1:$port" "cert://127.0.0.1:$port" "unix://$T/none"
	"http+unix://$T/none:/" "grpc+unix://$T/none" dns://nope.test
	tcp://nope.test:1)
for what in socket connect; do
	denied $what=EPERM
	for probe in "${network[@]}"; do
		is_error "operation not permitted$sandbox" "$probe"
	done
done
denied socket=EMFILE
for probe in "${network[@]}"; do
	is_error "no file descriptors" "$probe"
done
denied connect=EACCES
is_error "permission denied$sandbox" "${network[0]}"
is_error "permission denied$sandbox" dns://nope.test
is_failure "permission denied" "unix://$T/none" # a file's mode, most likely
denied sendto=EPERM
is_error "operation not permitted$sandbox" dns://nope.test
denied connect=ENOSYS
is_error "function not implemented$sandbox" "${network[0]}"
denied connect=ENETUNREACH
is_failure "network" "${network[0]}"

for probe in "file://$T" "process://?rss=1t" "process://?fds=9999&pid=1"; do
	denied stat=EPERM
	is_error "operation not permitted$sandbox" "$probe"
	denied stat=ENOMEM
	is_error "out of memory" "$probe"
done
denied stat=EACCES
is_failure "permission denied" "file://$T"
denied open=EMFILE
is_error "no file descriptors" "cert://$T/some.pem"
is_error "no file descriptors" "process://?rss=1t"
denied statfs=EPERM
is_error "operation not permitted$sandbox" "disk://$T?free=1"
denied list=EPERM
is_error "/proc can't be read" "process://?rss=1t"
for probe in "${network[@]}" "file://$T" "cert://$T/some.pem" exec:true \
    "disk://$T?free=1" "memory://?free=0%" "process://?rss=1t"; do
	denied clone=EAGAIN
	is_error "no process: resource temporarily" "$probe"
	denied pipe=EMFILE
	is_error "no pipe: no file descriptors" "$probe"
done
pid1_defaults
denied landlock=tcp
plain version
if [ "$rc" = 99 ]; then
	skip "Landlock around hale" "this kernel has none for ports"
else
	is_error "permission denied$sandbox" "${network[0]}"
fi
pid1_defaults

# ---- nothing to ask with
: >resolv
is_error "/etc/resolv.conf names no name server" dns://nope.test
is_error "/etc/resolv.conf names no name server" tcp://nope.test:1
echo "nameserver 127.0.0.1" >resolv
is_failure "no name server answers" dns://nope.test
PID1_WRAP=(unshare -m --propagation private -- bash -c
	'mount -t tmpfs none /proc; exec "$@"' none)
is_error "/proc can't be read" "process://?fds=99&pid=1"
is_error "/proc can't be read" "process://?fds=99"
is_error "neither a cgroup nor /proc/meminfo can be read" "memory://?free=1%"
pid1_defaults

# ---- and in PID 1 it is shown, told, and not counted
cat >d.yaml <<EOF2
services:
  main:
    command: [sleep, "600"]
    restart: always
    liveness: {tcp: "127.0.0.1:$port", interval: 20ms, retries: 1, on_unhealthy: restart}
  needs: {command: [sleep, "600"], depends_on: {d: {condition: service_healthy}}}
dependencies:
  d: {tcp: "127.0.0.1:$port", interval: 20ms, retries: 1}
  f: {file: $T, interval: 20ms, retries: 1}
hale: {socket: $T/hale.sock, log_level: info}
EOF2
denied connect=EPERM
pid1_start run -c d.yaml
check "the log tells of it" \
    wait_for 20 has "$T/err" "d: tcp .*can't ask: operation not permitted"
check "  for each who can't be asked" \
    wait_for 20 has "$T/err" "main: tcp .*can't ask: operation not permitted"
ran() # at least 20 times
{
	HALE_SOCKET=$T/hale.sock "$HALE" metrics >"$T/m"
	[ "$(awk '/results_total.*"d".*error/ { print $NF }' "$T/m")" -ge 20 ]
}
check "after twenty times" wait_for 20 ran
is "$(grep -c "can't ask" "$T/err")" 2 "  it was told once of each"
is "$(grep -c "main: up" "$T/err")" 1 "  nobody was restarted"
unlike "$(cat "$T/err")" "unhealthy|needs: up" "  or called unhealthy"
like "$(cat "$T/err")" "f: healthy" "  and who could be asked is healthy"
HALE_SOCKET=$T/hale.sock "$HALE" status >"$T/status"
like "$(cat "$T/status")" "d  *- *starting .*can't ask: operation not permitted" \
    "  the status says why it still is starting"
like "$(HALE_SOCKET=$T/hale.sock "$HALE" health needs)" \
    "d is not healthy: .*can't ask: operation" "  so does hale health"
pid1_signal TERM
pid1_wait 20

done_testing
