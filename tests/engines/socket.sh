#!/bin/bash
# SPDX-License-Identifier: MIT
#
# socket.sh: hale run of three services in containers of every hardness: where
# its status socket is, who may ask it, what a stop and a pause do.

. "$(dirname "$0")/lib.sh"
is_hale || skip_all "$(basename "$INIT") is not hale"
. "$HERE/docker-lib.sh"
need jq

on_exit engine_stop socket
engine_start socket || skip_all "dockerd does not start here"
build_images || { not_ok "images FROM scratch" && done_testing && exit 1; }

cat >"$T/three.yaml" <<'YAML'
services:
  first: {command: [guest, until, "15", "0"]}
  second: {command: [guest, family, "0"], depends_on: [first]}
  main:
    command: [guest, web, "8080", "7"]
    depends_on: {second: {condition: service_started}}
    healthcheck:
      http: http://127.0.0.1:8080/
      interval: 500ms
      timeout: 2s
      retries: 2
      on_unhealthy: restart
YAML
# begin NAME ARGUMENT…: hale run of the three; up: until main is healthy
begin() {
	local _name=$1
	shift
	$D run -d --name "$_name" --network none -v "$T/three.yaml:/etc/hale.yaml:ro" \
		--entrypoint /sbin/hale "$@" t/box run >/dev/null 2>>"$T/run.log"
}
up() { begin "$@" && wait_for 60 healthy "$1"; }
healthy() { $D exec "$1" hale health; }
status() { $D exec "$1" hale status --json; }
# ended NAME: it stops by itself in order, the engine kills nothing
ended() {
	stop "$1" 60
	is "$1: docker stop: main's exit status" "$rc" 7
	like "$1: …a grandchild ends well" "$($D logs "$1" 2>&1)" "grandchild ended well"
	is "$1: …the engine sends SIGTERM alone" "$($D events --since 30m --until "$(date +%s.%N)" \
		--filter "container=$1" --filter event=kill --format '{{.Actor.Attributes.signal}}' |
		tr '\n' ' ')" "15 "
	$D rm -f "$1" >/dev/null
}

# ---- where it is: HARDNESS, the place
at() { # NAME PLACE ARGUMENT…
	local _name=$1 _place=$2
	shift 2
	up "$_name" "$@"
	# shellcheck disable=SC2016 # the container's shell expands it
	is "$_name: hale health" "$($D exec "$_name" hale health) $?" "ok 0"
	is "$_name: three services up" "$(status "$_name" | jq -c '[.services[].state]')" '["up","up","up"]'
	like "$_name: the socket is in $_place" \
		"$($D exec "$_name" sh -c 'ls -d /run/hale.sock /dev/shm/hale-*/hale.sock 2>/dev/null')" "$_place"
	ended "$_name"
}
at plain /run/hale.sock
at readonly /dev/shm/hale- --read-only
at user /dev/shm/hale- --user 1001:1001
at hard /dev/shm/hale- --user 1001:1001 --read-only --cap-drop ALL \
	--security-opt no-new-privileges
at rootless-run /run/hale.sock --user 1001:1001 --read-only --cap-drop ALL \
	--tmpfs /run:uid=1001
at shift /dev/shm/hale- --user 1000680000:0 --cap-drop ALL

begin nowhere --read-only --ipc none --user 1001:1001 --cap-drop ALL
eventually "nowhere: services run without a socket" 30 said nowhere "main: up"
like "nowhere: …with a warning" "$($D logs nowhere 2>&1)" "no status socket"
out=$($D exec nowhere hale health)
is "nowhere: hale health is 1" $? 1
like "nowhere: …and says why" "$out" "no status socket"
ended nowhere

# ---- who may ask
up three
before=$(status three | jq -c '[.services[] | [.name, .pid, .restarts]]')
for as in 0 1001 2002:3003; do
	is "docker exec -u $as: hale health" "$($D exec -u $as three hale health) $?" "ok 0"
	like "docker exec -u $as: hale status" "$($D exec -u $as three hale status)" main
done
like "a terminal too" "$(script -qec "$D exec -it three hale status" /dev/null </dev/null)" main
$D exec three hale health mian >"$T/mian"
is "a wrong name is 1" $? 1
like "…with a hint" "$(cat "$T/mian")" main

# ---- a pause is no failure of anybody's
$D pause three >/dev/null
sleep 10
$D unpause three >/dev/null
eventually "healthy after a pause" 60 healthy three
turns() { [ "$(status three | jq '[.services[] | select(.name == "main") | .probes[].history | length] | max')" -ge "$1" ]; }
wait_for 30 turns 10
is "the same processes, none restarted" \
	"$(status three | jq -c '[.services[] | [.name, .pid, .restarts]]')" "$before"
unlike "…and none called unhealthy" "$($D logs three 2>&1)" "unhealthy"
ended three
done_testing
