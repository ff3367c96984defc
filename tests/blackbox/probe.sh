# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # set by who sources it
#
# What the tests of probes share; source it after lib.sh.

PYTHON=/usr/bin/python3

# passes PROBE... / fails REGEX PROBE...: what hale probe says, and its status
passes()
{
	plain probe --timeout 10s "$@"
	is "$rc" 0 "passes: $*"
	[ "$rc" = 0 ] || echo "  $out$err"
}

fails()
{
	local why=$1
	shift
	plain probe --timeout 10s "$@"
	is "$rc" 1 "fails: $*"
	like "$out" "$why" "  and says why: $why"
}

# free_port: a port of 127.0.0.1 that nobody listens on
free_port()
{
	"$PYTHON" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# listening PORT: somebody accepts there
listening()
{
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# have COMMAND PACKAGE: else the rest is skipped, loudly
have()
{
	command -v "$1" >/dev/null 2>&1 && return 0
	skip "$2" "no $1 here: apt-get install $2"
	return 1
}
