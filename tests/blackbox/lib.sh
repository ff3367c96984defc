# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2001 # for who sources it; sed is plainer
#
# The harness of the black-box tests: hale runs as the real PID 1 of a fresh PID
# namespace, and a test looks only at what a user can see.  Source it first:
#
#	. "${BASH_SOURCE[0]%/*}/lib.sh"
#	pid1 -- sh -c 'exit 7'                  # foreground: sets rc, out, err
#	is "$rc" 7 "the exit status is passed on"
#	pid1_start -- sleep 60                  # background: sets pid1
#	pid1_signal TERM
#	pid1_wait 10                            # sets rc, out, err
#	is "$rc" 143 "a signal is 128 + its number"
#	done_testing
#
# The test file runs itself once more inside its own mount and PID namespace, so
# that nothing it mounts or starts can outlive it; $T is its directory for files.
# BLACKBOX_NET=own in front of the line above: with a network of its own, where
# any port is free.  HALE names the binary under test (default build/hale), a
# peer's works too.  VERBOSE=1 shows what passed checks saw.

TOP=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)

: "${PUPPET:=$TOP/build/puppet}"
[ -x "$PUPPET" ] || make -s -C "$TOP" build/puppet || exit 1
if [ -z "${BLACKBOX_T:-}" ]; then
	# make, by glibc's posix_spawn(), leaves signals 32 and 33 ignored, which
	# no program of the C library can change back.
	map=()
	[ "$EUID" = 0 ] || map=(--map-root-user)
	[ -z "${BLACKBOX_NET:-}" ] || ! command -v ip >/dev/null || map+=(--net)
	BLACKBOX_T=$(mktemp -d "${TMPDIR:-/tmp}/hale-test.XXXXXX") || exit 1
	chmod 755 "$BLACKBOX_T"
	trap 'rm -rf "$BLACKBOX_T"' EXIT
	trap 'exit 130' INT TERM HUP
	BLACKBOX_ROOT=$EUID BLACKBOX_T=$BLACKBOX_T \
	    timeout --foreground -s KILL "${BLACKBOX_TIMEOUT:-200}" \
	    "$PUPPET" default=32 default=33 exec \
	    env --default-signal unshare "${map[@]}" --mount --propagation private \
	    --pid --fork --mount-proc --kill-child -- bash "$0" "$@"
	code=$?
	[ $code != 137 ] || echo "not ok - ${0##*/}: killed after" \
	    "${BLACKBOX_TIMEOUT:-200} s"
	exit $code
fi

set -u
[ -z "${BLACKBOX_NET:-}" ] || ip link set lo up 2>/dev/null
T=$BLACKBOX_T
real_root=$([ "$BLACKBOX_ROOT" = 0 ] && echo yes || echo no)
: "${HALE:=$TOP/build/hale}"
HALE=$(readlink -f "$HALE" || echo "$HALE")
declare +x HALE PUPPET
unset BLACKBOX_T BLACKBOX_ROOT NOTIFY_SOCKET LISTEN_FDS LISTEN_PID \
    "${!HALE_@}" "${!TINI_@}" "${!DUMB_INIT_@}" "${!CATATONIT_@}"
