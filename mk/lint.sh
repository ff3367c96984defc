#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.sh: what a reviewer should not have to say. C files are looked at by gcc
# -fanalyzer, clang-format, clang-tidy and cppcheck; one that passed is looked
# at again only when it, a header of it or the rules changed. Then scripts, man
# pages, headers on their own and the house rules. WARN holds gcc's flags.
#	mk/lint.sh [FILE.c]...    all, or these C files only
set -u
export LC_ALL=C
seen=build/lint
read -ra warn <<<"${WARN:--std=c11 -D_GNU_SOURCE -Wall -Wextra}"
warn+=(-I. '-DHALE_VERSION="0"')

# ---- one C file; called by ourselves, several at a time
changed() # FILE: since it passed last
{
	local stamp=$seen/$1.ok deps
	[ -e "$stamp" ] && [ -e "$seen/$1.d" ] || return 0
	deps=$(sed 's/^[^:]*://; s/\\$//' "$seen/$1.d")
	# shellcheck disable=SC2086 # a list of words
	[ -n "$(find $deps .clang-tidy .clang-format mk/lint.sh \
		-newer "$stamp" 2>&1)" ]
}

look_at() # FILE TOOL COMMAND...
{
	local file=$1 tool=$2 said
	shift 2
	said=$("$@" 2>&1) && return 0
	printf 'not ok - %s: %s\n%s\n' "$file" "$tool" "$(head -n 40 <<<"$said")"
	return 1
}

one_file()
{
	local f=$1 bad=
	mkdir -p "$seen/${f%/*}"
	rm -f "$seen/$f.ok"
	look_at "$f" 'clang-format (make format)' \
		clang-format --dry-run -Werror "$f" || bad=1
	look_at "$f" cppcheck cppcheck -q --error-exitcode=1 -I. \
		--enable=warning,performance,portability --inline-suppr \
		--suppress=missingInclude --suppress=ctunullpointer \
		--suppress=pointerSize --std=c11 -D__linux__ \
		-D__x86_64__ "$f" || bad=1
	case $f in
	bench/*) # assembler and programs without a C library: not their words
		gcc "${warn[@]}" -MM -MF "$seen/$f.d" "$f" || bad=1
		[ -z "$bad" ] && : >"$seen/$f.ok"
		return
		;;
	esac
	# gcc 12 forgets what memory of realloc() points to, takes one element
	# of an array for another, loses sight of words that are kept in a list,
	# and doesn't expect to look at malloc() itself
	case $f in
	supervisor/tree_file.c | healthcheck/monitor_make.c | supervisor/heap.c | \
		supervisor/options.c)
		warn+=(-Wno-analyzer-malloc-leak)
		;;
	esac
	look_at "$f" 'gcc -fanalyzer' gcc "${warn[@]}" -Werror -O1 -fanalyzer \
		-MMD -MF "$seen/$f.d" -c -o /dev/null "$f" || bad=1
	look_at "$f" clang-tidy clang-tidy --quiet "$f" -- \
		-std=c11 -D_GNU_SOURCE -I. '-DHALE_VERSION="0"' || bad=1
	[ -z "$bad" ] && : >"$seen/$f.ok"
}
[ "${1:-}" != --one ] || { one_file "$2"; exit 0; }

# ---- everything
passed=0 failed=0
result() # NAME OUTPUT: passes when there is no output
{
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		printf 'not ok - %s\n%s\n' "$1" "$2"
	fi
}

c_files() # of those given: each that did not pass since its last change
{
	local f todo=()
	for f; do
		if changed "$f"; then todo+=("$f"); fi
	done
	[ ${#todo[@]} = 0 ] || printf '%s\0' "${todo[@]}" |
		xargs -0 -n 1 -P "$(nproc)" "$0" --one
	for f; do
		if [ -e "$seen/$f.ok" ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	done
	echo "$# C files: $((${#todo[@]})) looked at, $failed failed"
}

tracked() # PATTERN...: files of ours, in git or (a release) in the tree
{
	if [ -e .git ]; then
		git ls-files --cached --others --exclude-standard -- "$@" |
			while read -r f; do [ ! -f "$f" ] || echo "$f"; done
	else
		local p
		for p; do find . -name "${p##*/}" -not -path './build/*' |
			sed 's,^\./,,'; done
	fi | sort -u
}

