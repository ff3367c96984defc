#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The recipes of hale.yaml(5) against the real servers, before, while and
# after they serve.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have "$PYTHON" python3 || { done_testing; exit; }
chmod 755 "$T"

# The recipes, as hale reads what the man page says: lines NAME SEND EXPECT.
cat >recipes.py <<'EOF'
import json, subprocess, sys
page = open(sys.argv[1]).read().split(".Ss Recipes")[1]
text = page.split(".Bd -literal -offset indent\n")[1].split(".Ed")[0]
with open("recipes.yaml", "w") as out:
    out.write("services: {main: {command: [sleep]}}\ndependencies:\n")
    for line in text.replace("\\e", "\\").splitlines():
        out.write("  " + line + "\n")
config = json.loads(subprocess.check_output(
    [sys.argv[2], "config", "--json", "recipes.yaml"]))
for name, probe in config["dependencies"].items():
    print(name, probe.get("send") or "-", probe["expect"], sep="\t")
EOF
"$PYTHON" recipes.py "$TOP/man/hale.yaml.5" "$HALE" >recipes
is "$(cut -f1 recipes | sort | xargs)" "memcached mysql postgres redis smtp" \
    "the recipes of the man page are those that are tried here"

recipe() # NAME PORT: sets p
{
	local name send expect
	while IFS=$'\t' read -r name send expect; do
		[ "$name" != "$1" ] || break
	done <recipes
	p=("tcp://127.0.0.1:$2" --expect "$expect")
	[ "$send" = - ] || p+=(--send "$send")
}

# waits_for PROBE...: passes once it is up; stops PID PROBE...: fails from then on
waits_for()
{
	"$HALE" wait-for "$@" --timeout 40s >"$T/wait" 2>&1
	is "$?" 0 "wait-for sees it come up: $*"
	passes "$@"
}
stops()
{
	kill "$1"
	wait "$1" 2>/dev/null
	shift
	fails "connection refused|reset|no such file" "$@"
}

if have nginx nginx-light; then
	port=$(free_port) secure=$(free_port)
	mkdir -p www
	echo fine >www/health
	cat >nginx.conf <<-N
		daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.log;
		events {}
		http { access_log off; server { listen 127.0.0.1:$port;
		listen unix:$T/nginx.sock; root $T/www;
		location /old { return 301 /health; }
		location /busy { return 503 "the database is down\nby 3\n"; } }
		server { listen 127.0.0.1:$secure ssl; ssl_certificate $T/c.pem;
		ssl_certificate_key $T/k.pem; } }
	N
	openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem \
	    -subj /CN=x 2>>log
	nginx -c "$T/nginx.conf" -p "$T" 2>>log &
	server=$!
	u=http://127.0.0.1:$port
	waits_for "$u/health"
	passes "$u/health#expect_body=fine"
	passes "$u/old"
	passes "http+unix://$T/nginx.sock:/health"
	passes "unix://$T/nginx.sock"
	passes "$u/health" --method HEAD
	fails "status 503: the database is down .[0-9]" "$u/busy"
	fails "status 404 .[0-9]" "$u/none"
	fails "status 400: The plain HTTP request was sent to HTTPS port" \
	    "http://127.0.0.1:$secure/"
	fails "status 404" "http+unix://$T/nginx.sock:/none"
	stops $server "$u/health"
fi

if have redis-server redis-server; then
	port=$(free_port)
	redis-server --port "$port" --bind 127.0.0.1 --save '' >>log 2>&1 &
	server=$!
	recipe redis "$port"
	waits_for "${p[@]}"
	fails 'not the expected answer: "\+PONG' --timeout 1s \
	    "tcp://127.0.0.1:$port?send=PING\\r\\n&expect=LOADING"
	stops $server "${p[@]}"
	redis-server --port "$port" --bind 127.0.0.1 --requirepass x \
	    --save '' >>log 2>&1 &
	server=$!
	wait_for 10 listening "$port"
	fails 'NOAUTH' --timeout 1s "${p[@]}"
	passes "tcp://127.0.0.1:$port?send=AUTH x\\r\\nPING\\r\\n&expect=%2BPONG"
	kill $server
