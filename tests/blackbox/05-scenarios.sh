#!/bin/bash
# SPDX-License-Identifier: MIT
# Each of the 53 scenarios and the 62 edge cases of health has a test, which
# SCENARIOS.md or EDGES.md names.
. "${BASH_SOURCE[0]%/*}/lib.sh"

here=$TOP/tests/blackbox
named() # TABLE FOLDER COUNT WHAT: FOLDER is where the table's files are
{
	local wrong='' numbers='' number file name
	while IFS='|' read -r _ number _ file name _; do
		read -r number <<<"$number"
		read -r name <<<"$name"
		file=${file//[\` ]/}
		case $number in [0-9][0-9]) ;; *) continue ;; esac
		numbers+="$number "
		if [ -z "$name" ] || ! grep -qF -- "$name" "$2/$file"; then
			wrong+="$number: no \"$name\" in $file; "
		fi
	done <"$here/$1"
	is "$wrong" '' "each check that $1 names exists"
	is "$(tr ' ' '\n' <<<"$numbers" | sort -u | grep -c .)" "$3" \
	    "$3 $4 have a test each"
}
named SCENARIOS.md "$here" 53 scenarios
named EDGES.md "$TOP/tests" 62 'edge cases'
done_testing
