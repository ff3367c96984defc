#!/bin/bash
# SPDX-License-Identifier: MIT
#
# swarm.sh: the stack's file for Docker Swarm on a real swarm of one node: all
# tasks healthy by hale, an update whose image never gets healthy rolled back,
# a frozen service brought back by hale within its task, a frozen task replaced.

. "$(dirname "$0")/../engines/lib.sh"
. "$(dirname "$0")/../engines/docker-lib.sh"
. "$TOP/tests/stack/stacklib.sh"

on_exit engine_stop swarm
engine_start swarm || skip_all "dockerd does not start here"
ip link add left type veth peer name right
ip addr add 198.51.100.1/24 dev left
ip link set left up && ip link set right up
$D swarm init --advertise-addr 198.51.100.1 --listen-addr 198.51.100.1:2377 \
	--default-addr-pool 198.18.0.0/16 >/dev/null 2>>"$T/run.log" || skip_all "no swarm here"
stack_images api worker beat bot mtproto frontend proxy redis postgres
# an API that never answers where it is asked
printf '%s\n' 'FROM hale-stack-api' 'COPY hale.yaml /etc/hale.yaml' >"$T/Dockerfile"
sed 's/10400\/healthz/10499\/healthz/; s/retries: 120/retries: 20/' api/hale.yaml >"$T/hale.yaml"
mkdir "$T/bad" && mv "$T/Dockerfile" "$T/hale.yaml" "$T/bad/"
build hale-stack-api:bad "$T/bad" || not_ok "an image that never gets healthy"

scripts/setup-ssl.sh >>"$T/run.log" 2>&1
openssl rand -hex 24 | tr -d '\n' | $D secret create db_password - >/dev/null
$D secret create tls_cert secrets/tls_cert >/dev/null
$D secret create tls_key secrets/tls_key >/dev/null
$D stack deploy --resolve-image never -c swarm/stack.yml product >>"$T/run.log" 2>&1
is "stack deploy" $? 0

task() { $D ps -q -f "label=com.docker.swarm.service.name=product_$1" "${@:2}"; }
healthy() { [ "$(task "$1" -f health=healthy | wc -l)" = "$2" ]; }
for pair in postgres:1 redis:1 api:2 worker:2 beat:1 bot:1 mtproto:1 frontend:2 proxy:1; do
	eventually "${pair%:*}: ${pair#*:} healthy" 180 healthy "${pair%:*}" "${pair#*:}"
done
eventually "through the proxy to the API" 60 curl -sf -m 10 --cacert secrets/ca_cert https://localhost/api/items
is "hale is PID 1, with the secret of its uid" "$($D exec "$(task api | head -1)" /usr/sbin/hale health 2>&1)" ok

$D service update -q --detach=true --no-resolve-image --image hale-stack-api:bad product_api >/dev/null 2>>"$T/run.log"
rolled_back() {
	[ "$($D service inspect -f '{{.UpdateStatus.State}} {{.Spec.TaskTemplate.ContainerSpec.Image}}' product_api)" = \
		"rollback_completed hale-stack-api:latest" ]
}
eventually "an update that never gets healthy is rolled back" 300 rolled_back
eventually "…and the API is as it was" 120 healthy api 2
first=$(task redis)
kill -STOP "$(pgrep -P "$($D inspect -f '{{.State.Pid}}' "$first")" -x redis-server)"
recovered() { healthy redis 1; }
hale_says() { $D logs "$first" 2>&1 | grep -q 'hale: redis:.*unhealthy'; }
eventually "frozen redis: hale sees it" 60 hale_says
eventually "frozen redis: healthy again" 120 recovered
eventually "frozen redis: the API too" 120 healthy api 2
# nothing answers in a task whose PID 1 hangs: Docker's check times out
hung=$(task bot)
kill -STOP "$(state "$hung" Pid)"
replaced() {
	local _now
	_now=$(task bot -f health=healthy)
	[ -n "$_now" ] && [ "$_now" != "$hung" ]
}
eventually "an unhealthy task is replaced" 180 replaced
$D stack rm product >>"$T/run.log" 2>&1
gone() { [ -z "$($D ps -q)" ]; }
eventually "stack rm: all end" 90 gone
done_testing