fi

if have memcached memcached; then
	port=$(free_port)
	memcached -u nobody -l 127.0.0.1 -p "$port" >>log 2>&1 &
	server=$!
	recipe memcached "$port"
	waits_for "${p[@]}"
	stops $server "${p[@]}"
fi

pg=$(find /usr/lib/postgresql -name postgres -path '*/bin/*' 2>/dev/null | tail -1)
if [ -z "$pg" ] || ! id postgres >/dev/null 2>&1 || [ "$EUID" != 0 ] ||
    [ "$real_root" != yes ]; then
	skip postgres "no postgresql here: apt-get install postgresql"
else
	port=$(free_port)
	install -d -o postgres pg
	as=(setpriv --reuid postgres --regid postgres --clear-groups)
	"${as[@]}" "${pg%/*}/initdb" -A scram-sha-256 -U postgres -D pg/data \
	    --pwfile=<(echo x) >>log 2>&1 ||
	    { echo x >pg/pw; "${as[@]}" "${pg%/*}/initdb" -A scram-sha-256 \
	        -U postgres -D pg/data --pwfile=pg/pw >>log 2>&1; }
	"${as[@]}" "$pg" -D pg/data -p "$port" -c listen_addresses=127.0.0.1 \
	    -c "unix_socket_directories=$T/pg" >>pg.log 2>&1 &
	server=$!
	recipe postgres "$port"
	waits_for "${p[@]}"
	passes "tcp://127.0.0.1:$port?send=\\x00\\x00\\x00\\x08\\x04\\xd2\\x16/&expect=N"
	unlike "$(cat pg.log)" "FATAL" "the probe leaves no noise in its log"
	stops $server "${p[@]}"
fi

if have mariadbd mariadb-server; then
	port=$(free_port)
	mkdir -p my/data
	mariadb-install-db --user=root --datadir="$T/my/data" \
	    --auth-root-authentication-method=normal >>log 2>&1
	mariadbd --no-defaults --user=root --datadir="$T/my/data" \
	    --socket="$T/my/s" --port="$port" --bind-address=127.0.0.1 \
	    >>log 2>&1 &
	server=$!
	recipe mysql "$port"
	waits_for "${p[@]}"
	passes "unix://$T/my/s?expect=_password"
	stops $server "${p[@]}"
fi

if have haproxy haproxy; then
	port=$(free_port)
	cat >haproxy.cfg <<-H
		defaults
		 mode http
		 timeout client 5s
		frontend f
		 bind 127.0.0.1:$port
		 monitor-uri /up
	H
	haproxy -db -f haproxy.cfg >>log 2>&1 &
	server=$!
	waits_for "http://127.0.0.1:$port/up"
	fails "status 503" "http://127.0.0.1:$port/"
	stops $server "http://127.0.0.1:$port/up"
fi

# smtp: no server of Debian's is light enough; its words are
"$PYTHON" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9)
print(s.getsockname()[1], flush=True)
while True:
    c = s.accept()[0]; c.sendall(b"220-mail\r\n220 ready\r\n"); c.recv(9)' \
    >smtp.port &
wait_for 10 [ -s smtp.port ]
recipe smtp "$(cat smtp.port)"
passes "${p[@]}"

# postgres that starts up: answers at once, but is not ready
cat >starting.py <<'EOF'
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9)
print(s.getsockname()[1], flush=True)
fields = (b"SFATAL\0VFATAL\0C57P03\0"
          b"Mthe database system is starting up\0\0")
while True:
    c = s.accept()[0]
    c.recv(99)
    c.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
    c.close()
EOF
"$PYTHON" starting.py >starting.port &
wait_for 10 [ -s starting.port ]
recipe postgres "$(cat starting.port)"
fails "57P03.*is starting" "${p[@]}"

done_testing
