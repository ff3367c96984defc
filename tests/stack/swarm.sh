#!/bin/bash
# SPDX-License-Identifier: MIT
#
# swarm.sh: the stack's file for Docker Swarm on a real swarm of two nodes, two
# dockerds in networks of their own: all tasks healthy by hale, an update that goes
# on only as hale calls the new ones healthy and loses no request, one that never gets
# healthy rolled back, a frozen service brought back by hale within its task, a frozen
# task replaced, a lost node's tasks moved.

. "$(dirname "$0")/../engines/lib.sh"
. "$(dirname "$0")/../engines/docker-lib.sh"
. "$TOP/tests/stack/stacklib.sh"
services=(api worker beat bot mtproto frontend proxy redis postgres)

unshare --net sleep infinity &
node=$!
on_exit "engine_stop one; engine_stop two; kill $node"
engine_start one || skip_all "dockerd does not start here"
one=$DOCKER_HOST
NODE_NS=$node engine_start two || skip_all "a second dockerd does not start here"
two=$DOCKER_HOST
export DOCKER_HOST=$one
ip link add left type veth peer name right
ip link set right netns "$node"
ip addr add 198.51.100.1/24 dev left
ip link set left up
nsenter --net="/proc/$node/ns/net" sh -c \
	'ip link set lo up; ip addr add 198.51.100.2/24 dev right; ip link set right up'
$D swarm init --advertise-addr 198.51.100.1 --listen-addr 198.51.100.1:2377 \
	--default-addr-pool 198.18.0.0/16 >/dev/null 2>>"$T/run.log" || skip_all "no swarm here"
$D -H "$two" swarm join --token "$($D swarm join-token -q worker)" \
	--advertise-addr 198.51.100.2 --listen-addr 198.51.100.2:2377 198.51.100.1:2377 >/dev/null
is "a second node joins" $? 0

# ---- images, on both: the stack's, a next one, one that never answers where it is asked
stack_images "${services[@]}"
mkdir "$T/bad" "$T/next"
printf '%s\n' 'FROM hale-stack-api' 'COPY hale.yaml /etc/hale.yaml' >"$T/bad/Dockerfile"
sed 's/10400\/healthz/10499\/healthz/; s/retries: 240/retries: 20/' api/hale.yaml >"$T/bad/hale.yaml"
printf '%s\n' 'FROM hale-stack-api' 'LABEL next=1' >"$T/next/Dockerfile"
build hale-stack-api:bad "$T/bad" && build hale-stack-api:next "$T/next" || not_ok "images of updates"
$D save "${services[@]/#/hale-stack-}" hale-stack-api:bad hale-stack-api:next | $D -H "$two" load -q >/dev/null
is "the second node has the images" $? 0

scripts/setup-ssl.sh >>"$T/run.log" 2>&1
openssl rand -hex 24 | tr -d '\n' | $D secret create db_password - >/dev/null
$D secret create tls_cert secrets/tls_cert >/dev/null
$D secret create tls_key secrets/tls_key >/dev/null
$D stack deploy --resolve-image never -c swarm/stack.yml product >>"$T/run.log" 2>&1
is "stack deploy" $? 0

# task NAME [FILTER…]: its containers on both nodes; of ID COMMAND…: where ID runs
nodes=("$one" "$two")
task() {
	local _node
	for _node in "${nodes[@]}"; do
		$D -H "$_node" ps -q -f "label=com.docker.swarm.service.name=product_$1" "${@:2}"
	done
}
of() {
	local _node
	for _node in "${nodes[@]}"; do
		! $D -H "$_node" inspect "$1" >/dev/null 2>&1 || { $D -H "$_node" "${@:2}" && return; }
	done
}
count() { task "$1" -f health=healthy | wc -l; }
healthy() { [ "$(count "$1")" = "$2" ]; }
all() { for _pair in "$@"; do eventually "${_pair%:*}: ${_pair#*:} healthy" 240 healthy "${_pair%:*}" "${_pair#*:}"; done; }
all postgres:1 redis:1 api:2 worker:2 beat:1 bot:1 mtproto:1 frontend:2 proxy:2
spread() { $D -H "$1" ps -q -f label=com.docker.swarm.service.name=product_api | wc -l; }
is "the API is on both nodes" "$(spread "$one") $(spread "$two")" "1 1"
C=(curl -sf -m 10 --cacert "$S/secrets/ca_cert")
eventually "through the proxy of this node" 60 "${C[@]}" https://localhost/api/items
eventually "through the proxy of the other" 60 nsenter --net="/proc/$node/ns/net" "${C[@]}" https://localhost/api/items
for host in "${nodes[@]}"; do
	id=$($D -H "$host" ps -q -f label=com.docker.swarm.service.name=product_api)
	is "hale is PID 1, with the secret of its uid" "$($D -H "$host" exec "$id" /usr/sbin/hale health 2>&1)" ok
