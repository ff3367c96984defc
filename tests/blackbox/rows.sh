#!/bin/bash
# SPDX-License-Identifier: MIT
# rows.sh: which test asserts each of the 66 cases that a PID 1 must get right,
# as a Markdown table, from the names of the tests themselves.
set -eu
cd "${BASH_SOURCE[0]%/*}"

# Prints the first test named after row N, as FILE:NAME.
first_of() {
	grep -oE "\"row $1: [^\"\$]*" [0-9]*.sh | head -n 1
}

echo '| row | test | first of what it asserts |'
echo '| --- | --- | --- |'
for ((n = 1; n <= 66; n++)); do
	row=$(printf '%02d' "$n")
	line=$(first_of "$row")
	[ -n "$line" ] || { echo "rows.sh: no test for row $row" >&2; exit 1; }
	text=${line#*: }
	printf '| %s | `%s` | %s |\n' "$row" "${line%%:*}" "${text//|/\\|}"
done
