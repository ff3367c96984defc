#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# libcap: the names of capabilities and the texts of their sets.
# USE_GPERF=no: its own table costs less code than a perfect hash.
make -C libcap CC="$CC" AR="$AR" RANLIB="$RANLIB" \
	BUILD_CC="$HOSTCC" BUILD_CFLAGS=-O1 COPTS="$CFLAGS" \
	SHARED=no PTHREADS=no GOLANG=no PAM_CAP=no USE_GPERF=no \
	prefix="$PREFIX" lib=lib install-static
