#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh [TEST…]: all engine tests, cheapest first, each under a deadline, with
# one sum at the end. As root on Debian it installs the engines that are
# missing; where that can't be done, their tests say skip and are counted.
# The Debian image that some need is built in the background meanwhile.

cd "$(dirname "$0")" || exit 1
top=$(cd ../.. && pwd)
export INIT=${INIT:-${HALE:-$top/build/hale}} KEEP=${KEEP:-$top/build/engines}
tests=(oci uml docker supervise images podman cri health swarm)
[ $# = 0 ] || tests=("$@")
packages=(docker.io docker-compose podman crun runc containernetworking-plugins
	uidmap slirp4netns busybox-static mmdebstrap user-mode-linux expect jq
	iproute2 iptables procps util-linux python3-grpcio protobuf-compiler python3-protobuf)

# install PACKAGE…: none of them may start a daemon; one that this distribution
# lacks doesn't cost the others
install() {
	local _policy=/usr/sbin/policy-rc.d _p
	[ ! -e $_policy ] || _policy=
	[ -z $_policy ] || { printf '#!/bin/sh\nexit 101\n' >$_policy && chmod 755 $_policy; }
	export DEBIAN_FRONTEND=noninteractive
	get() { apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends "$@" >>"$KEEP/apt.log" 2>&1; }
	get install "$@" || { get update && get install "$@"; } ||
		for _p; do get install "$_p" || echo "# not to be had: $_p"; done
	[ -z $_policy ] || rm -f $_policy
}
mkdir -p "$KEEP"
missing=()
for p in "${packages[@]}"; do
	dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
done
if [ "$(id -u)" = 0 ] && [ ${#missing[@]} != 0 ] && command -v apt-get >/dev/null; then
	echo "# installing ${missing[*]}"
	install "${missing[@]}"
fi

# a user with subordinate ids, for podman without root
user=${ROOTLESS_USER:-haletest} added=''
if [ "$(id -u)" = 0 ] && ! id "$user" >/dev/null 2>&1; then
	useradd -m "$user" && added=1
fi
base=''
if [ "$(id -u)" = 0 ] && command -v mmdebstrap >/dev/null; then
	base=$(mktemp -d)
	setsid ./base.sh "$base/base.tar" >"$base/log" 2>&1 &
	maker=$!
fi
finish() {
	if [ -n "$base" ]; then
		kill -- "-$maker" 2>/dev/null
		rm -rf "$base"
	fi
	[ -z "$added" ] || userdel -r "$user" 2>/dev/null
}
trap finish EXIT
trap 'exit 143' INT TERM

sum_passed=0 sum_failed=0 sum_skipped=0
for t in "${tests[@]}"; do
	from=$SECONDS
	timeout -k 45 "${DEADLINE:-300}" "./$t.sh" 2>&1 </dev/null | tee "$KEEP/$t.log"
	read -r p f s <<<"$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$KEEP/$t.log" | tail -1)"
	if [ -z "$p" ]; then
		echo "not ok - $t: no closing line: crashed, or over its ${DEADLINE:-300} s"
		p=0 f=1 s=0
	fi
	sum_passed=$((sum_passed + p)) sum_failed=$((sum_failed + f)) sum_skipped=$((sum_skipped + s))
	echo "# $t took $((SECONDS - from)) s"
done
echo "$sum_passed passed, $sum_failed failed, $sum_skipped skipped"
[ "$sum_failed" = 0 ]
