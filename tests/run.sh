#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [SUITE]...: the suites, all or those named: lint unit sim mutants fuzz
# blackbox faults security cross packaging guard engines. Never stops at a
# failure; every program has a deadline; what can't run on this machine says so
# and is counted. Ends with the sum of all, alone on the last line. Logs stay in
# build/check/SUITE/.
# JOBS programs run at a time (as many as there are CPUs, at most 4), except
# where time or quiet is what is measured.
#
# A test program ends with the line "N passed, N failed[, N skipped]", or is a
# cmocka one; no such line, or a bad status after it, is a failure of its own.
set -u
export LC_ALL=C
cd "${0%/*}/.." || exit 1
log=build/check
mkdir -p "$log"
make=(make --no-print-directory -s)
: "${JOBS:=$(nproc)}"
[ "$JOBS" -le 4 ] || JOBS=4
for fd in /proc/self/fd/*; do # what the caller's shell left open
	fd=${fd##*/}
	[ "$fd" -lt 3 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"
done
total=(0 0 0) sum=(0 0 0) skips=()

add() # PASSED FAILED SKIPPED
{
	sum=($((sum[0] + $1)) $((sum[1] + $2)) $((sum[2] + $3)))
}

passed() { echo "  ok      $1"; }

failed() # NAME WHY LOG
{
	echo "  FAILED  $1: $2"
	[ ! -s "${3:-}" ] || {
		grep -hE -A 8 '^not ok|^\[  (ERROR|FAILED)' "$3" | head -n 60
		echo "  ---- the end of $3"
		tail -n 15 "$3"
	} | sed 's/^/          /'
}

skipped() # NAME WHY
{
	echo "  SKIPPED $1: $2"
	skips+=("$suite: $1: $2")
	add 0 0 1
}

count_of() # LOG: "PASSED FAILED SKIPPED", or nothing where it does not say
{
	local closing
	closing=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$1" |
		tail -n 1)
	if [ -n "$closing" ]; then
		[[ $closing == *skipped ]] || closing+=", 0 skipped"
		tr -dc '0-9 ' <<<"$closing"
	elif grep -q '^\[==========\] .*run\.$' "$1"; then
		echo "$(grep -c '^\[       OK \]' "$1") $(
			grep -cE '^\[  FAILED  \] [A-Za-z_]' "$1") $(
			grep -c '^\[  SKIPPED \] [A-Za-z_]' "$1")"
	fi
}

# program SECONDS NAME COMMAND...: one test program, on its own
program()
{
	run "$@"
	judge "$2"
}

# run SECONDS NAME COMMAND...: NAME.end says its status, the time allowed, taken
run()
{
	local seconds=$1 file=$log/$suite/$2.log from=$SECONDS
	shift 2
	mkdir -p "${file%/*}"
	timeout -k 10 "$seconds" "$@" >"$file" 2>&1 </dev/null
	echo "$? $seconds $((SECONDS - from))" >"${file%.log}.new"
	mv "${file%.log}.new" "${file%.log}.end"
}

# judge NAME: counts what it said
judge()
{
	local name=$1 file=$log/$suite/$1.log status seconds took count p f s why
	read -r status seconds took <"${file%.log}.end"
	count=$(count_of "$file")
	# shellcheck disable=SC2086 # a list of words
	[ -z "$count" ] || add $count
	read -r p f s <<<"${count:-0 0 0}"
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		add 0 1 0
		failed "$name" "not over after $seconds s" "$file"
	elif [ -z "$count" ]; then
		add 0 1 0
		failed "$name" "ended with status $status and no sum" "$file"
	elif [ "$f" != 0 ]; then
		failed "$name" "$f of $((p + f))" "$file"
	elif [ "$status" != 0 ]; then
		add 0 1 0
		failed "$name" "ended with status $status" "$file"
	else
		passed "$name: $p$([ "$s" = 0 ] || echo ", $s skipped") ($took s)"
	fi
	if [ "${s:-0}" != 0 ]; then
		while read -r why; do
			skips+=("$suite: $name: $why")
		done < <(grep -hiE '# *skip|^skip' "$file" | head -n 20)
	fi
}

