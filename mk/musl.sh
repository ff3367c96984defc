#!/bin/sh
# SPDX-License-Identifier: MIT
# musl.sh SOURCE SYSROOT MUSL-TRIPLE GNU-TRIPLE: musl's headers, start files and
# static library for an architecture that the distribution has no musl for,
# laid out below SYSROOT as its package would be; the kernel's headers are those
# of the cross compiler.
set -eu
export LC_ALL=C
source=$1 root=$(mkdir -p "$2" && cd "$2" && pwd) musl=$3 gnu=$4
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
kernel=/usr/$gnu/include

work=$root/.work
rm -rf "$work"
cp -a "$source" "$work"
mkdir -p "$root/usr/include/$gnu"
for d in linux asm-generic; do
	ln -sfn "$kernel/$d" "$root/usr/include/$d"
done
ln -sfn "$kernel/asm" "$root/usr/include/$gnu/asm"
echo "building musl for $musl (log: $root/musl.log)"
(
	cd "$work"
	./configure --target="$musl" --disable-shared CROSS_COMPILE="$gnu-" \
		CFLAGS="-Os -g0 -ffile-prefix-map=$work=musl" --prefix="$root/usr" \
		--includedir="$root/usr/include/$musl" \
		--libdir="$root/usr/lib/$musl" --syslibdir="$root/lib"
	make -j2 install-libs install-headers
) >"$root/musl.log" 2>&1 || { tail -n 20 "$root/musl.log" >&2; exit 1; }
rm -rf "$work"
