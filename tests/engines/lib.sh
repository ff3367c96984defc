# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib.sh: what every engine test shares. Sourced first; it runs the script
# again as root of fresh mount, network and PID namespaces, so that no mount,
# address, port, firewall rule or process can outlive the test or reach the
# machine, and a daemon that hangs dies with the script.
#
#   INIT=…  HALE=…   the binary under test; build/hale
#   KEEP=DIR         where the logs of a failed test go; build/engines
#   REQUIRED=1       a skip is a failure: for a machine that has every engine
#
# Each test prints "ok - …", "not ok - …" or "skip - …" and ends with
# "N passed, N failed, N skipped". Deadlines only bound a hang: this suite
# asserts order and outcome, never speed.

set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
NAME=$(basename "$0" .sh)
INIT=${INIT:-${HALE:-$TOP/build/hale}}
KEEP=${KEEP:-$TOP/build/engines}
export INIT KEEP
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID "${!HALE_@}" "${!TINI_@}"
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)) && echo "ok - $NAME: $*"; }
not_ok() { failed=$((failed + 1)) && echo "not ok - $NAME: $*"; }
note() { printf '%s\n' "$*" | sed 's/^/# /'; }
skip() {
	if [ -n "${REQUIRED-}" ]; then
		not_ok "$* (required here)"
	else
		skipped=$((skipped + 1)) && echo "skip - $NAME: $*"
	fi
}

# is WHAT GOT WANT · like WHAT GOT PART · unlike WHAT GOT PART
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1 (got '$2', want '$3')"; fi; }
like() { case $2 in *"$3"*) ok "$1" ;; *) not_ok "$1 (no '$3' in '$2')" ;; esac; }
unlike() { case $2 in *"$3"*) not_ok "$1 ('$3' in '$2')" ;; *) ok "$1" ;; esac; }

# wait_for SECONDS COMMAND…: polls; 1 once the time is up
wait_for() {
	local _end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$_end" ] || return 1
		sleep 0.1
	done
}

# eventually WHAT SECONDS COMMAND…: wait_for as a check
eventually() {
	local _what=$1
	shift
	if wait_for "$@"; then ok "$_what"; else not_ok "$_what (not within $1 s)"; fi
}

have() { command -v "$1" >/dev/null 2>&1; }
done_testing() {
	closed=1
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
# skip_all WHY: ends a test that can't run here, said and counted
skip_all() { skip "$*" && done_testing && exit 0 || exit 1; }
need() {
	local _tool
	for _tool; do have "$_tool" || skip_all "$_tool is not installed"; done
}

# what only hale does is asked of hale alone, and then strictly; a peer of it
# (INIT=/usr/bin/tini-static) is spared
is_hale() { "$INIT" version 2>/dev/null | grep -q '^hale '; }

# ---- the sandbox of one test script
export PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || skip_all "needs root"
[ -x "$INIT" ] || { echo "not ok - $NAME: no binary at $INIT" && exit 1; }
if [ -z "${ENGINE_NS-}" ]; then
	export ENGINE_NS=1
	exec unshare --mount --propagation private --net --pid --fork --kill-child \
		--mount-proc bash "$0" "$@"
fi
INIT=$(readlink -f "$INIT")
ip link set lo up
T=$(mktemp -d "${TMPDIR:-/tmp}/hale-$NAME.XXXXXX")
chmod 755 "$T"
closed='' at_exit=()
on_exit() { at_exit=("$*" "${at_exit[@]}"); }
finish() {
	local _rc=$? _do
	trap - EXIT INT TERM
	# bash 5.2 has been seen to run it in a subshell that it lost track of
	[ "$BASHPID" = $$ ] || exit "$_rc"
	if [ "$failed" != 0 ] || [ -z "$closed" ]; then
		mkdir -p "$KEEP/$NAME"
		find "$T" -maxdepth 3 -name '*.log' -size -4M -exec cp {} "$KEEP/$NAME/" \; 2>/dev/null
		note "logs: $KEEP/$NAME"
	fi
	for _do in "${at_exit[@]}"; do eval "$_do" >/dev/null 2>&1; done
	awk -v r="$T/" 'index($2, r) == 1 { print $2 }' /proc/self/mounts | sort -r |
		while read -r _do; do umount -l "$_do"; done
	rm -rf "$T"
	[ -n "$closed" ] || { not_ok "ended early" && done_testing; }
	exit "$_rc"
}
trap finish EXIT
trap 'exit 143' INT TERM
export HOME=$T # no registry password, no client configuration of a person

# guest FILE: builds the static test program
build_guest() {
	local _cc
	for _cc in ${CC:-cc} gcc musl-gcc; do
		have "$_cc" && "$_cc" -static -Os -o "$1" "$HERE/guest.c" 2>>"$T/cc.log" && return
	done
	return 1
}

# make_root DIR: a root file system of hale, the test program and busybox
make_root() {
	local _tool
	mkdir -p "$1"/{bin,sbin,proc,dev,sys,tmp,etc,root,run}
	chmod 1777 "$1/tmp"
	cp "$INIT" "$1/sbin/hale" && cp "$(command -v busybox)" "$1/bin/busybox" || return 1
	build_guest "$1/bin/guest" || return 1
	for _tool in $("$1/bin/busybox" --list); do
		[ "$_tool" = busybox ] || ln -sf busybox "$1/bin/$_tool"
	done
	printf '%s\n' root:x:0:0::/root:/bin/sh app:x:1001:1001::/tmp:/bin/sh >"$1/etc/passwd"
	printf '%s\n' root:x:0: app:x:1001: extra:x:2002: >"$1/etc/group"
}
