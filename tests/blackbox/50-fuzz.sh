#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Random schedules of signals, stops, orphans and deaths.  Whatever happens:
# PID 1 lives while the command does, ends when it does, with its status, and
# leaves no zombie.  SEED=N repeats a run; ROUNDS=N makes it longer.
. "${BASH_SOURCE[0]%/*}/lib.sh"

SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$((SEED % 32768))
ROUNDS=${ROUNDS:-12}
echo "# SEED=$SEED ROUNDS=$ROUNDS"

picked=''
pick() { eval "picked=\${$((RANDOM % $# + 1))}"; }

quiet() # no zombie and the command not stopped by anybody but us
{
	[ "$(zombies_of "$pid1")" = 0 ]
}

modes=('' -g '-s' '-w' '--stop-grace-period 5s' '--wait-children' '--no-process-group' '-vv')
wrong=''
for ((round = 0; round < ROUNDS; round++)); do
	mode=${modes[round % ${#modes[@]}]}
	# The command ignores what it is sent; its children come and go.
	ignore=()
	for sig in HUP INT QUIT USR1 USR2 PIPE ALRM URG XCPU XFSZ VTALRM PROF \
	    WINCH IO PWR TSTP TTIN TTOU STKFLT 34 35 50 64; do
		ignore+=("ignore=$sig")
	done
	code=$((RANDOM % 200 + 1))
	# shellcheck disable=SC2086 # a list of words
	pid1_start $mode -- "$PUPPET" "${ignore[@]}" \
	    brood=5 { sleep=$((RANDOM % 300)) storm=20 } \
	    spawn { storm=100 sleep=$((RANDOM % 200)) exit=77 } \
	    trap=TERM:$code say=up pause
	wait_for 10 has "$T/out" '^up'
	main=$(pid1_main)
	did=''
	for ((step = 0; step < 60; step++)); do
		pick HUP USR1 USR2 WINCH URG CONT 34 50 64 CHLD TSTP TTIN TTOU PIPE STOP-main CONT-main orphan
		did+="$picked "
		case $picked in
		STOP-main) kill -STOP "$main" ;;
		CONT-main) kill -CONT "$main" ;;
		orphan)
			nsenter --target "$pid1" --pid --mount -- \
			    "$PUPPET" storm=10 brood=2 { sleep=$((RANDOM % 50)) } 2>/dev/null
			;;
		*) pid1_signal "$picked" ;;
		esac
		pid1_lives || { wrong+="round $round ($mode): dead after: $did; "; break; }
	done
	wait_for 5 quiet || wrong+="round $round ($mode): zombies after: $did; "
	pid1_signal TERM
	pid1_wait 15
	[ "$rc" = "$code" ] || wrong+="round $round ($mode): rc $rc for $code after: $did; "
done
is "$wrong" '' "$ROUNDS rounds of 60 random steps: PID 1 lives, then ends with the status (SEED=$SEED)"

# Deaths in every order: the command, its orphans and a signal at once.
wrong=''
for ((round = 0; round < ROUNDS * 2; round++)); do
	code=$((RANDOM % 100 + 1))
	pid1_start_any -- "$PUPPET" brood=$((RANDOM % 8)) { sleep=$((RANDOM % 20)) } \
	    trap=TERM sleep=$((RANDOM % 20)) exit=$code
	pick TERM USR2 WINCH CONT
	wait_for 5 pid1_runs
	sleep "0.0$((RANDOM % 40))"
	[ -z "$pid1" ] || [ "$picked" = USR2 ] || pid1_signal "$picked"
	pid1_wait 15
	case $rc in
	"$code") ;;
	143) [ "$picked" = TERM ] || wrong+="$picked→$rc " ;; # before its trap was set
	*) wrong+="$picked→$rc for $code " ;;
	esac
done
is "$wrong" '' "a signal at the moment of the end, $((ROUNDS * 2)) times (SEED=$SEED)"

# Not PID 1: the same invariants.
wrong=''
for ((round = 0; round < ROUNDS / 2; round++)); do
	code=$((RANDOM % 100 + 1))
	plain_start -- "$PUPPET" brood=3 { sleep=$((RANDOM % 100)) } ignore=HUP ignore=USR1 \
	    trap=TERM:$code say=up pause
	wait_for 10 has "$T/out" '^up'
	main=$(wait_child "$pid1")
	for ((step = 0; step < 30; step++)); do
		pick HUP USR1 WINCH CONT CHLD SEGV-no STOP-main CONT-main
		case $picked in
		STOP-main) kill -STOP "$main" ;;
		CONT-main) kill -CONT "$main" ;;
		SEGV-no) ;;
		*) pid1_signal "$picked" ;;
		esac
	done
	pid1_signal TERM
	pid1_wait 15
	[ "$rc" = "$code" ] || wrong+="round $round: $rc for $code "
done
is "$wrong" '' "not PID 1, $((ROUNDS / 2)) rounds (SEED=$SEED)"

done_testing
