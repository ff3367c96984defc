#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# Real programs together in one container: postgres, redis, a celery worker,
# gunicorn behind nginx; started in order, one killed, all stopped in order.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-180}
BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

pgbin=$(find /usr/lib/postgresql -name bin -type d 2>/dev/null | tail -n 1)
missing=
for program in nginx gunicorn redis-server redis-cli curl; do
	command -v "$program" >/dev/null || missing+=" $program"
done
[ -n "$pgbin" ] || missing+=" postgres"
/usr/bin/python3 -c 'import celery, redis' 2>/dev/null || missing+=" celery"
[ "$real_root" = yes ] || missing+=" root"
if [ -n "$missing" ]; then
	skip "real programs" "NOT THERE:$missing"
	done_testing
fi

chmod 755 "$T"
mkdir pg pgrun nginx app
chown postgres pg pgrun
chmod 777 nginx app
cat >app/app.py <<'E'
import os
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'gunicorn %d\n' % os.getpid()]
E
cat >app/tasks.py <<'E'
from celery import Celery
app = Celery('tasks', broker='redis://127.0.0.1:16379/0', backend='redis://127.0.0.1:16379/0')
@app.task
def add(a, b):
    return a + b
E
nginx_conf 127.0.0.1:18088 "proxy_pass http://unix:$T/app/sock;"
conf <<E
services:
  initdb:
    command: $pgbin/initdb -D $T/pg -A trust
    user: postgres
    logging: {prefix: true}
  postgres:
    command: $pgbin/postgres -D $T/pg -k $T/pgrun -c listen_addresses=
    user: postgres
    stop_signal: SIGINT
    depends_on: {initdb: {condition: service_completed_successfully}}
    logging: {prefix: true}
    restart: on-failure
  redis:
    command: redis-server --port 16379 --save "" --supervised systemd --dir $T
    notify: true
    restart: always
    restart_policy: {delay: 50ms}
    logging: {prefix: true}
  worker:
    command: /usr/bin/python3 -m celery -A tasks worker -c 1 -l warning
    working_dir: $T/app
    depends_on: {redis: {condition: service_ready}}
    restart: always
    restart_policy: {delay: 50ms}
    logging: {prefix: true}
  gunicorn:
    command: gunicorn -w 2 app:app
    working_dir: $T/app
    listen: ["unix://$T/app/sock"]
    depends_on: {redis: {condition: service_ready}, postgres: {condition: service_started}}
    restart: always
    restart_policy: {delay: 50ms}
    logging: {prefix: true}
  nginx:
    command: nginx -c $T/nginx.conf
    stop_signal: SIGQUIT
    depends_on: [gunicorn]
    logging: {prefix: true}
hale: {stop_grace_period: 20s}
E

answers()
{
	curl -sf -m 5 http://127.0.0.1:18088/ | grep -q gunicorn
}

run_start
check "nginx answers with gunicorn's page" wait_for 60 answers
check "redis said that it is ready" has "$T/err" "redis: up"
sums()
{
	(cd app && timeout 20 /usr/bin/python3 -c '
import tasks
print(tasks.add.delay(20, 22).get(timeout=15))') 2>/dev/null | grep -q 42
}
check "the celery worker works" wait_for 60 sums
database()
{
	"$pgbin/psql" -h "$T/pgrun" -U postgres -Atc 'select 6 * 7' postgres |
	    grep -q 42
}
check "postgres answers" wait_for 30 database

redis=
for p in $(children_of "$pid1"); do
	grep -q redis-server "/proc/$p/cmdline" && redis=$p
done
kill -KILL "$redis"
again()
{
	[ "$(grep -c 'redis: up' "$T/err")" -ge 2 ]
}
check "redis is killed, and is up again" wait_for 30 again
check "gunicorn went on meanwhile" answers

stop
is "$rc" 0 "all of it stops"
down()
{
	grep -n -m1 "$1: d[a-z]*: \(exited\|ended\)" "$T/err" | tail -n1 | cut -d: -f1
}
check "nginx before gunicorn" [ "$(down nginx)" -lt "$(down gunicorn)" ]
check "gunicorn before postgres" [ "$(down gunicorn)" -lt "$(down postgres)" ]
unlike "$err" "killed" "nobody had to be killed"
like "$(cat "$T/out" "$T/err")" "postgres . .*database system is shut down" "postgres was shut down well"
done_testing
