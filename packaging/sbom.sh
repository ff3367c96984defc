#!/bin/sh
# SPDX-License-Identifier: MIT
# sbom.sh spdx|cyclonedx VERSION ARCH BINARY VERSIONS: the bill of materials of
# BINARY as SPDX 2.3 or CycloneDX 1.5 JSON, on standard output. VERSIONS is the
# versions.txt that the build wrote. The same binary, the same bytes.
set -eu
export LC_ALL=C
format=$1 version=$2 arch=$3 binary=$4 versions=$5
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)
sum=$(sha256sum "$binary" | cut -d ' ' -f 1)

# pieces: NAME VERSION LICENCE PURL-or-dash of what is linked, a line each
pieces() {
	sed 's/^yaml-0\.1 /libyaml /; s/^gcc /libgcc /' "$versions" |
		while read -r name v licence source; do
			purl=-
			[ "$source" = - ] || purl="pkg:deb/$(distribution)/$(
				package "$name")@$(echo "$source" |
				sed 's/:/%3A/g; s/+/%2B/g; s/~/%7E/g')?arch=source"
			echo "$name $v $licence $purl"
		done
}

package() {
	case $1 in libgcc) echo gcc-12 ;; *) echo "$1" ;; esac
}

distribution() {
	# shellcheck disable=SC1091 # the system's file
	(. /etc/os-release 2>/dev/null && echo "${ID:-debian}") || echo debian
}

# SPDX expressions have spaces, a word of versions.txt has none.
expression() {
	echo "$1" | sed 's/-WITH-/ WITH /'
}

spdx_package() { # ID NAME VERSION LICENCE PURPOSE [FIELDS]
	cat <<-J
	    {
	      "SPDXID": "SPDXRef-$1",
	      "name": "$2",
	      "versionInfo": "$3",
	      "primaryPackagePurpose": "$5",
	      "downloadLocation": "NOASSERTION",
	      "filesAnalyzed": false,
	      "licenseConcluded": "$(expression "$4")",
	      "licenseDeclared": "$(expression "$4")",
	      "copyrightText": "NOASSERTION"${6:+,
	$6}
	    }
	J
}

spdx() {
	cat <<-J
	{
	  "spdxVersion": "SPDX-2.3",
	  "dataLicense": "CC0-1.0",
	  "SPDXID": "SPDXRef-DOCUMENT",
	  "name": "hale-$version-linux-$arch",
	  "documentNamespace": "urn:hale:sbom:$version:$arch:$sum",
	  "creationInfo": {
	    "created": "$created",
	    "creators": ["Tool: hale-packaging/sbom.sh"]
	  },
	  "packages": [
	J
	spdx_package hale hale "$version" MIT APPLICATION \
		"      \"checksums\": [
	        { \"algorithm\": \"SHA256\", \"checksumValue\": \"$sum\" }
	      ]"
	pieces | while read -r name v licence purl; do
		printf '    ,\n'
		reference=
		[ "$purl" = - ] || reference="      \"externalRefs\": [
	        {
	          \"referenceCategory\": \"PACKAGE-MANAGER\",
	          \"referenceType\": \"purl\",
	          \"referenceLocator\": \"$purl\"
	        }
	      ]"
		spdx_package "$name" "$name" "$v" "$licence" LIBRARY "$reference"
	done
	cat <<-J
	  ],
	  "relationships": [
	    {
	      "spdxElementId": "SPDXRef-DOCUMENT",
	      "relationshipType": "DESCRIBES",
	      "relatedSpdxElement": "SPDXRef-hale"
	    }
	J
	pieces | while read -r name _; do
		cat <<-J
		    ,
		    {
		      "spdxElementId": "SPDXRef-hale",
		      "relationshipType": "STATIC_LINK",
		      "relatedSpdxElement": "SPDXRef-$name"
		    }
		J
	done
	printf '  ]\n}\n'
}

# The form that CycloneDX wants of a licence: an id, or an expression of them.
cyclonedx_licence() {
	case $1 in
	*-WITH-*) echo "{ \"expression\": \"$(expression "$1")\" }" ;;
	*) echo "{ \"license\": { \"id\": \"$1\" } }" ;;
	esac
}

cyclonedx() {
	serial=$(echo "$sum" | sed \
		's/^\(.\{8\}\)\(....\).\(...\).\(...\)\(.\{12\}\).*/\1-\2-5\3-8\4-\5/')
	cat <<-J
	{
	  "bomFormat": "CycloneDX",
	  "specVersion": "1.5",
	  "serialNumber": "urn:uuid:$serial",
	  "version": 1,
	  "metadata": {
	    "timestamp": "$created",
	    "component": {
	      "bom-ref": "hale",
	      "type": "application",
	      "name": "hale",
	      "version": "$version",
	      "hashes": [{ "alg": "SHA-256", "content": "$sum" }],
	      "licenses": [$(cyclonedx_licence MIT)],
	      "properties": [{ "name": "hale:arch", "value": "$arch" }]
	    }
	  },
	  "components": [
	J
	comma=
	pieces | while read -r name v licence purl; do
		cat <<-J
		    $comma{
		      "bom-ref": "$name",
		      "type": "library",
		      "name": "$name",
		      "version": "$v",
		      "scope": "required",$([ "$purl" = - ] ||
				printf '\n      "purl": "%s",' "$purl")
		      "licenses": [$(cyclonedx_licence "$licence")]
		    }
		J
		comma=,
	done
	cat <<-J
	  ],
	  "dependencies": [
	    { "ref": "hale", "dependsOn": [$(pieces |
		sed 's/ .*/"/; s/^/"/' | paste -sd , -)] }
	  ]
	}
	J
}

case $format in
spdx | cyclonedx) $format ;;
*) echo "sbom.sh: neither spdx nor cyclonedx: $format" >&2; exit 2 ;;
esac