done

# ---- updates: never fewer than two that are healthy
update() { # IMAGE STATE: until the update is in that state; least is how many there were
	local _end=$((SECONDS + 420)) _now
	least=9
	$D service update -q --detach=true --no-resolve-image --image "$1" product_api >/dev/null 2>>"$T/run.log"
	until [ "$($D service inspect -f '{{.UpdateStatus.State}}' product_api)" = "$2" ]; do
		_now=$(count api)
		[ "$_now" -ge "$least" ] || least=$_now
		[ "$SECONDS" -lt $_end ] || return 1
		sleep 0.2
	done
}
python3 "$TOP/tests/stack/load.py" https://localhost secrets/ca_cert "$T/enough" >"$T/load.log" 2>&1 &
loader=$!
update hale-stack-api:next completed
is "an update goes on, one by one" "$? $($D service inspect -f '{{.Spec.TaskTemplate.ContainerSpec.Image}}' product_api)" "0 hale-stack-api:next"
if [ "$least" -ge 2 ]; then ok "…as the new ones are healthy: never fewer than two"; else not_ok "…never fewer than two (got $least)"; fi
update hale-stack-api:bad rollback_completed
is "an update that never gets healthy is rolled back" "$? $($D service inspect -f '{{.Spec.TaskTemplate.ContainerSpec.Image}}' product_api)" "0 hale-stack-api:next"
if [ "$least" -ge 2 ]; then ok "…never fewer than two healthy"; else not_ok "…never fewer than two healthy (got $least)"; fi
eventually "…and the API is as it was" 120 healthy api 2
touch "$T/enough" && wait $loader
is "both updates: $(wc -l <"$T/load.log") requests, failed" "$(grep -v '^200 ' "$T/load.log" | sort | uniq -c)" ""

# ---- frozen: a service, its PID 1
first=$(task redis)
was=$(of "$first" exec "$first" /usr/sbin/hale status --json | jq '.services[0].restarts')
kill -STOP "$(pgrep -P "$(of "$first" inspect -f '{{.State.Pid}}' "$first")" -x redis-server)"
hale_says() { of "$first" logs "$first" 2>&1 | grep -q 'hale: redis:.*unhealthy'; }
eventually "frozen redis: hale sees it" 90 hale_says
eventually "frozen redis: healthy again" 120 healthy redis 1
eventually "frozen redis: the API too" 120 healthy api 2
note "redis: restarts $was, then $(id=$(task redis) && of "$id" exec "$id" /usr/sbin/hale status --json | jq '.services[0].restarts')"
# nothing answers in a task whose PID 1 hangs: Docker's check times out
hung=$(task bot)
kill -STOP "$(of "$hung" inspect -f '{{.State.Pid}}' "$hung")"
replaced() {
	local _now
	_now=$(task bot -f health=healthy)
	[ -n "$_now" ] && [ "$_now" != "$hung" ]
}
eventually "a hung task is replaced" 180 replaced

# ---- the other node is lost
engine_stop two
nodes=("$one")
all postgres:1 redis:1 api:2 worker:2 beat:1 bot:1 mtproto:1 frontend:2 proxy:1
eventually "a node is lost: through the proxy" 60 "${C[@]}" https://localhost/api/items
$D stack rm product >>"$T/run.log" 2>&1
gone() { [ -z "$($D ps -q)" ]; }
eventually "stack rm: all end" 90 gone
done_testing
