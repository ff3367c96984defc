#!/bin/bash
# SPDX-License-Identifier: MIT
# Attacks by programs with more rights, by odd starts, and by taking all that
# there is: memory, processes, descriptors, connections.
. "${BASH_SOURCE[0]%/*}/../blackbox/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

[ "$real_root" = yes ] || { skip "more attacks" "needs root"; done_testing; }
N=$T/nuisance H=$T/hostile
"${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$N" "$TOP/tests/security/nuisance.c" || exit 1
"${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$H" "$TOP/tests/security/hostile.c" || exit 1
cp "$HALE" "$T/hale"
chmod 755 "$T/hale" "$N" "$H"
PID1_EXE=$T/hale
fresh()
{
	pid1_defaults
	PID1_EXE=$T/hale
}

# ---- 4: programs that bring rights of their own
mkdir "$T/suid"
mount -t tmpfs -o suid none "$T/suid"
cp "$N" "$T/suid/suid"
cp "$N" "$T/suid/filecap"
chmod 755 "$T/suid"
chmod 4755 "$T/suid/suid"
"$N" become "$T/suid" >/dev/null
if command -v setcap >/dev/null && setcap cap_net_raw+ep "$T/suid/filecap"; then
	setpriv --reuid 1000 --regid 1000 --clear-groups "$T/suid/filecap" who
	is "$?" 6 "4: without hale the file's capability is given"
else
	skip "4: file capabilities" "no setcap, or no such attributes on tmpfs"
fi
setpriv --reuid 1000 --regid 1000 --clear-groups "$T/suid/suid" who
is "$?" 7 "4: without hale the set-user-ID program is root"
for more in '' --rewrite=USR1:USR2; do
	pid1 --user 1000 ${more:+"$more"} -- "$N" become "$T/suid"
	printf '%s\n' "$out" | sed 's/^/#   /'
	is "$rc" 0 "4: with hale neither gets anything ${more:+(late)}"
done

# ---- 15: hale itself installed with rights
as1000=(setpriv --reuid 1000 --regid 1000 --clear-groups)
for mode in 4755 2755 filecap; do
	for name in hale tini dumb-init gosu; do
		rm -f "$T/suid/$name"
		cp "$HALE" "$T/suid/$name"
		if [ $mode != filecap ]; then
			chmod $mode "$T/suid/$name"
		elif ! setcap cap_setuid+ep "$T/suid/$name" 2>/dev/null; then
			skip "15: $name with capabilities" "no setcap"
			continue
		fi
		words=(-- "$N" who)
		[ $name != gosu ] || words=(0 "$N" who)
		"${as1000[@]}" "$T/suid/$name" "${words[@]}" >"$T/o" 2>"$T/e"
		is "$?" "$([ $name = gosu ] && echo 1 || echo 125)" \
		    "15: $name, $mode: refused"
		like "$(cat "$T/e")" "set-user-ID|'setuid'" "15: $name, $mode: and why"
	done
done
"${as1000[@]}" "$T/suid/hale" --user 0 -- "$N" who >"$T/o" 2>&1
is "$?" 125 "15: nor does a user make one root"
cp "$HALE" "$T/suid/again"
chmod 4755 "$T/suid/again"
mv "$T/suid/again" "$T/suid/hale"
pid1 --user 1000 -- "$T/suid/hale" -- "$N" who
is "$rc" 0 "15: under no_new_privs it gives nothing, and works"

# ---- 7: PID 1 without root that has capabilities saved
PID1_WRAP=(setpriv --reuid 1001 --regid 1001 --clear-groups
    "--inh-caps=+setuid,+setgid,+setpcap,+kill"
    "--ambient-caps=+setuid,+setgid,+setpcap,+kill")
pid1 --user 1000 -- "$H" drop
printf '%s\n' "$out" | grep ' 1 ' | sed 's/^/#   /'
is "$rc" 0 "7: from one user to another no capability comes along"
pid1 --user 1001 -- "$H" drop
is "$rc" 0 "7: nor does one stay with the same user"
fresh

