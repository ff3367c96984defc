#!/bin/bash
# SPDX-License-Identifier: MIT
#
# health.sh: an image FROM scratch of one service and hale, no shell and no
# curl: its health as Docker and Compose see it, the reason in the first line,
# and what hale itself does about it.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"
need jq
is_hale || skip_all "$(basename "$INIT") is not hale"

on_exit engine_stop health
engine_start health || skip_all "dockerd does not start here"
build_images || { not_ok "images" && done_testing && exit 1; }
# image TAG PORT OPTION…: a web service on 8080 that is asked on PORT
image() {
	local _tag=$1 _port=$2
	shift 2
	mkdir -p "$T/ctx/$_tag"
	cp "$T/ctx/scratch/"{hale,guest} "$T/ctx/$_tag/"
	printf '%s\n' 'FROM scratch' 'COPY hale guest /' "ENTRYPOINT $(printf '%s\n' /hale --health \
		"http://127.0.0.1:$_port/" --interval 500ms --timeout 5s --retries 2 "$@" -- | jq -R . | jq -cs .)" \
		'CMD ["/guest","web","8080","0"]' \
		'HEALTHCHECK --interval=1s --timeout=20s --retries=1 --start-period=2s CMD ["/hale","health"]' \
		>"$T/ctx/$_tag/Dockerfile"
	build "t/$_tag" "$T/ctx/$_tag" || not_ok "image $_tag"
}
health() { state "$1" Health.Status; }
becomes() { [ "$(health "$1")" = "$2" ]; }
# words NAME STATUS: the newest output of a healthcheck that exited so
words() {
	$D inspect "$1" | jq -r --argjson rc "$2" \
		'[.[0].State.Health.Log[] | select(.ExitCode == $rc)] | last | .Output' | head -1
}

# ---- Docker
image web 8080
start web t/web
eventually "starting → healthy" 60 becomes web healthy
is "…and says so" "$(words web 0)" ok
$D exec web /hale health >/dev/null
is "hale health: 0" $? 0
$D kill -s USR1 web >/dev/null
eventually "healthy → unhealthy" 60 becomes web unhealthy
like "…with the reason in its first line" "$(words web 1)" 503
out=$($D exec web /hale health)
is "hale health: 1" $? 1
like "…with the reason" "$out" 503
like "hale status, for people" "$($D exec web /hale status)" unhealthy
is "hale status --json" "$($D exec web /hale status --json | jq -r '.services[0].health')" unhealthy
is "the service goes on" "$(state web Status)" running
$D kill -s USR2 web >/dev/null
eventually "unhealthy → healthy" 60 becomes web healthy
order() {
	$D events --since 10m --until "$(date +%s)" --filter container=web --filter event=health_status \
		--format '{{.Action}}' | sed 's/.*: *//' | tr '\n' ' ' | grep -q 'healthy unhealthy healthy'
}
eventually "events in order" 30 order
stop web 60
is "stops with its own status" "$rc" 0

image never 9090 --start-period 600s
start never t/never
out=$($D exec never /hale health)
is "starting: hale health is 1" $? 1
like "…and says starting" "$out" starting
$D exec never /hale health --starting ok >/dev/null
is "starting: --starting ok is 0" $? 0
stop never 60

start hard --user 1001 --read-only --cap-drop ALL --security-opt no-new-privileges t/web
eventually "hardened, read-only: healthy" 60 becomes hard healthy
stop hard 60
start user --entrypoint /hale t/web --user 1001 --health http://127.0.0.1:8080/ \
	--interval 500ms -- /guest web 8080 0
eventually "hale --user: healthy" 60 becomes user healthy
stop user 60
is "hale --user: stops with its own status" "$rc" 0
# behind another PID 1 the socket has to be named: only PID 1's is trusted
start pids --init t/web
out=$($D exec pids /hale health)
is "under the engine's --init: hale health is 1" $? 1
like "…and says what to name" "$out" HALE_SOCKET
stop pids 60
start pids --init -e HALE_SOCKET=/dev/shm/hale.sock t/web
eventually "under the engine's --init, socket named: healthy" 60 becomes pids healthy
stop pids 60

