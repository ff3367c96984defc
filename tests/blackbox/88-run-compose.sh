#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120 # arguments may be left out
# Services as users wrote them for Compose, taken over as they are: compose/.
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

files=$TOP/tests/blackbox/compose
take() { cp "$files/$1.yaml" c.yaml && : >ev && chmod 666 ev; }
checked() { err=$(env "$@" "$HALE" check c.yaml 2>&1 >/dev/null); rc=$?; }
setting() # SERVICE KEY...: of hale config --json
{
	"$HALE" config --json c.yaml 2>/dev/null | python3 -c '
import json, sys
value = json.load(sys.stdin)["services"]
for key in sys.argv[1:]:
    value = value.get(key, "none") if isinstance(value, dict) else "none"
print(json.dumps(value).replace("\"", ""))' "$@"
}

# ---- Django, Celery, Redis, PostgreSQL, nginx

take django
printf 'A=1\nexport SECRET_KEY="x y"\nEMPTY=\n' >defaults.env
echo secret >db_password.txt
checked
is "$rc" 0 "django: taken as it is"
is "$(grep -c 'no meaning inside a container' <<<"$err")" 1 "django: one note"
for key in version networks services.db.image services.web.ports \
    services.web.read_only services.redis.deploy.resources.reservations; do
	like "$err" "[ ,]$key(,|$|
)" "django: the note names $key"
done
like "$err" 'note: left out, none of their profiles is chosen: beat' \
    "django: a service of a profile is left out, which is said"
checked HALE_PROFILES=x,scheduler
unlike "$err" 'left out' "django: HALE_PROFILES chooses it"
is "$(setting web command)" \
    '[gunicorn, shop.wsgi:application, --bind, 0.0.0.0:8000, --workers, 3]' \
    "django: a command as a string"
is "$(setting web environment DATABASE_URL)" \
    postgres://shop:secret@localhost:5432/shop "django: \${VAR:-default}, by a merge"
is "$(setting worker environment CELERY_QUEUE) $(setting worker environment DEBUG)" \
    'default 0' "django: a merge within environment"
is "$(setting web healthcheck start_period) $(setting web healthcheck test)" \
    '1m30s [curl -fsS http://localhost:8000/healthz || exit 1]' \
    "django: a healthcheck as a string"
is "$(setting redis mem_limit) $(setting redis cpus)" '268435456 0.5' \
    "django: deploy.resources.limits"
is "$(setting redis ulimits nofile soft) $(setting web cap_drop)" '20000 [ALL]' \
    "django: ulimits, cap_drop"
is "$(setting migrate depends_on db condition)" service_healthy \
    "django: depends_on, the long form"

# The programs that it names, but for what they do.
mkdir bin
for name in postgres redis-server celery nginx gunicorn; do
	cat >"bin/$name" <<EOF
#!/bin/sh
trap 'echo "$name end" >>$T/ev; kill \$!; exit 0' TERM QUIT
echo "$name up \$SECRET_KEY" >>$T/ev
sleep 1000 &
wait
EOF
done
printf '#!/bin/sh\necho migrated >>%s/ev\n' "$T" >bin/python
printf '#!/bin/sh\ngrep -q "^%s up" %s/ev\n' postgres "$T" >bin/pg_isready
printf '#!/bin/sh\ngrep -q "^%s up" %s/ev\n' redis-server "$T" >bin/redis-cli
printf '#!/bin/sh\ngrep -q "^%s up" %s/ev\n' gunicorn "$T" >bin/curl
chmod 755 bin bin/* .
mkdir -p srv
# As in an image: the directory of the program is there.
mkdir -p "$T/root/srv/app"
mount --bind "$T/root/srv" /srv
sed -i 's/start_period: 30s/&, start_interval: 100ms/; s/^      start_period: 30s.*/      start_period: 30s\n      start_interval: 100ms/; s/start_interval: 2s/start_interval: 100ms/; s/interval: 10s/interval: 1s/' c.yaml
PID1_WRAP=(env PATH="$T/bin:$PATH")
if [ "$real_root" = yes ]; then
	run_start
	event 'nginx up '
	event 'celery up x y'
	before 'postgres up ' migrated "django: the database, then the migration"
	before migrated 'gunicorn up x y' "django: the migration, then the server"
	before 'gunicorn up x y' 'nginx up ' "django: the server, then nginx"
	stop
	is "$rc" 0 "django: stops well"
	before 'nginx end' 'gunicorn end' "django: stops in the reverse order"
	before 'gunicorn end' 'redis-server end' "django: and what is needed last"
