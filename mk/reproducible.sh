#!/bin/sh
# SPDX-License-Identifier: MIT
# reproducible.sh BINARY ARCH: builds this tree, libraries included, once more
# in another, deeper directory and at another time, and compares the bytes.
# Sources that were fetched are reused, so that it needs no network.
set -eu
binary=$1 arch=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/hale-repro.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
tree=$dir/some/deeper/directory
mkdir -p "$tree/build"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$tree"
find "$tree" -type f -exec touch -d '2001-02-03 04:05:06' {} +
for fetched in build/src build/sysroot-*; do
	[ ! -d "$fetched" ] || cp -a "$fetched" "$tree/build/"
done
TZ=Pacific/Auckland make --no-print-directory -s -C "$tree" \
	ARCH="$arch" >"$dir/log" 2>&1 || { tail -n 20 "$dir/log" >&2; exit 1; }
if ! cmp "$binary" "$tree/build/$arch/hale"; then
	echo "not reproducible: $binary differs when built in $tree" >&2
	exit 1
fi
echo "reproducible: $(sha256sum <"$binary" | cut -d ' ' -f 1)  $binary"
