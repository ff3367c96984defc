#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# The time of day jumps by ten years, to and fro: delays, probes, watchdogs and
# deadlines take as long as ever (scenario 28).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
command -v python3 >/dev/null || { skip "clock jumps" "no python3"; done_testing; }
YEARS=315360000

jump()  # SECONDS: from the real time
{
	echo "$1" >moved.new
	mv moved.new moved
}

jumping() # starts hale run, with a time of day that jump moves
{
	jump 0
	: >tracer
	run_start
	python3 "$TOP/tests/blackbox/wallclock.py" "$pid1" moved >tracer 2>&1 &
	tracer=$!
	wait_for 10 has tracer ready
}

# Centiseconds since the machine started: no jump moves them.
cat >crash <<'E2'
#!/bin/sh
read -r up rest </proc/uptime
echo "${up%.*}${up#*.}" >>times
exit 1
E2
chmod 755 crash
times() { [ "$(wc -l <times)" -ge "$1" ]; }
gap()   # N: between the starts N and N + 1, in ms
{
	awk -v n="$1" 'NR == n + 1 { print ($1 - last) * 10 } { last = $1 }' times
}

: >times
conf <<'E2'
services:
  a: {command: ./crash, restart: always, restart_policy: {delay: 2s, max_delay: 2s}}
  b: {command: ./svc b, healthcheck: {file: ok, interval: 200ms, on_unhealthy: none}}
E2
touch ok
sed -i "s,file: ok,file: $T/ok," c.yaml
jumping
if ! has tracer ready; then
	skip "clock jumps" "may not trace: $(tail -n 1 tracer)"
	stop
	done_testing
fi
wait_for 20 has "$T/err" 'b: healthy'
again() { [ "$(grep -c 'starting it again' "$T/err")" -ge "$1" ]; }
wait_for 20 again 1
n=$(wc -l <times)
jump $YEARS
check "ten years forward in a delay: the next start comes" \
    wait_for 30 times $((n + 1))
check "not before its time" [ "$(gap "$n")" -ge 1900 ]
year() { inside_json; [ "$(tail -n 1 events.out | grep -oE '20[0-9]{2}-' | head -n 1)" = "$1-" ]; }
inside_json()
{
	nsenter -t "$pid1" -p -m "$HALE" events --json >events.out
}
check "and hale's events have that date (so it has jumped)" \
    year $(($(date -d "@$(($(date +%s) + YEARS))" +%Y)))
n=$(wc -l <times)
wait_for 20 again "$n"
jump -$YEARS
check "twenty years back in a delay: the next start comes" \
    wait_for 30 times $((n + 1))
check "not before its time, either" [ "$(gap "$n")" -ge 1900 ]
rm ok
check "probes go on" wait_for 20 has "$T/err" 'b: unhealthy'
jump $YEARS
touch ok
check "after another jump, too" wait_for 20 eval \
    '[ "$(grep -c "b: healthy" "$T/err")" -ge 2 ]'
stop

conf <<'E2'
services:
  a: {command: ./deaf a, stop_grace_period: 3s}
E2
for to in $YEARS -$YEARS; do
	: >ev
	jumping
	event "a up"
	begin=$(now_ms)
	pid1_signal TERM
	event "a term"
	jump "$to"
	pid1_wait 20
	is "$rc" 137 "a stop, and a jump of $to s: killed at the deadline"
	check "not before it" [ $(($(now_ms) - begin)) -ge 2700 ]
done
wait $tracer

# All other clocks begin ten years ahead: a time namespace, as after a migration.
if ! unshare --time --boottime $YEARS --monotonic $YEARS --fork true 2>/dev/null; then
	skip "a time namespace" "there is none to be had"
	done_testing
fi
: >times
rm -f ok
conf <<'E2'
services:
  main: {command: ./svc main}
  a: {command: ./crash, essential: false, restart: always, restart_policy: {delay: 1s, max_delay: 1s}}
  b: {command: ./deaf b, stop_grace_period: 1s, healthcheck: {test: ["CMD", "test", "!", "-e", ok], interval: 200ms, retries: 1, on_unhealthy: none}}
E2
PID1_UNSHARE=(--mount-proc --time --boottime "$YEARS" --monotonic "$YEARS")
run_start
check "ten years ahead: probes run" wait_for 20 has "$T/err" 'b: healthy'
touch ok
check "  and go on" wait_for 20 has "$T/err" 'b: unhealthy'
check "a delay is over" wait_for 20 times 2
check "  and not before its time" [ "$(gap 1)" -ge 900 ]
pid1_defaults
PID1_WRAP=(nsenter -t "$pid1" -m -p)
plain status
like "$out" 'up [0-9]+ s' "how long it is up is counted from its start"
pid1_defaults
begin=$(now_ms)
stop
check "a stop ends at its time" [ $(($(now_ms) - begin)) -ge 700 ]
is "$rc" 0 "  with main's status"
done_testing