built() # NAME TARGET...: a program that does not build is a failed test
{
	local name=$1 file=$log/$suite/$1.log
	shift
	mkdir -p "${file%/*}"
	timeout -k 10 900 "${make[@]}" -k "$@" >"$file" 2>&1 && return
	add 0 1 0
	failed "$name" "does not build" "$file"
	return 1
}

# together: lines "SECONDS NAME COMMAND..." from stdin, JOBS at a time; judged in
# their order
together()
{
	local line names=() running=0
	while read -ra line; do
		if [ $running -ge "$JOBS" ]; then
			wait -n
			running=$((running - 1))
		fi
		run "${line[@]}" &
		running=$((running + 1))
		names+=("${line[1]}")
		while [ -e "$log/$suite/${names[0]:-.}.end" ]; do
			judge "${names[0]}"
			names=("${names[@]:1}")
		done
	done
	wait
	for line in "${names[@]}"; do judge "$line"; done
}

has_namespaces()
{
	local map=()
	[ "$EUID" = 0 ] || map=(--map-root-user)
	unshare "${map[@]}" --mount --propagation private --pid --fork \
		--mount-proc true 2>/dev/null
}

suite_lint()
{
	if sh mk/need.sh lint unit >"$log/need" 2>&1; then
		program 900 lint "${make[@]}" lint
	else
		skipped lint "$(tr '\n' ' ' <"$log/need")"
	fi
}

suite_unit()
{
	local t
	if ! sh mk/need.sh unit >"$log/need" 2>&1; then
		skipped unit "$(tr '\n' ' ' <"$log/need")"
		return
	fi
	built build unit-programs
	together < <(for t in tests/unit/test_*.c; do
		t=$(basename "$t" .c)
		echo 120 "$t" "build/san/$t"
	done
	for t in X86_64 AARCH64 ARM RISCV64; do
		echo 120 "test_seccomp_$t" "build/san/test_seccomp_$t"
	done)
}

suite_sim()
{
	[ -d tests/sim ] || return
	if sh mk/need.sh unit >"$log/need" 2>&1; then
		built build build/san/sim && program 300 sim "${make[@]}" sim
	else
		skipped sim "$(tr '\n' ' ' <"$log/need")"
	fi
}

# Some of `make mutants`, the same ones every time.
suite_mutants()
{
	if sh mk/need.sh unit >"$log/need" 2>&1; then
		program 400 mutants python3 tests/mutants/run.py --sample 24
	else
		skipped mutants "$(tr '\n' ' ' <"$log/need")"
	fi
}

suite_fuzz()
{
	local t seconds=${FUZZ_SMOKE_SECONDS:-10} with=build/fuzz
	if ! sh mk/need.sh unit >"$log/need" 2>&1; then
		skipped fuzz "$(tr '\n' ' ' <"$log/need")"
		return
	fi
	if ! tests/fuzz/can.sh; then
		with=build/san
		echo "  no clang with libFuzzer: seeds and what is near them"
	fi
	built build "$with"/fuzz-programs || return
	together < <(for t in tests/fuzz/fuzz_*.c; do
		t=$(basename "$t" .c)
		echo $((seconds + 120)) "$t" bash tests/fuzz/smoke.sh \
			"$with/$t" "$seconds"
	done)
}

# Its scripts [0-9]*.sh; those that say "# alone" in their head one by one.
numbered() # DIR
{
	local t name
	built build all build/puppet
	if ! has_namespaces; then
		for t in "$1"/[0-9]*.sh; do
			skipped "$(basename "$t" .sh)" \
				"no PID namespaces for $(id -un) on this machine"
		done
		return
	fi
	together < <(for t in "$1"/[0-9]*.sh; do
		head -n 8 "$t" | grep -qx '# alone' ||
			echo 240 "$(basename "$t" .sh)" bash "$t"
	done)
	for t in "$1"/[0-9]*.sh; do
		name=$(basename "$t" .sh)
		[ -e "$log/$suite/$name.end" ] || program 240 "$name" bash "$t"
	done
}

