#!/bin/bash
# SPDX-License-Identifier: MIT
# cross.sh ARCH: the binary of another machine under qemu's emulation of one
# process. What qemu does not emulate (seccomp, clone() with CLONE_PIDFD or
# CLONE_VM alone: so no probes and no `hale run`) is skipped, and says so; with
# KERNEL set tests/kernel.sh has tried it on a real kernel.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-170}
case ${1:?cross.sh ARCH} in
aarch64) emulator=qemu-aarch64-static machine=AArch64 ;;
armv7l) emulator=qemu-arm-static machine=ARM ;;
riscv64) emulator=qemu-riscv64-static machine=RISC-V ;;
*) echo "cross.sh: no such machine: $1" >&2; exit 2 ;;
esac
. "${BASH_SOURCE[0]%/*}/blackbox/lib.sh"

arch=$1
HALE=$TOP/build/$arch/hale
PID1_EXE=$(command -v "$emulator") || { nok "no $emulator"; done_testing; }
# qemu runs hale; what hale runs is this machine's own.
PID1_TIMEOUT=60
hale() { plain "$HALE" "$@"; }

beyond_qemu() # NAME WHY
{
	[ -n "${KERNEL:-}" ] || skip "$1" "$2"
}

test_file()
{
	like "$(readelf -h "$HALE")" "Machine: *$machine" "it is of that machine"
	unlike "$(readelf -lW "$HALE")" INTERP "it is static"
}

test_verbs()
{
	hale version
	is "$rc:$out" "0:$("$TOP/build/hale" version)" "version"
	hale check "$TOP/examples/contract.yaml"
	is "$rc" 0 "check reads a file"
	printf 'services: {a: {comand: x}}\n' >bad.yaml
	hale check bad.yaml
	is "$rc" 1 "check refuses one"
	like "$err" 'bad.yaml:1:.*unknown key' "and says where"
	hale config --json "$TOP/examples/contract.yaml"
	mine=$out
	out=$("$TOP/build/hale" config --json "$TOP/examples/contract.yaml" \
		2>/dev/null)
	is "$mine" "$out" "config prints what this machine's hale prints"
}

test_probes()
{
	hale probe htp://x
	is "$rc" 2 "probe: a usage error"
	hale probe file:///etc/passwd
	if [[ $out$err == *"no process"* ]]; then
		is "$rc" 1 "probe: one that can't be asked has not passed"
		beyond_qemu "probes" "qemu-user has no CLONE_PIDFD"
		return
	fi
	is "$rc" 0 "probe: a file that is there"
	hale probe file:///nowhere
	is "$rc" 1 "probe: one that isn't"
}

test_pid1()
{
	pid1 "$HALE" -- sh -c 'exit 7'
	is "$rc" 7 "PID 1: the exit status is passed on"
	pid1 "$HALE" -- sh -c 'kill -9 $$'
	is "$rc" 137 "PID 1: 128 + the signal"
	pid1 "$HALE" -- /nowhere/at/all
	is "$rc" 127 "PID 1: not found is 127"
	pid1 "$HALE" -- sh -c '(sleep 0.1 & exec sleep 0.1) & sleep 0.5
		ps -o stat= --ppid 1 | grep -c Z'
	is "$out" 0 "PID 1: orphans are reaped"
	pid1_start "$HALE" -- "$PUPPET" say=ready pause
	wait_for 20 has "$T/out" ready || nok "the command did not start"
	pid1_signal TERM
	pid1_wait 20
	is "$rc" 143 "PID 1: TERM is passed on"
}

test_run()
{
	cat >hale.yaml <<-Y
		services: {main: {command: [sh, -c, "exit 5"], sandbox: none}}
		hale: {socket: none}
	Y
	pid1 "$HALE" run -c "$T/hale.yaml"
	if [[ $err == *"main: not started: no process"* ]]; then
		is "$rc" 125 "run: a service that can't start is said, and 125"
		beyond_qemu "run" "qemu-user has no CLONE_VM without CLONE_VFORK"
		return
	fi
	is "$rc" 5 "run: main's status"
}

test_seccomp()
{
	hale --sandbox default -- true
	if [ "$rc" = 0 ]; then
		ok "the sandbox"
	else
		beyond_qemu "the sandbox" "qemu-user has no seccomp: $err"
	fi
	like "$rc$err" '^0|^125.*seccomp filter' \
		"and hale refuses to run without one that was asked for"
}

test_file
test_verbs
test_probes
test_pid1
test_run
test_seccomp
done_testing
