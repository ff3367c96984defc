#!/bin/bash
# SPDX-License-Identifier: MIT
# valgrind.sh [NAME]...: memcheck over the unit tests, and over PID 1, its children
# and the verbs in those black-box tests that wait for their end: bytes that
# nobody wrote, memory that is gone, and (definitely lost) leaks. Counts what
# memcheck finds; a test's own checks are san.sh's, for valgrind has no answer to
# some of what they look at. `hale run` does not work under it.
set -u
cd "${0%/*}/.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/hale-valgrind.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 1777 "$dir"
passed=0 failed=0
memcheck=(valgrind -q --leak-check=full --errors-for-leak-kinds=definite
	--show-leak-kinds=definite --num-callers=20)

report() # NAME: what memcheck wrote since the last call
{
	local file found=
	for file in "$dir"/log.*; do
		# what the seccomp filters that it is under make of valgrind's own
		[ -e "$file" ] && grep -qE '^==[0-9]+== (Invalid|Conditional|Use of|Syscall param|.*definitely lost|Process terminating)' "$file" || continue
		found=1
		sed -n '1,25p' "$file" | sed 's/^/#   /'
	done
	rm -f "$dir"/log.*
	if [ -z "$found" ]; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		echo "not ok - $1"
	fi
}

for program in build/vg/test_*; do
	name=${program##*/}
	# The filter of a probe's child refuses what valgrind itself calls.
	[ -x "$program" ] && [ "$name" != test_prober ] || continue
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	"${memcheck[@]}" --log-file="$dir/log.%p" "$program" >"$dir/out" 2>&1
	report "$name: $(grep -c '^\[       OK \]' "$dir/out") tests"
done

printf '#!/bin/sh\nexec %s --log-file=%s/log.%%p %s "$@"\n' "${memcheck[*]}" \
	"$dir" "$PWD/build/vg/hale" >"$dir/hale"
chmod 755 "$dir" "$dir/hale"
chmod 1777 "$dir"
for name in 36-env 50-check 52-schema 53-man; do
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	HALE=$dir/hale BLACKBOX_TIMEOUT=280 timeout 300 \
		bash "tests/blackbox/$name.sh" >"$dir/out" 2>&1
	report "$name: $(tail -n 1 "$dir/out")"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
