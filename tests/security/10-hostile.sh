#!/bin/bash
# SPDX-License-Identifier: MIT
# The hostile service in each setting: prints a line per attack with what it
# got, and fails if it got anything.
. "${BASH_SOURCE[0]%/*}/../blackbox/lib.sh"

H=$T/hostile
"${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$H" "$TOP/tests/security/hostile.c" 2>"$T/cc" ||
    { cat "$T/cc"; exit 1; }
cp "$HALE" "$T/hale"
chmod 755 "$T/hale" "$H"

attack() # NAME HALE-ARG...: runs it and shows the lines
{
	local name=$1
	shift
	PID1_EXE=$T/hale
	pid1 "$@"
	printf '%s\n' "$out" | sed "s/^/#   /"
	is "$rc" 0 "$name: the hostile service gets nothing"
	like "$out" 'held' "$name: it tried"
	pid1_defaults
}

attack "another user" --user 1000 -- "$H" drop
attack "another user, by name" --user nobody -- "$H" drop
attack "default filter" --user 1000 -- "$H" calls
attack "strict filter" --user 1000 --sandbox strict -- "$H" calls
attack "W^X" --user 1000 --sandbox strict -- "$H" wx
attack "PID 1 of root" --user 1000 -- "$H" pid1
PID1_WRAP=(setpriv --reuid 1001 --regid 1001 --clear-groups)
attack "PID 1 of the same user" --user 1001 -- "$H" pid1
PID1_WRAP=(setpriv "--bounding-set=-all,+kill,+setuid,+setgid,+setpcap")
attack "PID 1 with four capabilities" --user 1000 -- "$H" drop

cat >"$T/hale.yaml" <<EOF
services:
  hostile:
    command: ["$H", "hygiene"]
    user: "1000"
EOF
attack "what a service inherits" run -c "$T/hale.yaml"

mkdir -p "$T"/{ro,rw,other}
echo x | tee "$T/ro/file" >"$T/other/file"
chown -R 1000 "$T"/{ro,rw,other}
cat >"$T/hale.yaml" <<EOF
services:
  hostile:
    command: ["$H", "files", "$T"]
    user: "1000"
    sandbox: strict
    landlock: required
    read_only_paths: ["$T/ro", "$H", /usr, /lib, /etc]
    read_write_paths: ["$T/rw"]
EOF
attack "Landlock" run -c "$T/hale.yaml"
done_testing
