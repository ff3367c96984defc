#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh [DIR]: after `make COV=1` and tests with HALE=build/cov/hale: the
# share of lines that ran, by file, the lowest first, and the sum.
set -u
cd "${0%/*}/.." || exit 1
dir=${1:-build/cov}
for counts in "$dir"/supervisor/*.gcda "$dir"/healthcheck/*.gcda; do
	gcov -n -o "${counts%/*}" "$counts" 2>/dev/null
done | awk -F "'" '
	/^File/ { file = $2 }
	/^Lines executed/ && file ~ /^(supervisor|healthcheck)\/.*\.c$/ {
		split($0, part, /[:% ]+/)
		lines = part[5]
		share = part[3]
		if (!(file in all) || share > best[file]) {
			all[file] = lines
			best[file] = share
		}
		file = ""
	}
	END {
		for (f in all) {
			printf "%6.2f %5d %s\n", best[f], all[f], f
			sum += all[f]
			ran += all[f] * best[f] / 100
		}
		printf "%6.2f %5d all\n", 100 * ran / sum, sum
	}' | sort -n
