#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# The sample file of the contract, as it is written: gunicorn behind its name,
# a database behind db:5432, a secret, a strict sandbox, a held socket.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-120}
BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

pgbin=$(find /usr/lib/postgresql -name bin -type d 2>/dev/null | tail -n 1)
missing=
for program in gunicorn curl; do
	command -v "$program" >/dev/null || missing+=" $program"
done
[ -n "$pgbin" ] || missing+=" postgres"
[ "$real_root" = yes ] || missing+=" root"
if [ -n "$missing" ]; then
	skip "the contract's sample" "NOT THERE:$missing"
	done_testing
fi

# This mount namespace is ours: the names of the sample get a meaning here.
for dir in /srv /run /tmp/hale-pg; do
	mkdir -p "$dir"
	mount -t tmpfs -o mode=755 none "$dir"
done
etc() # NAME LINE...: /etc/NAME with lines added, for this test only
{
	local name=$1
	shift
	[ -e "/etc/$name" ] || : >"/etc/$name"
	{ cat "/etc/$name"; printf '%s\n' "$@"; } >"$T/etc-$name"
	chmod 644 "$T/etc-$name"
	mount --bind "$T/etc-$name" "/etc/$name"
}
etc passwd 'app:x:5001:5001::/srv:/bin/sh'
etc group 'app:x:5001:' 'tls:x:5002:'
etc hosts '127.0.0.1 db'
echo 'API_MODE=from-file' >/etc/api.env.hale-test
trap 'rm -f /etc/api.env.hale-test' EXIT
# Nobody can raise a hard limit that the machine has set lower.
limit=$(ulimit -Hn)
[ "$limit" != unlimited ] && [ "$limit" -lt 65536 ] || limit=65536
sed "s|/etc/api.env|/etc/api.env.hale-test|; s|nofile: 65536|nofile: $limit|" \
	"$TOP/examples/contract.yaml" >"$T/c.yaml"
mkdir -p /run/secrets /srv/data
echo -n s3cret >/run/secrets/db_password
chmod 400 /run/secrets/db_password
chown 5001 /srv/data

cat >migrate <<E
#!/bin/sh
echo "migrated after \$($pgbin/psql -h db -U postgres -Atc 'select 40 + 2' postgres)" >>$T/ev
E
cat >/srv/warm-cache <<'E'
#!/bin/sh
echo warm >/srv/data/warm
E
cat >/srv/deregister <<'E'
#!/bin/sh
echo gone >/srv/data/gone
E
chmod 755 migrate /srv/warm-cache /srv/deregister
cat >/srv/app.py <<'E'
import json, os
def app(environ, start_response):
    status = {line.split(':')[0]: line.split(':')[1].strip()
              for line in open('/proc/self/status') if ':' in line}
    body = json.dumps({'uid': os.getuid(), 'groups': os.getgroups(),
        'secret': os.environ.get('DB_PASSWORD'), 'mode': os.environ.get('MODE'),
        'file': os.environ.get('API_MODE'), 'caps': status['CapEff'],
        'nnp': status['NoNewPrivs'], 'seccomp': status['Seccomp'],
        'umask': status['Umask'], 'oom': open('/proc/self/oom_score_adj').read().strip()})
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [body.encode()]
E
# Port 80 is handed over; gunicorn is to stay on its own, so the master takes it
# and also says that it is alive.
cat >/srv/gunicorn.conf.py <<'E'
import os, socket, threading, time
held = int(os.environ.get('LISTEN_FDS', '0'))
os.environ.pop('LISTEN_PID', None)
worker_tmp_dir = '/tmp'
control_socket_disable = True
def say(text):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ['NOTIFY_SOCKET'])
    s.send(text)
    s.close()
def alive():
    while True:
        say(b'WATCHDOG=1')
        time.sleep(2)
def redirect():
    listener = socket.socket(fileno=3)
    while True:
        c, _ = listener.accept()
        c.recv(4096)
        c.sendall(b'HTTP/1.0 301 Moved\r\nLocation: https://localhost/\r\n\r\n')
        c.close()
def when_ready(server):
    threading.Thread(target=alive, daemon=True).start()
    if held:
        threading.Thread(target=redirect, daemon=True).start()
    say(b'READY=1\nSTATUS=serving')
E
chmod 644 /srv/*.py

chown postgres /tmp/hale-pg
su postgres -s /bin/sh -c "$pgbin/initdb -D /tmp/hale-pg/d -A trust" >/dev/null 2>&1
su postgres -s /bin/sh -c "$pgbin/pg_ctl -D /tmp/hale-pg/d -o '-k /tmp/hale-pg' -w start" >/dev/null 2>&1 ||
	nok "the database starts"

: >"$T/ev"
chmod 666 "$T/ev"
pid1_start run -c c.yaml
answers()
{
	curl -sf -m 3 http://127.0.0.1:10400/health >page
}
check "the api answers" wait_for 40 answers
check "the job ran before, on the database" has "$T/ev" "migrated after 42"
like "$(cat page)" '"uid": 5001' "it is app"
like "$(cat page)" '"groups": \[5001, 5002\]|"groups": \[5002\]' "with the group tls"
like "$(cat page)" '"secret": "s3cret"' "it has its secret"
like "$(cat page)" '"mode": "prod"' "and its environment"
like "$(cat page)" '"file": "from-file"' "and that of the file"
like "$(cat page)" '"caps": "0000000000000400"' "one capability, and no more"
like "$(cat page)" '"nnp": "1"' "no new privileges"
like "$(cat page)" '"seccomp": "2"' "a seccomp filter"
like "$(cat page)" '"umask": "0027"' "its umask"
like "$(cat page)" '"oom": "100"' "its oom_score_adj"
unlike "$(tr '\0' ' ' <"/proc/$pid1/environ")" s3cret "PID 1's environment has no secret"
status()
{
	nsenter -t "$pid1" -p -m "$HALE" status "$@"
}
healthy()
{
	nsenter -t "$pid1" -p -m "$HALE" health api
}
check "it is healthy" wait_for 30 healthy
check "post_start ran" wait_for 10 has /srv/data/warm warm
like "$(status api)" "up +healthy" "hale status says so"
like "$(status --json)" '"status_text":"serving"' "with what it says of itself"
like "$(curl -s -m 3 -D - http://127.0.0.1:80/ -o /dev/null)" 301 "port 80 is served by the held socket"
like "$(curl -s -m 3 http://127.0.0.1:9110/metrics)" 'hale_service_up\{service="api"\} 1' "the listener tells the metrics"

su postgres -s /bin/sh -c "$pgbin/pg_ctl -D /tmp/hale-pg/d -m fast -w stop" >/dev/null 2>&1
names_db()
{
	! nsenter -t "$pid1" -p -m "$HALE" health api >why
	has why 'db: tcp db:5432'
}
check "the database goes: api is not healthy, and says why" wait_for 30 names_db
check "but lives on" answers

stop
is "$rc" 0 "all of it stops"
check "pre_stop ran" has /srv/data/gone gone
done_testing