# ---- 19: no loop over all descriptors
per_start() # LIMIT: milliseconds of 20 starts
{
	local from i
	from=$(now_ms)
	for ((i = 0; i < 20; i++)); do
		(ulimit -n "$1" && exec "$T/hale" --user 1000 -- true)
	done
	echo $(($(now_ms) - from))
}
few=$(per_start 64)
most=$(ulimit -Hn)
[ "$most" != unlimited ] || most=1048576
many=$(per_start "$most")
check "19: 20 starts with $most descriptors: $many ms, with 64: $few ms" \
    test "$many" -lt $((few * 3 + 400))

# ---- 24: a filter under which nothing can start or end
for call in execve exit_group rt_sigreturn; do
	conf <<EOF
services:
  main: {command: ["true"], user: "1000", system_call_filter: ["~$call"]}
hale: {socket: none}
EOF
	run
	is "$rc" 125 "24: ~$call is refused before anything starts"
	like "$err" "refuses $call" "24: and named"
done
conf <<EOF
services:
  main: {command: ["sh", "-c", "echo out; exit 3"], user: "1000", system_call_filter: ["~write"]}
hale: {socket: none}
EOF
run
is "$rc" 3 "24: ~write: the service can't write, and ends as it will"
is "$out" '' "24: nor did it"

# ---- 27, 28: exactly what was declared
conf <<EOF
services:
  main:
    command: ["sh", "-c", "cat /proc/self/oom_score_adj /proc/1/oom_score_adj; umask; nice; ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hs"]
    user: "1000"
    oom_score_adj: 500
    umask: "0027"
    nice: 7
    ulimits: {nofile: {soft: 100, hard: 200}, core: 0, stack: {soft: 1048576, hard: 2097152}}
hale: {socket: none}
EOF
before=$(cat /proc/self/oom_score_adj)
run
is "$out" "500
$before
0027
7
100
200
0
2048" "27, 28: oom_score_adj, umask, nice and limits are what was declared"
check "27: PID 1 is not the first to go" test "$before" -le 500

for i in 1 2; do
	setpriv --reuid 4242 --regid 4242 --clear-groups sleep 100 &
done
sleepers() { [ "$(pgrep -u 4242 -c -x sleep)" = 2 ]; }
wait_for 10 sleepers
conf <<EOF
services:
  main: {command: ["true"], user: "4242", ulimits: {nproc: 1}, restart: on-failure:2, restart_policy: {delay: 50ms}}
hale: {socket: none}
EOF
PID1_WRAP=(setpriv "--bounding-set=-all,+setuid,+setgid,+kill,+setpcap")
run
isnt "$rc" 0 "28: more processes than its user may have: it does not start"
like "$err" 'Resource temporarily unavailable' "28: and why is told"
is "$(grep -ci 'temporarily unavailable' <<<"$err")" 3 \
    "28: as often as its policy tries, and no more"
kill %1 %2
fresh

# ---- 31: who may write the file that says what runs
conf <<EOF
services:
  main: {command: ["true"]}
hale: {socket: none}
EOF
chmod 666 "$T/c.yaml"
run
like "$err" 'c.yaml: anyone may write to it' "31: a file that anyone may write is told of"
chmod 644 "$T/c.yaml"
run
unlike "$err" 'anyone may write' "31: another is not"

# ---- 40: a fork bomb
conf <<EOF
services:
  main: {command: ["$N", bomb], user: "4243", ulimits: {nproc: 60}}
  other: {command: [sleep, "600"], user: "1001"}
hale: {socket: "$T/s40", stop_grace_period: 2s}
EOF
PID1_WRAP=(setpriv "--bounding-set=-all,+setuid,+setgid,+kill,+setpcap,+chown")
pid1_start run -c c.yaml
wait_for 10 has "$T/out" lit
crowded() { [ "$(same_ns "$pid1" | wc -l)" -gt 50 ]; }
wait_for 15 crowded
check "40: PID 1 answers while its service forks all it may" \
    env HALE_SOCKET="$T/s40" timeout 20 "$T/hale" status
pid1_signal TERM
pid1_wait 30
isnt "$rc" 124 "40: and the stop comes to an end"
is "$(pgrep -u 4243 -c)" 0 "40: with nothing left"
fresh

