#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What people install: the package, the image, the bills of materials and the
# licences, built twice, compared with what was linked, installed and run.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-400}
. "${BASH_SOURCE[0]%/*}/blackbox/lib.sh"

arch=$(uname -m)
build=$TOP/build/$arch
version=$("$HALE" version)
version=${version#hale }
SOURCE_DATE_EPOCH=$(git -C "$TOP" log -1 --format=%ct 2>/dev/null || echo 1)
export SOURCE_DATE_EPOCH

made() # TARGET...: make, quietly, with its words in $T/make.log
{
	make --no-print-directory -s -C "$TOP" "$@" >"$T/make.log" 2>&1 ||
		{ nok "make $*" "$(tail -n 5 "$T/make.log")"; done_testing; }
}

has_tool() # TOOL WHAT: or says that WHAT was not looked at
{
	command -v "$1" >/dev/null || { skip "$2" "no $1 here"; false; }
}

quietly() { "$@" >/dev/null; }

# ---- what is linked is what we say is linked
test_licences()
{
	local linked said
	linked=$(sed '/^Discarded/,$d' "$build/hale.map" |
		grep -o '[a-z0-9]*\.a(' | sort -u | sed 's/\.a($//; s/^libc$/musl/' |
		tr '\n' ' ')
	said=$("$HALE" licenses | sed '/^$/,$d' | awk '/^[a-zA-Z]/ { print $1 }' |
		grep -vx hale | tr '[:upper:]' '[:lower:]' | sort | tr '\n' ' ')
	is "$(tr ' ' '\n' <<<"$linked" | sed 's/^libmbed.*/mbedtls/' | sort -u |
		xargs)" "$(xargs <<<"$said")" \
		'`hale licenses` names what the linker took, and nothing else'
	is "$(sed 's/ .*//; s/^yaml-0.1/libyaml/; s/^gcc/libgcc/' \
		"$build/versions.txt" | sort | xargs)" "$(xargs <<<"$said")" \
		"versions.txt names the same"
	for name in musl libyaml mbedTLS; do
		grep -qw "$name" "$TOP/README.md" && ok "README names $name" ||
			nok "README names $name"
	done
}

