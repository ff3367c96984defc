#!/bin/sh
# SPDX-License-Identifier: MIT
# deb.sh ROOT VERSION ARCH VERSIONS OUTDIR: a Debian package of what `make
# install PREFIX=/usr DESTDIR=ROOT` wrote, in OUTDIR; prints its name. ARCH is
# Debian's word. Every date is SOURCE_DATE_EPOCH: the same files, the same bytes.
set -eu
export LC_ALL=C
root=$1 version=$2 arch=$3 versions=$4 out=$5
umask 022
revision=$version-1
doc=$root/usr/share/doc/hale
maintainer='The hale authors <hale@hale.invalid>'
here=${0%/*}

mkdir -p "$doc"
cp "$here/copyright" "$doc/copyright"
gzip -9nc "$here/../CHANGELOG.md" >"$doc/changelog.gz"
gzip -9nc >"$doc/changelog.Debian.gz" <<-T
	hale ($revision) unstable; urgency=medium

	  * Release $version; changelog.gz says what is new.

	 -- $maintainer  $(date -u -R -d "@${SOURCE_DATE_EPOCH:-0}")
	T
find "$root/usr/share/man" -type f ! -name '*.gz' -exec gzip -9n {} +
find "$root" -type d -empty -delete
mkdir -p "$root/DEBIAN" "$root/usr/share/lintian/overrides"
cat >"$root/usr/share/lintian/overrides/hale" <<-'T'
	# It has to run in images FROM scratch: a static PIE, libraries and all.
	hale: embedded-library libyaml [usr/bin/hale]
	hale: shared-library-lacks-prerequisites [usr/bin/hale]
	# dpkg has this field, lintian 2.116 does not know it yet.
	hale: unknown-field Static-Built-Using
	# Not for Debian's own archive, where a first upload closes a request.
	hale: initial-upload-closes-no-bugs [usr/share/doc/hale/changelog.Debian.gz:1]
	T

# NAME (= VERSION), ... of the source packages whose code is in the binary
built_using=$(sed 's/^yaml-0\.1 /libyaml /' "$versions" |
	awk '$4 != "-" { printf "%s%s (= %s)", comma, $1, $4; comma = ", " }')

cat >"$root/DEBIAN/control" <<-T
	Package: hale
	Version: $revision
	Architecture: $arch
	Maintainer: $maintainer
	Section: admin
	Priority: optional
	Multi-Arch: foreign
	Static-Built-Using: $built_using
	Installed-Size: $(find "$root/usr" -type f -printf '%s\n' |
		awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
	Description: PID 1, supervisor and health checks for containers
	 hale is the first process of a container: one small static binary that
	 reaps orphans, passes signals on, gives the terminal to your program and
	 ends with its exit status. It drops privileges, supervises services,
	 probes their health and answers HEALTHCHECK, without a shell or curl.
	 .
	 Called tini, dumb-init, catatonit, gosu or su-exec, it is that program.
	T
sed -i '/^Static-Built-Using: $/d' "$root/DEBIAN/control"
(cd "$root" && find usr -type f | sort | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
mkdir -p "$out"
file=$out/hale_${revision}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
echo "$file"
