#!/bin/bash
# SPDX-License-Identifier: MIT
#
# files.sh: the files of examples/stack, by the tools that read them, and its
# scripts with --help and with what they can't take. No engine has a part in it.

. "$(dirname "$0")/../engines/lib.sh"
need openssl jq python3
S=$T/stack
cp -a "$TOP/examples/stack" "$S" && rm -rf "$S/hale" "$S/secrets"
cd "$S" || exit 1
export COMPOSE_PROJECT_NAME=stack SECRETS_DIR=$S/secrets HALE=$INIT
names=(admin api beat bot frontend mtproto postgres prometheus proxy redis worker)

# ---- scripts: what they are for; one line and a status for what they can't do
for script in scripts/{setup-ssl,build-optimized,analyze-layers,test-alpine-build,build-base,stack}.sh; do
	out=$("$script" --help 2>&1)
	is "$script --help" "$? $(head -c 6 <<<"$out")" "0 usage:"
done
# refuses STATUS WORDS SCRIPT ARGUMENT…: with that status and these words, and
# in a few lines; nothing is made
refuses() {
	local _out
	_out=$(cd scripts && PATH=$PWD:$PATH DOCKER=${docker:-/bin/true} "${@:3}" 2>&1 </dev/null)
	is "${*:3}: refused" $? "$1"
	like "${*:3}: says why" "$_out" "$2"
}
refuses 2 "unknown argument --bogus" setup-ssl.sh --bogus
refuses 2 "--days wants a number of days, not abc" setup-ssl.sh --days abc
refuses 2 "--days wants" setup-ssl.sh --days
refuses 2 "--host wants a host name, not a/b" setup-ssl.sh --host a/b
refuses 2 "acme wants a --host" setup-ssl.sh acme --email a@b.test
refuses 2 "acme wants an --email" setup-ssl.sh acme --host a.test
refuses 2 "--email wants an address, not x" setup-ssl.sh acme --host a.test --email x
refuses 2 "--server wants an https URL" setup-ssl.sh acme --server http://a.test
is "…and made nothing" "$(ls -A secrets 2>/dev/null)" ""
refuses 2 "unknown option --bogus" build-optimized.sh --bogus
refuses 2 "no image nosuch" build-optimized.sh nosuch
refuses 2 "--base wants an image" build-optimized.sh --base
refuses 2 "--tag wants a tag" build-optimized.sh --tag
refuses 2 "unknown option --bogus" analyze-layers.sh --bogus
refuses 2 "--limit wants IMAGE=MB" analyze-layers.sh --limit api
refuses 2 "--top wants a number" analyze-layers.sh --top many
refuses 2 "unknown option --bogus" test-alpine-build.sh --bogus
refuses 2 "--base wants an image" test-alpine-build.sh --base
refuses 2 "unknown option --bogus" build-base.sh --bogus
refuses 2 "--image wants a tag" build-base.sh --image
refuses 2 "usage:" build-base.sh
refuses 2 "usage:" stack.sh
refuses 2 "usage:" stack.sh bogus
refuses 2 "unknown option --bogus" stack.sh up --bogus
refuses 2 "no service nosuch: there are admin api beat" stack.sh health nosuch
refuses 2 "no service nosuch" stack.sh status nosuch
docker=/bin/false # no engine, or one that is down
for words in build-optimized.sh analyze-layers.sh test-alpine-build.sh "stack.sh up" "stack.sh health" "stack.sh status" "stack.sh down"; do
	# shellcheck disable=SC2086 # words
	refuses 3 "/bin/false does not answer" $words
done
docker=''
mkdir "$T/none" && printf '#!/bin/sh\necho no randomness >&2\nexit 1\n' >"$T/none/openssl"
chmod 755 "$T/none/openssl"
out=$(PATH=$T/none:$PATH scripts/setup-ssl.sh 2>&1)
is "setup-ssl.sh where openssl fails" "$? $out" "3 no randomness
setup-ssl.sh: openssl failed; the certificate is what it was"
for target in docker-build-optimized docker-ssl-setup docker-layer-analysis docker-test-alpine; do
	like "make $target" "$(make -C "$TOP" -n "$target" ARGS=--help 2>&1)" "--help"
done

