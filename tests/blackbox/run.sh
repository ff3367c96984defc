#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs black-box test files (all, or those named) and sums them up:
#
#	tests/blackbox/run.sh [-q] [FILE]...
#
# -q shows only what failed.  HALE names the binary, default build/hale.

here=$(cd "${0%/*}" && pwd)
quiet=no
[ "${1:-}" != -q ] || { quiet=yes; shift; }
[ $# -gt 0 ] || set -- "$here"/[0-9]*.sh
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

bad='' started=$SECONDS
for file; do
	"$file" >"$log" 2>&1 </dev/null || bad+=" ${file##*/}"
	closing=$(tail -n 1 "$log")
	if [ $quiet = yes ]; then
		grep -A 9 '^not ok' "$log" | grep -v '^ok'
	else
		sed '$d' "$log"
	fi
	[[ $closing =~ ^[0-9]+\ passed ]] || bad+=" ${file##*/}"
	echo "${file##*/}: $closing"
done
echo "$# files, $((SECONDS - started)) s${bad:+, failed:$bad}"
[ -z "$bad" ]
