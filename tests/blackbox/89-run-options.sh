#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2119,SC2120 # another shell expands it; arguments may be left out
# Each option of a plain command does the same for main where hale supervises:
# with --restart, --health or --socket, and after `hale run`.
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
chmod 755 .

# Ways to be supervised; the last has another service beside main.
conf <<E
services:
  other: {command: [$PUPPET, pause], sandbox: none, essential: false}
  main: {command: ["false"], sandbox: none}
hale: {socket: none}
E
ways=('--restart no' "--health exec:$(type -P true)" '--socket none' 'run' 'run -c c.yaml')

# each NAME OPTION... -- COMMAND...: in each of those ways, to its end
each()
{
	local name=$1 want=$2 way
	shift 2
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086 # a list of words
		pid1 $way "$@"
		is "$rc" "$want" "$name ($way)"
	done
}

# under WAY ARG...: starts in the background, waits until the puppet listens
under()
{
	local way=$1
	shift
	# shellcheck disable=SC2086 # a list of words
	pid1_start $way "$@"
	wait_for 20 has "$T/out" '^ready' || nok "$way: not ready: $*"
}
over()  # SIG: sends it, waits for the end
{
	pid1_signal "$1"
	pid1_wait 30
}

# ---- -e, --exit-zero
each "-e 7: the status 7 is told as 0" 0 -e 7 -- sh -c 'exit 7'
each "-e 7: the status 8 is told as it is" 8 -e 7 -- sh -c 'exit 8'
each "-e 143: the end by SIGTERM is told as 0" 0 -e 143 -- "$PUPPET" die=TERM
HALE_EXIT_ZERO='3 4' each "HALE_EXIT_ZERO" 0 -- sh -c 'exit 4'
pid1 --restart on-failure -e 9 -- sh -c 'echo once; exit 9'
is "$rc $out" '0 once' "-e: a status told as 0 is no failure to restart for"
pid1 --restart no -e 256 -- true
is "$rc" 125 "-e 256 is refused"

# ---- -r, --rewrite
for way in "${ways[@]}"; do
	under "$way" -r USR1:USR2 -r WINCH:0 -r ALRM:HUP -- "$PUPPET" listen
	pid1_signal WINCH USR1
	wait_for 10 has "$T/out" '^got 12 '
	pid1_signal ALRM
	wait_for 10 has "$T/out" '^got 1 '
	over TERM
	is "$(sed -n 's/^got \([0-9]*\) .*/\1/p' "$T/out" | tr '\n' ' ')" \
	    '12 1 15 ' "-r: rewritten, and dropped ($way)"
	under "$way" -r TERM:QUIT -- "$PUPPET" listen=QUIT exit=6
	over TERM
	is "$rc $(grep -c '^got 3 ' "$T/out")" '6 1' \
	    "-r TERM:QUIT: that is what asks it to stop ($way)"
	under "$way" -r TERM:0 -- "$PUPPET" listen=USR1 exit=5
	pid1_signal TERM USR1
	pid1_wait 20
	is "$rc" 5 "-r TERM:0: not asked to stop at all ($way)"
done
pid1 --restart no -r TERM -- true
is "$rc" 125 "-r without TO is refused"

all_heard() # PID...: nothing is queued for them, and they sleep
{
	local pid
	for pid; do
		[[ $(status_of "$pid" ShdPnd) =~ ^0*$ ]] && state_is "$pid" S ||
			return
	done
}

# ---- what stops a command alone, and the values of queued signals
for way in '--restart no' run; do
	for sig in INT QUIT TERM; do
		under "$way" -- "$PUPPET" "listen=$sig" exit=4
		over "$sig"
		is "$rc" 4 "SIG$sig is what a command alone gets ($way)"
	done
	under "$way" --stop-signal USR2 -- "$PUPPET" listen=USR2 exit=4
	over INT
	is "$rc" 4 "--stop-signal wins ($way)"
	under "$way" -- "$PUPPET" tally
	"$PUPPET" "queue=$pid1:40:1:200"
	# SIGTERM overtakes those that are still queued.
	wait_for 10 all_heard "$pid1" "$(pid1_main)"
	over TERM
	like "$out" 'count 40=200 last=200.*disorder=0' \
	    "200 queued signals come with their values, in order ($way)"
