#!/bin/bash
# SPDX-License-Identifier: MIT
# What PID 1 of `hale run` keeps for itself, read from outside.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

[ "$real_root" = yes ] || { skip "what PID 1 keeps" "needs root"; done_testing; }
zero=0000000000000000 four=00000000000001e0

sets() # PID: inheritable, permitted, effective, bounding, ambient
{
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		status_of "$1" $set
	done | tr '\n' ' ' | sed 's/ $//'
}

core() # PID: the soft core limit
{
	awk '/^Max core file size/ { print $5 }' "/proc/$1/limits"
}

conf <<EOF
services:
  a: {command: [./svc, a], user: "1000", restart: always, restart_policy: {delay: 0s}}
  b: {command: [./svc, b], user: "1001", environment: {KEY: {secret: key}}}
secrets:
  key: {environment: TOP_SECRET}
hale: {socket: none}
EOF
PID1_WRAP=(env TOP_SECRET=melon bash -c 'ulimit -Sc 4; exec "$@"' -)
run_start
event 'a up'
event 'b up'
is "$(sets "$pid1")" "$zero $four $four $four $zero" \
    "two users: KILL, SETGID, SETUID and SETPCAP, and no more"
is "$(status_of "$pid1" NoNewPrivs)$(status_of "$pid1" Seccomp)" 12 \
    "no_new_privs and the default filter"
is "$(core "$pid1")" 0 "no core of PID 1"
for pid in $(children_of "$pid1"); do
	is "$(core "$pid")" 4096 "a service has the core limit it would have had"
	is "$(status_of "$pid" NoNewPrivs)$(status_of "$pid" Seccomp)$(
	    status_of "$pid" Seccomp_filters)" 121 "and one filter"
	is "$(sets "$pid")" "$zero $zero $zero $zero $zero" "and no capability"
done
unlike "$(tr '\0' '\n' <"/proc/$pid1/environ")" melon \
    "no secret is left in PID 1's environment"
like "$(cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n')" 'KEY=melon' \
    "but its service has it"
like "$(nsenter -t "$pid1" -m -p "$HALE" inspect 1)" \
    'KILL, SETGID, SETUID, SETPCAP' "hale inspect agrees"
: >"$T/ev"
for pid in $(children_of "$pid1"); do
	[ "$(status_of "$pid" Uid)" != 1000 ] || kill -KILL "$pid"
done
event 'a up'
ok "what it kept is enough to start a service again"
stop
is "$rc" 0 "and to stop them"
like "$(events)" 'a term' "which they noticed"
pid1_defaults

conf <<EOF
services:
  a: {command: [./svc, a], user: "1000", cap_add: [NET_BIND_SERVICE]}
hale: {socket: none}
EOF
run_start
event 'a up'
is "$(sets "$pid1")" \
    "$zero 00000000000005e0 00000000000005e0 00000000000005e0 $zero" \
    "what a service gets, PID 1 has to keep"
stop

PID1_WRAP=(setpriv "--bounding-set=-all,+setuid,+setgid")
conf <<EOF
services:
  a: {command: [./svc, a], user: "1000"}
  b: {command: [./deaf, b], user: "1001"}
hale: {socket: none, stop_grace_period: 1s}
EOF
run_start
event 'a up'
event 'b up'
is "$(sets "$pid1")" \
    "$zero 00000000000000c0 00000000000000c0 00000000000000c0 $zero" \
    "without KILL: SETUID signals"
stop
like "$(events)" 'a term' "the stop signal arrives"
is "$rc" 137 "and so does SIGKILL"
pid1_defaults

conf <<EOF
services:
  a: {command: [./svc, a]}
hale: {socket: none}
EOF
before=$(grep CapPrm /proc/self/status | cut -f2)
run_start
event 'a up'
is "$(status_of "$pid1" CapPrm)" "$before" \
    "a service that keeps all makes PID 1 keep all"
stop

pid1_start run -- sleep 100
is "$(status_of "$pid1" NoNewPrivs)$(status_of "$pid1" Seccomp)" 00 \
    "nothing declared: nothing is taken"
stop
done_testing
