#!/bin/bash
# SPDX-License-Identifier: MIT
#
# base.sh OUT.tar: a Debian root file system with the services that the
# engine tests run. Made once a week and kept in CACHE_DIR by package list;
# a second caller waits for the first. No engine and no registry has a part
# in it. Exit 3: this machine can't make one, and why is on stderr.

set -eu
out=$1
suite=bookworm
packages=bash,vim-tiny,nginx-light,redis-server,postgresql,python3-minimal,nodejs
packages+=,celery,gunicorn,python3-flask,python3-psycopg2,python3-redis # examples/stack
cache=${CACHE_DIR:-/var/cache/hale-ci}

if ! mkdir -p "$cache" 2>/dev/null || ! [ -w "$cache" ]; then
	cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hale-ci
	mkdir -p "$cache"
fi
key=$(printf '%s %s %s %s' "$suite" "$(dpkg --print-architecture 2>/dev/null || uname -m)" \
	"$packages" "$(date +%G-%V)" | sha256sum | cut -c1-12)

exec 9>"$cache/lock"
flock 9
if ! [ -s "$cache/$key.tar" ]; then
	if ! command -v mmdebstrap >/dev/null; then
		echo "base.sh: no mmdebstrap, no Debian base image" >&2
		exit 3
	fi
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
		"$suite" "$part" 9>&- || { echo "base.sh: mmdebstrap failed" >&2; exit 3; }
	mv "$part" "$cache/$key.tar"
	find "$cache" -maxdepth 1 -name '*.tar' ! -name "$key.tar" -mtime +14 -delete
fi
ln -f "$cache/$key.tar" "$out" 2>/dev/null || cp "$cache/$key.tar" "$out"
