#!/bin/bash
# SPDX-License-Identifier: MIT
#
# acme.sh: setup-ssl.sh with an ACME authority: pebble, which asks the stack's
# own proxy for the answer to its challenge. A first certificate, one that is
# not due, one that is, one that is refused; each is served by the nginx that
# was there before, told by hale to read it again.

. "$(dirname "$0")/../engines/lib.sh"
. "$(dirname "$0")/../engines/docker-lib.sh"
need docker-compose certbot pebble pebble-challtestsrv
. "$TOP/tests/stack/stacklib.sh"

on_exit engine_stop stack
engine_start stack || skip_all "dockerd does not start here"
stack_images frontend proxy
scripts/setup-ssl.sh >>"$T/ssl.log" 2>&1
touch secrets/db_password # the file of a secret that nobody here mounts
files=(-f docker-compose.yml -f docker-compose.prod.yml -f docker-compose.proxy.yml)
timeout -k 5 120 docker-compose "${files[@]}" up -d --no-deps frontend proxy >>"$T/up.log" 2>&1
is "the proxy starts" $? 0
# an API for the proxy, which waits for one
sed 's/10300/10400/g' frontend/hale.yaml >"$T/api.yaml"
$D run -d --network stack_backend --network-alias api -v "$T/api.yaml:/etc/hale.yaml:ro" \
	hale-stack-frontend >>"$T/up.log" 2>&1
box=stack_proxy_1
healthy() { [ "$(state $box Health.Status)" = healthy ]; }
eventually "…and is healthy" 120 healthy || note "$($D logs $box 2>&1 | tail -5)"

# ---- the authority
mkdir "$T/authority"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$T/authority/key" -out "$T/authority/cert" 2>>"$T/ssl.log"
jq -n --arg dir "$T/authority" '{pebble: {listenAddress: "127.0.0.1:14000",
	managementListenAddress: "127.0.0.1:15000", certificate: ($dir + "/cert"),
	privateKey: ($dir + "/key"), httpPort: 80, tlsPort: 443}}' >"$T/authority/config"
pebble-challtestsrv -dns01 127.0.0.1:8053 -http01 '' -https01 '' -tlsalpn01 '' \
	-management 127.0.0.1:8055 -defaultIPv6 '' >"$T/names.log" 2>&1 &
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 pebble -config "$T/authority/config" \
	-dnsserver 127.0.0.1:8053 >"$T/pebble.log" 2>&1 &
export REQUESTS_CA_BUNDLE=$T/authority/cert
directory() { curl -sf --cacert "$REQUESTS_CA_BUNDLE" https://127.0.0.1:14000/dir; }
eventually "the authority is there" 60 directory
acme() { timeout -k 5 180 scripts/setup-ssl.sh "$@" >"$T/acme.log" 2>&1; }
ask=(acme --host stack.test --host www.stack.test --email a@stack.test --server https://127.0.0.1:14000/dir)

# ---- what is served, and by whom
served() { openssl s_client -connect 127.0.0.1:443 -servername stack.test </dev/null 2>/dev/null | openssl x509 -noout "$@"; }
issuer() { served -issuer | grep -q Pebble; }
changed() { [ "$(served -serial)" != "$serial" ]; }
kept() {
	is "$1: the same container, nginx not started again" \
		"$(state $box Pid) $($D exec $box /usr/sbin/hale status --json | jq '.services[0].restarts')" "$pid 0"
}
pid=$(state $box Pid)
before=$(sha256sum <secrets/tls_cert)
load() {
	while [ ! -e "$T/enough" ]; do
		curl -sk -m 30 -o /dev/null -w '%{http_code}\n' https://127.0.0.1/nginx-health
		sleep 0.05
	done
}
load >"$T/load.log" &
loader=$!

acme "${ask[@]}" --dry-run
is "a dry run" $? 0
is "…keeps nothing" "$(sha256sum <secrets/tls_cert)" "$before"
acme "${ask[@]}"
is "a certificate by http-01 through the proxy" $? 0
grep -q 'proxy: reloaded' "$T/acme.log" && ok "…hale reloads nginx" || not_ok "…hale reloads nginx ($(tail -3 "$T/acme.log"))"
eventually "…and it is served" 30 issuer
like "…for each name" "$(served -ext subjectAltName)" "DNS:stack.test, DNS:www.stack.test"
kept "…by"
is "the key is nobody's but ours" "$(stat -c %a secrets)" 700

serial=$(served -serial)
acme renew --now
is "renew, not due" $? 0
unlike "…does nothing" "$(cat "$T/acme.log")" reloaded
sed -i '/renew_before_expiry/d' secrets/acme/renewal/stack.test.conf
sed -i '1i renew_before_expiry = 20000 days' secrets/acme/renewal/stack.test.conf
acme renew --now
is "renew, due" $? 0
eventually "…the new one is served" 30 changed
kept "…by"
serial=$(served -serial)
acme renew --force --now
is "renew --force" $? 0
eventually "…the new one is served" 30 changed

serial=$(served -serial)
mkdir "$T/elsewhere"
ACME_ROOT=$T/elsewhere acme acme --host other.test --email a@stack.test --server https://127.0.0.1:14000/dir
is "a challenge that isn't answered fails" $? 1
is "…and changes nothing" "$(served -serial)" "$serial"
kept "…by"
touch "$T/enough" && wait $loader
is "$(wc -l <"$T/load.log") requests meanwhile, failed" "$(grep -vc 200 "$T/load.log")" 0
eventually "the proxy is healthy" 60 healthy
done_testing
