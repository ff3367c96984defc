#!/bin/bash
# SPDX-License-Identifier: MIT
# hale check, config, graph and schema: what a person types and reads.
top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
. "${BASH_SOURCE[0]%/*}/lib.sh"

good="$T/good.yaml"
cat >"$good" <<'E'
services:
  api:
    command: ["sleep", "1000"]
    restart: no
    environment: {MODE: "${MODE:-prod}", PASS: {secret: pass}, PRICE: "5$$"}
    healthcheck: {tcp: "127.0.0.1:80", interval: 5s}
    depends_on: {db: {condition: service_healthy}}
dependencies:
  db: {tcp: "db:5432"}
secrets:
  pass: {file: /run/secrets/pass}
E

hale() # ARG...: sets rc, out, err
{
	"$HALE" "$@" >"$T/out" 2>"$T/err" </dev/null
	rc=$? out=$(<"$T/out") err=$(<"$T/err")
}

hale check "$good"
is "$rc:$out:$err" "0:$good: ok: 1 service, 1 dependency, 1 secret:" \
	'check: a good file is one line and 0'
hale check -c "$good"
is "$rc" 0 'check: -c FILE is the same'

sed 's/healthcheck/helthcheck/' "$good" >"$T/bad.yaml"
hale check "$T/bad.yaml"
is "$rc" 1 'check: 1 for a bad file'
is "$err" "$T/bad.yaml:6:5: services.api.helthcheck: unknown key (did you mean \"healthcheck\"?)
    helthcheck: {tcp: \"127.0.0.1:80\", interval: 5s}
    ^" 'check: file, line, column, hint, source line and caret'
is "$out" '' 'check: nothing on stdout for a bad file'

hale run -c "$T/bad.yaml"
is "$rc" 125 'run: 125 for a bad file'
is "${err%%$'\n'*}" "$T/bad.yaml:6:5: services.api.helthcheck: unknown key (did you mean \"healthcheck\"?)" \
	'run: says what check says'

# Words that no machine would take are refused where they stand.
while IFS='|' read -r key wanted; do
	printf 'services:\n  a:\n    command: sleep 1\n    %s\n' "$key" \
	    >"$T/word.yaml"
	hale check "$T/word.yaml"
	is "$rc:${err%%$'\n'*}" "1:$T/word.yaml:4:$wanted" "check: $key"
done <<'E'
user: 0777|11: services.a.user: user "0777": not a decimal number from 0 to 4294967294
user: app:-1|11: services.a.user: group "-1": not a decimal number from 0 to 4294967294
cap_add: [NET_ADMIN, FOO]|14: services.a.cap_add: unknown capability "FOO"
cap_drop: [FOO]|15: services.a.cap_drop: unknown capability "FOO"
system_call_filter: [read, "@foo"]|25: services.a.system_call_filter: unknown group of system calls "@foo"
restrict_address_families: [INET]|32: services.a.restrict_address_families: unknown address family "INET"
group_add: ["0x1"]|16: services.a.group_add: group "0x1": not a decimal number from 0 to 4294967294
socket_bind_allow: [80, 99999]|24: services.a.socket_bind_allow: "99999" is not a TCP port
socket_connect_allow: [x]|27: services.a.socket_connect_allow: "x" is not a TCP port
ulimits: {nofile: {soft: 10, hard: 5}}|30: services.a.ulimits.nofile.soft: is above the hard limit
environment: {"A=B": 1}|19: services.a.environment.A=B: is no name: it is empty, or has a "="
environment: {"": 1}|19: services.a.environment.: is no name: it is empty, or has a "="
restrict_namespaces: foo|26: services.a.restrict_namespaces: unknown namespace "foo": cgroup, ipc, mnt, net, pid, time, user or uts
E

sed 's/tcp: "127.0.0.1:80", //' "$good" >"$T/asks.yaml"
hale check "$T/asks.yaml"
like "$rc:$err" '1:.*:6:18: services.api.healthcheck: says nothing to ask' \
	'check: a probe that asks nothing'

"$HALE" check - <"$good" >"$T/out" 2>&1
is "$?" 0 'check: - is stdin'
hale check "$T/none.yaml"
is "$rc:$err" "1:$T/none.yaml: No such file or directory" \
	'check: no such file'
hale check one two
is "$rc" 1 'check: two files are one too many'

# A directory: a service of a later file is laid over that of an earlier.
mkdir "$T/d"
cp "$good" "$T/d/10-base.yaml"
printf 'services: {api: {restart: always}, more: {command: x}}\n' \
	>"$T/d/20-more.yml"
printf '{"services": {"api": {"nice": 3}}}' >"$T/d/30.json"
echo 'not read' >"$T/d/README"
hale config "$T/d"
like "$out" 'restart: always' 'config: a directory, the later file wins'
like "$out" 'nice: 3' 'config: JSON is YAML'
like "$out" $'\n  more:' 'config: a service of the second file'
like "$out" 'tcp: "127.0.0.1:80"' 'config: what is not said again stays'

hale config "$good"
is "$rc" 0 'config: 0'
like "$out" 'stop_signal: SIGTERM' 'config: defaults are shown'
like "$out" 'stop_grace_period: 9s' 'config: that of the whole is shown'
like "$out" 'MODE: prod' 'config: variables are filled in'
like "$out" 'PRICE: "5\$\$"' 'config: $ stays fit to be read again'
like "$out" 'secret: pass' 'config: a secret is a name'
cp "$T/out" "$T/again.yaml"
hale config "$T/again.yaml"
is "$out" "$(<"$T/again.yaml")" 'config: its output is a config, and the same'
MODE="test" hale config "$good"
like "$out" 'MODE: test' 'config: variables come from the environment'

echo 's3kret' >"$T/pass"
sed "s,/run/secrets/pass,$T/pass," "$good" >"$T/secret.yaml"
hale config "$T/secret.yaml"
unlike "$out$err" 's3kret' 'config: the value of a secret is never shown'

if command -v python3 >/dev/null; then
	hale config --json "$good"
	is "$(python3 -c 'import json, sys
print(json.load(sys.stdin)["services"]["api"]["healthcheck"]["interval"])' \
		<"$T/out")" 5s 'config: --json is JSON'
else
	skip 'config: --json is JSON' 'no python3'
fi

hale graph "$good"
like "$out" '"api" -> "db" \[label="healthy"\];' 'graph: an edge for a need'
if command -v dot >/dev/null; then
	dot -Tsvg <"$T/out" >/dev/null 2>&1
	is "$?" 0 'graph: dot draws it'
else
	skip 'graph: dot draws it' 'no graphviz'
fi

# Of hale itself, what no start would take.
while IFS='|' read -r key wanted; do
	printf 'services: {a: {command: sleep 1}}\nhale: {%s}\n' "$key" \
	    >"$T/word.yaml"
	hale check "$T/word.yaml"
	is "$rc:${err%%$'\n'*}" "1:$T/word.yaml:2:$wanted" "check: hale: $key"
done <<'E'
listen: foo|16: hale.listen: "foo" is not ADDR:PORT, such as 127.0.0.1:9110 or [::1]:9110
listen: 127.0.0.1|16: hale.listen: "127.0.0.1" is not ADDR:PORT, such as 127.0.0.1:9110 or [::1]:9110
listen: "127.0.0.1:99999"|16: hale.listen: "127.0.0.1:99999" is not ADDR:PORT, such as 127.0.0.1:9110 or [::1]:9110
socket: ""|16: hale.socket: is neither a path nor none
E

# Defaults that hang on more than their own key are shown, too.
hale config "$T/d"
like "$out" '    sandbox: default' 'config: the sandbox that a file brings'
like "$out" '    no_new_privileges: true' 'config: and no_new_privileges'
like "$out" 'socket: /run/hale.sock' 'config: the usual status socket'
printf '%s\n' 'services: {a: {command: x, notify: true, sandbox: none,' \
    'ulimits: {nofile: 9, core: {soft: 0, hard: 1}}}}' >"$T/words.yaml"
hale config "$T/words.yaml"
like "$out" $'\n    notify: true\n' 'config: yes and no are no texts'
like "$out" 'nofile: "9"' 'config: one limit is one word'
like "$out" 'sandbox: none' 'config: what was said stays'
cp "$T/out" "$T/again.yaml"
hale config "$T/again.yaml"
is "$out" "$(<"$T/again.yaml")" 'config: the effective file shows itself'

HALE_CONFIG="$good" hale check
is "$rc" 0 'check: HALE_CONFIG names the file'
hale check "$top/examples/contract.yaml"
is "$rc" 0 'check: the sample of the contract loads as written'

done_testing
