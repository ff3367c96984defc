#!/bin/sh
# SPDX-License-Identifier: MIT
# can.sh: is there a clang that links libFuzzer?
command -v "${FUZZ_CC:-clang}" >/dev/null || exit 1
t=$(mktemp) || exit 1
echo 'int LLVMFuzzerTestOneInput(const char *, unsigned long);
int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d == 0 && n; }' |
	"${FUZZ_CC:-clang}" -fsanitize=fuzzer,address -x c - -o "$t" 2>/dev/null
status=$?
rm -f "$t"
exit $status
