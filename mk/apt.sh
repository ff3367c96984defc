# shellcheck shell=sh disable=SC2154 # $apt is of those who source this
# SPDX-License-Identifier: MIT
# apt.sh: apt as getsrc.sh and getbin.sh use it, which source this: with its
# lists and caches in $apt, and the machine's own sources as $apt/parts has them.
# No root, and nothing outside of $apt changes. apt checks the signatures.

# apt_parts TYPE FILTER: the machine's sources, deb or deb-src in place of what
# they are, through the command FILTER
apt_parts() {
	mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$f" ] || sed "s/^Types:.*/Types: $1/" "$f" | $2 \
			>"$apt/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$f" ] || sed -n "s/^deb\([[:space:]]\)/$1\1/p" "$f" | $2 \
			>"$apt/parts/private-$(basename "$f" .list).list"
	done
}

# private TOOL ARG...: apt-get or apt-cache, on these
private() {
	tool=$1
	shift
	"$tool" -qq -o Dir::Etc::SourceList=/nonexistent \
		-o Dir::Etc::SourceParts="$apt/parts" \
		-o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# A fetch that meets a mirror in the middle of its update is tried again.
retry() {
	for pause in 2 5 0; do
		"$@" && return 0
		sleep $pause
	done
	return 1
}
