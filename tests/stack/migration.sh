#!/bin/bash
# SPDX-License-Identifier: MIT
#
# migration.sh: MIGRATION.md, run: each block of it as PID 1 of a root file system,
# the one before with the tool itself, the one after with hale; what the programs in
# it can see, and what becomes of them, is compared.

. "$(dirname "$0")/../engines/lib.sh"
need python3 jq curl
PAGE=$TOP/examples/stack/MIGRATION.md
R=$T/root

# ---- its blocks: $T/page/SECTION.before.N and SECTION.after.N, in order
mkdir "$T/page"
awk -v dir="$T/page" '
	/^## / { section = $2; sub(/[:,]$/, "", section); n["before"] = n["after"] = n["link"] = 0 }
	/^```./ { on = 1; text = kind = ""; next }
	/^```/ { on = 0; n[kind]++; printf "%s", text > (dir "/" section "." kind "." n[kind]); next }
	on && /^# (before|after|link)/ && kind == "" { kind = $2; sub(/:$/, "", kind) }
	on { text = text $0 "\n" }' "$PAGE"
is "blocks of the page, before and after" \
	"$(find "$T/page" -name '*.before.*' | wc -l) $(find "$T/page" -name '*.after.*' | wc -l)" "9 10"
block() { cat "$T/page/$1"; }
# words FILE INSTRUCTION: the array W of a Dockerfile's line in exec form
words() { mapfile -t W < <(sed -n "s/^$2 //p" "$T/page/$1" | jq -r '.[]'); }

# ---- a root file system: this machine's, and what the page has besides
mkdir "$T/over" "$R"
mount -t tmpfs over "$T/over" && mkdir "$T/over/upper" "$T/over/work" &&
	mount -t overlay -o "lowerdir=/,upperdir=$T/over/upper,workdir=$T/over/work" root "$R" ||
	skip_all "no overlay of the root file system here"
mount --rbind /dev "$R/dev"
rm -f "$R/sbin/hale" && cp "$INIT" "$R/sbin/hale"
mkdir -p "$R/srv/s6/web/data" "$R/command" "$R/seen"
chmod 1777 "$R/seen"
cp "$TOP/tests/stack/standin.py" "$R/srv/api"
chmod 755 "$R/srv/api"
for name in "$R/usr/local/bin/"{gunicorn,celery} "$R/srv/migrate"; do cp "$R/srv/api" "$name"; done
for name in tini gosu; do [ -e "$R/sbin/$name" ] || ln -s "/usr/bin/$name" "$R/sbin/$name"; done
ln -s /usr/bin/wait-for-it "$R/srv/wait-for-it.sh"
find /usr/bin /usr/lib/execline/bin \( -name 's6-*' -o -path '*/execline/bin/*' -o -name execlineb \) \
	-exec ln -sf -t "$R/command" {} +
echo 'app:x:10001:10001::/srv:/bin/sh' >>"$R/etc/passwd"
printf '%s\n' app:x:10001: extra:x:10077:app >>"$R/etc/group"
echo '127.0.0.1 localhost db' >"$R/etc/hosts"

# boot WORD…: as PID 1 of it, to its end
boot() {
	unshare --mount --pid --fork --kill-child --propagation private bash -c '
		mount -t proc proc "$0/proc" && cd / && exec chroot "$0" /usr/bin/env -i \
			PATH=/command:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			sh -c "cd /srv && exec \"\$@\"" - "$@"' "$R" "$@" >>"$T/boot.log" 2>&1
}
# launch WORD…: in the background; told TEXT…: the stand-in has said it; end
# SIGNAL: PID 1 gets it, rc is its exit status
launch() {
	rm -rf "$R/seen/"*
	boot "$@" &
	booted=$!
}
pid1() {
	grep -lsE '^NSpid:.*[[:space:]]1$' /proc/[0-9]*/status | grep -v ^/proc/1/ | tr -dc '0-9\n' | head -1
}
inside() { nsenter -t "$(pid1)" --mount --pid --root --wd "$@"; }
said() { grep -qs "$2" "$R/seen/$1"; }
count() { sed -n "/$2/p" "$R/seen/$1" 2>/dev/null | wc -l; }
times() { [ "$(count "$1" "$2")" = "$3" ]; }
fact() { grep -s "^$2" "$R/seen/$1" | tail -1; }
end() {
	kill -"$1" "$(pid1)"
	wait $booted
	rc=$?
}
signal_to() { pkill -"$1" -f "/usr/local/bin/$2 "; } # this PID namespace is ours
same() { is "$1: the same before and after" "$3" "$2"; }
peer() {
	have "$1" || { skip "$1 before: it is not installed" && return 1; }
}
# serve PORT ANSWER: what accepts, and sends the file ANSWER where there is one
serve() {
	python3 -c 'import os, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
held = []
while True:
    c, _ = s.accept()
    held.append(c)
    if os.path.exists(sys.argv[2]): c.sendall(open(sys.argv[2], "rb").read()); c.close()' "$1" "$2" &
	server=$!
}
unserve() {
	kill $server
	wait $server 2>/dev/null
}

