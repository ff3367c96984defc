#!/bin/sh
# SPDX-License-Identifier: MIT
# picture.sh DIR: the run in DIR as an SVG, readable on light and on dark ground.
set -eu
dir=$1
exec awk -f "$(dirname "$0")/picture.awk" "$dir/about.tsv" "$dir/results.tsv"
