#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# What services write (scenarios 46-48; C8 of the facts).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

conf <<'E'
services:
  a: {command: sh -c 'echo one; echo two >&2; printf three'}
E
run
is "$out" "one
three" "by default output is untouched"
like "$err" "two" "stderr, too"

conf <<'E'
services:
  a: {command: sh -c 'echo one; echo two >&2; printf par; sleep 0.2; printf tial; sleep 0.2; echo; printf end', logging: {prefix: true}}
E
run
is "$out" "a | one
a | partial
a | end" "prefix: whole lines, and the last that has no end"
like "$err" "a | two" "stderr stays stderr"

conf <<'E'
services:
  a: {command: [printf, 'q"\\\t\377\000z\n'], logging: {json: true}}
E
run
like "$out" '"service":"a","stream":"stdout","line":"q\\"\\\\\\u0009.*\\u0000z"' \
    "json: one object a line, whatever the bytes"

conf <<'E'
services:
  a: {command: sh -c 'head -c 1048576 /dev/zero | tr "\\0" x; echo', logging: {prefix: true}}
  b: {command: seq -f "line %g" 2000, logging: {prefix: true}}
E
run
is "$(awk 'length > 1000000 { print substr($0, 1, 5), length }' "$T/out")" \
    "a | x 1048580" "a line of 1 MiB stays in one piece"
is "$(grep -c '^b | line [0-9]*$' "$T/out")" 2000 "and others keep theirs"

{
	echo services:
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "  s$i: {command: 'seq -f \"n%06g$i\" 10000', logging: {prefix: true}}"
	done
} | conf
run
is "$(wc -l <"$T/out")" 100000 "floods of ten: no line is lost"
is "$(grep -cvE '^s([0-9]) \| n[0-9]{6}[0-9]$' "$T/out")" 0 "none is torn"

# a line that never ends must not silence the others
conf <<'E'
services:
  a: {command: sh -c 'head -c 20000 /dev/zero | tr "\\0" x; exec sleep 1000', logging: {prefix: true}}
  b: {command: sh -c 'sleep 0.5; echo heard; exec sleep 1000', logging: {prefix: true}}
E
run_start
check "a line that never ends silences nobody" wait_for 15 has "$T/out" "b . heard"
stop

# what has gone out leaves no page behind: a ring would be touched as a whole
dirty_kb()
{
	awk '/_Dirty/ { sum += $2 } END { print sum }' "/proc/$pid1/smaps_rollup"
}
cat >"$T/talk" <<'E'
seq 100
echo some >>ev
until [ -e go ]; do sleep 0.05; done
for i in $(seq 200); do seq 10000 10400; sleep 0.01; done
echo more >>ev
exec sleep 1000
E
conf <<'E'
services:
  a: {command: sh talk, logging: {prefix: true}}
E
run_start
event some
before=$(dirty_kb)
touch go
event more
after=$(dirty_kb)
check "500 kB of lines later PID 1 is as small ($before kB, $after kB)" \
    test "$before" -gt 0 -a "$after" -le $((before + 96))
stop
is "$(wc -l <"$T/out")" $((100 + 200 * 401)) "and each came out"

# pebble waits for the pipe; its end is the end of the process
conf <<'E'
services:
  a: {command: sh -c 'setsid ./svc daemon & until grep -q "daemon up" ev; do sleep 0.05; done; exit 3', logging: {prefix: true}, restart: always, restart_policy: {delay: 60s, max_delay: 60s}}
E
run_start
check "a daemon that holds stdout hides no end" \
    wait_for 20 has "$T/err" 'a: exited with status 3: starting it again'
is "$(line_of 'daemon end')" '' "while the daemon goes on"
stop

# a stdout that nobody reads
mkfifo pipe
exec 7<>pipe
conf <<'E'
services:
  a: {command: sh -c 'yes | head -c 3000000; echo "a done" >>ev; exec sleep 1000', logging: {prefix: true}}
  b: {command: ./svc b}
E
(in_pidns "$HALE" run -c c.yaml) >pipe 2>"$T/err" &
pid1_job=$!
wait_for 10 pid1_runs
check "a stdout that blocks does not block the service" event "a done"
kill -TERM "$pid1"
check "nor PID 1" wait_for 15 gone "$pid1_job"
wait "$pid1_job"
like "$(cat "$T/err")" "a: [0-9]+ lines were dropped" "what is dropped is counted"
exec 7>&-

conf <<'E'
services:
  a: {command: sh -c 'echo x; exit 4', logging: {prefix: true}}
E
(in_pidns "$HALE" run -c c.yaml) >&- 2>"$T/err"
is $? 4 "a stdout that is closed"
conf <<'E'
services:
  a:
    command: ["sh", "-c", "printf %s \"$$A\" >ev", "-", "x"]
    environment: {A: "100%; $$5 \u00e4 'q' \"d\" \\ #\n2"}
E
run
is "$(cat ev)" "100%; \$5 ä 'q' \"d\" \\ #
2" "the environment, byte for byte"
done_testing
