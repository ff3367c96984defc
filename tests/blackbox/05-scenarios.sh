#!/bin/bash
# SPDX-License-Identifier: MIT
# Each of the 53 scenarios has a test, which SCENARIOS.md names.
. "${BASH_SOURCE[0]%/*}/lib.sh"

here=$TOP/tests/blackbox
wrong=''
numbers=''
while IFS='|' read -r _ number _ file name _; do
	read -r number <<<"$number"
	read -r name <<<"$name"
	file=${file//[\` ]/}
	case $number in [0-9][0-9]) ;; *) continue ;; esac
	numbers+="$number "
	if [ -z "$name" ] || ! grep -qF -- "$name" "$here/$file"; then
		wrong+="$number: no \"$name\" in $file; "
	fi
done <"$here/SCENARIOS.md"
is "$wrong" '' "each check that SCENARIOS.md names exists"
is "$(tr ' ' '\n' <<<"$numbers" | sort -u | grep -c .)" 53 \
    "53 scenarios have a test each"
done_testing