scripts() # sh and bash by name or first line
{
	tracked '*.sh'
	tracked | while read -r f; do
		case $f in *.sh) continue ;; esac
		[[ $(head -c 64 "$f" | tr -d '\0' | head -n 1) =~ ^#!.*[/\ ](ba)?sh ]] &&
			echo "$f"
	done
}

alone() # each header compiles alone
{
	local h
	for h in supervisor/*.h healthcheck/*.h; do
		[ ! -e "$h" ] || printf '#include "%s"\nextern int more;\n' "$h" |
			gcc "${warn[@]}" -Werror -fsyntax-only -x c - 2>&1
	done
}

must_not() # NAME REGEX FILE...
{
	local name=$1 regex=$2
	shift 2
	[ $# = 0 ] || result "$name" "$(grep -nE -- "$regex" "$@" /dev/null)"
}

if [ $# -gt 0 ]; then
	c_files "$@"
	[ $failed = 0 ]
	exit
fi

mapfile -t c < <(tracked '*.c')
mapfile -t h < <(tracked '*.h')
mapfile -t sh < <(scripts)
mapfile -t man < <(tracked 'man/*.[1-9]')
mapfile -t all < <(tracked | grep -vE '^mk/lint\.sh$|\.(svg|png|cast|pem|der|bin)$|/corpus/')
c_files "${c[@]}"
result 'headers compile alone' "$(alone)"
result 'headers: clang-format (make format)' \
	"$([ ${#h[@]} = 0 ] || clang-format --dry-run -Werror "${h[@]}" 2>&1 | head -n 40)"
must_not 'supervisor/ has never heard of health' \
	'#include "healthcheck/' supervisor/*.[ch]
result "shellcheck: ${#sh[@]} scripts" \
	"$(shellcheck -x -P SCRIPTDIR "${sh[@]}" 2>&1)"
[ ${#man[@]} = 0 ] || result "mandoc: ${#man[@]} pages" \
	"$(mandoc -T lint -W warning "${man[@]}" 2>&1)"
must_not 'nothing left to do' '\b(TODO|FIXME|XXX)\b' "${all[@]}"
must_not 'no code is switched off' '^[[:space:]]*#[[:space:]]*if 0' "${c[@]}" "${h[@]}"
must_not 'each exception of shellcheck says why' \
	'shellcheck (shell=bash )?disable=[A-Z0-9,]*$' "${sh[@]}"
must_not 'no exception of clang-tidy from all of it' \
	'NOLINT(BEGIN|END|NEXTLINE)?([^A-Z(]|$)' "${c[@]}" "${h[@]}"
must_not 'no path of one machine' '/(work|home)/(wt|main|shared|[a-z]+)/' "${all[@]}"
must_not 'no blanks at the end of a line' '[[:blank:]]+$' "${c[@]}" "${h[@]}" "${sh[@]}"
mkdir -p "$seen"
cp CONTRIBUTING.md "$seen/house.md"
result 'the map in CONTRIBUTING.md is that of the tree (mk/house.sh)' \
	"$(sh mk/house.sh "$seen/house.md" && diff CONTRIBUTING.md "$seen/house.md"
		grep -n '^    [a-z]*/[a-z0-9_]*  *?$' "$seen/house.md")"
result 'each promise has its test (mk/promises.py)' "$(python3 mk/promises.py)"
result 'supervisor/baseline.def is what mk/baseline.sh makes' \
	"$(sh mk/baseline.sh "$seen/baseline.def" &&
		diff supervisor/baseline.def "$seen/baseline.def")"
result 'every source says its licence' \
	"$(for f in "${c[@]}" "${h[@]}" "${sh[@]}"; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"
	done)"
for f in "${c[@]}" "${h[@]}"; do
	lines=$(wc -l <"$f")
	[ "$lines" -le 400 ] || echo "hint: $f has $lines lines: two nouns?"
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
