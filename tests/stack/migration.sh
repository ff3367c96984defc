#!/bin/bash
# SPDX-License-Identifier: MIT
#
# migration.sh: what MIGRATION.md says is so: each file of it is accepted, each
# command line does what the tool before it did.

. "$(dirname "$0")/../engines/lib.sh"
PAGE=$TOP/examples/stack/MIGRATION.md
cd "$T" || exit 1

# ---- its files
awk -v dir="$T" '/^```yaml/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (dir "/" n ".yaml") }' "$PAGE"
count=0
for file in "$T"/*.yaml; do
	count=$((count + 1))
	"$INIT" check "$file" >"$T/check.log" 2>&1
	is "file $count of the page is accepted" $? 0
done
is "files of the page" "$count" 3

# ---- tini, dumb-init
"$INIT" -- sh -c 'exit 7'
is "tini: exit status" $? 7
for name in tini dumb-init catatonit docker-init gosu; do ln -s "$INIT" "$T/$name"; done
for name in tini dumb-init catatonit docker-init; do
	"./$name" -- sh -c 'exit 7'
	is "a link named $name: exit status" $? 7
done

# ---- gosu
is "gosu: user" "$(./gosu 1001:1002 id -u)" 1001
is "--user: user and group" "$("$INIT" --user 1001:1002 -- sh -c 'echo $(id -u):$(id -g)')" 1001:1002
like "--user: no capability, no way to get one" "$("$INIT" --user 1001 -- grep -E 'CapEff|NoNewPrivs' /proc/self/status | tr -s '\n\t ' ' ')" "CapEff: 0000000000000000 NoNewPrivs: 1"

# ---- wait-for-it
python3 -m http.server --bind 127.0.0.1 10400 >"$T/http.log" 2>&1 &
"$INIT" wait-for tcp://127.0.0.1:10400 --timeout 30s -- sh -c 'exit 5'
is "wait-for: runs the command once the port answers" $? 5
"$INIT" wait-for tcp://127.0.0.1:1 --timeout 300ms -- true 2>/dev/null
is "wait-for: 124 when it never does" $? 124

# ---- curl
"$INIT" probe http://127.0.0.1:10400/ >/dev/null
is "probe: 0 as curl -f" $? 0
"$INIT" probe http://127.0.0.1:10400/none >/dev/null
is "probe: 1 where curl -f has 22" $? 1
done_testing
