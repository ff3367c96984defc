#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kube-play.sh: the stack's Kubernetes manifests by `podman kube play`, all nine
# workloads, as scripts/kube-play.py gives them to podman: healthy by hale,
# reachable through the proxy, the database away and back.

. "$(dirname "$0")/../engines/lib.sh"
export NETAVARK=1
. "$(dirname "$0")/../engines/podman-lib.sh"
. "$(dirname "$0")/../engines/docker-lib.sh"
. "$TOP/tests/stack/stacklib.sh"
/usr/bin/python3 -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is not installed"
for tool in netavark aardvark-dns; do
	[ -x /usr/lib/podman/$tool ] || [ -x /usr/libexec/podman/$tool ] || skip_all "$tool is not installed"
done
services=(postgres redis api worker beat bot mtproto frontend proxy)

# ---- images: built by a Docker, run without one
on_exit engine_stop stack
engine_start stack || skip_all "dockerd, which builds the images, does not start here"
stack_images "${services[@]}"
$D save -o "$T/images.tar" "${services[@]/#/hale-stack-}" || { not_ok "images" && done_testing && exit 1; }
engine_stop stack
iptables -P FORWARD ACCEPT && iptables -F FORWARD # Docker's, which outlive it
on_exit 'P pod rm -fa -t 0; P rm -fa -t 0'
P load -q -i "$T/images.tar" >/dev/null
is "podman loads the images" $? 0
rm -f "$T/images.tar"

# ---- the whole stack, in podman
cat >"$T/bin/podman-here" <<PODMAN
#!/bin/sh
exec podman --root $T/root --runroot $T/run --tmpdir $T/tmp "\$@"
PODMAN
chmod 755 "$T/bin/podman-here"
export PODMAN=$T/bin/podman-here
play() { timeout -k 5 300 scripts/kube-play.py "$@" </dev/null 2>>"$T/play.log"; }
like "kube-play.py --help" "$(play --help)" usage:
is "kube-play.py --print: a pod of each, and nothing is done" \
	"$(play --print up | grep -c '^kind: Pod$') $(P ps -aq | wc -l)" "9 0"
from=$SECONDS
play up >"$T/up.log"
is "podman kube play, nine times" "$? $(grep -c started "$T/up.log")" "0 9"
[ -s "$T/play.log" ] && note "$(tail -3 "$T/play.log")"
[ "$(P ps -q | wc -l)" = 18 ] || { done_testing && exit 1 || exit 1; }
wait_for 180 play health && ok "kube-play.py health: all healthy" ||
	{ not_ok "kube-play.py health: all healthy ($(play health))" && done_testing; exit 1; }
note "up: $((SECONDS - from)) s"
play health >"$T/health.log" || note "$(cat "$T/health.log")"

H() { P exec "$1-$1" /usr/sbin/hale "${@:2}"; }
restarts() { H "$1" status --json | jq '.services[-1].restarts'; }
hardened() { # each process that hale tells of: PID 1, the service, where there is one its prober
	local _words _count
	_words=$(H "$1" inspect | tr -s ' ')
	_count=$(grep -c '^[^ ].*(pid [0-9]*)' <<<"$_words")
	[[ $_words == "hale (pid 1)"* && $_count -ge 2 &&
		$(grep -c 'ok bounding set none' <<<"$_words") == "$_count" &&
		$(grep -c 'ok no_new_privs on' <<<"$_words") == "$_count" && $_words != *$'\n bad '* ]]
}
for name in "${services[@]}"; do
	eventually "$name: hale is PID 1, nobody is root or could be" 60 hardened "$name"
	for kind in startup live ready; do
		eventually "$name: the manifest's probe by exec: $kind" 60 H "$name" health --kind $kind
	done
done
eventually "postgres: podman's own check, the manifest's liveness" 60 P healthcheck run postgres-postgres

# ---- it works, through the proxy's ports
C=(curl -s -m 20 --cacert secrets/ca_cert)
like "front end" "$("${C[@]}" https://localhost/)" "<h1>hale stack</h1>"
like "proxy → API → PostgreSQL" "$("${C[@]}" -d '{"name":"pod"}' https://localhost/api/items)" '"name":"pod"'
like "proxy → API → worker → API" "$("${C[@]}" https://localhost/api/add/2/40)" '"sum":42'
H frontend probe dns://postgres >/dev/null 2>&1
is "the front end can't resolve the database" $? 1
is "only 80 and 443 are open" "$(P ps --format '{{.Ports}}' | tr ',' '\n' | sed -n 's/.*:\([0-9]*\)->.*/\1/p' | sort -un | tr '\n' ' ')" "80 443 "

# ---- killed, and gone
before=$(restarts api)
P exec api-api /usr/sbin/hale signal KILL api >/dev/null
restarted() { [ "$(restarts api)" -gt "$before" ]; }
eventually "kill api: hale starts it again" 60 restarted
eventually "kill api: all healthy" 120 play health
before=$(restarts api)
P stop -t 25 postgres-postgres >/dev/null 2>&1
names() { H api health 2>&1 | grep -q 'postgres'; }
eventually "no database: the API names it" 60 names
note "$(H api health 2>&1)"
is "no database: the API isn't restarted for it" "$(restarts api)" "$before"
for name in worker frontend; do
	H "$name" health >/dev/null
	is "no database: $name doesn't mind" $? 0
done
P start postgres-postgres >/dev/null
eventually "no database: all healthy again" 180 play health
like "…with what was in it" "$("${C[@]}" https://localhost/api/items)" '"name":"pod"'

# ---- everything ends by itself
for name in "${services[@]}"; do P stop -t 40 "$name-$name" >/dev/null 2>&1 & done
wait_for 120 eval '! P ps --format "{{.Names}}" | grep -qvE -- "-infra$"'
for name in "${services[@]}"; do
	is "stop: $name ends with 0" "$(P inspect -f '{{.State.ExitCode}}' "$name-$name")" 0
done
play down >/dev/null
is "down: nothing is left" "$? $(P ps -aq | wc -l) $(P volume ls -q | wc -l) $(P secret ls -q | wc -l) $(P network ls -q | grep -c product)" "0 0 0 0 0"
done_testing
