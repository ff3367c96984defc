#!/bin/bash
# SPDX-License-Identifier: MIT
# hale.yaml(5) and the tables: each key has its entry, with its default.
top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
. "${BASH_SOURCE[0]%/*}/lib.sh"

page="$top/man/hale.yaml.5"
if ! command -v python3 >/dev/null; then
	skip 'man: every key' 'no python3'
	done_testing
	exit
fi
"$HALE" schema >"$T/schema.json"
cat >"$T/man.py" <<'E'
import json, re, sys
page = open(sys.argv[2]).read()
entries = {}
for entry in re.split(r"^\.It Cm ", page, flags=re.M)[1:]:
    name, _, text = entry.partition("\n")
    entries.setdefault(name, []).append(re.split(r"^\.(?:El|Sh|Ss)", text,
                                                 flags=re.M)[0])
ignored = set(re.findall(r"^\.Cm (\S+) [,.]$", page, flags=re.M))
found = 0
def walk(node):
    global found
    if isinstance(node, list):
        for one in node:
            walk(one)
    if not isinstance(node, dict):
        return
    for name, key in node.get("properties", {}).items():
        if not isinstance(key, dict):
            continue
        found += 1
        if key.get("description", "").startswith("no meaning"):
            if name not in ignored:
                print("not named as ignored:", name)
            continue
        if name == "secret":
            continue
        if name not in entries:
            print("no entry:", name)
        elif "default" in key and not any(
                ".Ql " + key["default"] + " ." in text
                or (name == "on_unhealthy" and key["default"] == "restart")
                for text in entries[name]):
            print("no default in the entry:", name, key["default"])
    for value in node.values():
        walk(value)
walk(json.load(open(sys.argv[1])))
print(found > 150 and "enough" or "too few keys: %d" % found)
E
is "$(python3 "$T/man.py" "$T/schema.json" "$page")" enough \
	'man: every key has an entry, with its default'
printf '\n' >"$T/empty.5"
like "$(python3 "$T/man.py" "$T/schema.json" "$T/empty.5")" 'no entry: command' \
	'man: the test sees what is missing'
if command -v mandoc >/dev/null; then
	is "$(mandoc -T lint -W warning "$page")" '' 'man: mandoc is content'
else
	skip 'man: mandoc is content' 'no mandoc'
fi

done_testing
