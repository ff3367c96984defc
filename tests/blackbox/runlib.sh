# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119,SC2120 # arguments may be left out
#
# For the tests of `hale run`: a service that writes what happens to it to $T/ev.
# Source it after lib.sh.

# As in a container: a /run that no other test, and no other hale, writes to.
mount -t tmpfs -o mode=755 tmpfs /run || { nok "a /run of our own"; done_testing; }

cat >"$T/svc" <<'EOF'
#!/bin/sh
# svc NAME [STOP_SECONDS [EXIT_STATUS]]: up until SIGTERM
stop() { echo "$name term" >>ev; sleep "$delay"; echo "$name end" >>ev; exit "$code"; }
name=$1 delay=${2:-0} code=${3:-0}
trap stop TERM
echo "$name up" >>ev
sleep 1000 &
wait
EOF
cat >"$T/deaf" <<'EOF'
#!/bin/sh
# deaf NAME: up, and no SIGTERM ends it
trap 'echo "$1 term" >>ev' TERM
echo "$1 up" >>ev
while :; do sleep 1000 & wait $!; done
EOF
chmod 755 "$T/svc" "$T/deaf"

conf()  # from stdin
{
	cat >"$T/c.yaml"
	: >"$T/ev"
	chmod 666 "$T/ev"
}

run()   # ARG...: to its end
{
	pid1 run -c c.yaml "$@"
}

run_start()
{
	pid1_start run -c c.yaml "$@"
}

event() # LINE: waits for it
{
	wait_for 20 has "$T/ev" "^$1\$" || nok "no event: $1"
}

events() # in order, on one line
{
	tr '\n' ' ' <"$T/ev" | sed 's/ $//'
}

line_of() # REGEX: the number of the first event that matches
{
	grep -nE -m1 -- "^$1\$" "$T/ev" | cut -d: -f1
}

before() # A B NAME: event A came before event B
{
	local a b
	a=$(line_of "$1") b=$(line_of "$2")
	if [ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ]; then
		ok "$3"
	else
		nok "$3" "events: $(events)"
	fi
}

stop()  # [SIG]: and waits for the end
{
	pid1_signal "${1:-TERM}"
	pid1_wait 30
}

nginx_conf() # LISTEN LOCATION: ./nginx.conf; what it writes is in $T/nginx
{
	cat >nginx.conf <<-E
	daemon off;
	worker_processes 1;
	pid $T/nginx/pid;
	error_log stderr;
	events {}
	http {
		access_log off;
		client_body_temp_path $T/nginx/a; proxy_temp_path $T/nginx/b;
		fastcgi_temp_path $T/nginx/c; uwsgi_temp_path $T/nginx/d;
		scgi_temp_path $T/nginx/e;
		server { listen $1; location / { $2 } }
	}
	E
}
