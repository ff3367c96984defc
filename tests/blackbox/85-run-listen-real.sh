#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# Servers as Debian has them, on port 80 without a capability, are restarted
# five times under load: not one request fails. PID 1 holds the socket.
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

if [ "$real_root" != yes ] || ! command -v ip >/dev/null ||
    [ ! -x /usr/bin/python3 ]; then
	skip "real servers under load" "not root, or no iproute2, or no python3"
	done_testing
fi
chmod 777 "$T"
PID1_UNSHARE+=(--net)

cat >load <<'E'
#!/usr/bin/python3
# load: asks for "/" from four threads until the file "enough" is there, with a
# byte in "answered" for each answer; prints how much failed, and what, and how
# much was asked.
import os, socket, threading
failed, asked, lock = [], 0, threading.Lock()
def ask():
    with socket.create_connection(('127.0.0.1', 80), 20) as s:
        s.settimeout(20)
        s.sendall(b'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        got = b''
        while True:
            part = s.recv(4096)
            if not part:
                return got
            got += part
def client():
    global asked
    while not os.path.exists('enough'):
        try:
            answer = ask()
            good = answer.startswith(b'HTTP/1.') and b' 200 ' in answer[:15]
            wrong = None if good and answer.endswith(b'here\n') else \
                repr(answer[:80])
        except OSError as error:
            wrong = str(error)
        with lock:
            asked += 1
            if wrong:
                failed.append(wrong)
            with open('answered', 'a') as answered:
                answered.write('.')
threads = [threading.Thread(target=client) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(failed), 'failed;', 'many' if asked >= 120 else asked, *failed[:3])
E
cat >restarts <<E
#!/bin/sh
# restarts: five, each waited for, while the load goes on
ip link set lo up
./load >loaded & load=\$!
serving() {
	rm -f answered
	until [ "\$(wc -c <answered 2>/dev/null || echo 0)" -ge 20 ]; do
		sleep 0.05
	done
}
for i in 1 2 3 4 5; do
	serving
	"$HALE" restart web >>restarted 2>&1 && echo again >>restarted
done
serving
: >enough
wait \$load
echo over >>ev
exec sleep 1000
E
chmod 755 load restarts

under_load() # NAME MORE: the service web is NAME, and has MORE
{
	command -v "$1" >/dev/null || { skip "$1 under load" "no $1"; return; }
	rm -f enough loaded restarted
	conf <<E
services:
  web:
    user: "1000:1000"
    cap_drop: [ALL]
    listen: ["tcp://0.0.0.0:80"]
    restart: always
$2
  load:
    command: ./restarts
    sandbox: none
    depends_on: {web: {condition: service_ready}}
E
	run_start
	wait_for 90 has ev '^over$' || nok "$1: the load ends" "$(cat restarted)"
	is "$(grep -c '^again$' restarted)" 5 "$1: five restarts"
	is "$(cat loaded)" "0 failed; many" "$1: not one request fails"
	stop
	is "$rc" 0 "$1: it stops"
}

mkdir app && cat >app/app.py <<'E'
def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '5')])
    return [b'here\n']
E
under_load gunicorn "    command: gunicorn --chdir $T/app --worker-tmp-dir $T app:app
    environment: {PYTHONDONTWRITEBYTECODE: '1'}
    notify: true"

cat >haproxy.cfg <<'E'
defaults
	mode http
	timeout connect 5s
	timeout client 5s
	timeout server 5s
frontend web
	bind fd@3
	http-request return status 200 content-type text/plain string "here\n"
E
under_load haproxy "    command: haproxy -db -f $T/haproxy.cfg
    stop_signal: SIGUSR1"

mkdir -m 777 nginx
nginx_conf 0.0.0.0:80 'return 200 "here\n";'
# nginx takes over the sockets that this variable names, as when it upgrades.
under_load nginx "    command: nginx -c $T/nginx.conf
    environment: {NGINX: '3;'}
    stop_signal: SIGQUIT"
done_testing