suite_blackbox() { numbered tests/blackbox; }

# Some of the runs of `make faults`, the same ones every time.
suite_faults()
{
	built build all build/san/inject || return
	if [ "$EUID" = 0 ]; then
		program 400 faults python3 tests/faults/faults.py \
			build/san/inject build/hale --sample 140 --jobs "$JOBS"
	else
		skipped faults "PID 1 is traced from outside: root"
	fi
}

suite_security()
{
	[ ! -d tests/security ] || numbered tests/security
}

# What hale promises whatever the load: size, system calls, wake-ups.
suite_guard()
{
	built build all && program 300 guard bash bench/guard.sh
}

# Another machine's binary, where this one has what builds and runs it.
suite_cross()
{
	local a kernel
	built build build/hale build/puppet || return
	for a in ${CROSS_ARCHS:-aarch64 armv7l riscv64}; do
		kernel=''
		if [ "$a" = "$(uname -m)" ]; then
			continue
		elif ! sh mk/need.sh "cross-$a" qemu >"$log/need" 2>&1; then
			skipped "$a" "$(tr '\n' ' ' <"$log/need")"
		elif ! has_namespaces; then
			skipped "$a" "no PID namespaces for $(id -un) on this machine"
		elif built "build-$a" "ARCH=$a" all; then
			[ "$a" != aarch64 ] || kernel
			KERNEL=${kernel:-} program 180 "$a" bash tests/cross.sh "$a"
		fi
	done
}

# Where a kernel of that machine can be had, too: what qemu-user can't show.
# Sets kernel.
kernel()
{
	sh mk/need.sh kernel >"$log/need" 2>&1 || return
	timeout -k 10 300 "${make[@]}" build/kernel-arm64/boot \
		>"$log/$suite/kernel-fetch.log" 2>&1 || return
	for kernel in build/kernel-arm64/boot/vmlinuz-*; do
		program 180 kernel bash tests/kernel.sh "$kernel"
	done
}

suite_packaging()
{
	built build all build/puppet
	if has_namespaces; then
		program 600 packaging bash tests/packaging.sh
	else
		skipped packaging "no PID namespaces for $(id -un) on this machine"
	fi
}

suite_engines()
{
	[ -e tests/engines/run.sh ] || return
	if [ "$EUID" = 0 ]; then
		program "${ENGINES_SECONDS:-1200}" engines bash tests/engines/run.sh
	else
		skipped engines "an engine needs root"
	fi
}

began=$SECONDS
[ $# -gt 0 ] || set -- lint unit sim mutants fuzz blackbox faults security cross \
	packaging guard engines
for suite; do
	declare -F "suite_$suite" >/dev/null || {
		echo "run.sh: there is no suite $suite" >&2
		exit 2
	}
	sum=(0 0 0) from=$SECONDS
	rm -rf "${log:?}/$suite"
	echo "== $suite"
	"suite_$suite"
	echo "$suite: ${sum[0]} passed, ${sum[1]} failed, ${sum[2]} skipped" \
		"($((SECONDS - from)) s)"
	for i in 0 1 2; do
		total[i]=$((total[i] + sum[i]))
	done
done
if [ ${#skips[@]} != 0 ]; then
	echo "== skipped on this machine"
	printf '  %s\n' "${skips[@]}"
fi
echo "== all suites, $((SECONDS - began)) s; logs in $log/"
echo "${total[0]} passed, ${total[1]} failed, ${total[2]} skipped"
[ "${total[1]}" = 0 ] && [ "${total[0]}" -gt 0 ]
