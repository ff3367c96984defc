#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents show is run: each config, each command, each key's example,
# by hale as a real PID 1 in a root file system with all that they speak of; or
# tests/docs/table.tsv names the test that runs it. A new one without either
# fails. What the documents say is 95-docs.sh's.
export BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-230}
. "${BASH_SOURCE[0]%/*}/lib.sh"

for tool in python3 ip nsenter curl openssl; do
	command -v $tool >/dev/null && [ "$real_root" = yes ] && continue
	skip 'docs: run' "no root, or no $tool"
	done_testing
done

mkdir root
bash "$TOP/tests/docs/root.sh" "$T/root" "$HALE" || nok 'a root file system'
# shellcheck disable=SC2016 # words of the shell inside
unshare --net -- bash -c '
	ip link set lo up
	unshare --root "$0" -- /usr/bin/python3 /srv/world.py 25 80 443 3000 3306 \
		5432 6379 8080 8443 10400 \
		11211 >world.out 2>world.err </dev/null &
	world=$!
	for ((i = 0; i < 500; i++)); do
		grep -q ready world.out && break
		sleep 0.02
	done
	python3 "$1/tests/docs/run.py" "$0" "$1/tests/docs/table.tsv" "$1"
	kill $world' "$T/root" "$TOP" >said 2>said.err </dev/null
grep -E '^(ok|not ok|#)' said
passed=$(grep -c '^ok' said) failed=$(grep -c '^not ok' said)
[ ! -s said.err ] || nok 'it says nothing else' "$(cat said.err)"
like "$(tail -n 1 said)" '^[0-9]+ passed' 'all were looked at'
done_testing
