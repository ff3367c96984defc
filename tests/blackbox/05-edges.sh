#!/bin/bash
# SPDX-License-Identifier: MIT
# Each of the 62 edge cases of health has a test, which EDGES.md names.
. "${BASH_SOURCE[0]%/*}/lib.sh"

wrong=''
numbers=''
while IFS='|' read -r _ number _ file name _; do
	read -r number <<<"$number"
	read -r name <<<"$name"
	file=${file//[\` ]/}
	case $number in [0-9][0-9]) ;; *) continue ;; esac
	numbers+="$number "
	if [ -z "$name" ] || ! grep -qF -- "$name" "$TOP/tests/$file"; then
		wrong+="$number: no \"$name\" in $file; "
	fi
done <"$TOP/tests/blackbox/EDGES.md"
is "$wrong" '' "each check that EDGES.md names exists"
is "$(tr ' ' '\n' <<<"$numbers" | sort -u | grep -c .)" 62 \
    "62 edge cases have a test each"
done_testing
