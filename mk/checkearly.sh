#!/bin/sh -eu
# SPDX-License-Identifier: MIT
# checkearly.sh OBJECT...: what runs before the C library is up (early.c) may
# call nothing of it but these, which need no thread pointer, no relocation and
# no stack protector. strstr() and memmem() are none of them. The __aeabi ones are
# libgcc's: armv7l has no instruction that divides.
allowed='hale_start _start memchr memcmp memcpy memmove memset strchr
	strchrnul strcmp strlen strncmp strrchr early_is_verb
	_GLOBAL_OFFSET_TABLE_ _DYNAMIC __ehdr_start
	__aeabi_idivmod __aeabi_uidivmod __aeabi_ldivmod __aeabi_uldivmod'
nm=${NM:-nm}
"$nm" --defined-only "$@" | awk 'NF == 3 { print $3 }' >"$1.defined"
bad=$("$nm" -u "$@" | awk 'NF == 2 { print $2 }' | sort -u |
	while read -r name; do
		# shellcheck disable=SC2086 # a list of words
		printf '%s\n' $allowed | grep -qxF -e "$name" ||
			grep -qxF -e "$name" "$1.defined" || echo "$name"
	done)
rm -f "$1.defined"
[ -z "$bad" ] || {
	echo "called before the C library is up: $(echo "$bad" | xargs)" >&2
	exit 1
}
