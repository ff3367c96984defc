#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [SUITE]...: the suites, all or those named: lint unit sim blackbox
# security engines. Never stops at a failure; every program has a deadline;
# what can't run on this machine says so and is counted. Ends with the sum of
# all, alone on the last line. Logs stay in build/check/SUITE/.
#
# A test program ends with the line "N passed, N failed[, N skipped]", or is a
# cmocka one; no such line, or a bad status after it, is a failure of its own.
set -u
export LC_ALL=C
cd "${0%/*}/.." || exit 1
log=build/check
mkdir -p "$log"
make=(make --no-print-directory -s)
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

# program SECONDS NAME COMMAND...: one test program
program()
{
	local seconds=$1 name=$2 file status count from=$SECONDS
	file=$log/$suite/$name.log
	shift 2
	mkdir -p "${file%/*}"
	timeout -k 10 "$seconds" "$@" >"$file" 2>&1 </dev/null
	status=$?
	count=$(count_of "$file")
	# shellcheck disable=SC2086
	[ -z "$count" ] || add $count
	read -r p f s <<<"${count:-0 0 0}"
	if [ $status = 124 ] || [ $status = 137 ]; then
		add 0 1 0
		failed "$name" "not over after $seconds s" "$file"
	elif [ -z "$count" ]; then
		add 0 1 0
		failed "$name" "ended with status $status and no sum" "$file"
	elif [ "$f" != 0 ]; then
		failed "$name" "$f of $((p + f))" "$file"
	elif [ $status != 0 ]; then
		add 0 1 0
		failed "$name" "ended with status $status" "$file"
	else
		passed "$name: $p$([ "$s" = 0 ] || echo ", $s skipped") ($((SECONDS - from)) s)"
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
	for t in tests/unit/test_*.c; do
		[ ! -e "$t" ] || program 120 "$(basename "$t" .c)" \
			"build/san/$(basename "$t" .c)"
	done
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

numbered() # DIR: its scripts [0-9]*.sh
{
	local t
	built build all build/puppet
	for t in "$1"/[0-9]*.sh; do
		[ -e "$t" ] || continue
		if has_namespaces; then
			program 180 "$(basename "$t" .sh)" bash "$t"
		else
			skipped "$(basename "$t" .sh)" \
				"no PID namespaces for $(id -un) on this machine"
		fi
	done
}

suite_blackbox() { numbered tests/blackbox; }

suite_security()
{
	[ ! -d tests/security ] || numbered tests/security
}

suite_engines()
{
	[ -e tests/engines/run.sh ] || return
	if [ "$EUID" = 0 ]; then
		program "${ENGINES_SECONDS:-900}" engines bash tests/engines/run.sh
	else
		skipped engines "an engine needs root"
	fi
}

began=$SECONDS
[ $# -gt 0 ] || set -- lint unit sim blackbox security engines
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
