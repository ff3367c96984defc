#!/bin/bash
# SPDX-License-Identifier: MIT
#
# test-alpine-build.sh: builds on Alpine and looks at what came out; where no
# registry is to be had, says so and looks at the Debian build instead.

set -eu
usage() {
	cat <<-'TXT'
	usage: test-alpine-build.sh [--base IMAGE] [--offline] [NAME]...

	Builds the images on Alpine, and checks each: it runs as non-root, has hale
	as ENTRYPOINT and HEALTHCHECK, a config that hale accepts, no package
	manager, no compiler, and its program starts.

	  --base IMAGE   another Alpine than alpine:3.20
	  --offline      don't ask the registry: check the Debian build
	  -h, --help     this text
	TXT
}
cd "$(dirname "$0")/.."
docker=${DOCKER:-docker} base=alpine:3.20 offline='' names=() failed=0
wrong() {
	echo "test-alpine-build.sh: $*" >&2
	echo "test-alpine-build.sh --help says what it takes" >&2
	exit 2
}
while [ $# != 0 ]; do
	case $1 in
	--base) base=${2:-} && [ -n "$base" ] || wrong "--base wants an image"
		shift ;;
	--offline) offline=1 ;;
	-h | --help) usage && exit 0 ;;
	-*) wrong "unknown option $1" ;;
	*) names+=("$1") ;;
	esac
	shift
done
[ ${#names[@]} != 0 ] || names=(api worker beat bot mtproto admin frontend proxy redis postgres)

"$docker" version >/dev/null 2>&1 || {
	echo "test-alpine-build.sh: $docker does not answer: is it installed, and its daemon running?" >&2
	exit 3
}
if [ -z "$offline" ] && { "$docker" image inspect "$base" >/dev/null 2>&1 ||
	timeout 60 "$docker" pull -q "$base" >/dev/null 2>&1; }; then
	tag=alpine
	echo "base: $base"
else
	tag=debian base=hale-stack-base
	echo "NOT TESTED ON ALPINE: no registry answers here; what follows is the Debian base"
	"$docker" image inspect $base >/dev/null 2>&1 || scripts/build-base.sh --image $base
fi
scripts/build-optimized.sh --base "$base" --tag "$tag" "${names[@]}"

check() { # WHAT COMMAND...
	local _what=$1
	shift
	if "$@" >/dev/null 2>&1; then echo "ok - $_what"; else echo "not ok - $_what" && failed=$((failed + 1)); fi
}
field() { "$docker" image inspect -f "{{$1}}" "$image"; }
run() { "$docker" run --rm --network none --read-only --cap-drop ALL --entrypoint "$1" "$image" "${@:2}"; }
no_tools() { ! "$docker" export "$made" | tar -t | grep -qE '(^|/)(apt|apt-get|dpkg|apk|pip3?|npm|gcc|cc|make|curl|wget)$'; }
for name in "${names[@]}"; do
	image=${STACK_IMAGE:-hale-stack}-$name:$tag
	check "$name: non-root" test "$(field .Config.User)" != ""
	check "$name: hale is ENTRYPOINT" test "$(field '.Config.Entrypoint')" = "[/usr/sbin/hale run]"
	check "$name: hale is HEALTHCHECK" test "$(field '.Config.Healthcheck.Test')" = "[CMD /usr/sbin/hale health]"
	check "$name: hale accepts its config" run /usr/sbin/hale check /etc/hale.yaml
	made=$("$docker" create "$image")
	check "$name: no package manager, compiler or curl" no_tools
	"$docker" rm "$made" >/dev/null
	case $name in
	api | worker | beat | bot | admin) check "$name: its program starts" run /usr/bin/python3 -c 'import celery, flask, psycopg2, redis' ;;
	mtproto) check "$name: its program starts" run /usr/bin/python3 -c 'import asyncio, ssl' ;;
	frontend) check "$name: its program starts" run /usr/bin/node --check /app/server.js ;;
	proxy) check "$name: its program starts" run /usr/sbin/nginx -v ;;
	redis) check "$name: its program starts" run /usr/bin/redis-server --version ;;
	postgres) check "$name: its program starts" run /usr/bin/postgres --version ;;
	esac
done
echo "$failed checks failed on $tag"
[ "$failed" = 0 ]
