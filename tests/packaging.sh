#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What people install: the package, the image, the bills of materials and the
# licences, built twice, compared with what was linked, installed and run.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-580}
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
	linked=$(sed -s '/^Discarded/,$d' "$build"/hale.map "$build"/packed-tls.o.map |
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
	check "SPDX: no field and no word that the format does not have" quietly jq -e '
		def only($known): (keys - $known) == [];
		only(["SPDXID", "creationInfo", "dataLicense", "documentNamespace",
			"name", "packages", "relationships", "spdxVersion"]) and
		(.packages | all(only(["SPDXID", "checksums", "copyrightText",
			"downloadLocation", "externalRefs", "filesAnalyzed",
			"licenseConcluded", "licenseDeclared", "name",
			"primaryPackagePurpose", "versionInfo"]) and
			(.primaryPackagePurpose | IN("APPLICATION", "LIBRARY")) and
			(.externalRefs // [] | all(
				.referenceCategory == "PACKAGE-MANAGER" and
				.referenceType == "purl" and
				(.referenceLocator | test("^pkg:deb/[a-z]+/[^ ]+$")))) and
			(.checksums // [] | all(.algorithm == "SHA256")))) and
		(.relationships | all(only(["spdxElementId", "relatedSpdxElement",
			"relationshipType"]) and
			(.relationshipType | IN("DESCRIBES", "STATIC_LINK"))))' "$spdx"
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
	valid_cyclonedx "$cdx"
}

# valid_cyclonedx FILE: by the format's own schema, from the package that its
# authors publish
valid_cyclonedx()
{
	local python=/usr/bin/python3
	"$python" -c 'import jsonschema' 2>/dev/null || {
		skip "CycloneDX's own schema" "no python3-jsonschema here"
		return
	}
	has_tool npm "CycloneDX's own schema" || return
	timeout 60 npm pack --silent @cyclonedx/cyclonedx-library@10.3.0 \
		>npm.log 2>&1 && tar -xzf cyclonedx-*.tgz package/res/schema || {
		skip "CycloneDX's own schema" "not to be had: $(tail -n 1 npm.log)"
		return
	}
	check "CycloneDX: valid by its own schema" "$python" - "$1" \
		package/res/schema <<-'PY'
		import json, pathlib, sys
		import jsonschema
		here = pathlib.Path(sys.argv[2])
		read = lambda name: json.loads((here / f"{name}.SNAPSHOT.schema.json").read_text())
		schema = read("bom-1.5")
		base = schema["$id"].rsplit("/", 1)[0]
		store = {}
		for name in ("spdx", "jsf-0.82"):
		    store[f"{base}/{name}.SNAPSHOT.schema.json"] = read(name)
		    store[f"{base}/{name}.schema.json"] = read(name)
		resolver = jsonschema.RefResolver.from_schema(schema, store=store)
		jsonschema.Draft7Validator(schema, resolver=resolver).validate(
		    json.loads(pathlib.Path(sys.argv[1]).read_text()))
	PY
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
		is "$(lintian --allow-root -EI --pedantic first.deb 2>&1)" "" \
			"lintian has nothing to say"
	fi
}

# ---- the RPM, built here without Fedora's own dependencies
test_rpm()
{
	local top=$T/rpm name
	has_tool rpmbuild "the RPM" || return
	has_tool rpmlint "rpmlint" && check "rpmlint: no error in the spec" \
		quietly rpmlint "$TOP/packaging/hale.spec"
	mkdir -p "$top/SOURCES"
	git -C "$TOP" archive --prefix="hale-$version/" HEAD \
		2>"$T/git.log" | gzip -1 >"$top/SOURCES/hale-$version.tar.gz"
	[ ! -s "$T/git.log" ] || { skip "the RPM" "not a git checkout"; return; }
	for name in libyaml:yaml-0.2.5.tar.gz mbedtls:mbedtls-3.6.6.tar.bz2; do
		tar -C "$TOP/build/src" --exclude=.unpacked -caf \
			"$top/SOURCES/${name#*:}" "${name%:*}" || return
	done
	check "rpmbuild: an RPM" rpmbuild --quiet --nodeps -bb \
		--define "_topdir $top" "$TOP/packaging/hale.spec" \
		>"$T/rpm.log" 2>&1 || { tail -n 5 "$T/rpm.log"; return; }
	name=$(find "$top/RPMS" -name '*.rpm')
	like "$(rpm -qlp "$name" | xargs)" \
		'/usr/bin/hale .*hale.fish .*man1/hale.1' "with all that it lists"
	rpm2cpio "$name" | (cd "$top" && cpio -id --quiet ./usr/bin/hale)
	is "$("$top/usr/bin/hale" version)" "hale $version" "its hale runs"
}

# ---- Alpine's recipe: what abuild would run, with this machine's tools
test_apkbuild()
{
	local apk=$TOP/packaging/APKBUILD
	has_tool shellcheck "APKBUILD, by shellcheck" &&
		is "$(shellcheck -s ash -e SC2034,SC2154 "$apk")" "" \
			"shellcheck has nothing to say about APKBUILD"
	# shellcheck source=/dev/null
	(cd "$TOP" && export pkgdir="$T/apk" && . "$apk" && build && check && package \
		>"$T/apk.log") >"$T/apk.out" 2>&1 && ok "APKBUILD: builds, checks, packages" ||
		nok "APKBUILD: builds, checks, packages" "$(tail -n 5 "$T/apk.out")"
	is "$(sh -c '. "$1" && echo "$pkgver $license"' - "$apk")" \
		"$version MIT AND Apache-2.0" "APKBUILD: version and licences"
	[ -x "$T/apk/usr/bin/hale" ] && [ -s "$T/apk/usr/share/licenses/hale/LICENSE" ] &&
		ok "APKBUILD: what it packages" || nok "APKBUILD: what it packages"
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

# ---- the same bytes in another directory, at another time; built meanwhile
test_reproducible()
{
	wait "$reproduced"
	is $? 0 "two builds in two directories: the same bytes"
	like "$(cat "$T/repro.log")" '^reproducible: [0-9a-f]{64}' "and says which"
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
	has_tool minisign "minisign" && signed_by minisign \
		"minisign -G -W -p key.pub -s key.sec" \
		"minisign -S -s key.sec -m hale" "minisign -Vq -p key.pub -m hale"
	has_tool signify-openbsd "signify" && signed_by signify \
		"signify-openbsd -G -n -p key.pub -s key.sec" \
		"signify-openbsd -S -s key.sec -m hale" \
		"signify-openbsd -Vq -p key.pub -m hale"
}

signed_by() # TOOL MAKE_KEY SIGN VERIFY
{
	local dir=$T/$1
	mkdir "$dir"
	cp "$HALE" "$dir/hale"
	# shellcheck disable=SC2086 # words
	(cd "$dir" && $2 && $3 && $4) >"$dir.log" 2>&1 </dev/null &&
		ok "$1: a signed one is accepted" ||
		nok "$1: a signed one is accepted" "$(cat "$dir.log")"
	echo >>"$dir/hale"
	# shellcheck disable=SC2086 # a list of words
	if (cd "$dir" && $4) >/dev/null 2>&1; then
		nok "$1: a changed one is refused"
	else
		ok "$1: a changed one is refused"
	fi
}

made all
(cd "$TOP" && sh mk/reproducible.sh "build/$arch/hale" "$arch") \
	>"$T/repro.log" 2>&1 </dev/null &
reproduced=$!
test_licences
test_sbom
test_deb
test_rpm
test_apkbuild
test_image
test_signing
test_reproducible
done_testing
