#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# mbedTLS: TLS for probes. Its three libraries as one, and only what
# mk/deps/mbedtls_config.h and mbedtls_psa.h name, which the headers carry from
# then on.
here=${0%/*}
version=$(sed -n 's/^#define MBEDTLS_VERSION_STRING  *"\(.*\)"/\1/p' \
	include/mbedtls/build_info.h)
cp "$here/mbedtls_config.h" include/mbedtls/
cp "$here/mbedtls_psa.h" include/psa/crypto_config.h
# A client signs and verifies: what else keys can do is named in tables only.
sed 's/\.\(decrypt\|encrypt\|check_pair\|debug\)_func = [a-z_]*,/.\1_func = NULL,/' \
	library/pk_wrap.c >library/pk_wrap.new
mv library/pk_wrap.new library/pk_wrap.c
for f in library/*.c; do
	# shellcheck disable=SC2086 # a list of words
	$CC $CFLAGS -Iinclude -Ilibrary -c "$f" -o "${f%.c}.o"
done
"$AR" rcsD "$PREFIX/lib/libmbedtls.a" library/*.o
cp -R include/mbedtls include/psa "$PREFIX/include/"
cat >"$PREFIX/lib/pkgconfig/mbedtls.pc" <<P
Name: mbedtls
Description: TLS for probes
Version: $version
Libs: -lmbedtls
P
