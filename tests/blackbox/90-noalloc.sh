#!/bin/bash
# SPDX-License-Identifier: MIT
# After start-up PID 1 of `hale run` allocates nothing: a build that aborts when
# it does passes the tests of restarts, hooks, output, notify and health.
export BLACKBOX_TIMEOUT="${BLACKBOX_TIMEOUT:-230}"
. "${BASH_SOURCE%/*}/lib.sh"

N=$TOP/build/hale-noalloc
make -s -C "$TOP" build/hale-noalloc >"$T/make" 2>&1 ||
    { nok "it builds" "$(cat "$T/make")"; done_testing; }
cat >"$T/c.yaml" <<'EOF'
services:
  main: {command: ["sleep", "0.2"]}
hale: {socket: none}
EOF
PID1_EXE=$N
pid1 run -c "$T/c.yaml"
is "$rc" 0 "it runs"
PID1_WRAP=(env NOALLOC_PROVOKE=1)
pid1 run -c "$T/c.yaml"
like "$err" 'PID 1 allocates after start-up' "an allocation would be seen"
isnt "$rc" 0 "and be the end of it"
pid1_defaults

for test in 82-run-restart 84-run-notify 86-run-output 87-run-hooks \
    71-health-run; do
	HALE=$N timeout 100 bash "$TOP/tests/blackbox/$test.sh" >"$T/log" 2>&1
	is "$?" 0 "$test: $(tail -n 1 "$T/log")"
	check "$test: without an allocation" eval \
	    '! grep "allocates after start-up" "$T/log"'
	grep '^not ok' "$T/log" | sed 's/^/#   /'
done
done_testing
