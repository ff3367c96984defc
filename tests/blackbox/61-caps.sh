#!/bin/bash
# SPDX-License-Identifier: MIT
# Capabilities, no_new_privs and limits, as the kernel shows them.
. "${BASH_SOURCE[0]%/*}/lib.sh"

[ "$real_root" = yes ] || { skip "capabilities" "needs root"; done_testing; }
caps='grep ^Cap /proc/self/status | tr -d "\t" | tr "\n" ","'
set5() { echo "CapInh:$1,CapPrm:$2,CapEff:$3,CapBnd:$4,CapAmb:$5,"; }
zero=0000000000000000 bind=0000000000000400

pid1 --user 1000 -- sh -c "$caps"
is "$out" "$(set5 $zero $zero $zero $zero $zero)" "a user has none at all"
pid1 --user 1000 --cap-add NET_BIND_SERVICE -- sh -c "$caps"
is "$out" "$(set5 $bind $bind $bind $bind $bind)" \
    "--cap-add reaches a non-root program"
pid1 --user 1000 --cap-add cap_net_bind_service -- sh -c "$caps"
is "$out" "$(set5 $bind $bind $bind $bind $bind)" "CAP_ and case do not matter"
pid1 --user 0 -- sh -c "$caps"
is "$out" "$(set5 $zero $zero $zero $zero $zero)" "--user 0 has none either"
pid1 --user 0 --cap-add NET_BIND_SERVICE -- sh -c "$caps"
is "$out" "$(set5 $zero $bind $bind $bind $zero)" "--user 0 keeps what is added"
pid1 --cap-drop ALL --cap-add KILL -- sh -c "$caps"
is "$out" "$(set5 $zero 0000000000000020 0000000000000020 0000000000000020 $zero)" \
    "--cap-drop ALL --cap-add KILL without a user"
pid1 --cap-drop NET_RAW -- sh -c "$caps"
unlike "$out" 'CapBnd:0000000000000000' "--cap-drop takes one away"
pid1 --cap-add NO_SUCH -- id
is "$rc" 125 "an unknown capability is refused"
like "$err" 'unknown capability "NO_SUCH"' "and named"
PID1_WRAP=(setpriv --bounding-set=-net_admin)
pid1 --user 1000 --cap-add NET_ADMIN -- id
is "$rc" 125 "what the container lacks can't be added"
like "$err" 'lacks CAP_NET_ADMIN' "and is named"
pid1_defaults

nnp='grep NoNewPrivs /proc/self/status'
pid1 -- sh -c "$nnp"
like "$out" '0$' "no_new_privs: off for a bare command"
pid1 --user 1000 -- sh -c "$nnp"
like "$out" '1$' "no_new_privs: on with a user"
pid1 --no-new-privileges -- sh -c "$nnp"
like "$out" '1$' "no_new_privs: on if asked for"
pid1 --user 1000 --no-new-privileges=false -- sh -c "$nnp"
like "$out" '0$' "no_new_privs: off if asked for"

cp "$(command -v id)" "$T/suid"
chown 0:0 "$T/suid"
chmod 4755 "$T/suid"
pid1 --user 1000 -- "$T/suid" -u
is "$out" 1000 "a setuid program gives nothing"

cat >"$T/hale.yaml" <<'EOF'
services:
  api:
    command: ["sh", "-c", "umask; ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj; nice; pwd; grep -E 'NoNewPrivs|Seccomp:' /proc/self/status"]
    user: "1000"
    umask: "0027"
    ulimits: {nofile: {soft: 100, hard: 200}}
    oom_score_adj: 300
    nice: 5
    working_dir: /usr
EOF
pid1 run -c "$T/hale.yaml"
read -rd '' -a words <<<"$out"
is "${words[*]}" \
    "0027 100 200 300 5 /usr NoNewPrivs: 1 Seccomp: 2" \
    "limits, umask, oom_score_adj, nice, directory; secure by default"
sed -i 's|/usr$|/nosuch|' "$T/hale.yaml"
pid1 run -c "$T/hale.yaml"
like "$err" 'api: .*entering working directory /nosuch: no such file or directory' \
    "a step that fails is named"
done_testing