done

# ---- once a stop was asked for, and main is not in a hurry
for way in '--restart no' run; do
	under "$way" -- "$PUPPET" listen=USR1 exit=4
	pid1_signal INT
	wait_for 10 has "$T/out" '^got 2 '
	pid1_signal QUIT 37
	wait_for 10 has "$T/out" '^got 37 '
	check "after SIGINT SIGQUIT and SIGRTMIN+3 come through ($way)" \
	    has "$T/out" '^got 3 '
	over TERM
	is "$rc" 137 "and SIGTERM kills: the second request ($way)"
	under "$way" -- "$PUPPET" spawn { ignore=TERM "out=$T/young" say=up pause } \
	    "await=$T/young" say=ready exit=9
	wait_for 10 has "$T/err" 'stopping'
	over TERM
	is "$rc" 9 "SIGTERM while what main left is stopped: killed, main's status ($way)"
	rm -f "$T/young"
	PID1_WRAP=("$PUPPET" close=0 close=1 "out=$T/fds" exec)
	# shellcheck disable=SC2086 # a list of words
	pid1 $way -- "$PUPPET" "out=$T/fds" fds
	is "$(<"$T/fds")" 'fds=0,1,2,' \
	    "0 and 1 closed at the start: main has 0, 1 and 2, no other ($way)"
	rm -f "$T/fds"
	pid1_defaults
done

# ---- -g, --signal-group
for way in "${ways[@]}"; do
	under "$way" -g -- "$PUPPET" spawn { "out=$T/young" listen } \
	    ignore=USR1 "await=$T/young" listen exit=3
	wait_for 10 has "$T/young" '^ready'
	pid1_signal USR1
	check "-g: a signal reaches all of the group ($way)" \
	    wait_for 10 has "$T/young" '^got 10 '
	over TERM
	check "-g: so does the stop ($way)" has "$T/young" '^got 15 '
	is "$rc" 3 "-g: the status is main's ($way)"
	rm -f "$T/young"
done
under '--restart no' -- "$PUPPET" spawn { "out=$T/young" listen } \
    "await=$T/young" listen=USR1 exit=3
wait_for 10 has "$T/young" '^ready'
pid1_signal USR1
pid1_wait 20
check "without -g only main gets it" eval '! has "$T/young" "^got 10 "'
rm -f "$T/young"
PID1_WRAP=(env TINI_KILL_PROCESS_GROUP=1)
under '--restart no' -- "$PUPPET" spawn { "out=$T/young" listen } \
    "await=$T/young" listen
wait_for 10 has "$T/young" '^ready'
pid1_signal USR1
check "TINI_KILL_PROCESS_GROUP: the same" wait_for 10 has "$T/young" '^got 10 '
over TERM
pid1_defaults

# ---- -w, --warn-reaped
for way in "${ways[@]}"; do
	# shellcheck disable=SC2086 # a list of words
	pid1 $way -w -- "$PUPPET" orphan { exit=3 } daemon { exit=4 } \
	    sleep=500 exit=0
	is "$(grep -c 'reaped orphan [0-9]* (puppet), status [34]$' "$T/err")" 2 \
	    "-w names each orphan, of main's session and of another ($way)"
	is "$(grep -c 'reaped orphan' "$T/err")" 2 "-w names nobody else ($way)"
	# shellcheck disable=SC2086 # a list of words
	pid1 $way -- "$PUPPET" orphan { exit=3 } sleep=300 exit=0
	unlike "$err" orphan "without -w nothing is said ($way)"
done

