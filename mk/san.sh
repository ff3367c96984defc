#!/bin/bash
# SPDX-License-Identifier: MIT
# san.sh [NAME]...: the black-box tests (all, or those named) on build/san/hale:
# AddressSanitizer and UBSan in PID 1, its children and the verbs; LeakSanitizer
# in verbs that end. Counts the sanitizers' findings, and nothing else: what a
# test says of sizes, system calls or memory is about another binary.
set -u
cd "${0%/*}/.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/hale-san.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 1777 "$dir"
logs=$dir/log
# PID 1 keeps what it has until the kernel takes it; a child of ours is no leak.
export ASAN_OPTIONS=detect_leaks=0:log_path=$logs:log_exe_name=1:abort_on_error=0
export UBSAN_OPTIONS=log_path=$logs:log_exe_name=1:print_stacktrace=1
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok - $1"; }
nok() { failed=$((failed + 1)); echo "not ok - $1"; }

report() # NAME: what the sanitizers wrote since the last call
{
	local file found=0
	for file in "$logs"*; do
		[ -s "$file" ] || continue
		found=1
		sed -n '1,25p' "$file" | sed 's/^/#   /'
		rm -f "$file"
	done
	if [ $found = 0 ]; then ok "$1"; else nok "$1"; fi
}

# Tests that measure, or that need the static binary.
not_for_us='44-minimal|30-idle|66-shed|90-noalloc|50-fuzz|51-check-hostile'
for test in tests/blackbox/[0-9]*.sh; do
	name=$(basename "$test" .sh)
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	if [[ $name =~ ^($not_for_us)$ ]]; then
		skipped=$((skipped + 1))
		continue
	fi
	HALE=build/san/hale BLACKBOX_TIMEOUT=300 timeout 320 bash "$test" \
		>"$dir/out" 2>&1
	echo "# $name: $(tail -n 1 "$dir/out")"
	grep -E 'ERROR: AddressSan|runtime error' "$dir/out" | head -n 5
	report "$name"
done

[ $# = 0 ] || { echo "$passed passed, $failed failed"; exit; }
export ASAN_OPTIONS=detect_leaks=1:log_path=$logs:log_exe_name=1
printf 'services: {a: {command: ["true"]}}\n' >"$dir/c.yaml"
printf 'services: {a: {comand: ["true"], depends_on: [b]}}\n' >"$dir/bad.yaml"
for verb in "check $dir/c.yaml" "check $dir/bad.yaml" "config $dir/c.yaml" \
	"config --json $dir/c.yaml" "graph $dir/c.yaml" schema help version licenses \
	"probe tcp://127.0.0.1:1" "probe exec:true" "probe http://127.0.0.1:1/" \
	"probe file:///etc/passwd" "wait-for --timeout 100ms tcp://127.0.0.1:1" \
	status health metrics events inspect "help health" "--help"; do
	# shellcheck disable=SC2086 # words of one command line
	timeout 30 build/san/hale $verb >"$dir/out" 2>&1 </dev/null
	report "leaks: hale ${verb//$dir\//}"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
