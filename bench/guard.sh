#!/bin/bash
# SPDX-License-Identifier: MIT
# guard.sh: what hale promises and no load can change: size, libraries, system
# calls, memory it dirties, wake-ups, signals. Prints "ok - …" or "not ok - …" a
# line, then "N passed, N failed". For timings, which need quiet: run.sh.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. bench/subjects.sh
hale=${HALE:-build/hale}
dir=$PWD/build/bench
results=$dir/guard.tsv
passed=0 failed=0

# verdict CONDITION TEXT: counts and prints one.
verdict() {
	if (($1)); then
		passed=$((passed + 1))
		echo "ok - $2"
	else
		failed=$((failed + 1))
		echo "not ok - $2"
	fi
}

# measure BENCH ROUNDS: appends what hb finds about hale.
measure() {
	timeout -k 5 60 "$dir/hb" "$1" -n "$2" "$dir/child" \
		"hale=$hale --" >>"$results"
}

# value BENCH KEY: the number found, rounded; a missing one fails every test.
value() {
	awk -F '\t' -v bench="$1" -v key="$2" '
		$1 == bench && $2 == "hale" && $3 == key { v = $4; found = 1 }
		END { print found ? int(v + 0.5) : -999 }' "$results"
}

at_most() {
	local v
	v=$(value "$1" "$2")
	verdict "$v >= 0 && $v <= $3" "$4: $v, at most $3"
}

exactly() {
	local v
	v=$(value "$1" "$2")
	verdict "$v == $3" "$4: $v, must be $3"
}

# What N services make hale run dirty, in kB, goes to the results.
measure_services() {
	write_services "$dir" "$1" >"$dir/services-$1.yaml"
	: >"$dir/notes"
	chmod 666 "$dir/notes"
	BENCH_SERVICES=$1 BENCH_NOTES=$dir/notes timeout -k 5 60 "$dir/hb" sup \
		-n 3 "$dir/child" "hale=$hale run -c $dir/services-$1.yaml" \
		>>"$results"
}

mkdir -p "$dir"
bench/build.sh "$dir" || exit
: >"$results"
bench/size.sh "hale=$hale" >>"$results"
# Pages of a file just written count as private and dirty until they are stored.
sync "$hale"
measure trace 1
measure idle 5
# Who shares the CPU with other machines may not have run for those 50 us.
for _ in 1 2 3; do
	measure lost 20
	[ "$(value lost early_lost) $(value lost early_values_lost)" != '0 0' ] ||
		break
done
measure_services 1
measure_services 100
# Raise this for nobody: it is a must.
at_most size bytes 400000 'size of the file in bytes'
at_most size libraries 0 'shared libraries needed'
at_most trace calls 14 'system calls from exec to exec'
# By single steps; the same to the last one whatever the load.
at_most trace instructions 12000 'instructions from exec to exec'
at_most trace cpuids 0 'CPUID instructions, each a VM exit'
at_most idle wakeups_per_min 0 'wake-ups a minute while idle'
at_most idle rss_kb 80 'resident memory in kB'
at_most idle dirty_kb 20 'private dirty memory in kB'
one=$(value sup dirty_kb_1_p50)
each=$((($(value sup dirty_kb_100_p50) - one) * 1024 / 99))
verdict "$one > 0 && $each > 0 && $each <= 1000" \
	"private memory of each of 100 services: $each bytes, at most 1000"
exactly lost standard_lost 0 'standard signals lost'
exactly lost queued_lost 0 'queued signals lost'
exactly lost queued_values 1000 'queued signals with value, in order'
# Only a real-time task has a chance to.
if [ "$(awk -F "\t" '$3 == "real_time" { v = $4 } END { print v }' \
	"$results")" = 1 ]; then
	exactly lost early_lost 0 'signals lost 50 us after exec'
	exactly lost early_values_lost 0 'signals without their value 50 us after exec'
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
