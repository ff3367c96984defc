#!/bin/bash
# SPDX-License-Identifier: MIT
# smoke.sh PROGRAM [SECONDS]: one fuzzer over its seeds and then, for that
# long, over what it makes of them. What it finds new stays beside the program.
set -u
program=$1 seconds=${2:-10} name=${1##*/fuzz_}
seeds=tests/fuzz/corpus/$name
new=${program%/*}/corpus/$name
mkdir -p "$new"
[ -n "$(ls -A "$seeds" 2>/dev/null)" ] || {
	echo "not ok - $name: no seeds in $seeds"
	echo "0 passed, 1 failed"
	exit 1
}
said=$program.said
cd "${0%/*}/../.." || exit 1
words=()
[ ! -e "tests/fuzz/$name.dict" ] || words=(-dict="tests/fuzz/$name.dict")
if "$program" "${words[@]}" -max_total_time="$seconds" -max_len=8192 -rss_limit_mb=1024 \
	-timeout=20 -artifact_prefix="${program%/*}/$name-" \
	"$new" "$seeds" >"$said" 2>&1; then
	echo "ok - $name: $(grep -aE '^(Done|stat::number_of)' "$said" |
		tail -n 1)"
	echo "1 passed, 0 failed"
else
	echo "not ok - $name"
	grep -avE '^#[0-9]|NEW|REDUCE|pulse' "$said" | tail -n 40
	echo "0 passed, 1 failed"
	exit 1
fi
