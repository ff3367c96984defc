#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh [HALE]: hale as the real PID 1 of a fresh PID namespace, over a
# workload of several processes: what it does is told as it happens, looked up
# in /proc from outside, and checked: exit 0 when all of it was as promised.
# Runs as root, and without where user namespaces are allowed. Needs no
# container engine, and leaves nothing behind.
set -u
export LC_ALL=C
here=$(dirname "$0")
hale=${1:-build/hale}
dir=$(mktemp -d "${TMPDIR:-/tmp}/hale-demo.XXXXXX") || exit 1
job='' reader='' broken=0
bold='' green='' red='' off=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') green=$(printf '\033[32m')
	red=$(printf '\033[31m') off=$(printf '\033[0m')
fi

clean_up() {
	[ -z "$job" ] || kill -KILL "$job" 2>/dev/null
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

title() {
	printf '\n%s%s%s\n' "$bold" "$*" "$off"
}

told() { # TRUTH WORDS...: TRUTH is yes or what was seen instead
	truth=$1
	shift
	if [ "$truth" = yes ]; then
		printf '  %sok%s    %s\n' "$green" "$off" "$*"
	else
		broken=$((broken + 1))
		printf '  %sNOT%s   %s (%s)\n' "$red" "$off" "$*" "$truth"
	fi
}

within() { # SECONDS COMMAND...: polls until COMMAND succeeds
	tries=$(($1 * 20))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

# ---- looking into the namespace, from outside
inside() { # one line each: PID PPID STATE NAME, pids as those inside see them
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/ns/pid")" = "$namespace" ] &&
			cat "$p/status"
	done 2>/dev/null | awk '
	/^Name:/ { name = $2 }
	/^State:/ { state = $2 }
	/^PPid:/ { parent = $2 }
	/^NSpid:/ {
		n++
		pid[n] = $NF; of[n] = parent; st[n] = state; nm[n] = name
		known[$2] = $NF
	}
	END {
		for (i = 1; i <= n; i++)
			print pid[i], known[of[i]] + 0, st[i], nm[i]
	}' | sort -n
}

table() {
	inside | awk '
	BEGIN { print "        PID  PPID  STATE  NAME" }
	{ printf "      %5d %5d  %-5s  %s%s\n", $1, $2, $3, $4,
		($1 > 2 && $2 == 1) ? "   <- adopted by PID 1" : "" }'
}

count() { # CONDITION: an awk one over PID ($1) PPID ($2) STATE ($3) NAME ($4)
	inside | awk "$1 { n++ } END { print n + 0 }"
}

# What these count: $1 is PID, $2 PPID, $3 STATE, $4 NAME.
# shellcheck disable=SC2016 # another shell expands it
is_pid1='$1 == 1' is_orphan='$1 > 2 && $2 == 1 && $3 != "Z"' is_zombie='$2 == 1 && $3 == "Z"'

orphans_are() { # NUMBER
	[ "$(count "$is_orphan")" = "$1" ]
}

no_zombies() {
	[ "$(count "$is_zombie")" = 0 ]
}

open_gate() { # lets the waiting orphans end; true when one orphan is left
	: <>"$dir/gate" # opened to write, too, or it would wait for a reader
	orphans_are 1
}

is() { # GOT WANT
	[ "$1" = "$2" ] && echo yes || echo "got $1"
}

started() { # hale runs there, and its service is up
	# the kernel ends this line without a newline, so read says 1
	read -r pid1 _ 2>/dev/null <"/proc/$job/task/$job/children" || :
	[ -n "$pid1" ] && [ -e "$dir/ready" ]
}

# ---- may we?
[ -x "$hale" ] || { echo "demo: no $hale: run make first" >&2; exit 1; }
map=''
[ "$(id -u)" = 0 ] || map=--map-root-user
# shellcheck disable=SC2086 # a list of words
if ! why=$(unshare $map --mount --propagation private --pid --fork \
	--mount-proc true 2>&1); then
	echo "demo: this machine lets $(id -un) make no PID namespace:" >&2
	echo "demo: $why; try as root" >&2
	exit 1
fi

title "1. A container's PID 1"
echo "  $hale: $(wc -c <"$hale") bytes, one static file"
echo "  \$ hale -w -- workload.sh    in a fresh PID namespace"
mkfifo "$dir/said" "$dir/gate"
sed -u 's/^/      | /' <"$dir/said" &
reader=$!
# shellcheck disable=SC2086 # a list of words
unshare $map --mount --propagation private --pid --fork --mount-proc \
	--kill-child "$hale" -w -- sh "$here/workload.sh" "$dir" \
	>"$dir/said" 2>&1 </dev/null &
job=$!
if ! within 10 started; then
	echo "demo: it did not start" >&2
	exit 1
fi
namespace=$(readlink "/proc/$pid1/ns/pid")
within 10 orphans_are 6
table
told "$(is "$(count "$is_pid1")" 1)" "hale is PID 1"
told "$(is "$(count "$is_orphan")" 6)" \
	"six processes have lost their parent; PID 1 has adopted them"

title "2. Orphans end, and are reaped"
within 10 open_gate
told "$(is "$(count "$is_orphan")" 1)" \
	"five of them ended; the daemon lives on"
within 5 no_zombies
told "$(is "$(count "$is_zombie")" 0)" \
	"no zombie is left"

title "3. A signal goes to the service"
echo "  \$ kill -HUP 1"
kill -HUP "$pid1"
within 10 [ -e "$dir/reloaded" ]
told "$([ -e "$dir/reloaded" ] && echo yes || echo 'it never came')" \
	"the service got it"

title "4. A stop"
echo "  \$ kill -TERM 1    (what docker stop does)"
started=$(date +%s%N)
kill -TERM "$pid1"
wait "$job"
status=$?
job=''
took=$((($(date +%s%N) - started) / 1000000))
wait "$reader"
told "$(is "$status" 42)" "its own exit status, 42, came out"
told "$([ $took -lt 5000 ] && echo yes || echo "$took ms")" \
	"$took ms after the signal: no grace period waited out"
told "$(is "$(count 1)" 0)" "the daemon that had escaped is gone too"

[ $broken = 0 ] || { printf '\n%d things were not as promised\n' $broken; exit 1; }
printf '\nThe same in a container:  ENTRYPOINT ["/hale", "--"]\n'
