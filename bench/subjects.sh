# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # for who sources it
# subjects.sh - sourced: which inits there are to measure, and where.
#
# find_subjects DIR fills subjects (NAME=COMMAND, as hb takes them), program
# (file by name) and version (text by name). Peers that aren't installed are
# unpacked from Debian's packages into DIR/peers, without root, if apt is there.

declare -a subjects=()
declare -A program=() version=()

fetch_peers() {
	local dir=$1
	[ ! -d "$dir/peers/usr" ] || return 0
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
		return 1
	sh mk/getbin.sh "$dir/peers" "$(dpkg --print-architecture)" \
		tini dumb-init catatonit >/dev/null 2>&1
}

# Prints the path of a peer, or fails.
find_peer() {
	local name=$1 dir=$2
	command -v "$name" && return
	fetch_peers "$dir" || return 1
	find "$dir/peers" -type f -name "$name" -perm -u+x | grep -m1 .
}

# Whether it can start a child as PID 1; asked twice, for a crowded machine.
works() {
	local dir=$1 spec=$2
	timeout -k 1 20 "$dir/hb" start -n 1 "$dir/child" "$spec" \
		>/dev/null 2>&1
}

add_subject() {
	local dir=$1 name=$2 path=$3 words=$4
	if ! works "$dir" "$name=$path$words" &&
		! works "$dir" "$name=$path$words"; then
		echo "bench: $name: doesn't run a command as PID 1: left out" >&2
		return 0
	fi
	subjects+=("$name=$path$words")
	program[$name]=$path
}

find_subjects() {
	local dir=$1 name path dash
	subjects=("direct=")
	for name in floor floor-musl; do
		[ ! -x "$dir/$name" ] || add_subject "$dir" "$name" "$dir/$name" ''
	done
	for name in tini tini-static dumb-init catatonit; do
		if ! path=$(find_peer "$name" "$dir"); then
			echo "bench: no $name: left out" >&2
			continue
		fi
		dash=' --'
		add_subject "$dir" "$name" "$path" "$dash"
		version[$name]=$("$path" --version 2>&1 | head -n 1)
	done
	[ ! -x build/hale ] || {
		add_subject "$dir" hale build/hale ' --'
		version[hale]=$(build/hale version 2>&1 | head -n 1)
	}
}

# write_services DIR N [MORE]: a configuration of N services that do nothing but
# note their start; MORE is declared of each.
write_services() {
	local dir=$1 n=$2 more=${3:-} i
	echo services:
	for ((i = 1; i <= n; i++)); do
		printf '  s%d: {command: ["%s", n, "%s"], restart: always, ' \
			"$i" "$dir/child" "$dir/notes"
		printf '%s' "$more"
		printf 'restart_policy: {delay: 0s}}\n'
	done
	printf 'hale: {socket: none}\n'
}
