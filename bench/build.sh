#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh DIR: the programs of the bench: harness, measured child, floors.
# floor-musl needs a musl compiler (ours, else musl-gcc) and is left out without.
set -eu
dir=$1
src=$(dirname "$0")
cc=${HOSTCC:-gcc}
warn='-std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Werror'
bare='-nostdlib -static -no-pie -fno-pie -ffreestanding -fno-stack-protector
-fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code
-Wl,-z,norelro -Wl,-z,noexecstack -s'

mkdir -p "$dir"
# shellcheck disable=SC2086 # a list of words
$cc $warn -O1 -o "$dir/hb" "$src/main.c" "$src/lab.c" "$src/stats.c" \
	"$src/proc.c" "$src/start.c" "$src/signal.c" "$src/orphan.c" \
	"$src/idle.c" "$src/trace.c" "$src/ask.c" "$src/sup.c" \
	"$src/load.c" "$src/probe.c" "$src/serve.c" -lm
for program in floor floor-ask floor-probe floorsup child; do
	# shellcheck disable=SC2086 # a list of words
	$cc $warn -Os $bare -o "$dir/$program" "$src/$program.c"
done

musl=$src/../build/$(uname -m)/tc/cc
[ -x "$musl" ] || musl='musl-gcc'
rm -f "$dir/floor-musl"
if command -v "$musl" >/dev/null; then
	# shellcheck disable=SC2086 # a list of words
	"$musl" $warn -Os -fno-pie -static -no-pie -s -o "$dir/floor-musl" \
		"$src/floor-musl.c"
fi
