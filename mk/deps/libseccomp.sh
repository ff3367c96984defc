#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# libseccomp: from names of system calls to BPF. Only the library and its
# headers are built. gperf is needed: the distribution's patch makes the table
# newer than the generated file.
./configure -q --host="$HOST" --prefix="$PREFIX" --disable-shared \
	--enable-static --disable-dependency-tracking --disable-python \
	CC="$CC" AR="$AR" RANLIB="$RANLIB" CFLAGS="$CFLAGS"
make -C include install
make -C src libseccomp.la
make install-pkgconfDATA
install -m 644 src/.libs/libseccomp.a "$PREFIX/lib/"
