#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# mbedTLS: TLS for probes. Its three libraries as one, and only what
# mk/deps/mbedtls_config.h names, which the headers carry from then on.
config=${0%/*}/mbedtls_config.h
version=$(sed -n 's/^#define MBEDTLS_VERSION_STRING  *"\(.*\)"/\1/p' \
	include/mbedtls/build_info.h)
cp "$config" include/mbedtls/mbedtls_config.h
for f in library/*.c; do
	# shellcheck disable=SC2086
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
