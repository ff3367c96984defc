#!/bin/bash
# SPDX-License-Identifier: MIT
# Under another init's name hale does as that one does: each line of arguments
# is given to Debian's own binary and to hale, and status and output compared.
. "${BASH_SOURCE[0]%/*}/lib.sh"

mkdir "$T/as" "$T/dir"
for name in tini docker-init dumb-init catatonit; do
	ln -s "$HALE" "$T/as/$name"
done
: >"$T/noexec"

PID1_GIVEN=() # what the inits are started through, if anything

# alike NAME WHAT ARG...: WHAT is any of: rc, out, err-empty, words (all of its
# lines on stderr, sorted, but for the name, numbers of processes and terminals)
alike()
{
	local name=$1 what=$2 real theirs
	shift 2
	real=$(command -v "$name")
	if [ -z "$real" ]; then
		skip "$name $*" "no $name here"
		return
	fi
	PID1_WRAP=("${PID1_GIVEN[@]}") PID1_EXE=$real
	pid1 "$@"
	theirs=$(seen "$what")
	PID1_EXE=$T/as/$name
	pid1 "$@"
	is "$(seen "$what")" "$theirs" "$name $*: $what as the original"
	pid1_defaults
}

seen()
{
	case $1 in *rc*) echo "rc=$rc" ;; esac
	case $1 in *out*) echo "out=$out" ;; esac
	case $1 in *words*)
		printf '%s\n' "${err//"$PID1_EXE"/EXE}" |
			sed 's/PID [0-9]*/PID N/; / tty (errno/d' | sort
		;;
	esac
	case $1 in *err-empty*) [ -z "$err" ] && echo "err=none" || echo "err=some" ;; esac
}

for name in tini docker-init dumb-init catatonit; do
	alike $name rc+out+err-empty -- sh -c 'echo hi; exit 3'
	alike $name rc+out -- "$PUPPET" die=KILL
	alike $name rc -- "$PUPPET" die=40
	alike $name rc+err-empty -- /nonexistent
	alike $name rc+err-empty -- no-such-program
	alike $name rc+err-empty -- "$T/dir"
	alike $name rc+err-empty -- "$T/noexec"
	alike $name rc+err-empty
	alike $name rc+err-empty --
	alike $name rc+err-empty -Z -- true
	alike $name rc+err-empty --nonsense -- true
	alike $name rc -h
	alike $name rc+out --version
	alike $name rc+out -- echo -v -- -g
	alike $name rc -- "$PUPPET" orphan { ignore=TERM sleep=100 } exit=5
done

for name in tini docker-init; do
	alike $name rc+err-empty -s -- true
	alike $name rc -v -vv -vvv -- true
	alike $name rc -g -w -- true
	alike $name rc -e 143 -- "$PUPPET" die=TERM
	alike $name rc -e 3 -e 4 -- sh -c 'exit 4'
	alike $name rc+err-empty -e 256 -- true
	alike $name rc+err-empty -e -- true
	alike $name rc+err-empty -p SIGTERM -- true
	alike $name rc+err-empty -p TERM -- true
	alike $name rc+err-empty -p SIGNONE -- true
	alike $name rc+err-empty -l
	alike $name rc+out ls -- -d /
	alike $name rc --version extra
	alike $name rc+out sh -- -c 'echo x; exit 3'
	alike $name rc+out -- sh -- -c 'echo x; exit 3'
	PID1_GIVEN=(env POSIXLY_CORRECT=1)
	alike $name rc+out echo -- x
	alike $name rc+out -s echo -- x
	PID1_GIVEN=()
	alike $name rc -- ''
done

# dumb-init's own tests compare what it says.
alike dumb-init rc+words
alike dumb-init rc+words --help
alike dumb-init rc+words -V
alike dumb-init rc+words --nonsense true
alike dumb-init rc+words -Z true
alike dumb-init rc+words -r
alike dumb-init rc+words -r 15 true
alike dumb-init rc+words -v true
alike dumb-init rc+words -v sh -c 'exit 7'
alike dumb-init rc+words -v -c sh -c 'kill -9 $$'
alike dumb-init rc+out echo -v --help
alike dumb-init rc -v -- true
alike dumb-init rc -c true
alike dumb-init rc --single-child true
alike dumb-init rc -r 15:3 true
alike dumb-init rc --rewrite 15:0 true
alike dumb-init rc+err-empty -r TERM:3 true
alike dumb-init rc+err-empty -r 15 true
alike dumb-init rc+err-empty -r 99:1 true
alike dumb-init rc+err-empty -r 15:2:3 true
alike dumb-init rc+out -- "$PUPPET" ids
alike dumb-init rc+out -c -- "$PUPPET" ids

