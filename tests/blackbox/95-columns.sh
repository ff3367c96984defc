#!/bin/bash
# SPDX-License-Identifier: MIT
# What people read fits a terminal of 80 columns, has no blanks at the ends of
# its lines, and colour where a terminal is, and nowhere else.
. "${BASH_SOURCE[0]%/*}/lib.sh"

wide() # TEXT: its lines that are wider than 80 columns, or end in a blank
{
	sed 's/\x1b\[[0-9;]*m//g; s/\r$//' <<<"$1" |
		awk 'length > 80 || / $/' | head -n 3
}
plain --help
is "$(wide "$out")" '' 'hale --help'
is "$(wide "$(printf '%81s' x; printf '\nx \n')" | wc -l)" 2 'and this would see it'
verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<<"$out")
check 'hale --help lists the verbs' test "$(wc -w <<<"$verbs")" -ge 20
for verb in $verbs; do
	plain help "$verb"
	is "$rc:$(wide "$out")" '0:' "hale help $verb"
	like "$out" "^hale $verb( |"$'\n)' '  says how it is typed'
done
for words in '' --nosuch 'help nosuch' stop signal exec probe 'probe x' wait-for \
	'status --x' 'metrics x' 'check nowhere'; do
	# shellcheck disable=SC2086 # words
	plain $words
	like "$rc" '^(1|2|125)$' "a mistake: hale $words"
	like "$err" $'^(hale|nowhere): [^\n]{1,100}$' '  is told in one line, by name'
done

cat >bad.yaml <<'Y'
services:
  api:
    comand: python3 -m http.server
    user: 0x10
    stop_signal: SIGFOO
  web: {command: x, depends_on: [ap]}
Y
plain check bad.yaml
is "$rc:$(wide "$out$err")" '1:' 'hale check, with errors'

# ---- at a terminal of 80 columns, or of another kind
cat >hale.yaml <<Y
services:
  a-service-with-a-longer-name: {command: sleep 1000, depends_on: [database]}
  main:
    command: sleep 1000
    healthcheck: {file: /nosuch/and/a/long/path/that/leaves/no/room/behind/it, start_interval: 50ms, retries: 1}
dependencies:
  database: {tcp: "127.0.0.1:1", start_interval: 50ms, retries: 1}
hale: {socket: $T/s.sock}
Y
export HALE_SOCKET=$T/s.sock
pid1_start run -c hale.yaml
sick() { "$HALE" status database | grep -q refused; }
check 'something is wrong' wait_for 20 sick
seen() # COMMAND: what a terminal of 80 columns gets
{
	script -qec "stty cols 80 rows 40; $1" /dev/null </dev/null
}
if command -v script >/dev/null; then
	export TERM=xterm
	now=$(seen "$HALE status")
	like "$now" 'database .*unhealthy' 'hale status, at a terminal'
	is "$(wide "$now")" '' '  fits 80 columns'
	like "$now" $'\x1b\\[31m' '  has colour'
	now=$(NO_COLOR=1 seen "$HALE status")
	like "$now" 'database .*unhealthy' '  with NO_COLOR'
	unlike "$now" $'\x1b' '  it has none'
	is "$(wide "$now")" '' '  and fits'
	unlike "$(TERM=dumb seen "$HALE status")" $'\x1b' '  nor where TERM=dumb'
	is "$(wide "$(seen "$HALE status main")")" '' 'hale status main'
	is "$(wide "$(seen "$HALE events")")" '' 'hale events'
	is "$(wide "$(seen "$HALE inspect $pid1")")" '' 'hale inspect'
else
	skip 'at a terminal' 'no script(1)'
fi
plain status
like "$rc:$out" '^0:.*database .*unhealthy' 'hale status, into a pipe'
unlike "$out" $'\x1b' '  no colour'
like "$out" $'\n[^\n]*CAUSE\n.*main .*/behind/it' '  causes stay on their line'
pid1_signal TERM
pid1_wait
done_testing