export LC_ALL=C
trap 'exit 130' INT TERM HUP
[ -x "$HALE" ] || { echo "not ok - no $HALE: run make first"; exit 1; }
cd "$T" || exit 1
for fd in /proc/self/fd/*; do # what the caller's shell left open
	fd=${fd##*/}
	[ "$fd" -lt 3 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"
done

passed=0 failed=0 skipped=0
rc='' out='' err='' pid1=''

# ---- saying what was seen -------------------------------------------------

ok()    # NAME
{
	passed=$((passed + 1))
	echo "ok - $1"
}

nok()   # NAME [WHAT WAS SEEN]...
{
	failed=$((failed + 1))
	echo "not ok - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | head -n 12 | sed 's/^/#   /'
	[ -z "$err" ] || printf '%s\n' "$err" | head -n 8 | sed 's/^/#   stderr: /'
}

skip()  # NAME WHY
{
	skipped=$((skipped + 1))
	echo "ok - $1 # SKIP $2"
}

is()    # GOT WANT NAME
{
	if [ "$1" = "$2" ]; then
		ok "$3"
		[ -z "${VERBOSE:-}" ] || echo "#   got: $1"
	else
		nok "$3" "got:  $1" "want: $2"
	fi
}

isnt()  # GOT UNWANTED NAME
{
	if [ "$1" != "$2" ]; then ok "$3"; else nok "$3" "got: $1"; fi
}

like()  # GOT REGEX NAME
{
	if [[ $1 =~ $2 ]]; then ok "$3"; else nok "$3" "got:  $1" "like: $2"; fi
}

unlike() # GOT REGEX NAME
{
	if [[ ! $1 =~ $2 ]]; then ok "$3"; else nok "$3" "got: $1" "unlike: $2"; fi
}

check() # NAME COMMAND...: passes when COMMAND does
{
	local name=$1 status
	shift
	"$@"
	status=$?
	if [ $status = 0 ]; then ok "$name"; else nok "$name" "$* → $status"; fi
}

done_testing()
{
	local tail=''
	[ $skipped = 0 ] || tail=", $skipped skipped"
	echo "$passed passed, $failed failed$tail"
	[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
	exit
}

# ---- waiting --------------------------------------------------------------

now_ms()
{
	local t=${EPOCHREALTIME/[.,]/}
	echo $((t / 1000))
}

wait_for() # SECONDS COMMAND...: polls until COMMAND succeeds
{
	local wait_for_end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@" 2>/dev/null; do
		if [ "${EPOCHREALTIME/[.,]/}" -ge $wait_for_end ]; then
			echo "# waited in vain: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

has()   # FILE REGEX: FILE has a line that matches
{
	grep -Eq -- "$2" "$1"
}

gone()  # PID: no such process, or only its zombie
{
	[ ! -d "/proc/$1" ] || [ "$(status_of "$1" State)" = Z ]
}

# ---- looking at processes (pids as the test sees them) --------------------

status_of() # PID FIELD: first word of a field of /proc/PID/status
{
	local key value rest
	while read -r key value rest; do
		if [ "$key" = "$2:" ]; then
			echo "$value"
			return 0
		fi
	done 2>/dev/null <"/proc/$1/status"
	return 1
}

children_of() # PID
{
	local list=''
	read -r list 2>/dev/null <"/proc/$1/task/$1/children"
	echo "$list" | sed 's/ *$//'
}

child_of() # PID: its first child
{
	local list
	list=$(children_of "$1")
	[ -n "$list" ] && echo "${list%% *}"
}

wait_child() # PID: waits for its first child, prints it
{
	wait_for 10 child_of "$1" >/dev/null
	child_of "$1"
}

state_is() # PID STATE (R S D T t Z)
{
	[ "$(status_of "$1" State)" = "$2" ]
}

same_ns() # PID: the pids in PID's own PID namespace, PID included
{
	local ns other
	ns=$(readlink "/proc/$1/ns/pid") || return 1
	for other in /proc/[0-9]*; do
		[ "$(readlink "$other/ns/pid")" = "$ns" ] && echo "${other#/proc/}"
	done 2>/dev/null
}

zombies_of() # PID: how many children of it are zombies
{
	local n=0 child
	for child in $(children_of "$1"); do
		state_is "$child" Z && n=$((n + 1))
	done
	echo $n
}

cpu_ticks() # PID: user + system time
{
	local stat
	read -r stat <"/proc/$1/stat"
	# shellcheck disable=SC2086 # a list of words
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

wakeups() # PID: voluntary context switches so far
{
	status_of "$1" voluntary_ctxt_switches
}

# ---- hale as PID 1 --------------------------------------------------------
#
# PID1_WRAP: a command that runs inside the namespace and becomes hale, such as
# (setpriv --reuid 1000) or (env X=1).  PID1_EXE: a binary other than $HALE.
# PID1_UNSHARE: more options for unshare.  PID1_IN: the standard input.
# Assign them in front of a call: `PID1_WRAP=(env X=1)` on a line of its own,
# pid1_defaults sets them back.

pid1_defaults()
{
	PID1_WRAP=() PID1_UNSHARE=(--mount-proc) PID1_EXE=$HALE PID1_IN=/dev/null
	PID1_TIMEOUT=30
}
pid1_defaults

in_pidns() # COMMAND...: as PID 1 of a fresh PID namespace
{
	exec env --default-signal unshare --pid --fork --kill-child \
	    "${PID1_UNSHARE[@]}" -- "$@"
}

collect()
{
	out=$(tr -d '\0' <"$T/out")
	err=$(tr -d '\0' <"$T/err")
}

pid1()  # ARG...: runs `hale ARG...` as PID 1 to its end; sets rc, out, err
{
	pid1_start_any "$@"
	pid1_wait "$PID1_TIMEOUT"
}

pid1_start() # ARG...: in the background; sets pid1 once hale runs there
{
	pid1_start_any "$@"
	wait_for 10 pid1_runs || nok "PID 1 did not start: $*"
}

pid1_start_any()
{
	pid1=''
	: >"$T/out"
	: >"$T/err"
	(in_pidns "${PID1_WRAP[@]}" "$PID1_EXE" "$@") \
	    <"$PID1_IN" >"$T/out" 2>"$T/err" &
	pid1_job=$!
}

pid1_runs() # true once PID 1 exists and has become hale, or it is over
{
	pid1=$(child_of "$pid1_job") || { gone "$pid1_job"; return; }
	[ "/proc/$pid1/exe" -ef "$PID1_EXE" ]
}

pid1_signal() # SIG...: sent from outside to the namespace's PID 1
{
	local signal
	for signal; do
		kill -s "$signal" "$pid1" 2>/dev/null || return 1
	done
}

# An rc of 1 with "unshare: sigprocmask…" in err: PID 1 itself was killed.
pid1_wait() # [SECONDS]: for its end; sets rc (124: it had to be killed), out, err
{
	local late=no
	if ! wait_for "${1:-20}" gone "$pid1_job"; then
		late=yes
		kill -KILL "$pid1_job"
	fi
	wait "$pid1_job" 2>/dev/null
	rc=$?
	[ $late = no ] || rc=124
	collect
}

pid1_lives()
{
	[ -n "$pid1" ] && ! gone "$pid1"
}

pid1_main() # the pid of COMMAND, as the test sees it
{
	wait_child "$pid1"
}

# ---- hale as any other process --------------------------------------------

plain() # ARG...: runs `hale ARG...`, not as PID 1; sets rc, out, err
{
	timeout -k 2 "$PID1_TIMEOUT" "${PID1_WRAP[@]}" "$PID1_EXE" "$@" \
	    <"$PID1_IN" >"$T/out" 2>"$T/err"
	rc=$?
	collect
}

plain_start() # ARG...: in the background; sets pid1 (which isn't one)
{
	: >"$T/out"
	: >"$T/err"
	env --default-signal "${PID1_WRAP[@]}" "$PID1_EXE" "$@" \
	    <"$PID1_IN" >"$T/out" 2>"$T/err" &
	pid1_job=$! pid1=$!
	wait_for 10 test "/proc/$pid1/exe" -ef "$PID1_EXE" ||
	    gone "$pid1" || nok "did not start: $*"
}

# ---- hale at a terminal ---------------------------------------------------

# Puts the steps in front of -- into $steps, the rest into $rest.
split_steps()
{
	steps=() rest=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	[ $# = 0 ] || rest=("${@:2}")
}

# on_tty STEP... -- ARG...: `hale ARG...` as PID 1 and leader of the session
# on a terminal, as in `docker run -it`; the steps are those of pty.c.
# rc is 98 if an expected text did not come; then err says which; out has all
# that came.
on_tty()
{
	split_steps "$@"
	tty_run noctty -- env --default-signal unshare --pid --fork \
	    --kill-child "${PID1_UNSHARE[@]}" -- "$PUPPET" ctty exec \
	    "${PID1_WRAP[@]}" "$PID1_EXE" "${rest[@]}"
}

# at_prompt STEP...: an interactive bash at a terminal, $H is hale there.
at_prompt()
{
	split_steps 'expect=\$ $' "$@"
	tty_run -- env --default-signal H="$HALE" PUPPET="$PUPPET" PS1='$ ' \
	    bash --norc --noprofile -i
}

tty_run() # [noctty] -- COMMAND...
{
	local early=()
	[ "$1" = -- ] || { early=("$1"); shift; }
	shift
	: >"$T/tty"
	timeout -k 2 "$PID1_TIMEOUT" "$PUPPET" pty { "${early[@]}" \
	    "log=$T/tty" "${steps[@]}" } "$@" 2>"$T/err" </dev/null
	rc=$?
	out=$(tr -d '\0\r' <"$T/tty")
	err=$(<"$T/err")
}