# ---- -p, --parent-death
for way in '--restart no' run; do
	rm -f hale.pid
	# shellcheck disable=SC2086 # a list of words
	"$PUPPET" spawn { exec env --default-signal \
	    sh -c 'echo $$ >hale.pid; exec "$@"' sh \
	    "$HALE" $way -p USR1 -- "$PUPPET" "out=$T/heard" listen } \
	    "await=$T/go" exit=0 2>"$T/err" &
	launcher=$!
	wait_for 10 has "$T/heard" '^ready'
	: >"$T/go"
	check "-p USR1: the end of hale's parent is told to main ($way)" \
	    wait_for 10 has "$T/heard" '^got 10 '
	wait $launcher
	kill -KILL "$(<hale.pid)"
	check "-p USR1: so is hale's own ($way)" wait_for 10 eval \
	    '[ "$(grep -c "^got 10 " "$T/heard")" = 2 ]'
	# shellcheck disable=SC2046 # a list of words
	kill -KILL $(pgrep -f "out=$T/heard" || :) 2>/dev/null
	rm -f "$T/heard" "$T/go"
done

# ---- -v, TINI_VERBOSITY; a supervisor says by itself what it starts
for way in '--restart no' '--' run; do
	[ "$way" = -- ] && way=''
	# shellcheck disable=SC2086 # a list of words
	pid1 $way -v -- true
	isnt "$err" '' "-v says more (${way:-plain})"
	is "$out" '' "-v says it on stderr (${way:-plain})"
	PID1_WRAP=(env TINI_VERBOSITY=2)
	# shellcheck disable=SC2086 # a list of words
	pid1 $way -- true
	isnt "$err" '' "TINI_VERBOSITY=2 does, too (${way:-plain})"
	PID1_WRAP=(env TINI_VERBOSITY=0)
	# shellcheck disable=SC2086 # a list of words
	pid1 $way -w -- "$PUPPET" orphan { exit=3 } sleep=300 exit=0
	is "$err" '' "TINI_VERBOSITY=0 hides warnings (${way:-plain})"
	pid1_defaults
done
pid1 run -vv -- true
like "$err" 'starting' "-vv: debug messages of the supervisor"
pid1 -- true
is "$err" '' "without any a plain command says nothing"

# ---- -s
for way in '--restart no' run; do
	# shellcheck disable=SC2086 # a list of words
	plain_start $way -s -- "$PUPPET" \
	    daemon { "out=$T/young" ids pause } say=ready pause
	wait_for 10 has "$T/young" ppid=
	is "$(sed -n 's/.* ppid=\([0-9]*\) .*/\1/p' "$T/young")" "$pid1" \
	    "-s: not PID 1, adopts ($way)"
	over TERM
	rm -f "$T/young"
done

# ---- --wait-children
for way in '--restart no' '--socket none' run 'run -c c.yaml'; do
	rm -f "$T/go" "$T/late"
	# shellcheck disable=SC2086 # a list of words
	pid1_start $way --wait-children -- "$PUPPET" orphan { "await=$T/go" \
	    "out=$T/late" say=late } say=ready exit=6
	wait_for 10 has "$T/out" '^ready'
	wait_for 10 has "$T/err" 'waiting for what it left'
	check "--wait-children: lives on without main ($way)" pid1_lives
	: >"$T/go"
	pid1_wait 20
	is "$rc $(cat "$T/late")" '6 late' \
	    "--wait-children: until the last one ended; main's status ($way)"
done
pid1_start --restart no --wait-children -- "$PUPPET" \
    daemon { "out=$T/left" listen } "await=$T/left" say=ready exit=6
wait_for 10 has "$T/left" '^ready'
wait_for 10 has "$T/err" 'waiting for what it left'
pid1_signal USR1
check "--wait-children: signals are theirs from then on" \
    wait_for 10 has "$T/left" '^got 10 '
over TERM
is "$rc $(grep -c '^got 15' "$T/left")" '6 1' \
    "--wait-children: a stop asks them, and tells main's status"
start=$(now_ms)
pid1_start --restart no --wait-children --stop-grace-period 1s -- "$PUPPET" \
    daemon { ignore=TERM pause } say=ready exit=6
wait_for 10 has "$T/out" '^ready'
over TERM
check "--wait-children: who does not end is killed in time" \
    test $(($(now_ms) - start)) -lt 20000