# ---- what hale does about it
image heal 8080 --on-unhealthy restart
start heal t/heal
eventually "on_unhealthy restart: healthy" 60 becomes heal healthy
$D kill -s USR1 heal >/dev/null
restarted() { [ "$($D exec heal /hale status --json | jq '.services[0].restarts')" -ge 1 ]; }
eventually "…a service that turns unhealthy is started again" 60 restarted
eventually "…and healthy" 60 becomes heal healthy
is "…in the same container" "$(state heal Status) $($D inspect -f '{{.RestartCount}}' heal)" "running 0"
# ---- docker pause: all of it stands still, and nobody is blamed
pause=7 # more than the timeout; LONG=1: 60 s
[ -z "${LONG:-}" ] || pause=60
restarts() { $D exec heal /hale status --json | jq '.services[0].restarts'; }
blamed() { $D logs heal 2>&1 | grep -c unhealthy; }
before="$(restarts) $(blamed)"
$D pause heal >/dev/null && sleep $pause && $D unpause heal >/dev/null
is "docker pause of $pause s: paused and continued" $? 0
eventually "…healthy afterwards" 60 becomes heal healthy
is "…nobody is restarted for it, nor called unhealthy" \
	"$(restarts) $(blamed)" "$before"
stop heal 60
image quit 8080 --on-unhealthy shutdown
start quit t/quit
eventually "on_unhealthy shutdown: healthy" 60 becomes quit healthy
$D kill -s USR1 quit >/dev/null
eventually "…the container ends" 60 is_state quit Status exited

# ---- one probe, no PID 1: instead of curl in an image
start probe t/web
wait_for 60 becomes probe healthy
$D exec probe /hale probe http://127.0.0.1:8080/ >/dev/null
is "hale probe: 0" $? 0
out=$($D exec probe /hale probe tcp://127.0.0.1:1 2>&1)
is "hale probe: 1" $? 1
like "…with the reason" "$out" refused
$D exec probe /hale probe nonsense://x >/dev/null 2>&1
is "hale probe: 2" $? 2
run --entrypoint /hale t/scratch wait-for file:///guest -- /guest exit 5
is "hale wait-for runs the command" $? 5
run --entrypoint /hale t/scratch wait-for tcp://127.0.0.1:1 --timeout 1s -- /guest exit 5 2>/dev/null
is "hale wait-for: 124 when the time is up" $? 124
stop probe 60

# ---- Compose
if have docker-compose; then
	mkdir -p "$T/compose"
	cat >"$T/compose/docker-compose.yml" <<-'YAML'
		version: "2.4"
		services:
		  db: {image: t/web, network_mode: none, stop_grace_period: 60s}
		  job: {image: t/scratch, command: [/guest, exit, "0"], network_mode: none}
		  api:
		    image: t/web
		    network_mode: none
		    depends_on:
		      db: {condition: service_healthy}
		      job: {condition: service_completed_successfully}
	YAML
	compose() { (cd "$T/compose" && docker-compose -p hale "$@" >>"$T/compose.log" 2>&1); }
	timeout -k 5 150 bash -c "$(declare -f compose); T=$T; compose up -d"
	is "compose: up" $? 0
	db=$($D inspect hale_db_1 | jq -r '[.[0].State.Health.Log[] | select(.ExitCode == 0)][0].Start')
	api=$($D inspect -f '{{.State.StartedAt}}' hale_api_1)
	if [[ "$(date -u -d "$db" +%s%N)" < "$(date -u -d "$api" +%s%N)" ]]; then
		ok "compose: service_healthy comes first"
	else
		not_ok "compose: service_healthy comes first ($db, $api)"
	fi
	compose stop
	is "compose: stops with 0" "$(state hale_db_1 ExitCode) $(state hale_api_1 ExitCode)" "0 0"
	compose down
	sed -i 's|image: t/web, net|image: t/never2, net|' "$T/compose/docker-compose.yml"
	image never2 9090
	timeout -k 5 150 bash -c "$(declare -f compose); T=$T; compose up -d"
	is "compose: up fails where the dependency is unhealthy" $? 1
	compose down
else
	skip "compose: docker-compose is not installed"
fi
done_testing
