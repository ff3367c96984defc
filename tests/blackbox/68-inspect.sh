#!/bin/bash
# SPDX-License-Identifier: MIT
# hale inspect: what it says of five services is what the kernel says.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

[ "$real_root" = yes ] || { skip "hale inspect" "needs root"; done_testing; }
command -v jq >/dev/null || { skip "hale inspect" "needs jq"; done_testing; }
conf <<EOF
services:
  root: {command: [sleep, "600"], user: "0"}
  app: {command: [sleep, "601"], user: "1000:1001", group_add: ["5", "7"], cap_add: [NET_BIND_SERVICE]}
  strict: {command: [sleep, "602"], user: "1001", sandbox: strict, read_only_paths: [/]}
  open: {command: [sleep, "603"], sandbox: none, no_new_privileges: false}
  lim: {command: [sleep, "604"], user: "1002", ulimits: {nofile: 99}, oom_score_adj: 77}
hale: {socket: $T/sock}
EOF
run_start
here=(nsenter -t "$pid1" -m -p env "HALE_SOCKET=$T/sock" "$HALE")
sleeping() { [ "$(pgrep -f '^sleep 60[0-4]$' -c)" = 5 ]; }
wait_for 10 sleeping
item() # NAME: its value in $json
{
	jq -r --arg i "$1" '.[0].items[] | select(.item == $i).value' <<<"$json"
}
names() # HEX: capabilities as the kernel's mask, by another program
{
	python3 - "$1" "$(sed -n 's/^#define CAP_\([A-Z_]*\)[ \t]*\([0-9]*\)$/\2 \1/p' \
	    /usr/include/linux/capability.h | sort -n | awk '{ print $2 }')" <<-'END'
		import sys
		mask, words = int(sys.argv[1], 16), sys.argv[2].split()
		have = [w for i, w in enumerate(words) if mask >> i & 1]
		print(', '.join(have) if have else 'none')
	END
}
for service in root app strict lim; do
	json=$("${here[@]}" inspect $service --json)
	pid=$(pgrep -f "^sleep $(sed -n "s/.*$service: .*\"\(60[0-4]\)\".*/\1/p" c.yaml)\$")
	is "$(item user | cut -d' ' -f1)" "$(status_of "$pid" Uid)" "$service: user"
	is "$(item group | cut -d' ' -f1)" "$(status_of "$pid" Gid)" "$service: group"
	groups=$(sed -n 's/^Groups:\t\(.*[0-9]\) *$/\1/p' "/proc/$pid/status")
	is "$(item groups)" "${groups:-none}" "$service: groups"
	is "$(item capabilities)" "$(names "$(status_of "$pid" CapPrm)")" \
	    "$service: capabilities"
	is "$(item 'bounding set')" "$(names "$(status_of "$pid" CapBnd)")" \
	    "$service: bounding set"
	is "$(item no_new_privs)" on "$service: no_new_privs"
	is "$(item seccomp | cut -d' ' -f1)" "$(status_of "$pid" Seccomp_filters)" \
	    "$service: filters"
	is "$(item nofile)" "$(awk '/^Max open files/ { print $4 }' \
	    "/proc/$pid/limits")" "$service: nofile"
	is "$(item oom_score_adj)" "$(cat "/proc/$pid/oom_score_adj")" \
	    "$service: oom_score_adj"
	is "$(item descriptors)" "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)" \
	    "$service: descriptors"
done
grade() # ITEM: its grade in $json
{
	jq -r --arg i "$1" '.[0].items[] | select(.item == $i).grade' <<<"$json"
}
json=$("${here[@]}" inspect open --json)
is "$(grade user) $(grade no_new_privs) $(grade seccomp) $(grade 'bounding set')" \
    "bad bad bad bad" "root with everything is bad, item by item"
json=$("${here[@]}" inspect strict --json)
is "$(jq -r '[.[0].items[].grade] | unique | join(" ")' <<<"$json")" "? ok" \
    "all of strict is well, but for what the kernel does not tell"
like "$(item landlock)" '^(ABI [0-9]+|none)' "and Landlock's ABI is there"
table=$("${here[@]}" inspect)
is "$(awk 'length > 80' <<<"$table")" '' "the table of all fits 80 columns"
is "$(grep -c '^sleep (pid' <<<"$table")" 5 "it has all services"
like "$table" '\(pid 1\): what PID 1 itself keeps' "and PID 1"
stop
done_testing
