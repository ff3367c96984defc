# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# runner.sh: run_tests TEST…: each under its deadline, its output shown and
# kept in KEEP; what they add up to is in sum_passed, sum_failed, sum_skipped.

sum_passed=0 sum_failed=0 sum_skipped=0

run_test() {
	local _t=$1 _from=$SECONDS _p='' _f _s
	timeout -k 45 "${2:-300}" bash "./$_t.sh" "${@:3}" 2>&1 </dev/null | tee "$KEEP/$_t.log"
	read -r _p _f _s <<<"$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' \
		"$KEEP/$_t.log" | tail -1)"
	if [ -z "$_p" ]; then
		echo "not ok - $_t: no closing line: crashed, or over its ${2:-300} s"
		_p=0 _f=1 _s=0
	fi
	sum_passed=$((sum_passed + _p)) sum_failed=$((sum_failed + _f)) sum_skipped=$((sum_skipped + _s))
	echo "# $_t: $_p passed, $_f failed, $_s skipped, $((SECONDS - _from)) s"
}
run_tests() {
	local _test
	for _test; do run_test "$_test" "${DEADLINE:-300}"; done
}
