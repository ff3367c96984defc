#!/bin/bash
# SPDX-License-Identifier: MIT
# Files that were not written by a friend: refused, soon, in little memory.
. "${BASH_SOURCE[0]%/*}/lib.sh"

refused() # FILE REGEX NAME: 1, with such words, in 20 s and 300 MB
{
	(
		ulimit -v 300000
		timeout 20 "$HALE" check "$1"
	) >"$T/out" 2>"$T/err" </dev/null
	local rc=$?
	if [ $rc = 1 ] && [[ $(<"$T/err") =~ $2 ]]; then
		ok "$3"
	else
		nok "$3" "exit status $rc" "$(head -c 500 "$T/err")"
	fi
}

bomb="$T/bomb.yaml"
{
	echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
	for i in {1..12}; do
		p="*a$((i - 1))"
		echo "a$i: &a$i [$p, $p, $p, $p, $p, $p, $p, $p, $p, $p]"
	done
} >"$bomb"
refused "$bomb" 'aliases unfold to too much' 'a bomb of aliases'

{
	echo 'm0: &m0 {k: v}'
	for i in {1..300}; do
		printf 'm%d: &m%d {<<: *m%d, k%d: v}\n' "$i" "$i" $((i - 1)) "$i"
	done
	echo 'services: {a: {command: [x]}}'
} >"$T/merge.yaml"
refused "$T/merge.yaml" 'unknown key' 'a long chain of merges'

{
	printf 's: &s "'
	head -c 500000 /dev/zero | tr '\0' x
	printf '"\nservices:\n  a:\n    command: ['
	for i in {1..5000}; do printf '*s, '; done
	echo '*s]'
} >"$T/long.yaml"
refused "$T/long.yaml" 'aliases unfold to too much' 'a long text, 5,000 times'

head -c 200000 /dev/zero | tr '\0' '[' >"$T/deep.yaml"
refused "$T/deep.yaml" 'nested too deep' 'deep nesting in brackets'
for i in {0..200}; do printf '%*sa:\n' "$i" ''; done >"$T/deeper.yaml"
refused "$T/deeper.yaml" 'nested too deep' 'deep nesting by indentation'

truncate -s 100M "$T/zero.yaml"
refused "$T/zero.yaml" 'larger than 4 MiB' '100 MB'
refused /dev/zero 'larger than 4 MiB' 'a file without end'
head -c 100000 "$HALE" >"$T/binary.yaml"
refused "$T/binary.yaml" 'not YAML|not text' 'a binary'
printf 'a: \xff\xfe\x00b' >"$T/utf.yaml"
refused "$T/utf.yaml" 'not YAML' 'what is no UTF-8'

{
	echo 'services:'
	echo '  a: {command: [x]}'
	for i in {1..60000}; do echo "  k$((i % 100)): {command: x}"; done
} >"$T/twice.yaml"
refused "$T/twice.yaml" 'duplicate key .*and 59[0-9]* more errors' \
	'59,900 duplicate keys: twenty are shown, the rest counted'

{
	echo 'services:'
	for i in {1..3000}; do
		echo "  s$i: {command: x, depends_on: [s$((i % 3000 + 1))]}"
	done
} >"$T/cycle.yaml"
refused "$T/cycle.yaml" 'cycle: ' 'a cycle of 3,000'

# Much, but honest: it loads.
{
	echo 'services:'
	for i in {1..2000}; do
		echo "  s$i: {command: [sleep, \"$i\"], restart: always," \
			"environment: {A: b, C: d}, depends_on: [s0]}"
	done
	echo '  s0: {command: x}'
} >"$T/many.yaml"
timeout 20 "$HALE" check "$T/many.yaml" >"$T/out" 2>&1
is "$?" 0 '2,001 services load'

done_testing
