#!/bin/sh
# SPDX-License-Identifier: MIT
# dep.sh NAME SOURCE WORK PREFIX: builds library NAME with mk/deps/NAME.sh in
# WORK/NAME, a copy of SOURCE, and installs it below PREFIX. A recipe finds
# CC, AR, RANLIB, HOSTCC, HOST (triple), CFLAGS and PREFIX in its environment,
# and leaves lib/*.a, include/ and lib/pkgconfig/*.pc. Silent when it worked.
set -eu
export LC_ALL=C
name=$1 source=$2 work=$3 PREFIX=$4
recipe=$PWD/mk/deps/$name.sh log=$work/$name.log
# What was typed to our make (ARCH=, CFLAGS=) is not meant for theirs.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

[ -d "$source" ] || { echo "hale: no source of $name in $source" >&2; exit 1; }
rm -rf "${work:?}/$name"
mkdir -p "$work" "$PREFIX/lib/pkgconfig" "$PREFIX/include/sys"
cp -a "$source" "$work/$name"
# Paths of this machine must not reach the library, or the bytes depend on it.
here=$(cd "$work/$name" && pwd)
CFLAGS="$CFLAGS -ffile-prefix-map=$here=$name -ffile-prefix-map=$PREFIX=."
export CC AR RANLIB HOSTCC HOST CFLAGS PREFIX

echo "building $name (log: $log)"
if ! (cd "$here" && sh -eu "$recipe") >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "hale: $name does not build, see $log" >&2
	exit 1
fi
