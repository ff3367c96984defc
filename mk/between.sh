#!/bin/sh
# SPDX-License-Identifier: MIT
# between.sh NAME PAGE: puts standard input into PAGE, between the lines that
# begin with "<!-- NAME:" and "<!-- end of NAME". PAGE stays the same file.
set -eu
name=$1 page=$2
text=$(mktemp)
trap 'rm -f "$text" "$text.page"' EXIT
cat >"$text"
awk -v text="$text" -v begin="<!-- $name:" -v end="<!-- end of $name" '
index($0, begin) == 1 {
	print
	while ((getline line <text) > 0)
		print line
	skip = 1
	next
}
index($0, end) == 1 { skip = 0 }
!skip' "$page" >"$text.page"
cat "$text.page" >"$page"