# ---- certificates
cert() { openssl x509 -in secrets/tls_cert -noout "$@"; }
scripts/setup-ssl.sh --host one.test --host '*.two.test' --days 30 >"$T/ssl.log" 2>&1
is "setup-ssl.sh" $? 0
like "…for each name" "$(cert -ext subjectAltName)" "DNS:one.test, DNS:*.two.test"
is "…signed by the authority that clients trust" "$(openssl verify -CAfile secrets/ca_cert secrets/tls_cert 2>&1)" "secrets/tls_cert: OK"
cert -checkend $((29 * 86400)) >/dev/null && ! cert -checkend $((31 * 86400)) >/dev/null
is "…for as many days" $? 0
is "…with its key" "$(cert -pubkey)" "$(openssl pkey -in secrets/tls_key -pubout)"
is "…which is nobody's but ours" "$(stat -c %a secrets)" 700
serial=$(cert -serial)
like "…again: it is kept" "$(scripts/setup-ssl.sh 2>&1)" "--force replaces it"
is "…unchanged" "$(cert -serial)" "$serial"
scripts/setup-ssl.sh --days 0 --force >"$T/ssl.log" 2>&1
cert -checkend 0 >/dev/null
is "--days 0: over" $? 1
scripts/setup-ssl.sh --force >"$T/ssl.log" 2>&1

# ---- hale.yaml of each
for name in "${names[@]}"; do
	like "$name/hale.yaml: hale accepts it" "$("$INIT" check "$name/hale.yaml" 2>&1)" "hale.yaml: ok"
	like "$name: has its image" "$(cat Dockerfile)" "AS $name
"
done
DRAIN=4s STOP_GRACE_PERIOD=14s "$INIT" check api/hale.yaml >/dev/null
is "api/hale.yaml: with Swarm's environment" $? 0

# ---- compose: each file, and each over the others
if have docker-compose && python3 -c 'import yaml' 2>/dev/null; then
	echo x >secrets/db_password
	merged() { # FILE…: as JSON
		local _files=() _file
		for _file; do _files+=(-f "$_file"); done
		docker-compose "${_files[@]}" config 2>>"$T/compose.log" |
			python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'
	}
	dev=docker-compose.yml prod=docker-compose.prod.yml proxy=docker-compose.proxy.yml
	for files in "$dev" "$dev $prod" "$dev $proxy" "$dev $prod $proxy"; do
		# shellcheck disable=SC2086 # words
		is "docker-compose config: $files" "$(merged $files | jq -c '.services | keys')" "$(printf '%s\n' "${names[@]}" | jq -Rnc '[inputs]')"
	done
	merged $dev $prod $proxy >"$T/whole.json"
	q() { jq -r "$1" "$T/whole.json"; }
	is "prod: read-only, no capability, no new privileges, limits, a small /tmp" \
		"$(q '.services | to_entries[] | select(.value | (.read_only and .cap_drop == ["ALL"] and .security_opt == ["no-new-privileges:true"] and .mem_limit and .cpus and .pids_limit and (.tmpfs | length == 1) and .logging) | not).key')" ""
	is "proxy: 80 and 443 are the only ports of the world" \
		"$(q '[.services | to_entries[] | .key as $n | .value.ports[]? | if type == "object" then "\($n) \(.published)" else "\($n) \(.)" end] | sort | join(", ")')" \
		"admin 127.0.0.1:10800:10800/tcp, prometheus 127.0.0.1:9090:9090/tcp, proxy 443, proxy 80"
	is "without it: none" "$(merged $dev | jq -c '[.services.proxy.ports]')" "[null]"
	is "only profiles have the others" "$(q '[.services | to_entries[] | select(.value.profiles) | "\(.key) \(.value.profiles[0])"] | join(", ")')" "admin admin, prometheus monitoring"
	is "the database's network: of whom" "$(q '[.services | to_entries[] | select(.value.networks | has("database")).key] | join(" ")')" "admin api postgres prometheus"
	is "…is internal" "$(q '.networks.database.internal')" true
	is "secrets: of whom" "$(q '[.services | to_entries[] | select(.value.secrets) | "\(.key) \(.value.secrets | map(.source) | sort | join("+"))"] | join(", ")')" \
		"admin db_password, api db_password, postgres db_password, proxy tls_cert+tls_key"
	is "what waits, waits for health" "$(q '[.services[].depends_on // {} | .[].condition] | unique | join(" ")')" service_healthy
	is "hale is PID 1 by itself" "$(q '[.services[].init] | unique | tostring')" "[false]"
	is "no password in an environment" "$(q '[.services[].environment // empty] | length')" 0