alike catatonit rc+out -V
alike catatonit rc -L
alike catatonit rc+err-empty -g -- true
alike catatonit rc+out -- echo -- x
PID1_GIVEN=(env CATATONIT_LOG=x)
for word in -V -h true; do alike catatonit rc+err-empty $word; done
PID1_GIVEN=()

# What they pass on of what they were given; not catatonit's own leftover mask.
for name in tini docker-init dumb-init; do
	PID1_GIVEN=("$PUPPET" block=10 ignore=HUP exec)
	alike $name rc+out -- "$PUPPET" masks
done
PID1_GIVEN=()
PID1_EXE=$T/as/catatonit
pid1 -- "$PUPPET" masks
is "$out" 'blocked=0 ignored=0' "row 18: as catatonit nothing is left blocked"
pid1_defaults

# Signals, as the originals deliver them.
signals_as() # NAME SIGNAL... -- ARG...
{
	local name=$1 binary signals=()
	shift
	while [ "$1" != -- ]; do signals+=("$1"); shift; done
	shift
	local seen=() sig
	[ -n "$(command -v "$name")" ] || { skip "$name signals" "no $name here"; return; }
	for binary in "$(command -v "$name")" "$T/as/$name"; do
		PID1_EXE=$binary
		pid1_start "$@" "$PUPPET" listen=QUIT
		wait_for 10 has "$T/out" ready
		for sig in "${signals[@]}"; do
			pid1_signal "$sig"
			sleep 0.05
		done
		pid1_signal QUIT
		pid1_wait 10
		seen+=("rc=$rc $(sed -n 's/^got \([0-9]*\) .*/\1/p' "$T/out" | xargs)")
		pid1_defaults
	done
	is "${seen[1]}" "${seen[0]}" "$name $*: signals ${signals[*]} as the original"
}

# Not PID 1: what tini warns of, and whom it reaps, as its own tests ask for it.
warned() # EXE ARG...
{
	"$@" 2>&1 | sed "s/([0-9]*)/(N)/; s/pid=[0-9]*/pid=N/"
}
if tini=$(command -v tini); then
	for args in true '-s true' '-s -w -- sh -c (sleep>0.05&)>;sleep>0.5'; do
		IFS=' ' read -ra words <<<"$args"
		words=("${words[@]//>/ }")
		is "$(warned "$T/as/tini" "${words[@]}")" \
		    "$(warned "$tini" "${words[@]}")" "tini ${words[*]}: warns as the original"
	done
else
	skip "tini warns" "no tini here"
fi

# dumb-init suspends itself with what a terminal sends, whatever it becomes.
suspended() { [[ $(sed 's/.*) //' "/proc/$init/stat") == T* ]]; }
"$T/as/dumb-init" -r 20:10 "$PUPPET" listen=QUIT >"$T/suspends" &
init=$!
wait_for 10 has "$T/suspends" ready
kill -TSTP "$init"
wait_for 10 suspended && ok "dumb-init -r 20:10: suspends itself" ||
    nok "dumb-init -r 20:10: suspends itself"
wait_for 10 has "$T/suspends" '^got 10 ' && ok "dumb-init -r 20:10: passes 10 on" ||
    nok "dumb-init -r 20:10: passes 10 on"
kill -CONT "$init"
kill -QUIT "$init"
wait "$init"

# At its end it asks its session to stop, whoever reaps those.
"$T/as/dumb-init" sh -c "'$PUPPET' listen=QUIT >'$T/left' & echo \$! >'$T/pid'
	until grep -qs ready '$T/left'; do sleep 0.02; done"
wait_for 10 has "$T/left" '^got 15 ' && ok "dumb-init, not PID 1: TERM for what is left" ||
    nok "dumb-init, not PID 1: TERM for what is left"
kill -QUIT "$(cat "$T/pid")"

# What the kernel sends when a terminal is given up is not passed on.
script -qec "exec '$T/as/dumb-init' -v '$PUPPET' say=ran" "$T/typescript" >/dev/null
for sig in 1 18; do
	check "dumb-init -v on a terminal: ignores signal $sig of the hand-off" \
	    has "$T/typescript" "Ignoring tty hand-off signal $sig\\."
done
check "and runs" has "$T/typescript" '^ran'

common=(HUP INT TERM USR1 USR2 PIPE ALRM CONT URG WINCH IO PWR 34 50 64)
signals_as tini "${common[@]}" TSTP -- --
signals_as tini CHLD -- --
signals_as docker-init "${common[@]}" -- --
signals_as catatonit "${common[@]}" CHLD -- --
signals_as dumb-init "${common[@]}" CHLD -- --
signals_as dumb-init "${common[@]}" -- -c --
signals_as dumb-init HUP TERM -- -r 15:10 -r 1:0 --

done_testing
