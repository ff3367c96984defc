#!/bin/bash
# SPDX-License-Identifier: MIT
#
# analyze-layers.sh: what the images are made of: sizes by layer, what they
# share, the largest directories, what looks like waste, and the difference to
# the image that they were made from.

set -eu
usage() {
	cat <<-'TXT'
	usage: analyze-layers.sh [--before IMAGE] [--top N] [IMAGE]...

	Looks into images; without names, into those of the stack.

	  --before IMAGE   compare with this one; hale-stack-base where it is
	  --top N          how many directories to list; 5
	  --limit IMAGE=MB exit 1 when IMAGE is larger; may be repeated
	  -h, --help       this text
	TXT
}
docker=${DOCKER:-docker} prefix=${STACK_IMAGE:-hale-stack} before='' top=5 images=() limits=()
wrong() {
	echo "analyze-layers.sh: $*" >&2
	echo "analyze-layers.sh --help says what it takes" >&2
	exit 2
}
while [ $# != 0 ]; do
	case $1 in
	--before) before=${2:-} && [ -n "$before" ] || wrong "--before wants an image"
		shift ;;
	--top) top=${2:-} && [[ $top =~ ^[0-9]+$ ]] || wrong "--top wants a number"
		shift ;;
	--limit) [[ ${2:-} =~ ^.+=[0-9]+$ ]] || wrong "--limit wants IMAGE=MB"
		limits+=("$2") && shift ;;
	-h | --help) usage && exit 0 ;;
	-*) wrong "unknown option $1" ;;
	*) images+=("$1") ;;
	esac
	shift
done
"$docker" version >/dev/null 2>&1 || {
	echo "analyze-layers.sh: $docker does not answer: is it installed, and its daemon running?" >&2
	exit 3
}
size() { "$docker" image inspect -f '{{.Size}}' "$1" 2>/dev/null; }
mb() { printf '%d.%d' $(($1 / 1000000)) $(($1 / 100000 % 10)); }
if [ ${#images[@]} = 0 ]; then
	mapfile -t images < <("$docker" images --format '{{.Repository}}:{{.Tag}}' |
		grep "^$prefix-" | grep -v "^$prefix-base:" | sort)
fi
[ ${#images[@]} != 0 ] || { echo "analyze-layers.sh: no images $prefix-*; build them first" >&2 && exit 3; }
[ -n "$before" ] || ! size "$prefix-base:latest" >/dev/null || before=$prefix-base:latest

work=$(mktemp -d)
container=''
trap '[ -z "$container" ] || "$docker" rm "$container" >/dev/null; rm -rf "$work"' EXIT
declare -A seen=()
total=0 shared=0
for image in "${images[@]}"; do
	bytes=$(size "$image") || { echo "analyze-layers.sh: no image $image" >&2 && exit 3; }
	echo
	echo "$image: $(mb "$bytes") MB"
	echo "  layers"
	"$docker" history --no-trunc --human=false --format '{{.Size}}	{{.CreatedBy}}' "$image" |
		awk -F'\t' '$1 > 0 { sub(/^\/bin\/sh -c (#\(nop\) )?/, "", $2)
			printf "  %9.1f MB  %.60s\n", $1 / 1e6, $2 }'
	while read -r layer; do
		[ -z "${seen[$layer]-}" ] || shared=$((shared + 1))
		seen[$layer]=1
		total=$((total + 1))
	done < <("$docker" image inspect -f '{{range .RootFS.Layers}}{{println .}}{{end}}' "$image" | grep .)
	container=$("$docker" create "$image" /none)
	"$docker" export "$container" | tar -tv >"$work/list" 2>/dev/null
	"$docker" rm "$container" >/dev/null && container=''
	echo "  largest directories"
	awk '{ n = split($6, p, "/"); d = p[1]; for (i = 2; i < n && i <= 3; i++) d = d "/" p[i]
		s[d] += $3 } END { for (d in s) printf "%9.1f MB  /%s\n", s[d] / 1e6, d }' "$work/list" |
		sort -rn | head -n "$top" | sed 's/^/  /'
	# what has no place in a runtime image
	awk '$1 ~ /^-/ { f = "/" $6 }
		$1 !~ /^-/ { next }
		f ~ /\/(apt|dpkg|apk|pip|npm|gcc|cc|make|curl|wget|git)$/ && $1 ~ /x/ { why["a tool: " f] += $3; next }
		f ~ /^\/usr\/share\/(doc|man|info|locale)\// { why["documentation, translations"] += $3; next }
		f ~ /^\/var\/(cache\/apt|lib\/apt\/lists|lib\/dpkg)|\/\.cache\// { why["a package cache"] += $3; next }
		f ~ /\.(a|la|h|hpp)$/ { why["headers, static libraries"] += $3; next }
		f ~ /\/(tests?|testing)\/.*\.py$/ { why["tests of Python packages"] += $3; next }
		END { for (w in why) if (why[w] > 50000) printf "  suggestion: %s: %.1f MB\n", w, why[w] / 1e6 }' "$work/list"
	suid=$(awk '$1 ~ /^-..[sS]|^-.....[sS]/ { printf " /%s", $6 }' "$work/list")
	[ -z "$suid" ] || echo "  suggestion: set-user-ID programs:$suid"
	if [ -n "$before" ]; then
		was=$(size "$before")
		echo "  before and after: $(mb "$was") MB in $before, $(mb "$bytes") MB here: $((100 - 100 * bytes / was)) % less"
	fi
done
echo
echo "${#images[@]} images, $total layers, $shared of them shared with another one"
bad=0
for limit in "${limits[@]}"; do
	bytes=$(size "${limit%=*}") || bytes=0
	if [ "$bytes" = 0 ] || [ "$bytes" -gt $((${limit##*=} * 1000000)) ]; then
		echo "over its limit: ${limit%=*}: $(mb "$bytes") MB, limit ${limit##*=} MB" && bad=1
	fi
done
exit $bad
