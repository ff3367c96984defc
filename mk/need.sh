#!/bin/sh
# SPDX-License-Identifier: MIT
# need.sh [--install] SET...: what this machine lacks for SET (build, deps,
# source, demo, unit, test, lint, cov, peers, stack, qemu, kernel, cross-ARCH), with the line that
# installs it; --install installs it when allowed to. Exit 1 when something
# needed is still missing.
#
# One row per thing: set, how to see it (a command, or a file; alternatives
# with |), its package for apt, apk and dnf (- where there is none).
set -eu
export LC_ALL=C

rows() {
	a=$(uname -m)
	cat <<-T
	build cmd:gcc gcc build-base gcc
	build cmd:make make build-base make
	build /usr/include/stdio.h libc6-dev musl-dev glibc-devel
	build cmd:ar|cmd:gcc-ar binutils build-base binutils
	build /usr/lib/$a-linux-musl/rcrt1.o|/usr/$a-linux-musl/lib64/rcrt1.o|/usr/lib/rcrt1.o musl-dev build-base musl-libc-static
	build /usr/include/linux/landlock.h linux-libc-dev linux-headers kernel-headers
	source cmd:patch|/lib/apk patch - patch
	build cmd:xz xz-utils xz xz
	source cmd:dpkg-source|/lib/apk|cmd:dnf dpkg-dev - -
	build /usr/lib/libyaml.a|!/lib/apk - yaml-static -
	build /usr/include/yaml.h|!/lib/apk - yaml-dev -
	build /usr/lib/libmbedtls.a|!/lib/apk - mbedtls-static -
	build /usr/include/mbedtls/ssl.h|!/lib/apk - mbedtls-dev -
	demo cmd:unshare util-linux util-linux util-linux
	test cmd:unshare util-linux util-linux util-linux
	unit /usr/include/cmocka.h libcmocka-dev cmocka-dev libcmocka-devel
	unit /usr/include/sys/capability.h libcap-dev libcap-dev libcap-devel
	unit /usr/include/seccomp.h libseccomp-dev libseccomp-dev libseccomp-devel
	unit /usr/include/yaml.h libyaml-dev yaml-dev libyaml-devel
	test cmd:bash bash bash bash
	test cmd:git git git git
	test cmd:strace strace strace strace
	test cmd:setpriv util-linux setpriv util-linux
	test cmd:capsh libcap2-bin libcap-utils libcap
	test cmd:ps procps procps procps-ng
	test cmd:script bsdutils util-linux util-linux-script
	test cmd:python3 python3 python3 python3
	test cmd:expect expect expect expect
	test cmd:ip iproute2 iproute2 iproute
	test cmd:openssl openssl openssl openssl
	test cmd:curl curl curl curl
	test cmd:jq jq jq jq
	test cmd:gpg gpg gnupg gnupg2
	peers cmd:buildah buildah buildah buildah
	peers cmd:promtool prometheus - -
	peers cmd:chromium chromium - -
	peers cmd:lintian lintian - -
	peers cmd:rpmbuild rpm - rpm-build
	peers cmd:rpmlint rpmlint - rpmlint
	peers cmd:minisign minisign minisign minisign
	peers cmd:signify-openbsd signify-openbsd - -
	peers /usr/lib/python3/dist-packages/jsonschema python3-jsonschema - -
	stack cmd:dockerd docker.io docker docker
	stack cmd:docker-compose docker-compose docker-cli-compose docker-compose
	stack cmd:mmdebstrap mmdebstrap - -
	stack /usr/lib/cni/bridge|/opt/cni/bin/bridge containernetworking-plugins cni-plugins containernetworking-plugins
	stack /usr/lib/python3/dist-packages/grpc python3-grpcio - -
	stack /usr/lib/python3/dist-packages/google/protobuf python3-protobuf - -
	stack /usr/lib/python3/dist-packages/yaml python3-yaml - -
	stack cmd:protoc protobuf-compiler - -
	stack cmd:kubectl kubernetes-client - -
	stack cmd:certbot certbot - -
	stack cmd:pebble pebble - -
	stack cmd:tini tini - -
	stack cmd:gosu gosu - -
	stack cmd:dumb-init dumb-init - -
	stack cmd:catatonit catatonit - -
	stack cmd:wait-for-it wait-for-it - -
	stack cmd:supervisord supervisor - -
	stack cmd:s6-svscan s6 - -
	stack cmd:execlineb execline - -
	stack cmd:podman podman - -
	stack cmd:promtool prometheus - -
	stack /usr/lib/podman/netavark|/usr/libexec/podman/netavark netavark - -
	stack /usr/lib/podman/aardvark-dns|/usr/libexec/podman/aardvark-dns aardvark-dns - -
	stack cmd:jq jq jq jq
	stack cmd:curl curl curl curl
	stack cmd:openssl openssl openssl openssl
	stack cmd:iptables iptables iptables iptables
	cov cmd:clang clang clang clang
	cov cmd:llvm-cov llvm llvm llvm
	lint cmd:clang-format clang-format clang-extra-tools clang-tools-extra
	lint cmd:clang-tidy clang-tidy clang-extra-tools clang-tools-extra
	lint cmd:cppcheck cppcheck cppcheck cppcheck
	lint cmd:shellcheck shellcheck shellcheck ShellCheck
	lint cmd:mandoc mandoc mandoc mandoc
	peers cmd:tini tini tini tini
	peers cmd:dumb-init dumb-init dumb-init -
	peers cmd:catatonit catatonit catatonit catatonit
	cross-aarch64 cmd:aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu - -
	cross-armv7l cmd:arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf - -
	cross-riscv64 cmd:riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu - -
	cross-riscv64 /usr/riscv64-linux-gnu/include/linux/landlock.h linux-libc-dev-riscv64-cross - -
	qemu cmd:qemu-aarch64-static qemu-user-static - -
	kernel cmd:qemu-system-aarch64 qemu-system-arm - -
	kernel cmd:cpio cpio - -
	T
}

