#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh [NAME]...: which lines of supervisor/ and healthcheck/ the unit
# tests and the black-box and security tests (all, or those named) run together.
# The binary under test is the static one with musl, made by clang with counters
# in a file's pages (tests/coverage/map.c), so that what is killed counts too.
# What a test says of sizes and system calls is about another binary, and not
# looked at here. build/cov/missed names the lines that did not run; one that
# tests/coverage/unreached doesn't name is a failure.
set -u
cd "${0%/*}/.." || exit 1
dir=build/cov
make=(make --no-print-directory -s COV=1)
log=$dir/log
rm -rf $dir/unit "$log"
mkdir -p $dir/unit "$log"
"${make[@]}" all || exit 1
"${make[@]}" build/puppet unit-programs $dir/inject $dir/fuzz-programs 2>&1 |
	grep -v 'argument unused'
size=$(nm $dir/hale.debug | awk '
	$3 == "coverage_from" { from = $1 } $3 == "coverage_to" { to = $1 }
	END { print "0x" to, "- 0x" from }')
# Whoever runs it may count: also a user with no rights.
rm -f $dir/counters
truncate -s $((size)) $dir/counters
chmod 666 $dir/counters

for program in "$dir"/test_*; do
	"$program" >"$log/${program##*/}" 2>&1 ||
		echo "# ${program##*/} fails"
done
one() # TEST
{
	local name=${1##*/}
	name=${name%.sh}
	HALE=$dir/hale BLACKBOX_TIMEOUT=300 timeout 320 bash "$1" \
		>"$log/$name" 2>&1 </dev/null
	echo "# $name: $(tail -n 1 "$log/$name")"
}
export -f one
export dir log
for test in tests/blackbox/[0-9]*.sh tests/security/[0-9]*.sh; do
	name=$(basename "$test" .sh)
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	# They run the others again, with the binary that is ours.
	[[ $name =~ ^(90-noalloc|05-)$ ]] || echo "$test"
done | xargs -P "${JOBS:-2}" -I{} bash -c 'one {}'

# The seeds of the fuzzers, and each call of PID 1 that can fail, by samples.
for t in tests/fuzz/fuzz_*.c; do
	t=$(basename "$t" .c)
	"$dir/$t" -max_total_time=2 "tests/fuzz/corpus/${t#fuzz_}" \
		>"$log/$t" 2>&1 || echo "# $t fails"
done
if [ $# = 0 ] && [ $EUID = 0 ]; then
	timeout 900 python3 tests/faults/faults.py $dir/inject $dir/hale \
		--sample "${FAULTS:-1000}" --jobs "${JOBS:-2}" >"$log/faults" 2>&1
	echo "# faults: $(tail -n 1 "$log/faults")"
fi

programs=()
for program in "$dir"/test_* "$dir"/fuzz_*; do
	case $program in
	*.* | *_AARCH64 | *_ARM | *_RISCV64 | *-programs) ;;
	*) programs+=("$program") ;;
	esac
done
list=(--unreached tests/coverage/unreached)
[ $# = 0 ] || list=()
python3 tests/coverage/report.py "${list[@]}" --profiles $dir/unit $dir/hale.debug \
	$dir/counters "${programs[@]}"
