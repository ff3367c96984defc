#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh: examples/stack for real: a product of nine services in three
# networks, hale as PID 1 of each, on a dockerd of its own. Everything is
# broken once: what needs it turns unhealthy, with the cause, and comes back.
#
#   QUICK=1        three services, one network: what fits into every check
#   CACHE_DIR=DIR  keeps the Debian base between runs

. "$(dirname "$0")/../engines/lib.sh"
. "$(dirname "$0")/../engines/docker-lib.sh"
NAME=stack
need docker-compose
. "$TOP/tests/stack/stacklib.sh"
hale=/usr/sbin/hale
services=(api beat bot frontend mtproto postgres proxy redis worker)
[ -z "${QUICK-}" ] || services=(api postgres redis)

on_exit engine_stop stack
engine_start stack || skip_all "dockerd does not start here"
stack_base
built=(api worker beat bot mtproto admin frontend proxy redis postgres prometheus)
[ -z "${QUICK-}" ] || built=("${services[@]}")
out=$(scripts/build-optimized.sh --base hale-stack-base "${built[@]}" 2>&1)
is "the images build" $? 0
note "$out"
out=$(scripts/build-optimized.sh --base hale-stack-base "${built[@]}" 2>&1)
rate=$(sed -n 's/.* \([0-9]*\) % of the steps.*/\1/p' <<<"$out")
if [ "${rate:-0}" -ge 60 ]; then ok "…again, from the cache ($rate %)"; else not_ok "…again, from the cache ($(tail -1 <<<"$out"))"; fi

# ---- who is who
box() { echo "stack_$1_1"; }
pid1() { state "$(box "$1")" Pid; }
h() { $D exec "$(box "$1")" $hale "${@:2}" 2>&1; }
health() { state "$(box "$1")" Health.Status; }
becomes() { [ "$(health "$1")" = "$2" ]; }
restarts() { h "$1" status --json | jq '.services[-1].restarts'; }
restarted() { local _n; _n=$(restarts "$1") && [ "$_n" -gt "$2" ]; }
# main_of NAME: the pid, outside, of the service's process: of hale's child
# that the status names
main_of() {
	local _in _pid
	_in=$(h "$1" status --json | jq '.services[-1].pid')
	for _pid in $(cat "/proc/$(pid1 "$1")/task/"*/children); do
		awk -v p="$_in" '/^NSpid:/ { exit !($NF == p) }' "/proc/$_pid/status" 2>/dev/null && echo "$_pid" && return
	done
}
all_healthy() {
	local _name
	for _name in "${services[@]}"; do becomes "$_name" healthy || return; done
}
# says NAME WORD: its hale health fails, and has that WORD
says() {
	local _line
	_line=$(h "$1" health) && return 1
	[[ $_line == *"$2"* ]]
}
# others WHAT NAME...: every service but those named is healthy, and has been
# all along: neither Docker nor hale started it again since `mark`
declare -A was=()
mark() {
	local _name
	since=$(date -u +%FT%T.%NZ)
	for _name in "${services[@]}"; do was[$_name]=$(restarts "$_name"); done
}
others() {
	local _what=$1 _name _bad=''
	shift
	for _name in "${services[@]}"; do
		[[ " $* " != *" $_name "* ]] || continue
		{ becomes "$_name" healthy && [ "$(restarts "$_name")" = "${was[$_name]}" ]; } || _bad="$_bad $_name"
	done
	is "$_what: nothing else is touched" "$_bad" ''
}
# sick WHAT NAME CAUSE: Docker sees it unhealthy, hale names the cause
sick() {
	eventually "$1: $2 is unhealthy" 90 becomes "$2" unhealthy
	eventually "$1: …because of: $3" 30 says "$2" "$3"
	note "$(h "$2" health)"
}
well() { eventually "$1: $2 is healthy again" 120 becomes "$2" healthy; }

# ---- up, in order
from=$SECONDS names=()
if [ -n "${QUICK-}" ]; then
	scripts/setup-ssl.sh >>"$T/up.log" 2>&1
	openssl rand -hex 24 >secrets/db_password && chmod 644 secrets/db_password
	timeout -k 5 240 docker-compose -f docker-compose.yml -f docker-compose.prod.yml up -d "${services[@]}" >>"$T/up.log" 2>&1
else
	timeout -k 5 300 scripts/stack.sh up >>"$T/up.log" 2>&1
