#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hale probe and hale wait-for: every kind that needs no server, exit statuses.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

# ---- usage is 2, and says what is wrong
for words in "" "bogus://x" "tcp://h" "tcp://h:0" "tcp://h:65536" \
    "http://u:p@h/" "unix://relative" "disk:///" "process://" "memory://" \
    "tcp://h:1?nope=1" "tcp://h:1 tcp://h:2" "tcp://h:1 --timeout soon" \
    "tcp://h:1 --nope 1" "http://h/#expect_status=2xx" "exec:"; do
	# shellcheck disable=SC2086 # a list of words
	plain probe $words
	is "$rc" 2 "usage: probe $words"
	like "$err" "probe: ." "  it says why"
done
# One line each, which says what, and what is meant.
while IFS='|' read -r words want; do
	# shellcheck disable=SC2086 # a list of words
	plain probe $words
	is "$rc $err$out" "2 hale: probe: $want" "misspelt: probe $words"
done <<'E2'
htp://x|"htp://x" is not a probe (http://, tcp://, exec:, ...)
localhost:80|"localhost:80" is not a probe (http://, tcp://, exec:, ...)
http:/x|"http:/x": no :// behind the scheme
file:/etc/passwd|"file:/etc/passwd": no :// behind the scheme
tcp:h:80|"tcp:h:80": no :// behind the scheme
tcp://:80|no host name, or too long a one
http://h:99999/|"99999" is not a port from 1 to 65535
http://::1/|"::1": write an IPv6 address in [brackets]
file:///x?max_age=x|max_age: "x" is not a duration such as 250ms, 10s or 1m30s
http://h/#expect=x|a http probe has no option "expect"
tcp://h:1 --timeot 1s|--timeot: unknown key "timeot" (did you mean --timeout?)
tcp://h:1 --nope 1|--nope: unknown key "nope"
tcp://h:1 --timeout soon|--timeout: "soon" is not a duration such as 250ms, 10s or 1m30s
tcp://h:1 --timeout|--timeout: needs a value
tcp://h:1 -x|-x: unknown option
tcp://h:1 tcp://h:2|one PROBE at a time
E2
plain wait-for
is "$rc" 2 "usage: wait-for"
# shellcheck disable=SC2046 # a list of words
plain wait-for $(printf 'exec:true %.0s' {1..33})
is "$rc $err" "2 hale: wait-for: too many probes" "33 are too many"
# shellcheck disable=SC2046 # a list of words
plain wait-for $(printf 'exec:true %.0s' {1..32})
is "$rc" 0 "  32 are not"
plain wait-for tcp://127.0.0.1:1 --
is "$rc" 2 "usage: wait-for PROBE --"

# ---- exec
passes exec:/bin/true
passes 'exec:sh -c "exit 0"'
fails "exit status 1" exec:/bin/false
fails "exit status 3: no luck " 'exec:sh -c "echo no luck; exit 3"'
fails "exit status 127 .not found" exec:/nope
fails "exit status 126 .can.t be executed" exec:/etc/passwd
fails "killed by signal 9" 'exec:sh -c "kill -9 \$\$"'
fails "timed out after 300 ms: begun" --timeout 300ms \
    'exec:sh -c "echo begun; sleep 991 & sleep 991"'
is "$(pgrep -fc 'sleep 991')" 0 "a command that timed out leaves nothing behind"
passes 'exec:sh -c "sleep 992 & exit 0"'
check "nor does one that passed" wait_for 10 eval '! pgrep -f "sleep 99[2]"'
fails "timed out after 300 ms" --timeout 300ms \
    'exec:sh -c "trap : TERM INT; while :; do sleep 0.1; done"'
passes 'exec:sh -c "head -c 1000000 /dev/zero"'
plain probe --json 'exec:sh -c "printf \"\\001\\377\\\\\"\"; exit 1"'
is "$rc" 1 "binary output fails as it should"
if command -v python3 >/dev/null; then
	check "  and is still JSON" \
	    "$PYTHON" -c 'import json,sys; json.loads(sys.argv[1])' "$out"
fi
# Every kind, and how it can end, held against packaging/hale-probe.schema.json
# by a real validator, if there is one; what it must refuse is refused.
cat >valid.py <<'P'
import json, sys
one, status = json.loads(sys.argv[2]), sys.argv[3]
wrong = []
try:
    import jsonschema
    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = [error.message for error in validator.iter_errors(one)]
    for bad in ({"outcome": "passed"}, {"code": "1"}, {"more": 1},
                {"reason": "ok" if one["outcome"] != "pass" else "refused"}):
        if validator.is_valid({**one, **bad}):
            wrong.append(f"accepts {bad}")
except ImportError:
    print("# SKIP no python3-jsonschema", file=sys.stderr)
if (one["outcome"] == "pass") != (status == "0"):
    wrong.append(f"status {status}")
keys = "code duration_ms outcome output probe reason text type"
if " ".join(sorted(one)) != keys:
    wrong.append("keys: " + " ".join(sorted(one)))
print(wrong)
P
for p in tcp://127.0.0.1:1 http://127.0.0.1:1 http+unix:///none:/ file:/// \
    "file://$T/none" 'exec:exit' 'exec:sh -c "echo no; exit 3"' \
    'exec:sh -c "kill -9 $$"' exec:/nope dns://localhost unix:///none \
    "disk://$T?free=1" "memory://?free=0%" "process://?rss=1k" \
    "cert://$T/none.pem" grpc://127.0.0.1:1; do
	plain probe --json "$p"
	is "$("$PYTHON" "$T/valid.py" "$TOP/packaging/hale-probe.schema.json" \
	    "$out" "$rc")" "[]" "--json is as its JSON Schema says: $p"
done
plain probe -v 'exec:sh -c "ls /proc/self/fd | wc -l"'
is "${out%%$'
'*}" "$(sh -c 'ls /proc/self/fd | wc -l' 2>&1 </dev/null)" \
    "a command gets no descriptor of hale's"

# ---- file
touch "$T/beat"
passes "file://$T/beat"
passes "file://$T/beat?max_age=60s"
touch -d '-1 hour' "$T/beat"
fails "is 36.. s old, more than 60 s" "file://$T/beat?max_age=60s"
fails "is 36..... ms old, more than 300 ms" "file://$T/beat?max_age=300ms"
fails "no such file" "file://$T/none"
touch -d '+1 hour' "$T/beat"
fails "in the future" "file://$T/beat?max_age=60s"

# ---- disk
mkdir "$T/disk" && mount -t tmpfs -o size=1m tmpfs "$T/disk"
passes "disk://$T/disk?free=50%"
passes "disk://$T/disk?free=900k"
head -c 900000 /dev/zero >"$T/disk/full"
fails "free of 1 MiB .*less than 50%" "disk://$T/disk?free=50%"
fails "no such file" "disk://$T/none?free=1%"
umount "$T/disk"
mount -t tmpfs -o size=1m,nr_inodes=2 tmpfs "$T/disk"
: >"$T/disk/last"
fails "no inodes" "disk://$T/disk?free=1%"

# ---- memory, process
passes "memory://?free=0%"
fails "free of" "memory://?free=100%"
passes "process://?rss=1t&fds=1000000"
fails "resident, more than 1 " "process://?rss=1k"
sleep 97 7</dev/null 8</dev/null &
fails "descriptors open, more than 2 " "process://?fds=2&pid=$!"
passes "process://?fds=50&rss=100m&pid=$!"
kill -STOP $!
fails "is stopped by a signal" "process://?fds=50&pid=$!"
kill -CONT $!
passes "process://?fds=50&pid=$!"
kill $!
fails "is gone" "process://?fds=50&pid=999999"

# ---- names, without any name server
cat >"$T/hosts" <<'H'
127.0.0.9 nine   NINE.example # a comment
::9 nine
H
: >"$T/resolv"
# A system that nobody has installed has none.
[ -e /etc/hosts ] || : >/etc/hosts
mount --bind "$T/hosts" /etc/hosts
mount --bind "$T/resolv" /etc/resolv.conf
passes dns://nine
like "$out" "127.0.0.9 and 1 more" "both families of /etc/hosts"
passes dns://nine.EXAMPLE
passes dns://localhost
passes dns://a.localhost
passes dns://127.0.0.1
passes dns://[::1]
fails "resolv.conf names no name server" dns://nope.example
fails "resolv.conf names no name server" http://nope.example/

# ---- sockets that nobody serves
fails "no such file" "unix://$T/none.sock"
fails "connection refused" "tcp://127.0.0.1:1"
"$PYTHON" -c 'import socket,sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])' "$T/stale.sock"
fails "connection refused" "unix://$T/stale.sock"

# ---- options in their other forms
passes exec:true -t 5s
passes exec:true --timeout=5s
plain probe -v 'exec:printf abc'
is "${out%% (*}" "abc
exec printf: exit status 0" "-v shows what a command says, and ends its line"

# ---- wait-for
plain wait-for -v --interval 10ms --timeout 500ms "file://$T/never"
like "$rc $out" "124 file .*never: no such file.*
file .*never: no such file" "-v shows each answer"
plain wait-for --timeout 300ms 'exec:sleep 994'
is "$rc" 124 "what still runs in the end is ended"
like "$err" "timed out: exec sleep: timed out after 300 ms|killed" "  and told"
check "  and gone" wait_for 10 eval '! pgrep -f "sleep 99[4]"'
( sleep 0.5; : >"$T/late" ) &
plain wait-for "file://$T/late" exec:true -- sh -c 'echo "ran $*"' sh a 'b c'
is "$rc" 0 "wait-for waits for all, then becomes the command"
is "$out" "ran a b c" "  with its arguments"
plain wait-for "file://$T/never" --timeout 500ms -- echo no
is "$rc" 124 "wait-for gives up with 124"
is "$out" "" "  and runs nothing"
like "$err" "timed out: file $T/never: no such file" "  and says what for"
plain wait-for exec:true -- /nope
is "$rc" 127 "a command that is not there: 127"
plain wait-for exec:true -- /etc/passwd
is "$rc" 126 "a command that can't run: 126"

# As PID 1 it still ends on a signal.
pid1_start wait-for "file://$T/never" --timeout 60s
wait_for 5 has "/proc/$pid1/comm" . || :
sleep 0.3
pid1_signal TERM
pid1_wait 10
is "$rc" 143 "wait-for as PID 1 ends on SIGTERM"

done_testing
