#!/bin/bash
# SPDX-License-Identifier: MIT
# afl.sh PROGRAM [SECONDS]: one fuzzer, built by afl-clang-fast, over its seeds and
# for that long over what AFL++ makes of them, its way of comparing and its
# schedule, which are not libFuzzer's. What it finds stays beside the program.
set -u
program=$1 seconds=${2:-60} name=${1##*/fuzz_}
cd "${0%/*}/../.." || exit 1
out=${program%/*}/out/$name
rm -rf "$out"
mkdir -p "$out"
words=()
[ ! -e "tests/fuzz/$name.dict" ] || words=(-x "tests/fuzz/$name.dict")
# A machine that is not made for it alone is good enough.
export AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_FAST_CAL=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_QUIET=1 \
	ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0
afl-fuzz -V "$seconds" -m none -t 5000+ -G 8192 "${words[@]}" \
	-i "tests/fuzz/corpus/$name" -o "$out" -- "$program" >"$program.said" 2>&1
stat() { sed -n "s/^$1 *: *//p" "$out/default/fuzzer_stats" 2>/dev/null; }
if [ "$(stat saved_crashes)$(stat saved_hangs)" = 00 ]; then
	echo "ok - $name: $(stat execs_done) inputs, $(stat execs_per_sec)/s," \
		"$(stat corpus_count) kept"
	echo "1 passed, 0 failed"
else
	echo "not ok - $name: $(stat saved_crashes) crashes, $(stat saved_hangs) hangs"
	find "$out/default/crashes" "$out/default/hangs" -name 'id*' 2>/dev/null |
		head -n 5
	[ -e "$out/default/fuzzer_stats" ] || tail -n 20 "$program.said"
	echo "0 passed, 1 failed"
	exit 1
fi
