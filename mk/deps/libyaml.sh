#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# libyaml: the reader of the config file. Ten files and four macros: compiled
# by hand, since the distribution ships no configure script.
part() {
	sed -n "s/^m4_define(\[YAML_$1\], *\([0-9]*\)).*/\1/p" configure.ac
}
major=$(part MAJOR) minor=$(part MINOR) patch=$(part PATCH)
version=$major.$minor.$patch
cp "${0%/*}/libyaml_outline.h" src/
for f in src/scanner.c src/parser.c; do
	sed '0,/^YAML_DECLARE/s//#include "libyaml_outline.h"\n&/' "$f" >"$f.new"
	mv "$f.new" "$f"
done
for f in src/*.c; do
	# shellcheck disable=SC2086 # a list of words
	$CC $CFLAGS -Iinclude -DYAML_VERSION_MAJOR="$major" \
		-DYAML_VERSION_MINOR="$minor" -DYAML_VERSION_PATCH="$patch" \
		-DYAML_VERSION_STRING="\"$version\"" -c "$f" -o "${f%.c}.o"
done
"$AR" rcsD "$PREFIX/lib/libyaml.a" src/*.o
install -m 644 include/yaml.h "$PREFIX/include/"
cat >"$PREFIX/lib/pkgconfig/yaml-0.1.pc" <<P
Name: LibYAML
Description: the reader of the config file
Version: $version
Libs: -lyaml
P
