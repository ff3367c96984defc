#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh: every attack, then a list: its number, how often it was tried, and what
# it got. Fails if it got anything.
set -u
cd "${BASH_SOURCE[0]%/*}" || exit
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for script in [0-9]*.sh; do
	echo "== $script"
	bash "$PWD/$script" 2>&1 | tee -a "$log"
	[ "${PIPESTATUS[0]}" = 0 ] || failed=$((failed + 1))
done
echo
echo "attack  tried  got"
sed -nE 's/^#? *(held|GOT IT) +([0-9]+)  .*/\2 \1/p
	s/^ok - ([a-z]+: )?([0-9, ]+): .*# SKIP.*/\2 skipped/p
	s/^ok - ([a-z]+: )?([0-9, ]+): .*/\2 held/p
	s/^not ok - ([a-z]+: )?([0-9, ]+): .*/\2 GOT/p' "$log" |
	awk '{ what = $NF; $NF = ""; n = split($0, number, /[, ]+/)
		for (i = 1; i <= n; i++) if (number[i] != "") {
			tried[number[i]]++
			if (what == "IT" || what == "GOT") got[number[i]]++
			if (what == "skipped") skipped[number[i]]++
		} }
		END { for (i in tried)
			printf "%6d  %5d  %s%s\n", i, tried[i], got[i] + 0 == 0 ?
			    "nothing" : got[i] " times", skipped[i] ?
			    ", " skipped[i] " skipped" : "" }' | sort -n
[ "$failed" = 0 ] && ! grep -q 'GOT IT' "$log"
