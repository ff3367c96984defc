#!/bin/sh
# SPDX-License-Identifier: MIT
# versions.sh MUSL_LIBDIR PCDIR SRCDIR NAME:LEAST...: refuses libraries older
# than LEAST and prints what the binary is made of, one line each:
#     NAME VERSION LICENCE SOURCE-PACKAGE-VERSION
# NAME is a pkg-config name; AR and CC come from the environment.
set -eu
export LC_ALL=C
musl=$1 pc=$2 src=$3
shift 3

licence() {
	case $1 in
	musl) echo MIT ;;
	yaml-0.1) echo MIT ;;
	mbedtls) echo Apache-2.0 ;;
	*) echo NOASSERTION ;;
	esac
}

source_of() {
	case $1 in
	yaml-0.1) echo libyaml ;;
	*) echo "$1" ;;
	esac
}

# at_least VERSION LEAST: both of dotted numbers
at_least() {
	echo "$1 $2" | awk '{
		n = split($1, have, "."); m = split($2, least, ".")
		for (i = 1; i <= n || i <= m; i++) {
			if (have[i] + 0 > least[i] + 0) exit 0
			if (have[i] + 0 < least[i] + 0) exit 1
		}
	}'
}

# package_version NAME: the distribution's version of what was compiled
package_version() {
	log=$src/$(source_of "$1")/debian/changelog
	[ -e "$log" ] && sed -n '1s/.*(\(.*\)).*/\1/p' "$log" || echo -
}

# musl_package: that of the musl that is linked: unpacked, built here, installed
musl_package() {
	sysroot=${musl%/usr/lib/*}
	deb=$(find "$sysroot/" -maxdepth 1 -name 'musl-dev_*.deb' 2>/dev/null)
	if [ -n "$deb" ]; then
		echo "$deb" | sed 's/.*musl-dev_//; s/_.*//; s/%3a/:/; q'
	elif [ -n "$sysroot" ]; then
		package_version musl
	else
		dpkg-query -Wf '${source:Version}\n' musl-dev 2>/dev/null || echo -
	fi
}

musl_version=$($AR p "$musl/libc.a" version.lo 2>/dev/null | strings |
	grep -m 1 '^[0-9.]*$') || musl_version=unknown
echo "musl $musl_version $(licence musl) $(musl_package)"
for want; do
	name=${want%:*} least=${want#*:}
	version=$(sed -n 's/^Version: *//p' "$pc/$name.pc" 2>/dev/null) || :
	if [ -z "$version" ]; then
		echo "hale: no static $name: $pc/$name.pc is missing" >&2
		exit 1
	fi
	at_least "$version" "$least" || {
		echo "hale: $name $version is too old, $least is needed" >&2
		exit 1
	}
	echo "$name $version $(licence "$name") $(package_version "$name")"
done
echo "gcc $($CC -dumpfullversion) GPL-3.0-or-later-WITH-GCC-exception-3.1 -"
