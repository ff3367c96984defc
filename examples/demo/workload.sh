#!/bin/sh
# SPDX-License-Identifier: MIT
# A service as they come: a parent with three workers, a helper that has left
# its session, and children it forgot. workload.sh DIR: what happened is
# marked by files in DIR. Asked to stop, it ends with status 42.
dir=$1 workers=

worker() {
	trap 'echo "worker $1: finished its job"; exit 0' TERM
	while :; do sleep 0.1; done
}

trap 'echo "service: HUP, reading my config again"; : >"$dir/reloaded"' HUP
trap 'stop' TERM
stop() {
	echo "service: TERM, asking my workers to finish"
	# shellcheck disable=SC2086 # a list of words
	kill $workers
	# shellcheck disable=SC2086 # a list of words
	wait $workers
	echo "service: all finished, ending with status 42"
	exit 42
}

for i in 1 2 3; do
	worker $i &
	workers="$workers $!"
done
sh -c 'setsid sleep 1000 &'
# Each cat's parent ends at once: an orphan, for PID 1 to adopt. It reads from
# a pipe, so that it ends when the demo wants it to.
for i in 1 2 3 4 5; do
	sh -c 'cat "$1" &' sh "$dir/gate"
done
echo "service: up, my pid is $$"
: >"$dir/ready"
while :; do
	sleep 0.1
done
