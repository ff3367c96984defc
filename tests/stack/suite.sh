#!/bin/bash
# SPDX-License-Identifier: MIT
#
# suite.sh [TEST...]: the tests of examples/stack, each under a deadline, with one
# sum at the end. QUICK=1: three services on Docker, the files, the migration page.
#
# The Debian that the images are made from comes from a mirror, and the tests have no
# network but their own: it is made here, while the first tests run.

cd "$(dirname "$0")" || exit 1
top=$(cd ../.. && pwd)
export INIT=${INIT:-${HALE:-$top/build/hale}} KEEP=${KEEP:-$top/build/stack}
mkdir -p "$KEEP"
. ../engines/runner.sh
if [ $# = 0 ]; then
	set -- files migration run swarm kubernetes kube-play acme
	[ -z "${QUICK-}" ] || set -- files migration run
fi
../../examples/stack/scripts/build-base.sh --keep >"$KEEP/base.log" 2>&1 &
maker=$!
# base: it is there, or why not
base() {
	[ -n "$maker" ] || return 0
	wait "$maker" && maker='' && return
	echo "not ok - no Debian base for the images: $(grep -v '^$' "$KEEP/base.log" | tail -3 | tr '\n' ' ')"
	exit 1
}
for test; do
	case $test in files | migration) ;; *) base ;; esac
	run_test "$test" 1500
done
grep -h '^skip - ' "$KEEP"/*.log | sort -u | sed 's/^/# SKIPPED: /'
echo "$sum_passed passed, $sum_failed failed, $sum_skipped skipped"
[ "$sum_failed" = 0 ]
