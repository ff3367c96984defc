#!/bin/bash
# SPDX-License-Identifier: MIT
#
# images.sh: the services that people run, in a Debian image with hale as its
# ENTRYPOINT: each comes up, is stopped by the engine, ends by its own doing
# with its own status inside the grace period, and leaves no zombie behind.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"

on_exit engine_stop images
engine_start images || skip_all "dockerd does not start here"
base_image || skip_all "no Debian base image can be made here"

# service NAME READY STATUS WORDS DOCKER_ARGUMENT…: READY is a command in the
# container, or - where its first line says up; WORDS are in its log after an end of its own doing.
grace=60
ready() { if [ "$2" = - ]; then said "$1" up; else $D exec "$1" sh -c "$2"; fi; }
service() {
	local _name=$1 _ready=$2 _status=$3 _words=$4 _log
	shift 4
	$D run -d --name "$_name" --network none --cap-drop ALL \
		--security-opt no-new-privileges "$@" >/dev/null 2>>"$T/run.log"
	if ! wait_for 60 ready "$_name" "$_ready"; then
		not_ok "$_name: up ($($D logs "$_name" 2>&1 | tail -3))"
		return
	fi
	ok "$_name: up"
	is "$_name: PID 1" "$($D exec "$_name" cat /proc/1/comm)" hale
	is "$_name: no zombie" "$($D exec "$_name" guest zombies)" "zombies 0"
	stop "$_name" $grace
	is "$_name: exit status" "$rc" "$_status"
	_log=$($D logs "$_name" 2>&1)
	[ -z "$_words" ] || like "$_name: ends by its own doing" "$_log" "$_words"
	if [ "$took" -lt $((grace - 5)) ]; then
		ok "$_name: inside the grace period"
	else
		not_ok "$_name: inside the grace period ($took s)"
	fi
	$D logs "$_name" >"$T/$_name.log" 2>&1
	$D rm -f "$_name" >/dev/null
}

service shell - 0 "shell ends" t/base bash /srv/shell.sh
service python - 0 "python ends" --user 1001 t/base python3 /srv/service.py
ask='exec 3<>/dev/tcp/127.0.0.1/8080 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && grep -q ok <&3'
service node "bash -c '$ask'" 0 "node ends" --user 1001 --read-only t/base \
	node /srv/service.js
service nginx "bash -c '$ask'" 0 "exiting" --user 1001 --read-only --tmpfs /tmp \
	t/base nginx -c /srv/nginx.conf -e /dev/stderr
service nginx-quit "bash -c '$ask'" 0 "gracefully shutting down" --user 1001 \
	--stop-signal QUIT --tmpfs /tmp t/base nginx -c /srv/nginx.conf -e /dev/stderr
service redis 'redis-cli ping | grep -q PONG' 0 "bye bye" --user redis --read-only \
	--tmpfs /tmp t/base redis-server --save '' --dir /tmp
service postgres 'psql -h /tmp -U postgres -Atc "select 1" postgres' 0 \
	"database system is shut down" --user postgres --tmpfs /tmp:mode=1777 \
	--tmpfs /data:mode=1777 -e PGDATA=/data/pg t/base sh /srv/postgres.sh
service postgres-int 'psql -h /tmp -U postgres -Atc "select 1" postgres' 0 \
	"database system is shut down" --user postgres --stop-signal INT \
	--tmpfs /tmp:mode=1777 --tmpfs /data:mode=1777 -e PGDATA=/data/pg \
	t/base sh /srv/postgres.sh
# without hale a shell as PID 1 is deaf; with it, it ends by the signal
service plain-shell - 143 "" t/base sh -c 'echo up; while :; do sleep 1; done'
done_testing