# ---- 42: a service that eats all memory
cage=/sys/fs/cgroup/memory/hale-test-$$ limit=memory.limit_in_bytes
if [ ! -d /sys/fs/cgroup/memory ]; then
	cage=/sys/fs/cgroup/hale-test-$$ limit=memory.max
fi
conf <<EOF
services:
  main: {command: ["$N", hog, "200000000"], user: "1000", oom_score_adj: 500, restart: always, restart_policy: {delay: 100ms, max_delay: 100ms}, essential: false}
  other: {command: [sleep, "600"], user: "1001"}
hale: {socket: "$T/s42", stop_grace_period: 2s}
EOF
if mkdir "$cage" 2>/dev/null && echo 40000000 >"$cage/$limit"; then
	PID1_WRAP=(sh -c "echo 0 >$cage/cgroup.procs && exec \"\$@\"" -)
	pid1_start run -c c.yaml
	ate() { [ "$(grep -c eating "$T/out")" -ge 3 ]; }
	wait_for 20 ate
	check "42: PID 1 outlives a service that is killed for memory" pid1_lives
	like "$(cat "$T/err")" 'main: .*SIGKILL' "42: its end is told"
	check "42: and PID 1 answers" env HALE_SOCKET="$T/s42" timeout 20 \
	    "$T/hale" status
	is "$(HALE_SOCKET=$T/s42 "$T/hale" status | grep -c '^other *up')" 1 \
	    "42: the other service lives"
	pid1_signal TERM
	pid1_wait 15
	wait_for 5 rmdir "$cage"
else
	skip "42: a service that eats all memory" "no memory cgroup can be made here"
fi
fresh
conf <<EOF
services:
  main: {command: ["true"], user: "1000", restart: always, restart_policy: {delay: 0s, window: 0s}}
hale: {socket: none}
EOF
PID1_WRAP=(env HALE_VERBOSE=0)
pid1_start run -c c.yaml
starts() { [ "$(grep -c 'main: up' "$T/err")" -ge "$1" ]; }
memory() { status_of "$pid1" VmRSS; }
if wait_for 20 starts 100; then
	first=$(memory)
	wait_for 60 starts 1000
	last=$(memory)
	check "42: 900 restarts later PID 1 has $last kB, not $first" \
	    test $((last - first)) -lt 64
else
	nok "42: a service that ends at once is started again"
fi
pid1_signal TERM
pid1_wait 10
fresh

# ---- 43: a thousand clients that never say a word
conf <<EOF
services:
  main: {command: ["$N", crowd, "$T/s43", "1000"], user: "1000"}
hale: {socket: "$T/s43"}
EOF
pid1_start run -c c.yaml
wait_for 15 has "$T/out" crowd
before=$(cpu_ticks "$pid1")
check "43: PID 1 answers others beside a thousand silent clients" \
    env HALE_SOCKET="$T/s43" timeout 20 "$T/hale" status
sleep 1
check "43: and does not spin" test $(($(cpu_ticks "$pid1") - before)) -lt 30
pid1_signal TERM
pid1_wait 15
isnt "$rc" 124 "43: and ends"

# ---- 44: ten thousand orphans
conf <<EOF
services:
  main: {command: ["$N", orphans, "10000"], user: "1000"}
hale: {socket: "$T/s44"}
EOF
pid1_start run -c c.yaml
wait_for 5 test -S "$T/s44"
check "44: PID 1 answers while orphans rain" \
    env HALE_SOCKET="$T/s44" timeout 20 "$T/hale" status
wait_for 60 has "$T/out" left
reaped() { [ "$(zombies_of "$pid1")" = 0 ]; }
check "44: all 10000 are reaped" wait_for 20 reaped
pid1_signal TERM
pid1_wait 15

# ---- 65: every preset on every architecture, run by an interpreter
for machine in X86_64 AARCH64 ARM RISCV64; do
	oracle=$TOP/build/san/test_seccomp_$machine
	if [ -x "$oracle" ]; then
		check "65: every filter of $machine does what its list says" \
		    "$oracle"
	else
		skip "65: filters of $machine" "make unit-programs builds it"
	fi
done >"$T/oracle" 2>&1
grep -E '^(not )?ok' "$T/oracle"
done_testing
