#!/bin/sh
# SPDX-License-Identifier: MIT
#
# harvest.sh ROLE OUT SKELETON: the files that one kind of service needs, as a
# root file system at OUT; runs in the build, on Alpine or Debian.
# harvest.sh --users SKELETON: its passwd, group and directories.
#
# On Alpine apk installs into OUT. On Debian the files of the service's own
# packages are copied, then the libraries that ldd names: what a package
# depends on for its scripts (perl, dpkg, a shell) stays behind.

set -eu

if [ "$1" = --users ]; then
	mkdir -p "$2/etc" "$2/app" "$2/tmp" "$2/run" "$2/proc" "$2/dev" "$2/sys" "$2/var/www/acme"
	chmod 1777 "$2/tmp"
	printf '%s\n' root:x:0:0:root:/root:/sbin/nologin \
		app:x:10001:10001::/app:/sbin/nologin \
		postgres:x:10002:10002::/var/lib/postgresql:/sbin/nologin >"$2/etc/passwd"
	printf '%s\n' root:x:0: app:x:10001: postgres:x:10002: >"$2/etc/group"
	echo 'hosts: files dns' >"$2/etc/nsswitch.conf"
	exit 0
fi
role=$1 out=$2 skeleton=$3

alpine() {
	case $role in
	python) packages="python3" ;;
	node) packages="nodejs" ;;
	nginx) packages="nginx" ;;
	redis) packages="redis" ;;
	postgres) packages="postgresql16 busybox" ;;
	prometheus) packages="prometheus" ;;
	esac
	mkdir -p "$out"
	# shellcheck disable=SC2086 # a list of words
	apk add --no-cache --no-scripts --initdb --root "$out" \
		--keys-dir /etc/apk/keys --repositories-file /etc/apk/repositories $packages
	if [ "$role" = python ]; then
		apk add --no-cache python3 py3-pip
		pip install --root-user-action=ignore --prefix "$out/usr" -r /requirements.txt
		# a virtual environment's first line, made right for the image
		sed -i '1s|^#!.*|#!/usr/bin/python3|' "$out/usr/bin/gunicorn" "$out/usr/bin/celery"
	fi
	[ "$role" != postgres ] || ln -sf busybox "$out/bin/sh"
	rm -rf "$out/lib/apk" "$out/etc/apk" "$out/var/cache/apk"
}

# closure PACKAGE...: with what they depend on, as far as it is of their kind
closure() {
	while :; do
		# shellcheck disable=SC2086,SC2048,SC2016 # words; dpkg's own variables
		more=$(dpkg-query -W -f '${Depends}, ${Pre-Depends}\n' $* | tr ',|' '\n' |
			sed 's/^ *//; s/[ :(].*//' | grep -E "$kind" | sort -u)
		# shellcheck disable=SC2086,SC2048 # a list of words
		all=$(printf '%s\n' $* $more | sort -u | tr '\n' ' ')
		before="$*"
		# only what is there: alternatives are not
		# shellcheck disable=SC2046,SC2086,SC2016 # lists of words; another shell expands them
		set -- $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $all 2>/dev/null |
			sed -n 's/^installed //p' | sort -u)
		[ "$before" != "$*" ] || break
	done
	echo "$*"
}

# copy: the files named on stdin, with their directories, to $out
copy() { tar -C / --no-recursion -cf - -T - | tar -C "$out" --keep-directory-symlink -xf -; }

debian() {
	kind='^$'
	case $role in
	python)
		packages="tzdata python3 gunicorn celery python3-flask python3-psycopg2 python3-redis"
		kind='^(lib)?python3|^gunicorn|^python-'
		;;
	node)
		packages=nodejs
		kind='^node-|^libnode'
		;;
	nginx) packages="nginx nginx-common" ;;
	redis) packages="redis-server redis-tools" ;;
	postgres) packages="postgresql-15 postgresql-common dash tzdata" ;;
	prometheus) packages=prometheus ;;
	esac
	missing=
	for package in $packages; do
		dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
	done
	if [ -n "$missing" ]; then
		# shellcheck disable=SC2086 # a list of words
		apt-get update && apt-get install -y --no-install-recommends $missing
	fi
	mkdir -p "$out/usr/bin" "$out/usr/sbin" "$out/usr/lib" "$out/usr/lib64"
	for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$out/$dir"; done
	# shellcheck disable=SC2046,SC2086 # words
	dpkg -L $(closure $packages) | sed -E 's#^/(s?bin|lib|lib64)/#/usr/\1/#' | sort -u |
		grep -Ev "$not" | while read -r path; do
		if [ -d "$path" ] && ! [ -L "$path" ]; then
			# what Python compiled when the package was installed
			! [ -d "$path/__pycache__" ] || find "$path/__pycache__" -type f
		elif [ -e "$path" ] || [ -L "$path" ]; then
			echo "$path"
		fi
	done | copy
	# alternatives: /usr/bin/node may be a link to a link
	find "$out" -type l | while read -r link; do
		target=$(readlink "$link")
		case $target in
		/etc/alternatives/*) ln -sf "$(readlink -f "$target")" "$link" ;;
		esac
	done
	find "$out" -type f \( -perm /111 -o -name '*.so*' \) -exec sh -c \
		'for f; do ldd "$f" 2>/dev/null; done' - {} + |
		sed -nE 's/.*=> (\/[^ ]*) .*/\1/p; s/^\t(\/[^ ]*) .*/\1/p' | sort -u |
		while read -r library; do
			readlink -f "$library"
			dir=$(readlink -f "$(dirname "$library")")
			echo "$dir/$(basename "$library")"
		done | sort -u | copy
	case $role in
	postgres)
		ln -sf dash "$out/usr/bin/sh"
		# its programs look for their files from where they are
		for program in postgres initdb pg_isready psql; do
			ln -sf "../lib/postgresql/15/bin/$program" "$out/usr/bin/$program"
		done
		mkdir -p "$out/var/lib/postgresql"
		chown 10002:10002 "$out/var/lib/postgresql"
		;;
	esac
}
# what no service reads at run time
not='^/usr/share/zoneinfo/(right|posix)/|^/usr/share/(doc|man|locale|lintian|bug|info|python3/runtime.d|bash-completion|perl5|postgresql-common)|^/usr/include|^/etc/(init.d|cron|logrotate.d|default|apparmor|systemd)|^/lib/systemd|/systemd/|/test/|/tests/|/testing/|idlelib|lib2to3|ensurepip|turtledemo|/pydoc_data|distutils/command|/llvmjit|/bitcode/|/prometheus/(promu|tsdb)|^/etc/prometheus|^/usr/bin/promtool$|\.(a|h)$'

mkdir -p "$out"
if [ -e /etc/alpine-release ]; then alpine; else debian; fi
cp -a "$skeleton/." "$out/"
