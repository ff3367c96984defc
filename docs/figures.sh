#!/bin/sh
# SPDX-License-Identifier: MIT
# figures.sh [DIR]: puts the figures of the last `make bench` (build/bench) into
# the README, between its two marks, with its picture (docs/bench.svg) and, as
# they came, all of its figures (docs/bench.json). Nothing there is written by hand.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$top/build/bench}
readme=$top/README.md
[ -s "$dir/results.tsv" ] || { echo "figures: no $dir/results.tsv: run make bench" >&2; exit 1; }

table() {
	awk -F '\t' '
	FILENAME ~ /about/ { about[$2] = $3; next }
	{ value[$2, $1, $3] = $4 }
	function cell(who, bench, key, unit, form,    v) {
		if (!((who, bench, key) in value))
			return "–"
		v = value[who, bench, key]
		return sprintf(form, unit == "kB" && key ~ /bytes/ ? v / 1000 : v) \
			(unit == "x" ? "×" : unit == "" ? "" : " " unit)
	}
	function row(label, bench, key, unit, form,    i, line) {
		line = "| " label
		for (i = 1; i <= n; i++)
			line = line " | " cell(whos[i], bench, key, unit, form)
		print line " |"
	}
	END {
		n = split("hale floor tini-static tini dumb-init catatonit", whos, " ")
		print "| | hale | floor | tini-static | tini | dumb-init | catatonit |"
		print "| --- | --- | --- | --- | --- | --- | --- |"
		row("size, libraries linked in", "size", "bytes", "kB", "%.0f")
		row("with its shared libraries", "size", "bytes_with_libraries", "kB", "%.0f")
		row("idle: RSS", "idle", "rss_kb", "kB", "%.0f")
		row("idle: charged to the container", "charge", "charged_kb", "kB", "%.0f")
		row("idle: wake-ups a minute", "idle", "wakeups_per_min", "", "%.0f")
		row("start: to the first instruction of the program", "start", "start_us_x", "x", "%.2f")
		row("start: system calls", "trace", "calls", "", "%.0f")
		row("one orphan: CPU", "orphan", "orphan_cpu_ns_x", "x", "%.2f")
		row("a signal passed on", "signal", "signal_us_x", "x", "%.2f")
		row("signals lost 50 µs after the start", "lost", "early_lost", "", "%.0f")
		row("queued values kept, of 1,000", "lost", "queued_values", "", "%.0f")
		row("SIGTERM to all gone", "stop", "stop_us_x", "x", "%.2f")
		printf "\n`make bench`, %s, %s, %s.\n", about["date"], about["cpu"],
			about["kernel"]
		print "× is against the floor, the least complete init, in assembler, in the same run."
	}' "$dir/about.tsv" "$dir/results.tsv"
}

cp "$dir/bench.svg" "$top/docs/bench.svg"
cp "$dir/bench.json" "$top/docs/bench.json"
{
	echo
	echo '![The same run as a picture](docs/bench.svg)'
	echo
	table
	printf '%s\n\n' 'All figures of that run: [docs/bench.json](docs/bench.json).'
} | sh "$top/mk/between.sh" figures "$readme"
