#!/bin/sh
# SPDX-License-Identifier: MIT
# house.sh [FILE]: writes the map of the modules into CONTRIBUTING.md (or FILE),
# between its marks: a line for each header, in the header's own words. `make
# lint` says when the map and the tree differ; running this puts it right.
set -eu
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
page=${1:-$top/CONTRIBUTING.md}

rooms() { # a line for each header: what stands behind "NAME.h - "
	for header in supervisor/*.h healthcheck/*.h; do
		awk -v file="$header" '
		BEGIN { name = file; sub(/.*\//, "", name) }
		!on && (at = index($0, name " - ")) {
			on = 1
			$0 = substr($0, at + length(name) + 3)
		}
		!on { next }
		{
			over = /\*\//
			sub(/ *\*\/.*/, "")
			sub(/^ \* ?/, "")
			text = text (text == "" ? "" : " ") $0
			if (over || $0 == "" || match(text, /[^.][.;](  | [A-Z]|$)/)) {
				if (match(text, /[^.][.;](  | [A-Z]|$)/))
					text = substr(text, 1, RSTART)
				exit
			}
		}
		END {
			short = file
			sub(/\.h$/, "", short)
			sub(/ +$/, "", text)
			printf "    %-26s %s\n", short, text == "" ? "?" : text
		}' "$header"
	done
}

cd "$top"
{
	echo
	rooms
	echo
} | sh "$top/mk/between.sh" house "$page"
