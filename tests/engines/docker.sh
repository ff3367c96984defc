#!/bin/bash
# SPDX-License-Identifier: MIT
#
# docker.sh: hale in a real dockerd: as ENTRYPOINT in images FROM scratch, as
# the engine's own init, under every hardening flag, on a terminal, and its end.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"

on_exit engine_stop docker
engine_start docker || skip_all "dockerd does not start here"
build_images || { not_ok "images FROM scratch" && done_testing && exit 1; }

# ---- exit status, as ENTRYPOINT where there is nothing else
is "only hale: version" "$(run t/only version >/dev/null && echo 0)" 0
is "only hale: runs itself" "$(run t/only -- /hale version >/dev/null && echo 0)" 0
for code in 0 1 42 255; do
	run t/scratch /guest exit $code
	is "exit status $code" $? $code
done
run t/scratch /guest die 15
is "ended by SIGTERM is 143" $? 143
run t/scratch /guest die 9
is "ended by SIGKILL is 137" $? 137
out=$(run t/scratch /missing 2>&1)
is "not found is 127" $? 127
like "…and named" "$out" /missing
out=$(run t/scratch /text 2>&1)
is "not executable is 126" $? 126
like "…and named" "$out" /text
out=$(run t/scratch)
like "PID 1 is hale" "$out" "parent hale"
like "nothing blocked" "$out" "SigBlk 0000000000000000"
like "nothing ignored" "$out" "SigIgn 0000000000000000"
is "logs: streams stay apart" \
	"$(run t/box sh -c 'echo out; echo err >&2' 2>/dev/null)" out

# ---- as the engine's init
like "engine's init-path" "$($D info 2>/dev/null | grep 'Init Binary')" docker-init
is "…whose version it understands" "$(grep 'failed to parse' "$ENGINE_LOG" | head -1)" ""
out=$(run --init --entrypoint /bin/cat t/box /proc/1/cmdline | tr '\0' ' ')
like "--init runs docker-init" "$out" "docker-init -- /bin/cat"
run --init --entrypoint /guest t/scratch exit 42
is "--init: exit status" $? 42
run --init t/scratch /guest exit 43
is "--init over an ENTRYPOINT of hale: exit status" $? 43
start nested --init t/scratch /guest until 15 7
stop nested 60
is "--init over an ENTRYPOINT of hale: SIGTERM" "$rc" 7
run --init --entrypoint /missing t/scratch >/dev/null 2>&1
is "--init: not found is 127" $? 127

# ---- hardening
out=$(run --user 1001:1001 --cap-drop ALL --security-opt no-new-privileges \
	--read-only t/scratch)
like "hardened: user" "$out" "ids 1001:1001"
like "hardened: no capability" "$out" "CapBnd 0000000000000000"
like "hardened: no_new_privs" "$out" "NoNewPrivs 1"
like "hardened: seccomp" "$out" "Seccomp 2"
like "hardened: PID 1 is hale" "$out" "parent hale"
run --user 54321:0 --cap-drop ALL --read-only t/scratch /guest exit 5
is "a uid without a passwd entry" $? 5
run --security-opt seccomp=unconfined t/scratch /guest exit 5
is "seccomp unconfined" $? 5
run --read-only --user 1001 --cap-drop ALL t/scratch /guest die 15
is "hardened: ended by a signal" $? 143
like "--pids-limit: the child sees the limit" \
	"$(run --pids-limit 8 t/scratch /guest crowd)" "refused EAGAIN"
out=$(run --pids-limit 1 t/scratch /guest exit 0 2>&1)
is "--pids-limit 1: hale's own failure is 125" $? 125
like "…in a clear line" "$out" hale
run --ulimit nofile=32:32 t/scratch /guest exit 6
is "--ulimit nofile=32" $? 6
run --cgroupns private t/scratch /guest exit 6
is "private cgroup namespace" $? 6
out=$(run -m 32m --memory-swap 32m t/box sh -c \
	'dd if=/dev/zero of=/dev/null bs=96M count=1 2>/dev/null; echo rc=$?')
like "memory limit: the child is killed, PID 1 lives" "$out" rc=137

# ---- not PID 1
run --pid host t/scratch /guest exit 42 2>/dev/null
is "--pid=host: exit status" $? 42
is "--pid=host with -s: adopts orphans" \
	"$(run --pid host --entrypoint /hale t/scratch -s -- /guest orphans 5)" "adopter hale"
is "--pid=host with TINI_SUBREAPER: adopts orphans" \
	"$(run --pid host -e TINI_SUBREAPER=1 t/scratch /guest orphans 5)" "adopter hale"
start shared --pid host --entrypoint /hale t/scratch -s -- /guest until 15 7
stop shared 60
is "--pid=host: SIGTERM" "$rc" 7

