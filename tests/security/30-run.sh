#!/bin/bash
# SPDX-License-Identifier: MIT
# The hostile service, and other attacks, under `hale run`.
BLACKBOX_NET=own
. "${BASH_SOURCE[0]%/*}/../blackbox/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

[ "$real_root" = yes ] || { skip "hale run, attacked" "needs root"; done_testing; }
H=$T/hostile
"${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$H" "$TOP/tests/security/hostile.c" || exit 1
cp "$HALE" "$T/hale"
chmod 755 "$T/hale" "$H"
PID1_EXE=$T/hale

for what in drop calls pid1 hygiene; do
	conf <<EOF
services:
  hostile: {command: ["$H", "$what"], user: "1000", essential: true}
  other: {command: [sleep, "600"], user: "1001", essential: false}
hale: {socket: none}
EOF
	run
	printf '%s\n' "$out" | sed 's/^/#   /'
	is "$rc" 0 "$what: the hostile service gets nothing"
	like "$out" 'held' "$what: it tried"
done

conf <<EOF
services:
  main: {command: ["sh", "-c", "grep ^Cap /proc/self/status"], user: "0"}
hale: {socket: none}
EOF
run
is "$(grep -c 0000000000000000 <<<"$out")" 5 "8: root without capabilities has none after exec"

printf '#!/bin/sh\necho script\n' >"$T/script"
printf '#!/nosuch/shell\n' >"$T/orphan"
printf 'junk\n' >"$T/junk"
ln -s loop "$T/loop"
chmod 755 "$T/script" "$T/orphan" "$T/junk"
conf <<EOF
services:
  main:
    command: ["$T/script"]
    user: "1000"
    sandbox: strict
    umask: "0077"
    nice: 3
    ulimits: {nofile: 64}
    oom_score_adj: 500
    working_dir: /
    read_only_paths: [/]
hale: {socket: none}
EOF
run
is "$out" script "20: a script runs with all of it"
for what in "orphan:127" "junk:126" "loop:126" "nosuch:127"; do
	conf <<EOF
services:
  main: {command: ["$T/${what%:*}"], user: "1000"}
hale: {socket: none}
EOF
	run
	is "$rc" "${what#*:}" "23: ${what%:*}: the right status"
	like "$err" 'main' "23: ${what%:*}: and its service by name"
done

for dir in /proc/1/root /proc/1/cwd /proc/self/fd/9; do
	conf <<EOF
services:
  main: {command: [pwd], user: "1000", working_dir: $dir}
hale: {socket: none}
EOF
	run
	isnt "$rc" 0 "26: working_dir: $dir is refused"
	like "$err" "working directory $dir" "26: and named"
done

conf <<EOF
services:
  a: {command: ["sh", "-c", "env >a.env; sleep 600"], environment: {SECRET_A: melon}, essential: false}
  main: {command: ["sh", "-c", "env"], user: "1000", essential: true, environment: {"X": "\$\$(touch pwned)"}}
hale: {socket: none}
EOF
PID1_WRAP=(env HALE_LOG_FORMAT=text NOTIFY_SOCKET=/nosuch LISTEN_FDS=3 LISTEN_PID=1)
run
unlike "$out" melon "29: another service's environment is not seen"
unlike "$out" 'HALE_|LISTEN_FDS|LISTEN_PID' "29: nor hale's own, nor what was meant for PID 1"
check "30: no shell expands a value" test ! -e "$T/pwned"
pid1_defaults
PID1_EXE=$T/hale

conf <<EOF
services:
  main: {command: ["sh", "-c", "trap '' SEGV BUS ILL ABRT FPE SYS TRAP; for i in 1 2 3; do for s in KILL STOP SEGV BUS ILL ABRT FPE SYS TRAP CHLD; do kill -\$\$s 1; done; done; exit 7"]}
hale: {socket: none}
EOF
PID1_WRAP=()
run
is "$rc" 7 "35, 37: PID 1 outlives what root inside can send"

as1001=(setpriv --reuid 1001 --regid 1001 --clear-groups)
PID1_WRAP=("${as1001[@]}")
conf <<EOF
services:
  evil: {command: ["sh", "-c", "prlimit --pid 1 --nofile=4:4; kill -STOP 1; sleep 1; kill -TERM 1; sleep 600"]}
  b: {command: ["sh", "-c", "sleep 0.1"], restart: always, restart_policy: {delay: 0s, window: 0s}}
hale: {socket: none, stop_grace_period: 2s}
EOF
pid1_start run -c c.yaml
pid1_wait 15
isnt "$rc" 124 "39: PID 1 with 4 descriptors and a stop signal still comes to an end"
pid1_defaults
PID1_EXE=$T/hale

conf <<EOF
services:
  main: {command: ["sh", "-c", "(setsid sh -c 'trap : TERM; echo up daemon >>ev; while :; do sleep 600 & wait; done' &); echo main up >>ev; sleep 600"]}
hale: {socket: none, stop_grace_period: 1s}
EOF
run_start
event 'up daemon'
before=$(now_ms)
stop
isnt "$rc" 124 "41: a daemon that left and ignores SIGTERM is found"
check "41: in time" test $(($(now_ms) - before)) -lt 8000

conf <<EOF
services:
  main: {command: ["sh", "-c", "echo here"], user: "1000"}
hale: {socket: none}
EOF
PID1_WRAP=(sh -c 'mount -t tmpfs none /proc && exec "$@"' -)
run
is "$out" here "45: it runs without /proc"
pid1_defaults
PID1_EXE=$T/hale

cat >"$T/bind.py" <<'EOF'
import socket, sys
s = socket.socket()
s.bind(('127.0.0.1', int(sys.argv[1])))
EOF
for port in 18080 19090; do
	conf <<EOF
services:
  main: {command: [python3, bind.py, "$port"], user: "1000", socket_bind_allow: [18080], landlock: required}
hale: {socket: none}
EOF
	run
	echo "$port $rc $err" >>"$T/bound"
done
check "71: a port that is allowed can be bound" has "$T/bound" '^18080 0'
check "71: another can't" has "$T/bound" '^19090 [^0]'
done_testing
