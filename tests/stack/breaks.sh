# shellcheck shell=bash disable=SC2154 # set by run.sh
# SPDX-License-Identifier: MIT
#
# breaks.sh: the stack broken in the ways that people break theirs: the one command
# says what and why, and all is well again once it is mended. Sourced by run.sh.

# tells WHAT NAME REGEX: the one command's line of NAME
tells() {
	line_of() { scripts/stack.sh health "$1" 2>&1 | grep -E -- "^$1: .*$2" >"$T/line"; }
	eventually "$1: stack.sh health: $2: $3" 60 line_of "$2" "$3"
	note "$(cat "$T/line")"
}
# recreate NAME [OVERRIDE]: its container anew, with that of compose's words over it
recreate() {
	local _over=()
	[ -z "${2-}" ] || {
		printf 'services: {%s: %s}\n' "$1" "$2" >"$T/over.yml"
		_over=(-f "$T/over.yml")
	}
	timeout -k 5 120 docker-compose -f docker-compose.yml -f docker-compose.prod.yml -f docker-compose.proxy.yml \
		"${_over[@]}" up -d --no-deps "$1" >>"$T/up.log" 2>&1
}
# because NAME REGEX: what hale said of it since `mark`
because() { $D logs --since "$since" "$(box "$1")" 2>&1 | grep '^hale:' | grep -qE -- "$2"; }

# ---- frozen: everything that serves, at once; hale sees it by what each has
declare -A why=([api]="is stopped by a signal" [proxy]="is stopped by a signal" [frontend]="timed out"
	[bot]=/tmp/heartbeat [beat]=/tmp/heartbeat [redis]="timed out")
freeze() { # NAME…
	local _name
	mark
	for _name; do kill -STOP "$(main_of "$_name")"; done
	for _name; do
		eventually "frozen $_name: hale starts it again" 120 restarted "$_name" "${was[$_name]}"
		eventually "frozen $_name: …because: ${why[$_name]}" 30 because "$_name" "${why[$_name]}"
	done
	eventually "frozen $*: all healthy again" 120 all_healthy
}
freeze api proxy frontend bot beat
freeze redis # worker and beat may wait for it inside their library, until their file is old
mark
frozen=$(main_of postgres)
kill -STOP "$frozen"
tells "frozen postgres" postgres "tcp 127.0.0.1:5432: timed out"
tells "frozen postgres" api "postgres: tcp postgres:5432: timed out"
kill -CONT "$frozen"
eventually "frozen postgres: all healthy again" 120 all_healthy
others "frozen postgres" worker beat

# ---- half open: the kernel of a paused container still takes connections
mark
$D pause "$(box postgres)" >/dev/null
tells "paused postgres" api "postgres: tcp postgres:5432: timed out"
tells "paused postgres" postgres paused
$D unpause "$(box postgres)" >/dev/null
eventually "paused postgres: all healthy again" 120 all_healthy
others "paused postgres" worker beat

# ---- full: /tmp, of those that write there
mark
full=(api beat proxy worker)
for name in "${full[@]}"; do head -c 64000000 /dev/zero >"/proc/$(pid1 "$name")/root/tmp/fill"; done
for name in "${full[@]}"; do tells "full /tmp" "$name" "disk .*/tmp.* MiB free of"; done
for name in "${full[@]}"; do rm -f "/proc/$(pid1 "$name")/root/tmp/fill"; done
eventually "full /tmp: all healthy again" 120 all_healthy
others "full /tmp"

# ---- killed by the kernel: more memory at once than the container has
mark
redis rpush bot:in "remember 400" >/dev/null
eventually "out of memory: hale starts bot again" 90 restarted bot "${was[bot]}"
eventually "out of memory: …because" 30 because bot "ended by SIGKILL|KiB resident, more than"
well "out of memory" bot
others "out of memory" bot

# ---- a file that nginx can't read: refused at the reload, and at a start
mark
cp secrets/tls_cert "$T/tls_cert"
echo nonsense >secrets/tls_cert
out=$(h proxy reload proxy)
is "broken certificate: hale reload proxy fails" "$? $out" "1 hale: reload proxy: exit status 1"
is "broken certificate: …and it serves on" "$("${C[@]}" -o /dev/null -w '%{http_code}' https://localhost/)" 200
others "broken certificate"
kill -KILL "$(main_of proxy)"
tells "broken certificate, at a start" proxy "exited with status 1.*emerg.*certificate"
cat "$T/tls_cert" >secrets/tls_cert
well "broken certificate" proxy
eventually "broken certificate: the one before is served" 30 served

# ---- a clock that is behind: the certificate's time is yet to come
certify -startdate 20490101000000Z -enddate 20491231000000Z
tells "certificate of the future" proxy "not valid yet"
uncertify
is "certificate of the future: …and back" $? 0
well "certificate of the future" proxy

# ---- words that are wrong: a host, a volume, hale's own file
mark
recreate api '{environment: {DB_HOST: nosuch}}'
tells "wrong database host" api 'status 503: OperationalError: could not translate host name "nosuch"'
recreate api
eventually "wrong database host: all healthy again" 120 all_healthy
others "wrong database host" api
sed 's/healthcheck/helthcheck/' frontend/hale.yaml >"$T/broken.yaml"
recreate frontend "{volumes: [\"$T/broken.yaml:/etc/hale.yaml:ro\"]}"
tells "wrong hale.yaml" frontend 'unknown key .did you mean "healthcheck"'
recreate frontend
recreate postgres '{volumes: ["database:/var/lib/postgresql:ro"]}'
tells "read-only volume" postgres "[Rr]ead-only file system"
recreate postgres
eventually "read-only volume: all healthy again" 120 all_healthy

# ---- the data are gone: under the server, then with the volume
rm -rf "/proc/$(pid1 postgres)/root/var/lib/postgresql/data"
tells "deleted data" postgres "No such file|exited with status"
tells "deleted data" api postgres
$D rm -f "$(box postgres)" >/dev/null
tells "no container" postgres "has no container"
$D volume rm -f stack_database >/dev/null
scripts/stack.sh up >>"$T/up.log" 2>&1
eventually "deleted volume: stack.sh up makes it anew" 120 all_healthy

# ---- hale itself hangs
held=$(pid1 mtproto)
kill -STOP "$held"
tells "PID 1 hangs" mtproto "hale does not answer in time"
kill -CONT "$held"
well "PID 1 hangs" mtproto