# ---- processes
is "orphans come to PID 1" "$(run t/scratch /guest orphans 200)" "adopter hale"
start reap t/scratch /guest until 15 0
for _ in 1 2 3; do $D exec reap /guest orphans 20 >/dev/null; done
is "no zombie after docker exec left orphans" "$($D exec reap /guest zombies)" "zombies 0"
$D pause reap >/dev/null && $D unpause reap >/dev/null
stop reap 60
is "stops after a pause" "$rc" 0
start kern t/scratch /guest until 15 0
$D exec kern /guest die 9
is "PID 1 unmoved by an exec session's end" "$(state kern Status)" running
$D kill kern >/dev/null
is "docker kill" "$(state kern ExitCode)" 137

# ---- signals and the end
start sigs t/scratch /guest signals 9
for sig in HUP USR1 USR2 WINCH CONT RTMIN+3 RTMAX; do $D kill -s $sig sigs >/dev/null; done
eventually "signals forwarded" 30 said sigs "signal 64"
is "…each once and in order" "$($D logs sigs | grep -c signal)" 7
stop sigs 60
is "SIGTERM forwarded" "$rc" 9
start trap t/box sh -c 'trap "exit 7" TERM; echo up; while :; do sleep 0.1; done'
stop trap 60
is "stop: a trap's exit status" "$rc" 7
start plain t/box sh -c 'echo up; exec sleep 600'
stop plain 60
is "stop: sleep, no handler" "$rc" 143
start deaf t/scratch /guest until 0 0
stop deaf 1
is "stop: a deaf child, the engine kills" "$rc" 137
start deaf --entrypoint /hale t/scratch --stop-grace-period 1s -- /guest until 0 0
stop deaf 100
is "stop: a deaf child, hale kills after --stop-grace-period" "$rc" 137
if [ "$took" -lt 60 ]; then ok "…and not the engine"; else not_ok "…and not the engine ($took s)"; fi
start fam --entrypoint /hale t/scratch --stop-grace-period 20s -- /guest family 7
stop fam 60
is "stop: main's status, a grandchild left" "$rc" 7
like "…which ends well" "$($D logs fam)" "grandchild ended well"
start rt --stop-signal RTMIN+3 t/scratch /guest until 37 7
stop rt 60
is "stop: --stop-signal SIGRTMIN+3 arrives" "$rc" 7
start quit --entrypoint /hale t/scratch --rewrite TERM:QUIT -- /guest until 3 8
stop quit 60
is "stop: --rewrite TERM:QUIT" "$rc" 8
# PID 1 may keep less than its child has, and then can't be asked to trace it
# at all: a child without capabilities always can
start exec --user 1001 t/scratch /guest tracedexec
wait_for 30 is_state exec Status exited
is "a traced child's exec neither hangs nor kills PID 1" "$(state exec Status) $(state exec ExitCode)" "exited 0"
start orph --user 1001 t/scratch /guest tracedorphan 7
eventually "a traced orphan goes on" 30 said orph "orphan went on"
stop orph 60
is "…and PID 1 still stops" "$rc" 7
start tr --user 1001 t/scratch /guest traced 7
eventually "traced by PID 1: goes on" 30 said tr "went on"
unlike "…and was traced" "$($D logs tr)" "not allowed"
is "…PID 1 lives" "$(state tr Status)" running
stop tr 60
is "…and it still stops" "$rc" 7
id=$($D run -d --network none t/scratch /guest until 15 0)
if [ -w "/sys/fs/cgroup/unified/docker/$id/cgroup.kill" ]; then
	echo 1 >"/sys/fs/cgroup/unified/docker/$id/cgroup.kill"
	eventually "cgroup.kill ends it" 30 is_state "$id" Status exited
fi
$D rm -f "$id" >/dev/null

# ---- the terminal
if have expect; then
	tty() { # WHAT IMAGE SHELL
		out=$(expect -f "$HERE/tty.exp" "$D" "$2" "$3" </dev/null 2>&1)
		note "$out"
		is "terminal: $1" "$(grep -c '^ok' <<<"$out") $(grep -c '^not ok' <<<"$out")" "7 0"
	}
	tty "busybox sh" t/box sh
	if is_hale; then
		mkdir -p "$T/ctx/side"
		printf '%s\n' 'services: {side: {command: [guest, until, "15", "0"]}, main: {tty: true, command: [sh]}}' >"$T/ctx/side/hale.yaml"
		printf '%s\n' 'FROM t/box' 'COPY hale.yaml /etc/' 'ENTRYPOINT ["/sbin/hale","run","--"]' \
			>"$T/ctx/side/Dockerfile"
		build t/side "$T/ctx/side"
		tty "hale run, main beside a service" t/side sh
	fi
	if base_image; then
		tty bash t/base "bash --norc"
		out=$(expect -f "$HERE/vim.exp" "$D" t/base </dev/null 2>&1)
		note "$out"
		is "terminal: vim" "$(grep -c '^ok' <<<"$out") $(grep -c '^not ok' <<<"$out")" "4 0"
	else
		skip "bash and vim on a terminal: no Debian base image"
	fi
else
	skip "terminal: expect is not installed"
fi
done_testing