# ---- bills of materials
test_sbom()
{
	local spdx=$TOP/build/dist/hale-$version-linux-$arch.spdx.json
	local cdx=$TOP/build/dist/hale-$version-linux-$arch.cdx.json sum
	made sbom
	cp "$spdx" "$cdx" .
	made sbom
	cmp -s "${spdx##*/}" "$spdx" && cmp -s "${cdx##*/}" "$cdx" &&
		ok "bills of materials are the same bytes twice" ||
		nok "bills of materials are the same bytes twice"
	has_tool jq "bills of materials" || return
	sum=$(sha256sum "$build/hale" | cut -d ' ' -f 1)
	check "SPDX 2.3: every field that the format asks for" quietly jq -e '
		.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and
		.SPDXID == "SPDXRef-DOCUMENT" and
		(.name | length > 0) and (.documentNamespace | test("^[a-z]+:")) and
		(.creationInfo.created |
			test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$")) and
		(.creationInfo.creators | all(test("^(Tool|Person|Organization): ")))
		and (.packages | all((.SPDXID | test("^SPDXRef-[a-zA-Z0-9.-]+$")) and
			.name and .versionInfo and .downloadLocation and
			.licenseConcluded and .licenseDeclared and .copyrightText))
		and ([.packages[].SPDXID] | length == (unique | length))' "$spdx"
	check "SPDX: relations end at packages that are there" quietly jq -e '
		([.packages[].SPDXID] + ["SPDXRef-DOCUMENT"]) as $ids |
		.relationships | all(.spdxElementId as $a | .relatedSpdxElement as $b |
			($ids | index($a)) and ($ids | index($b)))' "$spdx"
	is "$(jq -r '.packages[] | select(.name == "hale") |
		.checksums[0].checksumValue' "$spdx")" "$sum" \
		"SPDX has the binary's checksum"
	is "$(jq -r '.relationships[] | select(.relationshipType == "STATIC_LINK") |
		.relatedSpdxElement' "$spdx" | sed 's/SPDXRef-//' | sort | xargs)" \
		"libgcc libyaml mbedtls musl" "SPDX names what is linked statically"
	check "CycloneDX 1.5: every field that the format asks for" quietly jq -e '
		.bomFormat == "CycloneDX" and .specVersion == "1.5" and
		.version == 1 and (.serialNumber |
			test("^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")) and
		(.components | all(.type == "library" and .name and .version and
			(.licenses[0] | (.license.id // .expression))))' "$cdx"
	is "$(jq -r '.metadata.component.hashes[0].content' "$cdx")" "$sum" \
		"CycloneDX has the binary's checksum"
	is "$(jq -c '[.components[]."bom-ref"] - .dependencies[0].dependsOn' \
		"$cdx")" "[]" "CycloneDX: hale depends on each component"
	is "$(jq -r '.components[] | .name + " " + .version' "$cdx" | sort | xargs)" \
		"$(jq -r '.packages[] | select(.name != "hale") | .name + " " +
		.versionInfo' "$spdx" | sort | xargs)" "both name the same versions"
}

# ---- the Debian package
test_deb()
{
	local deb root=$T/root
	has_tool dpkg-deb "the Debian package" || return
	made deb
	deb=$(tail -n 1 "$T/make.log")
	cp "$TOP/$deb" first.deb
	(umask 077 && TZ=Asia/Tokyo made deb)
	check "the package is the same bytes twice" cmp first.deb "$TOP/$deb"
	like "$(dpkg-deb -f first.deb Static-Built-Using)" \
		'musl \(= .*libyaml \(= .*mbedtls \(= ' \
		"Static-Built-Using names the sources"
	is "$(dpkg-deb -f first.deb Depends)" "" "it depends on nothing"
	dpkg-deb -c first.deb >contents
	for file in ./usr/bin/hale ./usr/share/man/man1/hale.1.gz \
		./usr/share/man/man5/hale.yaml.5.gz \
		./usr/share/man/man7/hale-api.7.gz \
		./usr/share/bash-completion/completions/hale \
		./usr/share/zsh/site-functions/_hale \
		./usr/share/fish/vendor_completions.d/hale.fish \
		./usr/share/doc/hale/{copyright,changelog.gz,changelog.Debian.gz}; do
		grep -qF " $file" contents && ok "it has $file" ||
			nok "it has $file"
	done
	is "$(dpkg-deb --fsys-tarfile first.deb | tar -t --numeric-owner -v |
		awk '$2 != "0/0"')" "" "all of it belongs to root"
	[ "$real_root" = yes ] || { skip "installed" "needs root"; return; }
	mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers} "$root/proc"
	: >"$root/var/lib/dpkg/status"
	check "installs in an empty root" quietly \
		dpkg --root="$root" --log=/dev/null -i first.deb
	is "$( (in_pidns chroot "$root" /usr/bin/hale -- /usr/bin/hale version) 2>&1)" \
		"hale $version" "runs there as PID 1, with no other file"
	(cd "$root" && md5sum --quiet -c var/lib/dpkg/info/hale.md5sums) &&
		ok "its md5sums are right" || nok "its md5sums are right"
	check "can be removed" quietly dpkg --root="$root" --log=/dev/null -r hale
	is "$(find "$root/usr" -name '*hale*' 2>/dev/null)" "" "and leaves nothing"
	if has_tool lintian "lintian"; then
		is "$(lintian --fail-on error first.deb 2>&1 | grep '^E:')" "" \
			"lintian finds no error"
	fi
}

# ---- the image
blobs_are_right() # LAYOUT
{
	local file
	for file in "$1"/blobs/sha256/*; do
		[ "$(sha256sum <"$file" | cut -d ' ' -f 1)" = "${file##*/}" ] ||
			return
	done
}

blob() # DIGEST
{
	cat "image/blobs/sha256/${1#sha256:}"
}

# descriptors JSON: "DIGEST SIZE" of each that it names
descriptors()
{
	jq -r '.. | objects | select(.digest) | .digest + " " + (.size | tostring)'
}

test_image()
{
	local other=$TOP/build/aarch64/hale missing='' index manifest config layer
	[ -x "$other" ] && [ "$arch" != aarch64 ] || other=$HALE
	set -- "$version" "$arch=$HALE" "riscv64=$other"
	check "the image builds" sh "$TOP/packaging/image.sh" image "$@"
	(umask 077 && TZ=Asia/Tokyo sh "$TOP/packaging/image.sh" again "$@")
	check "the image is the same bytes twice" diff -r image again
	blobs_are_right image && ok "every blob is named by its checksum" ||
		nok "every blob is named by its checksum"
	made image
	check "\`make image\` gives a layout" test -s "$TOP/build/image/index.json"
	has_tool jq "the image's manifests" || return
	while read -r digest size; do
		[ "$(blob "$digest" | wc -c)" = "$size" ] ||
			missing+=" $digest"
	done < <(cat image/index.json image/blobs/sha256/* |
		grep -a '^{.*}$' | descriptors)
	is "$missing" "" "all that is named is there, of the size that it says"
	index=$(blob "$(jq -r '.manifests[0].digest' image/index.json)")
	is "$(jq -r '.manifests[].platform.architecture' <<<"$index" | xargs)" \
		"$(sed 's/x86_64/amd64/; s/aarch64/arm64/' <<<"$arch") riscv64" \
		"the index has a manifest for each machine"
	manifest=$(blob "$(jq -r '.manifests[0].digest' <<<"$index")")
	config=$(blob "$(jq -r .config.digest <<<"$manifest")")
	layer=$(jq -r '.layers[0].digest' <<<"$manifest")
	is "$(jq -r '.rootfs.diff_ids[0]' <<<"$config")" \
		"sha256:$(blob "$layer" | gunzip | sha256sum | cut -d ' ' -f 1)" \
		"the layer is what the config says"
	is "$(jq -c .config.Entrypoint <<<"$config")" '["/hale"]' "runs /hale"
	mkdir scratch scratch/proc
	blob "$layer" | tar -xz -C scratch
	is "$(cd scratch && find . -type f | sort | xargs)" \
		"./hale ./licenses/Apache-2.0.txt ./licenses/copyright" \
		"it holds hale and its licences, and nothing else"
	if [ "$real_root" = yes ]; then
		is "$( (in_pidns chroot scratch /hale -- /hale version) 2>&1)" \
			"hale $version" "runs FROM scratch as PID 1"
	fi
	pulled_by_buildah
}

pulled_by_buildah()
{
	local id store
	[ "$real_root" = yes ] || { skip "buildah" "needs root"; return; }
	has_tool buildah "pulled by buildah" || return
	store=(--root "$T/store" --runroot "$T/run" --storage-driver vfs)
	check "buildah pulls it" quietly buildah "${store[@]}" pull -q \
		--policy always "oci:image:$version"
	id=$(buildah "${store[@]}" images -q | head -n 1)
	is "$(buildah "${store[@]}" inspect --type image "$id" |
		jq -c '.OCIv1.config.Entrypoint')" '["/hale"]' \
		"and reads its config"
	check "buildah pulls the other machine's" quietly buildah "${store[@]}" pull -q \
		--policy always --arch riscv64 "oci:image:$version"
}

# ---- checksums are signed and checked as packaging/README.md says
test_signing()
{
	local home=$T/gnupg
	has_tool gpg "signing" || return
	mkdir -m 700 "$home" dist
	export GNUPGHOME=$home
	cp "$HALE" dist/hale
	(cd dist && sha256sum hale >SHA256SUMS)
	gpg --batch -q --passphrase '' --quick-gen-key 'test <t@hale.invalid>' \
		ed25519 sign never 2>"$T/gpg.log" || {
		skip "signing" "gpg makes no key here"
		return
	}
	check "SHA256SUMS is signed" gpg --batch -q --armor --detach-sign \
		dist/SHA256SUMS
	check "and verified" gpg --batch -q --verify dist/SHA256SUMS.asc \
		dist/SHA256SUMS
	(cd dist && sha256sum --quiet -c --ignore-missing SHA256SUMS) &&
		ok "and the binary with it" || nok "and the binary with it"
	echo >>dist/SHA256SUMS
	if gpg --batch -q --verify dist/SHA256SUMS.asc dist/SHA256SUMS 2>/dev/null; then
		nok "a changed one is refused"
	else
		ok "a changed one is refused"
	fi
	gpgconf --kill all
}

made all
test_licences
test_sbom
test_deb
test_image
test_signing
done_testing
