#!/bin/sh
# SPDX-License-Identifier: MIT
# report.sh DIR: prints the table of the run in DIR, writes DIR/bench.json.
set -eu
dir=$1
here=$(dirname "$0")
exec awk -v json="$dir/bench.json" -f "$here/report.awk" \
	"$dir/about.tsv" "$dir/results.tsv" "$here/figures.tsv"