else
	skip "the compose files: docker-compose or python3-yaml is not installed"
fi

# ---- Swarm: an update that fails goes back, in every service
if python3 -c 'import yaml' 2>/dev/null; then
	python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)' swarm/stack.yml >"$T/swarm.json"
	is "swarm: each is rolled back, restarted, read-only, without capabilities" \
		"$(jq -r '.services | to_entries[] | select(.value | (.deploy.update_config.failure_action == "rollback" and .deploy.restart_policy.condition == "any" and .read_only and .cap_drop == ["ALL"]) | not).key' "$T/swarm.json")" ""
	is "swarm: the services of compose" "$(jq -c '.services | keys' "$T/swarm.json")" \
		"$(printf '%s\n' "${names[@]}" | grep -vx -e admin -e prometheus | jq -Rnc '[inputs]')"
	restricted() { python3 "$TOP/tests/stack/restricted.py" "$1" 2>&1; }
	is "kubernetes: restricted, probed by hale, nothing dangles" "$(restricted kubernetes/stack.yaml)" ""
	for break in 's/runAsNonRoot: true/runAsNonRoot: false/' 's/drop: .ALL./drop: [KILL]/' \
		's/allowPrivilegeEscalation: false/allowPrivilegeEscalation: true/' \
		's/--kind, live/--kind, ready/' 's/policyTypes/policyType/' 's/targetPort: http/targetPort: web/' \
		's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/' 's/RuntimeDefault/Unconfined/' \
		's#path: /livez#path: /readyz#' 's/emptyDir: {medium/hostPath: {medium/'; do
		sed "$break" kubernetes/stack.yaml >"$T/broken.yaml"
		if [ -n "$(restricted "$T/broken.yaml")" ]; then ok "…one that isn't is seen: $break"; else not_ok "…one that isn't is seen: $break"; fi
	done
else
	skip "the manifests: python3-yaml is not installed"
fi
like "nomad: labelled as what it is" "$(head -2 nomad/stack.nomad.hcl)" "ON PAPER"

# ---- Prometheus
if have promtool; then
	promtool test rules prometheus/alerts-test.yml >"$T/alerts.log" 2>&1
	is "each alert is raised by what it is for: promtool" $? 0
	is "…and is tested" "$(sed -n 's/.*- alert: //p' prometheus/alerts.yml | while read -r name; do
		[ "$(grep -c "alertname: $name" prometheus/alerts-test.yml)" -ge 2 ] || echo "$name"
	done)" ""
	sed -i 's|/etc/prometheus/alerts.yml|alerts.yml|' prometheus/prometheus.yml
	like "promtool check config" "$(promtool check config prometheus/prometheus.yml 2>&1)" "SUCCESS"
	sed 's/> 0.9/> 0.99/' prometheus/alerts.yml >"$T/alerts.yml"
	sed "s|rule_files: .*|rule_files: [$T/alerts.yml]|" prometheus/alerts-test.yml >"$T/alerts-test.yml"
	promtool test rules "$T/alerts-test.yml" >>"$T/alerts.log" 2>&1
	is "…and a rule that is wrong is seen" $? 1
else
	skip "the alerts: promtool is not installed"
fi

# ---- nginx: its file, read by itself
if have nginx; then
	sed "s#/tmp/#$T/#; s#/run/secrets/#$S/secrets/#; s#/etc/nginx/upstreams/#$T/upstreams/#" proxy/nginx.conf >"$T/nginx.conf"
	mkdir "$T/upstreams" && cp proxy/upstreams.conf "$T/upstreams/"
	nginx -t -q -e stderr -c "$T/nginx.conf" >"$T/nginx.log" 2>&1
	is "nginx -t" "$? $(grep -v stapling "$T/nginx.log")" "0 "
else
	skip "nginx's file: it is not installed"
fi
done_testing
