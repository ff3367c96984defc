#!/bin/bash
# SPDX-License-Identifier: MIT
#
# suite.sh [TEST...]: the tests of examples/stack, each under a deadline, with one
# sum at the end. QUICK=1: three services on Docker, and the migration page.

cd "$(dirname "$0")" || exit 1
top=$(cd ../.. && pwd)
export INIT=${INIT:-${HALE:-$top/build/hale}} KEEP=${KEEP:-$top/build/stack}
mkdir -p "$KEEP"
. ../engines/runner.sh
if [ $# = 0 ]; then
	set -- migration run swarm kubernetes kube-play acme
	[ -z "${QUICK-}" ] || set -- migration run
fi
DEADLINE=1500 run_tests "$@"
grep -h '^skip - ' "$KEEP"/*.log | sort -u | sed 's/^/# SKIPPED: /'
echo "$sum_passed passed, $sum_failed failed, $sum_skipped skipped"
[ "$sum_failed" = 0 ]
