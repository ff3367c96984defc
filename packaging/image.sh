#!/bin/sh
# SPDX-License-Identifier: MIT
# image.sh OUT VERSION ARCH=BINARY...: an image FROM scratch as an OCI layout in
# the directory OUT, one index over all ARCHs (uname's words), tagged VERSION.
# No engine, no root; the same binaries give the same bytes. For others it is
# mostly something to `COPY --from=hale /hale /hale`.
set -eu
export LC_ALL=C
out=$1 version=$2
shift 2
umask 022
here=${0%/*}
epoch=${SOURCE_DATE_EPOCH:-0}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
type=application/vnd.oci.image
work=$(mktemp -d "${TMPDIR:-/tmp}/hale-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

sha256() { sha256sum "$1" | cut -d ' ' -f 1; }

# blob FILE TYPE: FILE becomes a blob; prints "mediaType", "digest", "size"
blob() {
	sum=$(sha256 "$1") size=$(wc -c <"$1")
	mv "$1" "$out/blobs/sha256/$sum"
	printf '"mediaType":"%s","digest":"sha256:%s","size":%d' \
		"$2" "$sum" "$size"
}

platform() { # ARCH, in Go's words
	case $1 in
	x86_64) echo '"architecture":"amd64","os":"linux"' ;;
	aarch64) echo '"architecture":"arm64","os":"linux","variant":"v8"' ;;
	armv7l) echo '"architecture":"arm","os":"linux","variant":"v7"' ;;
	*) echo "\"architecture\":\"$1\",\"os\":\"linux\"" ;;
	esac
}

# layer BINARY: $work/layer, a tar of /hale and /licenses
layer() {
	rm -rf "$work/root"
	mkdir -p "$work/root/licenses"
	install -m 755 "$1" "$work/root/hale"
	install -m 644 "$here/copyright" "$here/Apache-2.0.txt" \
		"$work/root/licenses/"
	tar -C "$work/root" --format=ustar --sort=name --mtime="@$epoch" \
		--owner=0 --group=0 --numeric-owner -cf "$work/layer" \
		hale licenses
}

# manifest ARCH BINARY: prints the descriptor of its manifest
manifest() {
	where=$(platform "$1")
	labels='"org.opencontainers.image.title":"hale",'
	labels="$labels\"org.opencontainers.image.version\":\"$version\","
	labels="$labels\"org.opencontainers.image.created\":\"$created\","
	labels="$labels\"org.opencontainers.image.licenses\":\"MIT AND Apache-2.0\""
	layer "$2"
	diff_id=$(sha256 "$work/layer")
	gzip -9n "$work/layer"
	packed=$(blob "$work/layer.gz" $type.layer.v1.tar+gzip)
	printf '{"created":"%s",%s,"config":{"Entrypoint":["/hale"],"WorkingDir":"/","Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s","created_by":"hale packaging/image.sh"}]}' \
		"$created" "$where" "$labels" "$diff_id" "$created" \
		>"$work/config"
	config=$(blob "$work/config" $type.config.v1+json)
	printf '{"schemaVersion":2,"mediaType":"%s","config":{%s},"layers":[{%s}],"annotations":{%s}}' \
		$type.manifest.v1+json "$config" "$packed" "$labels" \
		>"$work/manifest"
	printf '{%s,"platform":{%s}}' \
		"$(blob "$work/manifest" $type.manifest.v1+json)" "$where"
}

rm -rf "$out"
mkdir -p "$out/blobs/sha256"
printf '{"imageLayoutVersion":"1.0.0"}' >"$out/oci-layout"
manifests=
for pair; do
	manifests=$manifests${manifests:+,}$(manifest "${pair%%=*}" "${pair#*=}")
done
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}' \
	$type.index.v1+json "$manifests" >"$work/index"
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' \
	$type.index.v1+json "$(blob "$work/index" $type.index.v1+json)" \
	"$version" >"$out/index.json"
find "$out" -exec touch -d "@$epoch" {} +
