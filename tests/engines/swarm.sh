#!/bin/bash
# SPDX-License-Identifier: MIT
#
# swarm.sh: hale in tasks of a Docker Swarm of two nodes: secrets, the overlay
# network, an update that never gets healthy is rolled back, an unhealthy task
# is replaced, a lost node's task moves, a service stops with its own status.
# Services are reached by DNS round robin: this asks no IPVS of the kernel.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"

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

build_images || { not_ok "images" && done_testing && exit 1; }
health='wget -q -O /dev/null http://127.0.0.1:8080/'
entry='"/sbin/hale","--"'
if is_hale; then
	health='hale health'
	entry='"/sbin/hale","--health","http://127.0.0.1:8080/","--interval","500ms","--retries","2","--"'
else
	skip "hale health in the tasks: $(basename "$INIT") is not hale"
fi
image() { # TAG PORT: healthy if PORT is 8080
	mkdir -p "$T/ctx/$1"
	printf '%s\n' 'FROM t/box' "ENTRYPOINT [$entry]" "CMD [\"guest\",\"web\",\"$2\",\"0\"]" \
		"HEALTHCHECK --interval=1s --timeout=10s --retries=3 --start-period=2s CMD $health" \
		>"$T/ctx/$1/Dockerfile"
	build "t/$1" "$T/ctx/$1"
}
if ! image good 8080 || ! image bad 9090; then
	not_ok "images" && done_testing
	exit 1
fi
$D save t/good t/bad | $D -H "$two" load -q >/dev/null

$D swarm init --advertise-addr 198.51.100.1 --listen-addr 198.51.100.1:2377 \
	--default-addr-pool 198.18.0.0/16 >/dev/null 2>>"$T/run.log" || skip_all "no swarm here"
$D -H "$two" swarm join --token "$($D swarm join-token -q worker)" \
	--advertise-addr 198.51.100.2 --listen-addr 198.51.100.2:2377 198.51.100.1:2377 >/dev/null
is "a second node joins" $? 0
printf s3cr3t | $D secret create word - >/dev/null
$D network create -d overlay --internal inside >/dev/null

timeout -k 5 120 $D service create -q --detach=false --no-resolve-image --endpoint-mode dnsrr \
	--name web --replicas 2 --replicas-max-per-node 1 --network inside --user 1001 \
	--secret source=word,target=word,uid=1001,gid=1001,mode=0400 --restart-delay 500ms \
	--stop-grace-period 60s --update-monitor 10s --update-failure-action rollback \
	--update-order stop-first --rollback-monitor 1s t/good >/dev/null 2>>"$T/run.log"
is "two healthy tasks, one a node" $? 0
here() { $D ps -q -f name=web "$@"; }
task=$(here)
is "PID 1 is hale" "$($D exec "$task" cat /proc/1/comm)" hale
is "a secret for uid 1001" "$($D exec "$task" cat /run/secrets/word)" s3cr3t
both() { [ "$($D exec "$task" nslookup tasks.web 2>/dev/null | grep -c '^Address.*198\.18\.')" = 2 ]; }
eventually "both tasks have a name on the overlay" 30 both
peer=$($D exec "$task" nslookup tasks.web | sed -n 's/^Address.* \(198\.18\.[0-9.]*\).*/\1/p' |
	grep -v -x -F "$($D exec "$task" hostname -i | tr ' ' '\n')" | head -1)
eventually "…and reach each other" 30 $D exec "$task" wget -q -O /dev/null "http://$peer:8080/"

# ---- hale run in a task: its secret reaches the one service that names it
if is_hale; then
	cat >"$T/word.yaml" <<-'YAML'
		services:
		  main: {command: [sh, -c, "guest env WORD; exec guest until 15 7"], user: "1001:1001",
		    environment: {WORD: {secret: word}}, stop_grace_period: 20s}
		  other: {command: [sh, -c, "guest env WORD; exec guest until 15 0"], user: "1002:1002"}
		secrets: {word: {file: /run/secrets/word}}
		hale: {stop_grace_period: 30s}
	YAML
	$D config create words "$T/word.yaml" >/dev/null
	timeout -k 5 120 $D service create -q --detach=false --no-resolve-image --endpoint-mode dnsrr \
		--name words --constraint "node.role==manager" --config source=words,target=/etc/hale.yaml \
		--secret source=word,target=word,mode=0400 --entrypoint /sbin/hale --stop-grace-period 60s \
		--health-cmd 'hale health' --health-interval 1s t/good run >/dev/null 2>>"$T/run.log"
	is "hale run in a task: healthy" $? 0
	words=$($D ps -q -f name=words)
	like "…its secret reaches the service that names it" "$($D logs "$words" 2>&1)" WORD=s3cr3t
	like "…and no other" "$($D logs "$words" 2>&1)" "WORD=(unset)"
	is "…nor the status" "$($D exec "$words" hale status --json | grep -c s3cr3t)" 0
	$D service rm words >/dev/null
	status=$(timeout -k 5 90 $D wait "$words" 2>/dev/null)
	is "…removed: main's exit status" "$status" 7
fi

timeout -k 5 180 $D service update -q --detach=false --no-resolve-image --image t/bad web \
	>/dev/null 2>>"$T/run.log"
is "an update that never gets healthy is rolled back" "$($D service inspect -f \
	'{{.UpdateStatus.State}} {{.Spec.TaskTemplate.ContainerSpec.Image}}' web)" \
	"rollback_completed t/good:latest"
healthy_here() { [ "$(here -f health=healthy | wc -l)" = "$1" ]; }
eventually "…and healthy" 60 healthy_here 1
task=$(here -f health=healthy)
$D kill -s USR1 "$task" >/dev/null
replaced() {
	now=$(here -f health=healthy)
	[ -n "$now" ] && [ "$now" != "$task" ]
}
eventually "an unhealthy task is replaced" 90 replaced
ended() { [ "$(state "$task" Status)" = exited ]; }
eventually "…and ended" 60 ended
is "…by SIGTERM, with its own status" "$(state "$task" ExitCode)" 0

$D service update -q --detach --replicas-max-per-node 0 web >/dev/null 2>&1
engine_stop two
eventually "a lost node's task moves" 120 healthy_here 2
$D service rm web >/dev/null
none() { [ -z "$(here)" ]; }
eventually "the service ends" 90 none
$D swarm leave --force >/dev/null
is "the last node leaves" $? 0
done_testing
