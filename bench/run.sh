#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh: measures hale beside its peers and the floor, all in one run, and
# writes build/bench/: bench.txt (the table), bench.json, bench.svg, raw/.
#
# QUICK=1 takes a minute, the whole takes five. Everything is bounded; needs
# root for real-time priority, memory cgroups and plain pid namespaces, and does
# what it can without.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$PWD/build/bench
quick=${QUICK:-}
. bench/subjects.sh

# rounds FULL QUICK: the one that counts now.
rounds() {
	if [ -n "$quick" ]; then echo "$2"; else echo "$1"; fi
}

# measure BENCH ROUNDS SECONDS: one benchmark over all subjects.
measure() {
	local bench=$1 count=$2 limit=$3
	printf 'bench: %s\n' "$bench" >&2
	timeout -k 5 "$limit" "$dir/hb" "$bench" -n "$count" \
		-r "$dir/raw/$bench.tsv" "$dir/child" "${subjects[@]}" \
		>>"$dir/results.tsv" ||
		echo "bench: $bench: not all could be measured" >&2
}

measure_sizes() {
	local name
	for name in "${!program[@]}"; do
		bench/size.sh "$name=${program[$name]}" >>"$dir/results.tsv"
	done
}

# What one health check costs; ratios are to the least program over a socket.
measure_ask() {
	local socket=$dir/ask.sock url=127.0.0.1:10400 word
	subjects=("floor=$dir/floor-ask u $socket"
		"floor-http=$dir/floor-ask h 10400"
		"hale=$PWD/build/hale health"
		"hale-http=$PWD/build/hale probe http://$url/readyz"
		"hale-unix=$PWD/build/hale probe http+unix://$socket:/readyz")
	if word=$(command -v curl); then
		subjects+=("curl=$word -sf http://$url/readyz")
	fi
	if word=$(command -v busybox); then
		subjects+=("busybox-wget=$word wget -qO- http://$url/readyz")
	fi
	BENCH_SOCKET=$socket measure ask "$(rounds 300 60)" 120
}

# A start with a user, no capabilities, no_new_privs and a filter; its floor is
# tini's start without any of it.
measure_user() {
	[ -n "${program[tini-static]:-}" ] || return 0
	subjects=("floor=${program[tini-static]} --"
		"hale=$PWD/build/hale --user 1001 --")
	measure user "$(rounds 1000 150)" 60
}

# A supervisor's start with one service, until that one's first instruction.
measure_first() {
	write_services "$dir" 1 >"$dir/services-1.yaml"
	write_services "$dir" 1 'sandbox: none, ' >"$dir/services-none.yaml"
	rm -f "$dir/notes"
	subjects=("floor=$dir/floorsup 1 $dir/child n $dir/notes"
		"hale=$PWD/build/hale run -c $dir/services-1.yaml"
		"hale-none=$PWD/build/hale run -c $dir/services-none.yaml")
	BENCH_NOTES=$dir/notes measure first "$1" 120
}

# Supervisors: up, a restart and the stop of N services.
measure_sup() {
	local n=$1
	write_services "$dir" "$n" >"$dir/services-$n.yaml"
	: >"$dir/notes"
	chmod 666 "$dir/notes"
	subjects=("floor=$dir/floorsup $n $dir/child n $dir/notes"
		"hale=$PWD/build/hale run -c $dir/services-$n.yaml")
	BENCH_SERVICES=$n BENCH_NOTES=$dir/notes measure sup "$2" 120
}

# A supervisor of 100 probed services that is asked for its status all the time.
measure_load() {
	local socket=$dir/load.sock
	write_services "$dir" 100 | sed -e 's/restart: always/&, healthcheck: {file: \/, interval: 1h}/' \
		-e "s|socket: none|socket: $socket|" >"$dir/load.yaml"
	subjects=("hale=$PWD/build/hale run -c $dir/load.yaml")
	BENCH_SERVICES=100 BENCH_NOTES=$dir/notes BENCH_SOCKET=$socket \
		BENCH_ANSWERS=$(rounds 1000000 50000) \
		measure load "$(rounds 40 5)" 300
}

