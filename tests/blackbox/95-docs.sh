#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents say is so: every example of README, docs/ and man/ is
# checked or run, and what they say comes out is what comes out.
top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
export BLACKBOX_TIMEOUT=300
. "${BASH_SOURCE[0]%/*}/lib.sh"

if ! command -v python3 >/dev/null; then
	skip 'docs: examples' 'no python3'
	done_testing
	exit
fi
extract=$top/tests/blackbox/examples.py

# ---- files: each example is a file that `hale check` takes
files() # WHAT MINIMUM SOURCE...: what examples.py found, one file each
{
	local what=$1 least=$2 dir=$T/files n=0 file said bad=''
	shift 2
	rm -rf "$dir"
	mkdir "$dir"
	python3 "$extract" files "$dir" "$@" || { nok "$what: found"; return; }
	for file in "$dir"/*.yaml; do
		[ -e "$file" ] || break
		n=$((n + 1))
		said=$("$HALE" check "$file" 2>&1) || bad+="$said"$'\n'
	done
	is "$bad" '' "$what: \`hale check\` takes all $n"
	check "$what: at least $least" test $n -ge "$least"
}
files 'hale.yaml.5: an example of each key' 130 "$top/man/hale.yaml.5"
files 'README, docs, examples' 1 "$top"/README.md "$top"/docs/*.md \
    "$top"/examples/*.yaml
printf 'x\n```yaml\nservices: {a: {comand: x}}\n```\n' >"$T/wrong.md"
mkdir "$T/wrong"
python3 "$extract" files "$T/wrong" "$T/wrong.md"
like "$("$HALE" check "$T"/wrong/*.yaml 2>&1)" 'unknown key' \
    'a wrong example would be seen'

# ---- every key of the tables has an example in the page
"$HALE" schema >"$T/schema.json"
is "$(python3 "$extract" keys "$T/schema.json" "$top/man/hale.yaml.5")" '' \
    'hale.yaml.5: no key without an example'

done_testing