# ---- inits: what a command and its orphans see of PID 1
cat >"$R/srv/trap" <<-'SH'
	#!/bin/sh
	trap 'exit 9' TERM
	trap 'exit 10' QUIT
	echo up >/seen/trap
	while :; do sleep 0.1; done
SH
cp -L /bin/sleep "$R/srv/orphan" # a name to look for; a zombie keeps it
cat >"$R/srv/orphans" <<-'SH'
	#!/bin/sh
	for i in 1 2 3 4 5; do sh -c './orphan 0.2 & exit 0'; done
	while grep -sq '^Name:.orphan$' /proc/[0-9]*/status; do
		i=$((i + 1))
		[ $i -lt 600 ] || exit 1
		sleep 0.05
	done
SH
chmod 755 "$R/srv/trap" "$R/srv/orphans"
manners() { # WORD…
	local _m
	boot "$@" sh -c 'exit 7'
	_m="exit $?"
	boot "$@" sh -c 'kill -KILL $$'
	_m="$_m killed $?"
	boot "$@" /srv/orphans
	_m="$_m orphans $?"
	launch "$@" /srv/trap
	wait_for 30 said trap up
	end TERM
	echo "$_m TERM $rc"
}
for pair in "tini 1" "dumb-init 2"; do
	read -r name n <<<"$pair"
	words "tini.after.$n" ENTRYPOINT
	after=$(manners "${W[@]}")
	words "tini.before.$n" ENTRYPOINT
	if peer "$name"; then same "$name" "$(manners "${W[@]}")" "$after"; fi
done
is "tini: …which is" "$(manners /sbin/hale --)" "exit 7 killed 137 orphans 0 TERM 9"
for name in tini dumb-init catatonit docker-init; do
	line=$(block tini.link.1 | sed -n "s/^RUN //p")
	boot sh -c "${line//tini/$name-link} && mkdir -p /link && mv /sbin/$name-link /link/$name"
	mine=$(manners "/link/$name" --)
	[ "$name" = docker-init ] && original=tini || original=$name
	if peer "$original"; then same "a link named $name" "$(manners "/usr/bin/$original" --)" "$mine"; fi
done

# ---- gosu
printf '#!/bin/sh\n' | cat - "$T/page/gosu.before.1" >"$R/srv/entrypoint.sh"
facts() { # WORD…: of a gunicorn started by it
	launch "$@"
	wait_for 30 said gunicorn caps
	end TERM
	fact gunicorn start
	[ -z "${CAPS-}" ] || fact gunicorn caps
}
words gosu.after.1 ENTRYPOINT
entry=("${W[@]}")
words gosu.after.1 CMD
after=$(facts "${entry[@]}" "${W[@]}")
like "--user: ids, groups, home" "$after" "app:app uid=10001 gid=10001"
like "--user: no capability, no way to get one" "$(fact gunicorn caps)" \
	"caps 0000000000000000,0000000000000000,0000000000000000 nnp 1"
mkdir -p "$R/link" && ln -sf /sbin/hale "$R/link/gosu"
ln -sf /sbin/hale "$R/link/su-exec"
if peer gosu; then
	same gosu "$(facts sh /srv/entrypoint.sh)" "$after"
	same "a link named gosu" "$(CAPS=1 facts sh /srv/entrypoint.sh)" \
		"$(CAPS=1 facts /link/gosu app:app gunicorn app:app)"
	same "a link named su-exec" "$(CAPS=1 facts sh /srv/entrypoint.sh)" \
		"$(CAPS=1 facts /link/su-exec app:app gunicorn app:app)"
