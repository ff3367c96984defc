#!/bin/bash
# SPDX-License-Identifier: MIT
# san.sh [NAME]...: the black-box and security tests (all, or those named) on
# build/san/hale: AddressSanitizer and UBSan in PID 1, its children and the verbs,
# TLS included; LeakSanitizer in verbs that end. A test passes here when no
# sanitizer found anything, and when no check of it fails but those that
# tests/san/except names.
set -u
cd "${0%/*}/.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/hale-san.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 1777 "$dir"
logs=$dir/log
export ASAN_OPTIONS=log_path=$logs:log_exe_name=1
export UBSAN_OPTIONS=log_path=$logs:log_exe_name=1:print_stacktrace=1
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok - $1"; }
nok() { failed=$((failed + 1)); echo "not ok - $1"; }

report() # NAME FAILURES: what the sanitizers wrote since the last call
{
	local file found=${2:+1}
	[ -z "${2:-}" ] || printf '#   %s\n' "${2//$'\n'/$'\n'#   }"
	for file in "$logs"*; do
		[ -s "$file" ] || continue
		found=1
		sed -n '1,25p' "$file" | sed 's/^/#   /'
		rm -f "$file"
	done
	if [ -z "$found" ]; then ok "$1"; else nok "$1"; fi
}

failures() # NAME: checks that failed, and are not known to
{
	local script regex except=()
	while IFS=$'\t' read -r script regex _; do
		[ "$script" != "$1" ] || except+=(-e "$regex")
	done <tests/san/except
	sed -n 's/^not ok - //p' "$dir/out" |
		if [ ${#except[@]} = 0 ]; then cat; else grep -vE "${except[@]}"; fi
	grep -E 'ERROR: AddressSan|runtime error' "$dir/out" | head -n 5
	tail -n 1 "$dir/out" | grep -qE '^[0-9]+ passed, [0-9]+ failed' ||
		echo "it did not come to its end"
}

# Inputs by the thousand, each a new process: the fuzzers do that with sanitizers.
# 90-noalloc builds a binary of its own.
not_for_us='50-fuzz|51-check-hostile|90-noalloc'
for test in tests/blackbox/[0-9]*.sh tests/security/[0-9]*.sh; do
	name=$(basename "$test" .sh)
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	if [[ $name =~ ^($not_for_us)$ ]]; then
		skipped=$((skipped + 1))
		continue
	fi
	HALE=build/san/hale BLACKBOX_TIMEOUT=300 timeout 320 bash "$test" \
		>"$dir/out" 2>&1
	report "$name: $(tail -n 1 "$dir/out")" "$(failures "$name")"
done

[ $# = 0 ] || { echo "$passed passed, $failed failed"; exit; }
ASAN_OPTIONS=detect_leaks=1:$ASAN_OPTIONS
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
