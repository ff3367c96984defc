#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build-optimized.sh: builds the images with BuildKit; says how long each took,
# how many of its steps came from the cache, and how big it is.

set -eu
usage() {
	cat <<-'TXT'
	usage: build-optimized.sh [--base IMAGE] [--no-cache] [--tag TAG] [NAME]...

	Builds the images of the stack, all or those named.

	  --base IMAGE   what the packages come from: an Alpine (alpine:3.20) or
	                 Debian image. Without it: alpine:3.20 where that can be
	                 had, else a Debian that scripts/build-base.sh makes here
	  --no-cache     as if for the first time
	  --tag TAG      default latest
	  -h, --help     this text

	  HALE           the hale binary; ../../build/hale, else that in PATH
	  STACK_IMAGE    what the images' names begin with; hale-stack
	TXT
}
cd "$(dirname "$0")/.."
docker=${DOCKER:-docker} base=${BASE:-} tag=${STACK_TAG:-latest} prefix=${STACK_IMAGE:-hale-stack}
names=() options=()
wrong() {
	echo "build-optimized.sh: $*" >&2
	echo "build-optimized.sh --help says what it takes" >&2
	exit 2
}
while [ $# != 0 ]; do
	case $1 in
	--base) base=${2:-} && [ -n "$base" ] || wrong "--base wants an image"
		shift ;;
	--no-cache) options+=(--no-cache) ;;
	--tag) tag=${2:-} && [ -n "$tag" ] || wrong "--tag wants a tag"
		shift ;;
	-h | --help) usage && exit 0 ;;
	-*) wrong "unknown option $1" ;;
	*) grep -q "^FROM [a-z]* AS $1\$" Dockerfile || wrong "no image $1 in the Dockerfile"
		names+=("$1") ;;
	esac
	shift
done
[ ${#names[@]} != 0 ] || names=(api worker beat bot mtproto admin frontend proxy redis postgres prometheus)

"$docker" version >/dev/null 2>&1 || {
	echo "build-optimized.sh: $docker does not answer: is it installed, and its daemon running?" >&2
	exit 3
}
hale=${HALE:-../../build/hale}
[ -x "$hale" ] || hale=$(command -v hale) || {
	echo "build-optimized.sh: no hale binary: make, or HALE=FILE" >&2
	exit 3
}
cmp -s "$hale" hale || cp "$hale" hale

if [ -z "$base" ]; then
	if "$docker" image inspect alpine:3.20 >/dev/null 2>&1 ||
		timeout 60 "$docker" pull -q alpine:3.20 >/dev/null 2>&1; then
		base=alpine:3.20
	else
		echo "no registry answers: on a Debian that is made here"
		base='hale-stack-base'
		"$docker" image inspect $base >/dev/null 2>&1 || scripts/build-base.sh --image $base
	fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
steps=0 hits=0 begin=$SECONDS
printf '%-12s %8s %8s %10s\n' image seconds cached size
for name in "${names[@]}"; do
	from=$(date +%s%N)
	if ! DOCKER_BUILDKIT=1 "$docker" build --progress plain --build-arg "BASE=$base" \
		--build-arg BUILDKIT_INLINE_CACHE=1 "${options[@]}" \
		--target "$name" -t "$prefix-$name:$tag" . >"$log" 2>&1; then
		tail -30 "$log" >&2
		echo "build-optimized.sh: $name failed" >&2
		exit 1
	fi
	took=$((($(date +%s%N) - from) / 100000000))
	# a step is a line "#N [stage i/n] …"; one from the cache says CACHED
	of=$(grep -cE '^#[0-9]+ \[[a-z-]+ +[0-9]+/[0-9]+\]' "$log" || :)
	hit=$(grep -cE '^#[0-9]+ CACHED' "$log" || :)
	steps=$((steps + of)) hits=$((hits + hit))
	size=$("$docker" image inspect -f '{{.Size}}' "$prefix-$name:$tag")
	printf '%-12s %6d.%d %8s %7d MB\n' "$name" $((took / 10)) $((took % 10)) "$hit/$of" $((size / 1000000))
done
echo "${#names[@]} images in $((SECONDS - begin)) s on $base, $((steps ? 100 * hits / steps : 0)) % of the steps from the cache"
