#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build-base.sh: a Debian root file system with the packages of every service,
# as a tar that `docker import` takes: the base of the stack where no registry
# can be reached. The images keep only the files that they need of it (see
# harvest.sh). Made once a week and kept in CACHE_DIR by package list.

set -eu
usage() {
	cat <<-'TXT'
	usage: build-base.sh [--image TAG] [--keep] [OUT.tar]

	Makes a Debian root file system with mmdebstrap and writes it to OUT.tar,
	or imports it into Docker as TAG, or both.

	  --image TAG    docker import it as TAG, which BASE= can name
	  --keep         make it, and leave it in CACHE_DIR for a later call
	  --packages     print the package list and exit
	  -h, --help     this text

	  CACHE_DIR      where it is kept for a week; /var/cache/hale-ci
	  MIRROR         a Debian mirror; default is that of this machine
	TXT
}
suite=bookworm
packages=ca-certificates,celery,gunicorn,nginx-light,nodejs,postgresql,prometheus,python3-flask,python3-minimal,python3-psycopg2,python3-redis,redis-server
image='' out='' keep=''
while [ $# != 0 ]; do
	case $1 in
	--image) image=${2:-} && [ -n "$image" ] || { echo "build-base.sh: --image wants a tag" >&2 && exit 2; }
		shift ;;
	--keep) keep=1 ;;
	--packages) echo "$packages" && exit 0 ;;
	-h | --help) usage && exit 0 ;;
	-*) echo "build-base.sh: unknown option $1" >&2 && exit 2 ;;
	*) out=$1 ;;
	esac
	shift
done
[ -n "$image$out$keep" ] || { usage >&2 && exit 2; }

cache=${CACHE_DIR:-/var/cache/hale-ci}
if ! mkdir -p "$cache" 2>/dev/null || ! [ -w "$cache" ]; then
	cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hale-ci
	mkdir -p "$cache"
fi
key=stack-$(printf '%s %s %s %s' "$suite" "$(uname -m)" "$packages" "$(date +%G-%V)" |
	sha256sum | cut -c1-12)

exec 9>"$cache/stack.lock"
flock 9
if ! [ -s "$cache/$key.tar" ]; then
	command -v mmdebstrap >/dev/null || {
		echo "build-base.sh: mmdebstrap is not installed (apt-get install mmdebstrap)" >&2
		exit 3
	}
	# the suffix tells mmdebstrap the format, so the part file ends in .tar too
	part=$cache/part-$key.tar
	trap 'rm -rf "$part"' EXIT
	proxy=()
	url=$(apt-config dump --format '%v' Acquire::http::Proxy 2>/dev/null || :)
	[ -z "$url" ] || proxy=(--aptopt="Acquire::http::Proxy \"$url\"")
	# shellcheck disable=SC2016 # the hook's shell expands $1
	mmdebstrap --quiet --variant=minbase --include="$packages" "${proxy[@]}" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--aptopt='Acquire::Languages "none"' \
		--aptopt='APT::Install-Recommends "false"' \
		--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
		"$suite" "$part" ${MIRROR:+"$MIRROR"} 9>&- >&2
	mv "$part" "$cache/$key.tar"
	find "$cache" -maxdepth 1 -name 'stack-*.tar' ! -name "$key.tar" -mtime +14 -delete
fi
if [ -n "$out" ]; then
	ln -f "$cache/$key.tar" "$out" 2>/dev/null || cp "$cache/$key.tar" "$out"
fi
if [ -n "$image" ]; then
	"${DOCKER:-docker}" import \
		-c 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
		"$cache/$key.tar" "$image" >/dev/null
fi