# probe_services COUNT INTERVAL PROBE: asked by PID 1, of nobody else.
probe_services() {
	local i
	printf 'services:\n  main: {command: ["%s", p]}\ndependencies:\n' \
		"$dir/child"
	for ((i = 1; i <= $1; i++)); do
		printf '  d%d: {%s, interval: %s}\n' "$i" "$3" "$2"
	done
	printf 'hale: {socket: none}\n'
}

# What a probe costs that PID 1 runs: one http, one exec, 500 http a second.
measure_probes() {
	local url=http://127.0.0.1:10400/readyz words
	local file=$dir/probes.yaml
	subjects=("floor=$dir/floor-probe 10 h 10400"
		"hale=$PWD/build/hale run -c $file"
		"sandboxed=$dir/floor-probe 10 s 10400")
	probe_services 1 10ms "http: \"$url\"" >"$file"
	if words=$(command -v curl); then
		subjects+=("curl=$dir/floor-probe 10 e $words -sf -o /dev/null $url")
	fi
	BENCH_WHAT=http BENCH_EVERY_MS=10 BENCH_AT_ONCE=1 \
		BENCH_RUNS=$(rounds 100 50) measure probe "$(rounds 11 5)" 60

	subjects=("${subjects[@]:0:2}")
	probe_services 10 20ms "http: \"$url\"" >"$file"
	subjects[0]="floor=$dir/floor-probe 2 h 10400"
	BENCH_WHAT=rate BENCH_EVERY_MS=20 BENCH_AT_ONCE=10 \
		BENCH_RUNS=$(rounds 1000 250) measure probe 1 90

	probe_services 1 10ms "test: [CMD, \"$dir/child\", q, \"$dir/notes\"]" \
		>"$file"
	: >"$dir/notes"
	chmod 666 "$dir/notes"
	subjects[0]="floor=$dir/floor-probe 10 e $dir/child q $dir/notes"
	BENCH_NOTES=$dir/notes BENCH_WHAT=exec BENCH_EVERY_MS=10 \
		BENCH_AT_ONCE=1 BENCH_RUNS=$(rounds 100 50) \
		measure probe "$(rounds 11 5)" 60
}

# What it was measured on, as lines "about KEY VALUE" for the report.
describe() {
	local name
	printf 'about\tdate\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	printf 'about\tmode\t%s\n' "$(rounds full quick)"
	printf 'about\tkernel\t%s\n' "$(uname -sr)"
	printf 'about\tarchitecture\t%s\n' "$(uname -m)"
	printf 'about\tcpu\t%s\n' "$(sed -n 's/^model name[^:]*: //p' \
		/proc/cpuinfo | head -n 1)"
	printf 'about\tcpus\t%s\n' "$(nproc)"
	printf 'about\tmemory_kb\t%s\n' "$(awk '$1 == "MemTotal:" { print $2 }' \
		/proc/meminfo)"
	printf 'about\tload\t%s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
	for name in "${!version[@]}"; do
		printf 'version\t%s\t%s\n' "$name" "${version[$name]}"
	done
}

mkdir -p "$dir/raw"
bench/build.sh "$dir"
find_subjects "$dir"
: >"$dir/results.tsv"
describe >"$dir/about.tsv"
measure_sizes
sync build/hale
measure trace 1 60
measure start "$(rounds 1000 150)" 120
measure stop "$(rounds 500 100)" 60
measure signal "$(rounds 3000 500)" 60
measure lost "$(rounds 50 10)" 120
BENCH_ORPHANS=$(rounds 50000 4000) measure orphan "$(rounds 3 2)" 240
measure idle "$(rounds 60 10)" 90
measure charge "$(rounds 50 20)" 120
measure_user
measure_ask
measure_probes
measure_first "$(rounds 1000 300)"
measure_sup 1 "$(rounds 20 5)"
measure_sup 100 "$(rounds 10 3)"
[ -n "$quick" ] || measure_sup 1000 3
measure_load
bench/report.sh "$dir" | tee "$dir/bench.txt"
bench/picture.sh "$dir" >"$dir/bench.svg"
printf '\nbench: %s\n' "$dir"/bench.{txt,json,svg}
