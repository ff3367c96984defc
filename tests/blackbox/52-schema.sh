#!/bin/bash
# SPDX-License-Identifier: MIT
# hale schema, held against files by a real validator: it and hale check agree.
top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
. "${BASH_SOURCE[0]%/*}/lib.sh"

"$HALE" schema >"$T/schema.json"
is "$?" 0 'schema: 0'

if ! python3 -c 'import jsonschema, yaml' 2>/dev/null; then
	skip 'schema: a validator' 'no python3-jsonschema, no python3-yaml'
	done_testing
	exit
fi

cat >"$T/validate.py" <<'E'
import json, sys, warnings
warnings.simplefilter("ignore")
import jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
errors = list(jsonschema.Draft7Validator(schema).iter_errors(
    yaml.safe_load(sys.stdin)))
for e in errors[:3]:
    print(list(e.absolute_path), e.message[:200])
sys.exit(1 if errors else 0)
E

both() # WANTED NAME, the file on stdin: hale and the validator say WANTED
{
	local hale valid
	cat >"$T/f.yaml"
	"$HALE" check "$T/f.yaml" >"$T/hale" 2>&1
	hale=$?
	python3 "$T/validate.py" "$T/schema.json" <"$T/f.yaml" >"$T/valid" 2>&1
	valid=$?
	if [ $hale = "$1" ] && [ $valid = "$1" ]; then
		ok "$2"
	else
		nok "$2" "hale $hale, validator $valid, both should say $1" \
			"$(<"$T/hale")" "$(<"$T/valid")"
	fi
}

both 0 'the sample of the contract' <"$top/examples/contract.yaml"
"$HALE" config "$top/examples/contract.yaml" 2>/dev/null >"$T/dump.yaml"
both 0 'the dump of the sample' <"$T/dump.yaml"
for good in 'restart: no' 'restart: on-failure:3' 'user: 1000' 'umask: 0027' \
	'umask: "0027"' 'stop_signal: 3' 'drain: 0' 'interval: &x 1' \
	'environment: [A=b, C]' 'environment: {A: 1, B: true, C: , D: {secret: s}}' \
	'env_file: {path: /x, required: false}' 'ports: ["80:80"]' 'x-mine: {a: b}' \
	'pre_stop: [[x, y], z, {command: x, timeout: 1s}]' 'cpus: 0.5' 'mem_limit: 64m' \
	'notify: true' 'notify: fd:3' 'reload: HUP' 'reload: [x]' \
	'ulimits: {nofile: 1024}' 'healthcheck: {test: [CMD, x]}' 'nice: -5' \
	'tty: "${NO:-true}"' 'stop_grace_period: 1m30s' 'sandbox: none'; do
	case $good in
	interval:*) good='x-y: &x 1' ;;
	env_file:*) good='env_file: [{path: /x, required: false}]' ;;
	esac
	both 0 "both take $good" <<E
services: {a: {command: x, $good}}
secrets: {s: {file: /x}}
E
done
for bad in 'restrat: no' 'drain: soon' 'drain: 5' 'sandbox: maybe' 'nice: 20' \
	'tty: maybe' 'environment: x' 'depends_on: 3x: y' 'mem_limit: 5 x' \
	'post_start: [{timeout: 1s}]' 'logging: {prefix: maybe}' 'umask: "0999"' \
	'healthcheck: {intervall: 1s}' 'restart_policy: {max_attempts: -1}'; do
	[ "$bad" = 'depends_on: 3x: y' ] && bad='depends_on: {b: {conditon: x}}'
	both 1 "both refuse $bad" <<E
services: {a: {command: x, $bad}, b: {command: x}}
E
done
both 1 'both refuse an unknown key at the top' <<<'servces: {}'

done_testing
