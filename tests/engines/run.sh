#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh [TEST…]: all engine tests, cheapest first, each under a deadline, with
# one sum at the end; those of Docker share a daemon. As root on Debian it
# installs the engines that are missing; where that can't be done, their tests
# say skip, which is counted and told again at the end, and with REQUIRED=1 is
# a failure. The Debian image that some need is built meanwhile.

cd "$(dirname "$0")" || exit 1
top=$(cd ../.. && pwd)
export INIT=${INIT:-${HALE:-$top/build/hale}} KEEP=${KEEP:-$top/build/engines}
. ./runner.sh
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
rm -f "$KEEP"/*.log
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
	# a uid that no container's process has: one that is in use can't be removed
	useradd -m -K UID_MIN=20000 -K UID_MAX=29999 "$user" && added=1
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
	[ -z "$added" ] || userdel -r "$user" 2>/dev/null || echo "# user $user is left behind"
}
trap finish EXIT
trap 'exit 143' INT TERM

if [ $# = 0 ]; then
	run_test oci 300
	run_test uml 300
	run_test together 900 docker privilege supervise socket health images \
		readme stack
	run_tests restore podman cri swarm
else
	run_tests "$@"
fi
grep -h '^skip - ' "$KEEP"/*.log | sort -u | sed 's/^/# SKIPPED: /'
echo "$sum_passed passed, $sum_failed failed, $sum_skipped skipped"
[ "$sum_failed" = 0 ]
