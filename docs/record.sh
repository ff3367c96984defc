#!/bin/sh
# SPDX-License-Identifier: MIT
# record.sh [HALE]: plays the walk-through and prints what happens, for
# docs/walkthrough.txt:  docs/record.sh >docs/walkthrough.txt
# hale runs as real PID 1 in namespaces of its own, with the services of the
# README's hale.yaml; the database is played by another server. As root;
# needs python3 and iproute2, no container engine.
set -eu
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
hale=$(readlink -f "${1:-$top/build/hale}")

if [ "${RECORD:-}" != inside ]; then
	exec env -i PATH="$PATH" RECORD=inside unshare --mount --net \
		--propagation private -- sh "$0" "$hale"
fi

say() { # a comment of the walk-through
	printf '\n# %s\n' "$*"
}

run() { # COMMAND: as typed inside of the container, with its exit status
	printf '$ %s\n' "$1"
	set +e
	nsenter -t "$pid1" -p -m -- sh -c "$1" 2>&1 | tail -n 40
	set -e
}

until_said() { # COMMAND REGEX: until COMMAND prints it; 20 s at most
	tries=400
	while ! nsenter -t "$pid1" -p -m -- sh -c "$1" 2>&1 | grep -q "$2"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "record: never came: $2" >&2; exit 1; }
		sleep 0.05
	done
}

ip link set lo up
mount -t tmpfs tmpfs /run
mkdir /run/bin
ln -s "$hale" /run/bin/hale
export PATH="/run/bin:$PATH"
cd /run
# The first YAML of the README is the file.
sed -n '/^```yaml$/,/^```$/{/^```/d;p}' "$top/README.md" >/run/hale.yaml

echo "# Recorded by docs/record.sh: hale as PID 1, the README's hale.yaml."
say 'Is the file in order?'
echo '$ hale check hale.yaml'
hale check hale.yaml
say 'It is started; what hale says goes to standard error.'
echo '$ hale run -c hale.yaml'
unshare --pid --fork --kill-child --mount-proc hale run -c hale.yaml \
	>/run/out 2>/run/err </dev/null &
job=$!
pid1=''
until [ -n "$pid1" ]; do
	# the kernel ends this line without a newline, so read says 1
	read -r pid1 2>/dev/null <"/proc/$job/task/$job/children" || :
done
until_said 'hale health db' unhealthy
until_said 'hale health worker' 'db is not healthy'
until_said 'hale health api' '^ok'
run 'hale status'
say 'The one line that a HEALTHCHECK keeps, and its exit status.'
run 'hale health; echo "exit status $?"'
say 'The database comes up, and so does what waited for it.'
python3 -m http.server 5432 --bind 127.0.0.1 >/dev/null 2>&1 &
db=$!
until_said 'hale health' '^ok'
run 'hale health; echo "exit status $?"'
say 'The API is killed: it is started again, and everyone can see it.'
run 'hale signal KILL api'
until_said 'hale status' '^api  *up  *healthy.* 1  *137'
until_said 'hale health' '^ok'
run 'hale status'
run 'hale events | tail -n 4'
say 'Stop one, start it; a wrong name.'
run 'hale stop worker'
run 'hale start wroker'
run 'hale start worker'
say 'What may the API do?'
run 'hale inspect api | head -n 7'
say 'The stop, as `docker stop` asks for it.'
echo '$ kill -TERM 1'
kill -TERM "$pid1"
status=0
wait "$job" || status=$?
echo "# PID 1 ended with exit status $status; it had said:"
# What depends on how fast python starts is left out.
grep -v '^Serving\|HTTP/1.1\|api: .*healthy' /run/err
kill "$db"
