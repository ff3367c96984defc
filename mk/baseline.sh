#!/bin/sh
# SPDX-License-Identifier: MIT
# baseline.sh [FILE]: assembles the default preset's seccomp filter for every
# machine and writes supervisor/baseline.def (or FILE); `make lint` compares. To
# be run again after a change of calls.def, seccomp.c or bpf.c.
set -eu
out=${1:-supervisor/baseline.def}
cc=${HOSTCC:-gcc}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
{
	cat <<-'END'
		/* SPDX-License-Identifier: MIT */
		/*
		 * baseline.def - the default preset as a filter, ready to be loaded: written
		 * by mk/baseline.sh, compared with the assembler's by tests/unit.
		 */
	END
	word=if
	for machine in X86_64 AARCH64 ARM RISCV64; do
		"$cc" -std=c11 -D_GNU_SOURCE -O1 -I. "-DMACHINE_$machine" \
			-o "$made/baseline" mk/baseline.c supervisor/seccomp.c \
			supervisor/bpf.c supervisor/calls.c
		echo "#$word defined(MACHINE_$machine)"
		"$made/baseline" >"$made/rows"
		sed 's/ $//; /^$/d' "$made/rows"
		word=elif
	done
	echo '#endif'
} >"$made/new"
cp "$made/new" "$out"