# ---- --no-process-group
for way in '--restart no' run; do
	under "$way" --no-process-group -- "$PUPPET" setsid ids listen exit=2
	check "--no-process-group: COMMAND may make a session ($way)" \
	    has "$T/out" '^setsid=ok'
	over TERM
	is "$rc" 2 "--no-process-group: and is asked to stop ($way)"
	under "$way" --no-process-group --stop-grace-period 300ms -- "$PUPPET" \
	    ignore=TERM ids say=ready pause
	check "--no-process-group: COMMAND is in hale's group ($way)" \
	    has "$T/out" '^pid=2 ppid=1 pgid=[01] '
	over TERM
	is "$rc" 137 "--no-process-group: and killed in time ($way)"
done
pid1 --restart no -g --no-process-group -- true
is "$rc" 125 "-g and --no-process-group exclude each other"

# ---- --close-stdio
mkfifo "$T/pipe"
for way in '--restart no' '--socket none' run; do
	rm -f "$T/eof"
	(cat "$T/pipe" >"$T/read"; : >"$T/eof") &
	PID1_WRAP=("$PUPPET" write=1:"$T/pipe" write=2:"$T/pipe" exec)
	# shellcheck disable=SC2086 # a list of words
	pid1_start $way --close-stdio -- "$PUPPET" say=said close=1 close=2 pause
	check "--close-stdio: who reads main's output sees its end ($way)" \
	    wait_for 10 test -e "$T/eof"
	like "$(<"$T/read")" said "--close-stdio: and all before it ($way)"
	over TERM
	is "$rc" 143 "--close-stdio: and the end is as ever ($way)"
done
pid1_defaults
pid1 --restart always --close-stdio -- true
is "$rc" 125 "--close-stdio: not with what is started again"
like "$err" 'close-stdio' "and it says so"

# ---- hale alone is hale run, with the options that stand there
mount -t tmpfs -o mode=755 tmpfs /etc || nok "an /etc of our own"
printf 'services: {main: {command: [sh, -c, "exit 5"]}}\n' >/etc/hale.yaml
pid1
is "$rc" 5 "hale alone runs /etc/hale.yaml"
pid1 --log-format json
is "$rc" 5 "with an option, too"
like "$err" '^\{.*"main"' "which counts"
PID1_WRAP=(env HALE_LOG_FORMAT=json HALE_WAIT_FOR="file:///etc/hale.yaml exec:true")
pid1 --
is "$rc" 5 "its variables count"
like "$err" '^\{.*"main"' "which counts"
mv /etc/hale.yaml "$T/alone.yaml"
umount /etc
PID1_WRAP=(env HALE_CONFIG="$T/alone.yaml")
pid1
is "$rc" 5 "hale alone runs the file of HALE_CONFIG"
pid1_defaults

# ---- --wait-for, --wait-timeout
for way in '' run; do
	pid1 $way --wait-for bogus -- true
	is "$rc" 125 "a --wait-for that is no probe is 125 ($way)"
	pid1 $way --wait-for file:///etc --wait-timeout 5 -- true
	is "$rc" 125 "a --wait-timeout that is none is 125 ($way)"
done
for way in "${ways[@]}"; do
	rm -f "$T/go"
	(sleep 0.5; : >"$T/go") &
	# shellcheck disable=SC2086 # a list of words
	pid1 $way --wait-for "file://$T/go" -- sh -c 'test -e go'
	is "$rc" 0 "--wait-for holds main until the probe passes ($way)"
	# shellcheck disable=SC2086 # a list of words
	pid1 $way --wait-for "file://$T/never" --wait-timeout 300ms -- true
	is "$rc" 124 "--wait-for, --wait-timeout: 124 ($way)"
done
PID1_WRAP=(env HALE_WAIT_FOR="file://$T/never file://$T/go"
    HALE_WAIT_TIMEOUT=300ms)
pid1 run -- true
is "$rc" 124 "HALE_WAIT_FOR, HALE_WAIT_TIMEOUT ($way)"
pid1_defaults

# ---- -l, -h, --version
pid1 --restart no --version
like "$rc $out" '^0 hale [0-9]' "--version needs no command"
done_testing
