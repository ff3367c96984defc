#!/bin/bash
# SPDX-License-Identifier: MIT
# Each of the 66 cases has a test that is named after it, and README.md says so.
. "${BASH_SOURCE[0]%/*}/lib.sh"

here=$TOP/tests/blackbox
bash "$here/rows.sh" >"$T/rows" || nok "a test for each row"
is "$(grep -c '^| [0-9][0-9] |' "$T/rows")" 66 "66 rows have a test each"
check "README.md has the table of tests/blackbox/rows.sh" \
    cmp "$T/rows" <(sed -n '/^| row /,$p' "$here/README.md")
done_testing