fi
is "up: one command" $? 0
eventually "up: all healthy" 120 all_healthy
note "up: $((SECONDS - from)) s"
all_healthy || note "$($D ps -a; tail -5 "$T/up.log"; scripts/stack.sh status 2>&1)"
[ -z "${QUICK-}" ] || names=("${services[@]}")
tells() { scripts/stack.sh health "${names[@]}" >"$T/health.log" 2>&1; }
eventually "up: stack.sh health" 60 tells
healthy_at() { date -ud "$($D inspect "$(box "$1")" | jq -r 'first(.[0].State.Health.Log[] | select(.ExitCode == 0)).End')" +%s%N; }
started_at() { date -ud "$($D inspect -f '{{.State.StartedAt}}' "$(box "$1")")" +%s%N; }
# `FinishedAt` of the first pass is gone from Docker's log after five more: the
# start of what waits is compared with the start of what it waits for
for pair in postgres:api redis:api redis:worker redis:bot worker:beat api:proxy frontend:proxy; do
	first=${pair%:*} then=${pair#*:}
	[[ " ${services[*]} " == *" $then "* ]] || continue
	if [ "$(started_at "$first")" -lt "$(started_at "$then")" ]; then ok "up: $first before $then"; else not_ok "up: $first before $then"; fi
done
for name in "${services[@]}"; do
	like "$name: ENTRYPOINT is hale" "$($D inspect -f '{{.Path}} {{json .Config.Healthcheck.Test}}' "$(box "$name")")" "$hale [\"CMD\",\"$hale\",\"health\"]"
done

# ---- every process: non-root, no capability, no way to get one
for name in "${services[@]}"; do
	bad='' count=0
	for pid in $($D top "$(box "$name")" -eo pid | tail -n +2); do
		line=$(awk '/^(Uid|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs):/ { printf "%s%s ", $1, $2 }' "/proc/$pid/status" 2>/dev/null)
		[ -n "$line" ] || continue # a probe's, and over
		count=$((count + 1))
		[[ $line == *Uid:1000[12]*CapInh:0000000000000000\ CapPrm:0000000000000000\ CapEff:0000000000000000\ CapBnd:0000000000000000\ CapAmb:0000000000000000\ NoNewPrivs:1* ]] || bad="$bad $pid($line)"
	done
	is "$name: $count processes, none root, none with a capability" "$bad" ''
	is "$name: reads only" "$($D inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}' "$(box "$name")")" "true [ALL]"
	like "$name: its process is in hale's sandbox" "$(grep -s Seccomp: "/proc/$(main_of "$name")/status")" 2
	address=$($D inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$(box "$name")" | cut -d ' ' -f 1)
	like "$name: its status page" "$(curl -s -m 20 "http://$address:9110/")" "<html"
	is "$name: its listener says ready" "$(curl -s -m 20 "http://$address:9110/readyz")" ok
done
is "the password is in the API's environment only" \
	"$(for name in "${services[@]}"; do tr '\0' '\n' <"/proc/$(main_of "$name")/environ" | grep -q ^DB_PASSWORD= && echo "$name"; done)" api
h api probe tcp://postgres:5432 >/dev/null
is "the API reaches the database" $? 0

if [ -z "${QUICK-}" ]; then
	# ---- isolation
	h frontend probe dns://postgres >/dev/null
	is "the front end can't resolve the database" $? 1
	h frontend probe "tcp://$($D inspect -f '{{.NetworkSettings.Networks.stack_database.IPAddress}}' "$(box postgres)"):5432" --timeout 2s >/dev/null
	is "…nor reach it by address" $? 1
	h proxy probe dns://postgres >/dev/null
	is "the proxy can't resolve the database" $? 1
	is "only 80 and 443 are open" "$($D ps --format '{{.Ports}}' | tr ',' '\n' | sed -n 's/.*:\([0-9]*\)->.*/\1/p' | sort -un | tr '\n' ' ')" "80 443 "
	is "the database's network is internal" "$($D network inspect -f '{{.Internal}}' stack_database)" true

	# ---- TLS, headers, limits
	tls() { openssl s_client -connect 127.0.0.1:443 -servername localhost "$@" </dev/null 2>&1 | tr -d '\0'; }
	like "TLS 1.2" "$(tls -tls1_2 -CAfile secrets/ca_cert)" "Verify return code: 0"
	like "TLS 1.3" "$(tls -tls1_3 -CAfile secrets/ca_cert)" "Verify return code: 0"
	like "TLS 1.1 is refused" "$(tls -tls1_1 -cipher DEFAULT@SECLEVEL=0)" "alert protocol version"
	like "HTTP/2" "$(tls -alpn h2)" "ALPN protocol: h2"
	C=(curl -s -m 20 --cacert secrets/ca_cert)
	heads=$("${C[@]}" -D - -o /dev/null https://localhost/ | tr "[:upper:]" "[:lower:]")
	for head in "http/2 200" "strict-transport-security: max-age=63072000" "content-security-policy: default-src 'self'" \
		"x-frame-options: deny" "x-content-type-options: nosniff"; do
		like "header $head" "$heads" "$head"
	done
	unlike "no version in a header" "$heads" "nginx/"
	is "HTTP is sent to HTTPS" "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://localhost/x)" "301 https://localhost/x"

	# ---- stapling: of a certificate that names its responder
	gateway=$($D network inspect -f '{{(index .IPAM.Config 0).Gateway}}' stack_backend)
	mkdir "$T/ocsp" "$T/kept"
	printf '%s\n' '[ca]' 'default_ca=d' '[d]' unique_subject=no "database=$T/ocsp/index" "serial=$T/ocsp/serial" 'policy=p' '[p]' 'commonName=supplied' >"$T/ocsp/conf"
	: >"$T/ocsp/index" && echo 01 >"$T/ocsp/serial"
	printf '%s\n' subjectAltName=DNS:localhost "authorityInfoAccess=OCSP;URI:http://$gateway:8889/" >"$T/ocsp/ext"
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=stapler -keyout "$T/ocsp/ca.key" -out "$T/ocsp/ca.crt"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$T/ocsp/key" -out "$T/ocsp/csr"
	} >>"$T/ssl.log" 2>&1
	# certify OPTION…: a certificate of that authority, for the proxy; uncertify:
	# the one that it had, once it is served, as nginx takes its time to reload
	certify() {
		cp secrets/tls_cert secrets/tls_key "$T/kept/"
		openssl ca -batch -notext -md sha256 "$@" -in "$T/ocsp/csr" -cert "$T/ocsp/ca.crt" -keyfile "$T/ocsp/ca.key" \
			-outdir "$T/ocsp" -out "$T/ocsp/crt" -extfile "$T/ocsp/ext" -config "$T/ocsp/conf" >>"$T/ssl.log" 2>&1
		cat "$T/ocsp/crt" "$T/ocsp/ca.crt" >secrets/tls_cert && cat "$T/ocsp/key" >secrets/tls_key
		h proxy reload proxy >/dev/null
	}
	uncertify() {
		for name in tls_cert tls_key; do cat "$T/kept/$name" >"secrets/$name"; done
		h proxy reload proxy >/dev/null && wait_for 30 served
	}
	served() { tls -CAfile secrets/ca_cert | grep -q "Verify return code: 0"; }
	like "stapling: nothing to staple without a responder" "$(tls -status)" "OCSP response: no response sent"
	openssl ocsp -index "$T/ocsp/index" -port 8889 -CA "$T/ocsp/ca.crt" -rsigner "$T/ocsp/ca.crt" -rkey "$T/ocsp/ca.key" -ndays 1 >>"$T/ocsp.log" 2>&1 &
	responder=$!
	certify -days 9
	is "stapling: a new certificate, read by hale reload" $? 0
	stapled() { tls -status -CAfile "$T/ocsp/ca.crt" | grep -q "Cert Status: good"; }
	eventually "stapling: the responder's answer comes with the handshake" 60 stapled
	kill $responder && wait $responder 2>/dev/null
	uncertify
	is "stapling: …and back" $? 0

	# ---- it works
	like "front end" "$("${C[@]}" https://localhost/)" "<h1>hale stack</h1>"
	like "API → PostgreSQL: write" "$("${C[@]}" -d '{"name":"first"}' https://localhost/api/items)" '"name":"first"'
	like "API → PostgreSQL: read" "$("${C[@]}" https://localhost/api/items)" '"name":"first"'
	like "API → Redis" "$("${C[@]}" https://localhost/api/hits)" '"hits":'
	like "API → worker → API" "$("${C[@]}" https://localhost/api/add/2/40)" '"sum":42'
	redis() { $D exec "$(box redis)" redis-cli "$@" </dev/null; }
	redis rpush bot:in "echo hello" >/dev/null
	answered() { [ "$(redis lpop bot:out)" = "$1" ]; }
	eventually "the bot answers" 30 answered hello
	ticks() { [ "$(redis -n 1 get ticks)" -gt 3 ]; }
	eventually "beat → worker" 60 ticks
	handshake() {
		python3 - "$($D inspect -f '{{.NetworkSettings.Networks.stack_backend.IPAddress}}' "$(box mtproto)")" <<-'PY'
			import os, socket, struct, sys
			nonce = os.urandom(16)
			body = struct.pack("<I", 0xBE7E8EF1) + nonce
			packet = struct.pack("<qqi", 0, 1, len(body)) + body
			with socket.create_connection((sys.argv[1], 10500), 5) as s:
			    s.sendall(b"\xef" + bytes([len(packet) // 4]) + packet)
			    answer = s.recv(4096)
			sys.exit(not (answer[21:25] == struct.pack("<I", 0x05162463) and answer[25:41] == nonce))
		PY
	}
	handshake
	is "MTProto: req_pq_multi → resPQ" $? 0
	codes=$(curl -s -m 60 -Z --parallel-max 40 --cacert secrets/ca_cert -o /dev/null -w '%{http_code}\n' 'https://localhost/api/hits?[1-400]' 2>/dev/null | sort | uniq -c)
	like "rate limit: the rest gets 429" "$codes" 429
	like "rate limit: …the first ones don't" "$codes" 200
fi

# ---- a neighbour that can't be reached, a container that is gone
if [ -z "${QUICK-}" ]; then
	$D network disconnect stack_backend "$(box proxy)"
	cut() { scripts/stack.sh health | grep -q '^proxy: ok, but without api: http api:10400'; }
	eventually "cut off: stack.sh health says from what" 90 cut
	$D network connect stack_backend "$(box proxy)"
	$D rm -f "$(box mtproto)" >/dev/null
	like "removed: stack.sh health says so" "$(scripts/stack.sh health)" "mtproto: has no container"
	scripts/stack.sh up >>"$T/up.log" 2>&1
	eventually "…and stack.sh up brings it back" 120 tells
fi

# ---- kill each service
mark
for name in "${services[@]}"; do
	before=$(restarts "$name")
	kill -KILL "$(main_of "$name")"
	eventually "kill $name: hale starts it again" 60 restarted "$name" "$before"
	well "kill $name" "$name"
	is "kill $name: in the same container" "$($D inspect -f '{{.State.Status}} {{.RestartCount}}' "$(box "$name")")" "running 0"
	eventually "kill $name: all healthy" 120 all_healthy
	was[$name]=$(restarts "$name")
	others "kill $name" "$name"
done

# ---- the database goes away
mark
$D stop "$(box postgres)" >/dev/null
sick "no database" api postgres
others "no database" api postgres
is "no database: the API isn't restarted for it" "$(restarts api)" "${was[api]}"
$D start "$(box postgres)" >/dev/null
well "no database" api

if [ -z "${QUICK-}" ]; then
	# ---- a wrong password
	cp secrets/db_password "$T/password"
	echo wrong >secrets/db_password
	$D restart "$(box api)" >/dev/null
	said_why() { scripts/stack.sh health api | grep -q '^api: .*status 503.*password authentication failed'; }
	eventually "wrong password: stack.sh health says so" 90 said_why
	cat "$T/password" >secrets/db_password
	$D restart "$(box api)" >/dev/null
	eventually "wrong password: all healthy again" 120 all_healthy
	# ---- frozen, fat, full, expired
	mark
	kill -STOP "$(main_of worker)"
	eventually "frozen worker: hale starts it again" 90 restarted worker "${was[worker]}"
	like "frozen worker: its heartbeat file says so" "$($D logs "$(box worker)" 2>&1 | grep hale:)" /tmp/heartbeat
	well "frozen worker" worker
	others "frozen worker" worker
	mark
	kill -STOP "$(main_of mtproto)"
	eventually "frozen mtproto: the watchdog starts it again" 90 restarted mtproto "${was[mtproto]}"
	like "frozen mtproto: hale says why" "$($D logs "$(box mtproto)" 2>&1 | grep hale:)" watchdog
	well "frozen mtproto" mtproto
	others "frozen mtproto" mtproto
	mark
	redis rpush bot:in "remember 170" >/dev/null
	eventually "leaking bot: hale starts it again" 90 restarted bot "${was[bot]}"
	like "leaking bot: hale says why" "$($D logs "$(box bot)" 2>&1 | grep hale:)" "KiB resident, more than"
	well "leaking bot" bot
	others "leaking bot" bot
	mark
	head -c 7500000 /dev/zero >"/proc/$(pid1 bot)/root/tmp/fill"
	sick "full disk" bot disk
	others "full disk" bot
	rm -f "/proc/$(pid1 bot)/root/tmp/fill"
	well "full disk" bot
	mark
	scripts/setup-ssl.sh --days 0 --force >>"$T/ssl.log" 2>&1
	sick "expired certificate" proxy expired
	others "expired certificate" proxy
	is "expired certificate: the proxy isn't restarted for it" "$(restarts proxy)" "${was[proxy]}"
	scripts/setup-ssl.sh --force >>"$T/ssl.log" 2>&1
	well "expired certificate" proxy
	like "new certificate: served without a restart" "$("${C[@]}" https://localhost/nginx-health)" ok

	. "$TOP/tests/stack/breaks.sh"

	# ---- restart under load: no request fails
	python3 "$TOP/tests/stack/load.py" https://localhost secrets/ca_cert "$T/enough" >"$T/load.log" 2>&1 &
	loader=$!
	asked() { [ "$(wc -l <"$T/load.log")" -ge "$1" ]; }
	for name in api frontend api frontend; do
		h "$name" restart "$name" >/dev/null
		is "under load: hale restart $name" $? 0
		eventually "under load: $name is healthy" 60 becomes "$name" healthy
	done
	h proxy reload proxy >/dev/null
	is "under load: hale reload proxy" $? 0
	eventually "under load: thousands of requests" 240 asked 2000
	h api restart api >/dev/null
	touch "$T/enough" && wait $loader
	is "under load: $(wc -l <"$T/load.log") requests, failed" "$(grep -v '^200 ' "$T/load.log" | sort | uniq -c)" ""
	eventually "under load: all healthy" 120 all_healthy

	# ---- monitoring and admin
	timeout -k 5 120 scripts/stack.sh up --admin --monitoring >>"$T/up.log" 2>&1
	is "profiles admin and monitoring" $? 0
	eventually "admin: healthy" 60 becomes admin healthy
	eventually "prometheus: healthy" 60 becomes prometheus healthy
	page() { curl -s -m 20 http://127.0.0.1:10800/ | grep -q '<td>postgres</td><td>healthy</td>'; }
	eventually "admin: services and their health" 60 page
	like "admin: tables" "$(curl -s -m 20 http://127.0.0.1:10800/)" "<td>items</td>"
	ask() { curl -s -m 20 -G --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query | jq -r '.data.result[0].value[1]'; }
	scraped() { [ "$(ask 'sum(up)')" = 9 ]; }
	eventually "prometheus: scrapes hale in all nine" 60 scraped
	up() { [ "$(ask 'sum(hale_service_up)')" -ge 9 ]; }
	eventually "prometheus: hale_service_up" 60 up
	is "prometheus: alert rules, none broken" "$(curl -s -m 20 http://127.0.0.1:9090/api/v1/rules | jq '[.data.groups[].rules[] | select(.health == "err")] | length')" 0
	if [ "$(curl -s -m 20 http://127.0.0.1:9090/api/v1/rules | jq '[.data.groups[].rules[]] | length')" -ge 6 ]; then ok "prometheus: has the rules"; else not_ok "prometheus: has the rules"; fi
	known() {
		local _name
		for _name in $(grep -o 'hale_[a-z_]*' prometheus/alerts.yml | sort -u); do
			[ "$(ask "count($_name) > 0")" != null ] || return
		done
	}
	eventually "prometheus: every figure of the rules is one that hale has" 60 known
	quiet() { [ "$(curl -s -m 20 http://127.0.0.1:9090/api/v1/alerts | jq '[.data.alerts[] | select(.state == "firing" and .labels.severity == "critical")] | length')" = 0 ]; }
	eventually "prometheus: no critical alert while all is well" 60 quiet
	quiet ||
		note "$(curl -s -m 20 http://127.0.0.1:9090/api/v1/alerts | jq -c '.data.alerts[].labels')"
	$D stop "$(box redis)" >/dev/null
	fires() { curl -s -m 20 http://127.0.0.1:9090/api/v1/alerts | jq -e '.data.alerts[] | select(.labels.alertname == "HaleUnreachable" and .labels.container == "redis")' >/dev/null; }
	eventually "prometheus: a stopped container raises an alert" 90 fires
	sick "no redis" api redis
	for name in worker beat bot; do
		eventually "no redis: $name names it" 60 says "$name" redis
		note "$(h "$name" health)"
	done
	$D start "$(box redis)" >/dev/null
	eventually "no redis: all healthy again" 120 all_healthy
fi

# ---- sizes
limits=()
[ -n "${QUICK-}" ] || limits=(--limit hale-stack-api:latest=130 --limit hale-stack-frontend:latest=200 --limit hale-stack-proxy:latest=120)
scripts/analyze-layers.sh "${limits[@]}" >"$T/layers.log" 2>&1
is "analyze-layers.sh: images within their limits" $? 0
[ -n "${QUICK-}" ] || note "$(grep -E '^hale-stack.*MB$|before and after|shared' "$T/layers.log")"
# peers NAME: the image with tini, curl and gosu where hale is, all in one layer
peers() {
	local _made _root=$T/peers/$1/root _file
	mkdir -p "$_root"
	_made=$($D create "hale-stack-$1" /none)
	$D export "$_made" | tar -x -C "$_root"
	$D rm "$_made" >/dev/null
	printf '%s\n' 'FROM scratch' 'COPY root /' >"$T/peers/$1/Dockerfile"
	build "with-hale-$1" "$T/peers/$1"
	rm "$_root/usr/sbin/hale"
	for _file in $(command -v tini curl gosu | xargs readlink -f); do
		echo "$_file"
		ldd "$_file" 2>/dev/null | sed -nE 's/.*=> (\/[^ ]*) .*/\1/p'
	done | sort -u | while read -r _file; do
		[ -e "$_root/$_file" ] || cp -L --parents "$_file" "$_root"
	done
	build "with-peers-$1" "$T/peers/$1"
}
if [ -n "${QUICK-}" ] || ! have tini || ! have gosu; then
	[ -n "${QUICK-}" ] || skip "sizes with tini, curl and gosu: they are not installed"
else
	for name in api frontend proxy; do
		peers "$name"
		mine=$($D image inspect -f '{{.Size}}' "with-hale-$name") theirs=$($D image inspect -f '{{.Size}}' "with-peers-$name")
		note "$(awk -v n="$name" -v a="$mine" -v b="$theirs" 'BEGIN { printf "%s: %.1f MB with hale, %.1f MB with tini, curl and gosu", n, a / 1e6, b / 1e6 }')"
		if [ "${mine:-1}" -lt "${theirs:-0}" ]; then ok "$name: smaller than with tini, curl and gosu"; else not_ok "$name: smaller than with tini, curl and gosu ($mine, $theirs)"; fi
	done
fi
if [ -z "${QUICK-}" ]; then
	out=$(scripts/test-alpine-build.sh --offline api proxy redis postgres frontend mtproto 2>&1)
	is "test-alpine-build.sh: no failed check" $? 0
	like "…and it says what it could not test" "$out" "NOT TESTED ON ALPINE"
	grep '^not ok' <<<"$out" | sed 's/^/# /'
fi

# ---- down: all at once, by the engine's own stop; everything ends by itself
from=$(date +%s%N)
ours() { $D ps -q "$@" -f label=com.docker.compose.project=stack; }
ours | xargs "$D" stop -t 10 >/dev/null
took=$((($(date +%s%N) - from) / 1000000))
for name in "${services[@]}"; do
	is "stop: $name ends with 0" "$(state "$(box "$name")" ExitCode)" 0
done
note "docker stop of all: $took ms"
if [ "$took" -lt 10000 ]; then ok "stop: of all in under 10 s"; else not_ok "stop: of all took $took ms"; fi
for name in "${services[@]}"; do $D logs "$(box "$name")" >"$T/$name.log" 2>&1; done
timeout -k 5 120 scripts/stack.sh down >>"$T/down.log" 2>&1
is "down: nothing is left" "$? $(ours -a | wc -l) $($D volume ls -q -f name=stack_ | wc -l) $($D network ls -q -f name=stack_ | wc -l)" "0 0 0 0"
done_testing