else
	skip "django: runs" "not root"
fi
pid1_defaults

"$HALE" config c.yaml 2>/dev/null | "$HALE" check - >/dev/null 2>&1
is $? 0 "django: what hale config shows can be read again"

# ---- Node, with every key that means nothing in here

take node
echo Q=1 >.env
checked
is "$rc" 0 "node: taken as it is"
unlike "$err" 'unknown key' "node: no key of Compose is unknown"
is "$(setting api entrypoint) $(setting api command)" \
    '[docker-entrypoint.sh, node] [server.js]' "node: entrypoint and command"
is "$(setting worker command)" '[node, worker.js, --queue=high prio]' \
    "node: quotes in a command"
is "$(setting postgres healthcheck test)" \
    "[CMD-SHELL, pg_isready -U \$\${POSTGRES_USER}]" "node: \$\$ stays one for the shell"
is "$(setting worker mem_limit) $(setting worker pids_limit)" '134217728 50' \
    "node: limits as deploy has them"
is "$(setting worker restart) $(setting worker environment LOG_LEVEL)" \
    'on-failure:3 info' "node: what an anchor with << brings"
is "$(setting worker ulimits)" \
    '{nproc: 65535, nofile: {soft: 20000, hard: 40000}}' "node: ulimits of both forms"

# ---- scalars

take odd
cat >words <<'EOF'
#!/bin/sh
for word; do printf '%s|' "$word"; done >said
EOF
chmod 755 words
chmod 777 .
run
is "$rc" 0 "odd: runs"
tr '\0' '\n' <./env >lines
for line in YES=yes NO=no ON=on NUM=8080 FLOAT=1.10 OCT=0755 HEX=0x1F \
    SEXA=12:34:56 BIG=12345678901234567890 EXP=1e3 EMPTY= TRUE=True \
    DATE=2024-01-01 MULTI=two 'FOLDED=a b' QUOTED=80:80 "DOLLAR=a\$b" INF=.inf; do
	check "odd: $line" grep -qxF -- "$line" lines
done
is "$(grep -c '^NULLED=\|^TILDE=' lines)" 0 "odd: without a value, and hale has none: not set"
is "$(cat said)" 'yes|1.0|010|22:22|1m30s||' "odd: words of a command"
is "$(setting odd healthcheck interval) $(setting odd stop_signal) $(setting odd user) $(setting odd umask)" \
    '1m30s SIGTERM 0 0022' "odd: a duration, a signal, a user and a umask as numbers"

# ---- profiles, and what can't be taken over

conf <<'EOF'
services:
  a: {command: [sleep, "1"], profiles: [x, debug]}
  b: {command: [sleep, "1"], depends_on: {a: {condition: service_healthy, required: false}}}
EOF
checked
is "$rc" 0 "required: false of one that is left out"
conf <<'EOF'
services:
  a: {command: [sleep, "1"], profiles: [x, debug]}
  b: {command: [sleep, "1"], depends_on: [a]}
EOF
checked
like "$rc $err" '^1 .*services.b.depends_on.a: is left out: none of its profiles is chosen' \
    "one that is left out, and needed"
for chosen in debug a,x,b '*'; do
	checked HALE_PROFILES="$chosen"
	is "$rc" 0 "HALE_PROFILES=$chosen chooses it"
done
for chosen in xx debu ','; do
	checked HALE_PROFILES="$chosen"
	is "$rc" 1 "HALE_PROFILES=$chosen doesn't"
done
echo 'hale: {profiles: [debug]}' >>c.yaml
checked
is "$rc" 0 "hale.profiles chooses it, too"
conf <<'EOF'
services:
  a: {command: [sleep, "1"], profiles: [x]}
EOF
checked
like "$rc $err" '^1 .*has no services' "all are left out"
conf <<'EOF'
services:
  a: {command: [sleep, "1"], post_start: [{command: x, user: root, privileged: true}]}
EOF
checked
like "$rc $err" "^1 .*post_start\[0\].user: can't be set: a hook runs as its service does" \
    "a hook's user"
done_testing
