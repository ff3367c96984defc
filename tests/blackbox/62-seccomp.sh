#!/bin/bash
# SPDX-License-Identifier: MIT
# Filters: presets, lists, and profiles in Docker's format.
. "${BASH_SOURCE[0]%/*}/lib.sh"

mode='grep ^Seccomp: /proc/self/status'
pid1 -- sh -c "$mode"
was=$out
pid1 --seccomp none -- sh -c "$mode"
is "$out" "$was" "none: as it was"
pid1 --sandbox default -- sh -c "$mode"
like "$out" '2$' "--sandbox default: a filter"
pid1 --sandbox default -- unshare -U true
isnt "$rc" 0 "--sandbox default: no namespaces"
pid1 --sandbox strict -- sh -c 'echo hi | cat; ls / >/dev/null && echo ok'
is "$out" "hi
ok" "--sandbox strict: a shell works"

cat >"$T/profile.json" <<'EOF'
{
	"defaultAction": "SCMP_ACT_ALLOW",
	"architectures": ["SCMP_ARCH_X86_64"],
	"syscalls": [
		{"names": ["uname", "sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
		{"names": ["kill"], "action": "SCMP_ACT_ERRNO",
		 "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}
	]
}
EOF
pid1 --seccomp "$T/profile.json" -- uname
like "$err" 'Function not implemented' "a profile's errno is what a call gets"
pid1 --seccomp "$T/profile.json" -- sh -c 'kill -USR1 $$; echo lives'
is "$out" lives "a profile's argument is compared"
pid1 --seccomp "$T/profile.json" -- sh -c 'kill -USR2 $$; echo lives'
is "$out,$rc" ",140" "and only what is equal is refused"

refused() # TEXT REGEX NAME
{
	echo "$1" >"$T/bad.json"
	pid1 --seccomp "$T/bad.json" -- id
	is "$rc,$out" "125," "$3: refused"
	like "$err" "$2" "$3: why"
}
refused '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}' \
    'refuses execve' "a profile without execve"
refused '{"defaultAction": "SCMP_ACT_WHAT", "syscalls": []}' \
    'SCMP_ACT_WHAT' "an unknown action"
refused '{"defaultAction": ' 'bad.json' "half a file"
refused '[1,2]' 'not a JSON object' "another shape"
refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["opne"], "action": "SCMP_ACT_KILL"}]}' \
    'unknown system call "opne"' "a call that can't be refused"
pid1 --seccomp "$T/nosuch.json" -- id
is "$rc" 125 "a profile that is not there: refused"
mkfifo "$T/fifo"
PID1_TIMEOUT=10
pid1 --seccomp "$T/fifo" -- id
is "$rc" 125 "a FIFO for a profile does not hang"
pid1_defaults

cat >"$T/hale.yaml" <<'EOF'
services:
  main:
    command: ["sh", "-c", "uname; unshare -U true; echo end"]
    system_call_filter: ["@system-service", "~uname"]
    restrict_namespaces: true
EOF
pid1 run -c "$T/hale.yaml"
like "$err" 'Operation not permitted' "system_call_filter: ~uname is EPERM"
like "$out" 'end' "system_call_filter: the rest works"
sed -i 's/~uname/~execve/' "$T/hale.yaml"
pid1 run -c "$T/hale.yaml"
is "$rc" 125 "system_call_filter: without execve it is refused"
sed -i 's/~execve/~nosuch/' "$T/hale.yaml"
pid1 run -c "$T/hale.yaml"
is "$rc" 125 "system_call_filter: an unknown name is refused"
like "$err" 'nosuch' "and named"
done_testing