# have WHAT: is one of the |-separated alternatives here? !FILE: is it absent?
have() (
	IFS='|'
	for w in $1; do
		case $w in
		cmd:*) command -v "${w#cmd:}" >/dev/null && exit 0 ;;
		!*) [ ! -e "${w#!}" ] && exit 0 ;;
		*) [ -e "$w" ] && exit 0 ;;
		esac
	done
	exit 1
)

manager() {
	for m in apt-get apk dnf; do
		command -v $m >/dev/null && { echo $m; return; }
	done
	echo none
}

# packages SET...: those missing on this machine, in the words of $pm
packages() {
	case $pm in apk) col=4 ;; dnf) col=5 ;; *) col=3 ;; esac
	for set; do
		rows | while read -r s what apt apk dnf; do
			[ "$s" = "$set" ] || continue
			# shellcheck disable=SC2086 # a list of words
			have "$what" || { set -- $s "$what" $apt $apk $dnf; eval "echo \$$col"; }
		done
	done | grep -vx -e - | sort -u | tr '\n' ' '
}

line() {
	case $pm in
	apk) echo "apk add $*" ;;
	dnf) echo "dnf install -y $*" ;;
	*) echo "apt-get install -y --no-install-recommends $*" ;;
	esac
}

# Package lists of a fresh machine are empty or old: try, refresh, try again.
install() {
	run=
	[ "$(id -u)" = 0 ] || run='sudo -n'
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2046 # a list of words
	$run $(line "$@") </dev/null && return 0
	case $pm in
	apt-get) $run apt-get update </dev/null || : ;;
	esac
	# shellcheck disable=SC2046 # a list of words
	$run $(line "$@") </dev/null
}

may_install() {
	[ "$pm" != none ] || return 1
	[ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

install=
[ "${1:-}" != --install ] || { install=1; shift; }
pm=$(manager)
missing=$(packages "$@")
[ -n "$missing" ] || exit 0
if [ -n "$install" ] && may_install; then
	echo "setup: installing $missing" >&2
	# shellcheck disable=SC2086 # a list of words
	install $missing >&2 || :
	missing=$(packages "$@")
	[ -n "$missing" ] || exit 0
fi
echo "hale: this machine lacks packages ($*); install them with:" >&2
# shellcheck disable=SC2086 # a list of words
echo "  $(line $missing)" >&2
exit 1
