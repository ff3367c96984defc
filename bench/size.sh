#!/bin/bash
# SPDX-License-Identifier: MIT
# size.sh NAME=FILE...: result lines for the size of programs, stripped, and of
# all that they need to run in an image that has nothing else.
set -eu
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT

# Libraries and loader of a dynamic program, as paths.
libraries() {
	ldd "$1" 2>/dev/null |
		awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'
}

for spec; do
	name=${spec%%=*} file=${spec#*=}
	cp "$file" "$copy"
	strip -s "$copy" 2>/dev/null || :
	bytes=$(stat -c %s "$copy") count=0 all=$bytes
	if readelf -l "$file" | grep -q 'Requesting program interpreter'; then
		for library in $(libraries "$file"); do
			all=$((all + $(stat -L -c %s "$library")))
			count=$((count + 1))
		done
	fi
	printf 'size\t%s\tbytes\t%s\n' "$name" "$bytes"
	printf 'size\t%s\tlibraries\t%s\n' "$name" "$count"
	printf 'size\t%s\tbytes_with_libraries\t%s\n' "$name" "$all"
done