fi
same setpriv "$(facts setpriv --reuid app --regid app --init-groups env HOME=/srv gunicorn app:app)" \
	"$(facts "${entry[@]/#app:app/app}" gunicorn app:app)"

# ---- wait-for-it
until_open() { # WORD…: the command runs, once the port is there
	launch "$@"
	wait_for 30 pid1
	serve 5432 "$T/none"
	wait $booted
	echo "$? $(fact api db)"
	unserve
}
never() { # WORD…: what happens when the time is up
	rm -rf "$R/seen/"*
	boot "$@"
	echo "$? started $(count api start)"
}
words wait-for-it.after.1 CMD
after=$(until_open "${W[@]}")
is "wait-for: the command, once the port is open" "$after" "0 db open"
closed_after=$(never "${W[@]/#30s/1s}")
is "wait-for: not started when the time is up" "$closed_after" "124 started 0"
words wait-for-it.before.1 CMD
if peer wait-for-it; then
	same wait-for-it "$(until_open "${W[@]}")" "$after"
	is "wait-for-it, time up: started all the same, as the page says" "$(never "${W[@]/#30/1}")" "0 started 1"
	strict=(./wait-for-it.sh db:5432 --strict -t 1 -- ./api)
	same "wait-for-it --strict, time up" "$(never "${strict[@]}")" "$closed_after"
fi
block wait-for-it.after.2 >"$R/etc/hale.yaml"
printf 'R\0\0\0\027SCRAM' >"$T/speaks.later"
serve 5432 "$T/speaks"
launch /sbin/hale run
mute() { inside /sbin/hale status 2>/dev/null | grep -q 'db .*unhealthy'; }
eventually "file: an open port is not a database that answers" 60 mute
is "file: …nothing is started" "$(count api start)" 0
mv "$T/speaks.later" "$T/speaks"
eventually "file: it answers: the service starts" 60 said api start
wait $booted
is "file: …and runs to its end" $? 0
unserve

# ---- curl
cat >"$R/srv/web" <<-'PY'
	import http.server, time
	class Page(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        code = open("/seen/code").read().strip() if self.path == "/health" else "200"
	        if code == "hang":
	            time.sleep(600)
	        self.send_response(int(code))
	        if code == "302":
	            self.send_header("location", "/elsewhere")
	        self.end_headers()
	    def log_message(self, *_): pass
	http.server.ThreadingHTTPServer(("127.0.0.1", 10400), Page).serve_forever()
PY
# as_docker FILE: the HEALTHCHECK of it, inside, as Docker runs it
as_docker() {
	local _line
	_line=$(sed -n 's/^HEALTHCHECK .*CMD //p' "$T/page/$1")
	case $_line in
	\[*) mapfile -t W < <(jq -r '.[]' <<<"$_line") ;;
	*) W=(sh -c "$_line") ;;
	esac
	inside timeout 5 "${W[@]}" >>"$T/boot.log" 2>&1
}
passes() { as_docker "$1" && echo 0 || echo 1; }
answers() { curl -s -o /dev/null http://127.0.0.1:10400/; }
words healthcheck.after.2 ENTRYPOINT
launch "${W[@]/#5s/500ms}" python3 /srv/web
echo 200 >"$R/seen/code"
eventually "curl: the server is up" 60 answers
for code in 200 204 302 404 500 503 hang; do
	echo $code >"$R/seen/code"
	same "curl: $code" "$(passes healthcheck.before.1)" "$(passes healthcheck.after.1)"
done
echo 200 >"$R/seen/code"
eventually "hale health: 0" 60 as_docker healthcheck.after.2
compose() { # FILE: the test of its api, inside, as compose runs it
	mapfile -t W < <(python3 -c 'import json, sys, yaml
print("\n".join(yaml.safe_load(open(sys.argv[1]))["services"]["api"]["healthcheck"]["test"]))' "$T/page/$1")
	case ${W[0]} in CMD) unset 'W[0]' ;; CMD-SHELL) W=(sh -c "${W[1]}") ;; esac
	inside timeout 5 "${W[@]}" >>"$T/boot.log" 2>&1 && echo 0 || echo 1
}
if python3 -c 'import yaml' 2>/dev/null; then
	same "compose: 200" "$(compose healthcheck.before.2)" "$(compose healthcheck.after.3)"
else
	skip "compose's healthcheck: python3-yaml is not installed"
fi
echo 503 >"$R/seen/code"
sick() { ! as_docker healthcheck.after.2; }
eventually "hale health: 1" 60 sick
like "hale health: why" "$(inside /sbin/hale health 2>&1)" "status 503"
have_yaml=$(python3 -c 'import yaml' 2>/dev/null && echo 1)
[ -z "$have_yaml" ] || same "compose: 503" "$(compose healthcheck.before.2)" "$(compose healthcheck.after.3)"
end TERM
{ block healthcheck.before.2 && echo '    command: [./api]'; } >"$T/compose.yaml"
"$INIT" check "$T/compose.yaml" >>"$T/boot.log" 2>&1
is "hale reads compose's healthcheck as it is" $? 0

# ---- supervisord
# supervised RUNNING WORD…: web and worker under it, killed, ended, failed, stopped
supervised() {
	local _running=$1 _n
	shift
	launch "$@"
	: >"$R/seen/open"
	wait_for 60 said celery caps && wait_for 60 said gunicorn caps
	fact gunicorn start | sed 's/ home=[^ ]*//'
	fact celery start | sed 's/ home=[^ ]*//'
	wait_for 60 "$_running" 1
	signal_to KILL gunicorn
	wait_for 60 times gunicorn caps 2 && echo "web killed: started again"
	signal_to USR2 celery
	wait_for 60 times celery caps 2 && echo "worker failed: started again"
	wait_for 60 "$_running" 2
	signal_to USR1 celery
	signal_to KILL gunicorn
	wait_for 60 times gunicorn caps 3 && echo "web killed: started again"
	echo "worker ended with 0: started $(count celery start) times"
	end TERM
	echo "stopped: $rc $(fact gunicorn signal)"
}
printf '%s\n' '[supervisord]' nodaemon=true user=root logfile=/seen/log logfile_maxbytes=0 \
	pidfile=/run/supervisord.pid | cat - "$T/page/supervisord.before.1" >"$R/etc/supervisord.conf"
# one that ends within a second of its start is a failed start to supervisord
counted() { [ "$(grep -c 'worker entered RUNNING' "$R/seen/log")" = "$1" ]; }
block supervisord.after.1 >"$R/etc/hale.yaml"
after=$(supervised true /sbin/hale run)
is "supervisord: to hale" "$(wc -l <<<"$after") $(grep -c uid=10001 <<<"$after")" "7 2"
if peer supervisord; then same supervisord "$(supervised counted supervisord -c /etc/supervisord.conf)" "$after"; fi

# ---- s6: s6-svscan and execline; s6-rc is no Debian package, its order is the test's
overlaid() { # READY WORD…: a job, then a server, which is ready once it answers
	local _ready=$1
	shift
	launch "$@"
	wait_for 60 said gunicorn caps
	fact migrate start | sed 's/ home=[^ ]*//'
	fact gunicorn start | sed 's/ home=[^ ]*//'
	"$_ready" >/dev/null && echo "ready before it answers"
	: >"$R/seen/open"
	wait_for 60 "$_ready" && echo "ready"
	signal_to KILL gunicorn
	wait_for 60 times gunicorn caps 2 && echo "killed: started again"
	end TERM
	echo "stopped: $(fact gunicorn signal)"
}
block s6-overlay.after.1 >"$R/etc/hale.yaml"
hale_ready() { inside /sbin/hale health web; }
after=$(overlaid hale_ready /sbin/hale run)
is "s6: to hale" "$(cut -d " " -f 1 <<<"$after" | tr "\n" " ")" "start start ready killed: stopped: "
if peer s6-svscan && peer execlineb; then
	cp "$T/page/s6-overlay.before.1" "$R/srv/up"
	cp "$T/page/s6-overlay.before.2" "$R/srv/s6/web/run"
	chmod 755 "$R/srv/s6/web/run"
	echo 3 >"$R/srv/s6/web/notification-fd"
	printf '%s\n' '#!/bin/sh' 'exec curl -fsS http://127.0.0.1:8000/' >"$R/srv/s6/web/data/check"
	chmod 755 "$R/srv/s6/web/data/check"
	s6_ready() { inside /command/s6-svstat -o ready /srv/s6/web | grep -q true; }
	same s6 "$(overlaid s6_ready sh -c 'execlineb -P /srv/up && exec s6-svscan /srv/s6')" "$after"
fi
done_testing
