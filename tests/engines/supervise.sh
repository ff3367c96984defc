#!/bin/bash
# SPDX-License-Identifier: MIT
#
# supervise.sh: hale run in real containers: several services and a file, FROM
# scratch and in Debian with real servers; order of start and stop, a service
# that is killed, the container's exit status.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"
is_hale || skip_all "$(basename "$INIT") is not hale"

on_exit engine_stop supervise
engine_start supervise || skip_all "dockerd does not start here"
build_images || { not_ok "images FROM scratch" && done_testing && exit 1; }

# image TAG: hale, the test program and the file on stdin, nothing else
image() {
	mkdir -p "$T/ctx/$1"
	cp "$T/ctx/scratch/"{hale,guest} "$T/ctx/$1/"
	cat >"$T/ctx/$1/hale.yaml"
	printf '%s\n' 'FROM scratch' 'COPY hale guest /' 'COPY hale.yaml /etc/hale.yaml' \
		'ENTRYPOINT ["/hale","run"]' >"$T/ctx/$1/Dockerfile"
	build "t/$1" "$T/ctx/$1" || not_ok "image $1"
}
# up NAME IMAGE ARGUMENT…, until its log says WORD
up() {
	local _name=$1 _word=$2
	shift 2
	$D run -d --name "$_name" --network none "$@" >/dev/null 2>>"$T/run.log"
	wait_for 60 said "$_name" "$_word"
}
# line NAME PATTERN: where in its log that first is
line() { $D logs "$1" 2>&1 | grep -n -m1 -- "$2" | cut -d: -f1; }
before() { # WHAT NAME FIRST SECOND
	local _a _b
	_a=$(line "$2" "$3") _b=$(line "$2" "$4")
	if [ -n "$_a" ] && [ -n "$_b" ] && [ "$_a" -lt "$_b" ]; then
		ok "$1"
	else
		not_ok "$1 (line '$_a', line '$_b')" && note "$($D logs "$2" 2>&1 | tail -20)"
	fi
}

image users <<'YAML'
services:
  main: {command: [/guest, report], user: "1001:1001", cap_add: [NET_BIND_SERVICE], restart: "no"}
YAML
image two <<'YAML'
services:
  first: {command: [/guest, until, "15", "0"], stop_grace_period: 20s}
  job: {command: [/guest, exit, "0"], restart: "no", depends_on: [first]}
  main:
    command: [/guest, signals, "7"]
    stop_grace_period: 20s
    depends_on: {job: {condition: service_completed_successfully}, first: {condition: service_started}}
hale: {stop_grace_period: 50s}
YAML
up two 'main: up' t/two
is "the file's services run" "$(state two Status)" running
before "depends_on orders the start" two 'job: done' 'main: up'
like "PID 1 has them as children" "$($D exec two /guest report)" "ids 0:0"
$D kill -s USR1 two >/dev/null
eventually "a signal goes to main" 30 said two "signal 10"
stop two 60
is "docker stop: main's exit status" "$rc" 7
before "…in the reverse order" two 'main: .*7' 'first: .*\(done\|ended\|stopped\|status 0\)'

out=$(run --entrypoint /hale t/users 2>/dev/null)
like "hale alone runs /etc/hale.yaml" "$out" "ids 1001:1001"
up late 'main: up' t/two -- /guest until 15 9
stop late 60
is "run -- COMMAND takes main's place" "$rc" 9

image deaf <<'YAML'
services:
  deaf: {command: [/guest, until, "0", "0"], stop_grace_period: 1s}
  other: {command: [/guest, family, "0"], stop_grace_period: 20s}
hale: {stop_grace_period: 30s}
YAML
up deaf 'other: up' t/deaf
both_up() { [ "$($D logs deaf 2>/dev/null | grep -c ^up)" = 2 ]; }
wait_for 30 both_up
stop deaf 100
is "a deaf service is killed, the container ends 137" "$rc" 137
if [ "$took" -lt 80 ]; then ok "…by hale, not the engine"; else not_ok "…by hale, not the engine ($took s)"; fi
like "…the other one's grandchild ends well" "$($D logs deaf)" "grandchild ended well"

image again <<'YAML'
services:
  main: {command: [/guest, until, "15", "0"]}
  fails: {command: [/guest, exit, "3"], restart: "on-failure:2", restart_policy: {delay: 50ms, max_delay: 100ms}}
YAML
up again 'fails: ' t/again
eventually "attempts spent: an essential service ends the container" 60 is_state again Status exited
is "…with its last status" "$(state again ExitCode)" 3
is "…after three runs" "$($D logs again 2>&1 | grep -c 'fails: .*status 3\|fails: exited')" 3

image wrong <<'YAML'
services:
  main: {command: [/guest], helthcheck: {}}
YAML
out=$(run t/wrong 2>&1)
is "a file in error is 125" $? 125
like "…with its place" "$out" "hale.yaml:2:"
like "…and a hint" "$out" healthcheck

out=$(run t/users 2>/dev/null)
like "user:" "$out" "ids 1001:1001"
like "cap_add: is kept" "$out" "CapEff 0000000000000400"
like "no_new_privs by default" "$out" "NoNewPrivs 1"
like "seccomp by default" "$out" "Seccomp 2"
out=$(run --user 1001 --cap-drop ALL --read-only t/two -- /guest exit 4 2>/dev/null)
is "hale run, hardened: exit status" $? 4

# ---- real servers together
if ! base_image; then
	skip "real servers together: no Debian base image"
elif ! up stack 'api: up' --tmpfs /tmp:mode=1777 --tmpfs /data:mode=1777 --tmpfs /run \
	--entrypoint /usr/sbin/hale t/base run -c /srv/stack.yaml; then
	not_ok "stack: all up"
	note "$($D logs stack 2>&1 | tail -20)"
else
	ok "stack: all up"
	ask='exec 3<>/dev/tcp/127.0.0.1/8080 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && grep -q ok <&3'
	eventually "stack: answers" 60 $D exec stack bash -c "$ask"
	before "stack: migrate waits for the database" stack 'database: .*up' 'migrate: .*up'
	before "stack: the API waits for migrate" stack 'migrate: done' 'api: up'
	is "stack: no zombie" "$($D exec stack guest zombies)" "zombies 0"
	owner() { $D exec stack sh -c "stat -c %U /proc/\$(grep -lx $1 /proc/[0-9]*/comm | head -1 | cut -d/ -f3)"; }
	is "stack: users" "$(owner redis-server) $(owner postgres)" "redis postgres"
	# shellcheck disable=SC2016 # the container's shell expands it
	$D exec stack sh -c 'kill -9 $(grep -lx node /proc/[0-9]*/comm | cut -d/ -f3)'
	twice() { [ "$($D logs stack 2>&1 | grep -c 'api: up')" -ge 2 ]; }
	eventually "stack: what is killed is started again" 60 twice
	eventually "stack: …and answers" 60 $D exec stack bash -c "$ask"
	stop stack 60
	is "stack: exit status" "$rc" 0
	for words in "node ends" "python ends" "bye bye" "database system is shut down"; do
		like "stack: ends by its own doing" "$($D logs stack 2>&1)" "$words"
	done
	before "stack: the API ends before the database" stack 'node ends' 'database system is shut down'
	$D logs stack >"$T/stack.log" 2>&1
fi
done_testing
