#!/bin/bash
# SPDX-License-Identifier: MIT
# root.sh DIR HALE: makes DIR the root file system in which the examples of the
# documents run: this machine's /usr, and files, users, names and programs that
# the examples speak of. A program of theirs is /srv/bin/stand-in by its name.
# In a mount namespace of one's own, as root.
set -eu
root=$1 hale=$2
here=$(cd "${0%/*}" && pwd)
mount -t tmpfs tmpfs "$root"
cd "$root"
mkdir -p usr proc dev/shm etc/tls run/secrets run/app srv/bin srv/data tmp var \
	root home/app mnt var/lib/app/data usr/bin
chmod 1777 tmp
mount --bind /usr usr
mount -o remount,bind,ro usr
for dir in bin sbin lib lib32 lib64 libx32; do
	if [ -L "/$dir" ]; then
		ln -s "$(readlink "/$dir")" "$dir"
	elif [ -d "/$dir" ]; then
		mkdir "$dir"
		mount --bind "/$dir" "$dir"
	fi
done
for node in null zero full random urandom tty; do
	: >"dev/$node"
	mount --bind "/dev/$node" "dev/$node"
done
cp "$hale" hale
for name in hale tini; do ln -s /hale srv/bin/$name; done
cp "$here/world.py" srv/

cat >etc/passwd <<-'T'
	root:x:0:0:root:/root:/bin/sh
	node:x:1000:1000::/tmp:/bin/sh
	app:x:1001:1001::/home/app:/bin/sh
	postgres:x:1002:1002::/tmp:/bin/sh
	redis:x:1003:1003::/tmp:/bin/sh
	www-data:x:33:33::/tmp:/bin/sh
	T
sed 's/^\([^:]*\):x:[0-9]*:\([0-9]*\):.*/\1:x:\2:/' etc/passwd >etc/group
cat >etc/hosts <<-'T'
	127.0.0.1 localhost db db.internal cache redis mail api web a.example
	T
echo 'MODE=prod' >etc/hale.env
echo 'secret' >run/secrets/token
cp run/secrets/token run/secrets/db_password
: >run/app/beat
cat >etc/hale.yaml <<-'T'
	services: {main: {command: /srv/api}}
	T
cat >srv/hale.yaml <<-'T'
	services:
	  api:
	    command: /srv/api
	    user: "1001"
	    healthcheck: {http: "http://127.0.0.1:8080/health", start_interval: 50ms}
	dependencies:
	  db: {tcp: "db:5432", start_interval: 50ms}
	hale: {listen: 0.0.0.0:9110}
	T
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-keyout etc/tls/key.pem -out etc/tls/cert.pem -days 90 -subj /CN=localhost \
	-addext 'subjectAltName=DNS:localhost,DNS:a.example,IP:127.0.0.1' \
	2>/dev/null
cp etc/tls/cert.pem etc/tls/ca.pem
cp etc/tls/cert.pem c.pem
cp etc/tls/key.pem k.pem
chmod 644 etc/tls/key.pem k.pem

# A server where hale passes it a socket, else whatever sleeps; QUICK=1: ends.
cat >srv/bin/stand-in <<-'T'
	#!/bin/sh
	[ -z "${QUICK:-}" ] || exit 0
	case ${0##*/} in
	migrate | cleanup | deregister | warm-cache | check | tell | reload | redis-cli) exit 0 ;;
	esac
	trap '' HUP
	touch /tmp/heartbeat 2>/dev/null
	[ "${0##*/}" != gunicorn ] || exec python3 -c '
	import http.server, os, socket
	H = http.server.BaseHTTPRequestHandler
	H.do_GET = lambda r: (r.send_response(200), r.end_headers())
	own = "LISTEN_FDS" not in os.environ
	s = http.server.HTTPServer(("127.0.0.1", 8000), H, own)
	if not own:
	    s.socket = socket.socket(fileno=3)
	s.serve_forever()'
	exec sleep 1000
	T
chmod 755 srv/bin/stand-in
for name in nginx gunicorn uvicorn celery node postgres api redis-server redis-cli; do
	ln -s stand-in "srv/bin/$name"
done
for name in server migrate cleanup api check tell reload warm-cache deregister; do
	ln -s bin/stand-in "srv/$name"
done
ln -s srv/server server
: >server.js && mv server.js srv/
chown -R 1001:1001 srv/data run/app var/lib/app
