#!/bin/bash
# SPDX-License-Identifier: MIT
# What random files mean: to hale what they mean to PyYAML (scenario 49).
# SEED=N repeats a run; COUNT=N makes it longer.
. "${BASH_SOURCE[0]%/*}/lib.sh"
python3 -c 'import yaml; yaml.CBaseLoader' 2>/dev/null || {
	skip "random files" "no PyYAML with libyaml"
	done_testing
}
SEED=${SEED:-49}
COUNT=${COUNT:-400}
python3 "$TOP/tests/blackbox/50-check-yaml.py" "$HALE" "$SEED" "$COUNT" \
    >said 2>said.err
sed "s,^[^#],#   &," said said.err
is "$(head -n 1 said)" same \
    "$COUNT random files mean the same to PyYAML (SEED=$SEED)"
check "both were seen, files that are taken and files that are not" \
    grep -qE '^# [1-9][0-9]* mutants taken, [1-9][0-9]* refused' said
done_testing
