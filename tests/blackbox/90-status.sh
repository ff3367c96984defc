#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The status server: every page and deed, over the socket and over TCP.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"

touch ok live db
echo topsecret-value >secret
chmod 600 secret
cat >c.yaml <<Y
services:
  api:
    command: [sh, -c, "trap 'date +%s%N >>$T/hup' HUP; trap 'exit 0' TERM; touch $T/trapped; while :; do sleep 1000 & wait; done", argv-hidden]
    environment: {VISIBLE: env-hidden, TOKEN: {secret: token}}
    sandbox: none
    healthcheck: {file: $T/ok, interval: 100ms, retries: 2, on_unhealthy: none}
    liveness: {file: $T/live, interval: 100ms, retries: 2, on_unhealthy: none}
    depends_on: {db: {condition: service_healthy}}
  web:
    command: [sleep, "1000"]
  job:
    command: ["true"]
    restart: "no"
  crash:
    command: [sh, -c, "exit 3"]
    restart: "no"
    essential: false
  lost:
    command: [/nonexistent/program]
    restart: "no"
    essential: false
dependencies:
  db: {file: $T/db, interval: 100ms, retries: 2}
secrets:
  token: {file: $T/secret}
hale: {listen: "127.0.0.1:10499"}
Y
pid1_start run -c c.yaml
served || nok "no status socket" "$(cat "$T/err")"
check "everything comes up, crash aside" wait_for 20 \
    eval 'inside curl -s --unix-socket $SOCK http://h/v1/services/api | grep -q "\"ready\":true"'

# ---- the probes of orchestrators
fetch GET "/readyz?exclude=crash&exclude=lost"
is "$code:$body" 200:ok "/readyz is 200 ok when all but the excluded are ready"
fetch GET /readyz
is "$code" 503 "/readyz is 503 while one is not"
like "$body" "crash: .*" "  and says who"
fetch GET "/readyz?verbose&exclude=crash&exclude=lost"
is "$code" 200 "/readyz?verbose"
like "$body" '\[\+\]api ok' "  names those that are well"
like "$body" '\[\+\]crash excluded: ok' "  and the excluded"
like "$body" "readyz check passed" "  and sums up, as the kubelet does"
fetch GET "/readyz?exclude=crash&exclude=api&exclude=lost"
is "$code" 200 "more than one may be excluded"
for page in livez startupz healthz; do
	fetch GET "/$page?exclude=crash&exclude=lost"
	is "$code:$body" 200:ok "/$page"
done
fetch GET "/readyz?service=web"
is "$code:$body" 200:ok "?service= asks one"
fetch GET "/readyz?service=wbe"
is "$code" 503 "  that must exist"
like "$body" 'no service "wbe" .did you mean "web"' "  with a suggestion"
rm ok
unready() { fetch GET '/readyz?service=api'; [ "$code" = 503 ]; }
check "an unhealthy service is not ready" wait_for 20 unready
like "$body" "api: unhealthy .*file $T/ok" "  for a reason in words"
fetch GET '/livez?service=api'
is "$code" 200 "  but alive"
rm live
dead() { fetch GET '/livez?service=api'; [ "$code" = 503 ]; }
check "a failing liveness probe makes it not live" wait_for 20 dead
touch ok live
check "and back" wait_for 20 eval '! unready'
rm db
check "who needs what is down is not ready" wait_for 20 unready
like "$body" "api: .*db: file $T/db" "  and the cause is named"
touch db
wait_for 20 eval '! unready'

# ---- JSON
fetch GET /v1/status
is "$code" 200 "/v1/status"
like "$(cat head)" "application/json" "  is JSON by its type"
is "$(json 'sorted(d)')" "['container', 'dependencies', 'hale', 'services']" \
    "  with its four parts"
is "$(json 'd["hale"]["pid"], d["hale"]["state"], d["hale"]["health"]')" \
    "(1, 'running', 'unhealthy')" "  of hale"
is "$(json '[x["name"] for x in d["services"]], [x["name"] for x in d["dependencies"]]')" \
    "(['api', 'web', 'job', 'crash', 'lost'], ['db'])" "  of all, in the file's order"
is "$(json 's["api"]["state"], s["job"]["state"], s["crash"]["exit_code"], s["job"]["exit_code"], s["api"]["exit_code"]')" \
    "('up', 'done', 3, 0, None)" "  states and exit codes"
is "$(json '[(p["name"], p["kind"], p["type"]) for p in s["api"]["probes"]]')" \
    "[('healthcheck', 'ready', 'file'), ('liveness', 'live', 'file')]" "  probes"
is "$(json 'min(len(p["history"]) for p in s["api"]["probes"]) > 5 and max(len(p["history"]) for p in s["api"]["probes"]) <= 20')" \
    True "  with their last results, 20 at most"
# Figures may be a second old: of before its child was there.
takes()
{
	fetch GET /v1/status
	[ "$(json 's["api"]["resources"]["rss_bytes"] > 100000 and s["api"]["resources"]["threads"] >= 2 and s["api"]["resources"]["cpu_seconds"] >= 0')" = True ]
}
check "  what the service takes, over all its processes" wait_for 10 takes
is "$(json 'd["hale"]["resources"]["rss_bytes"] > 10000')" True "  and PID 1"
is "$(json 'd["container"]["disk_bytes"] >= d["container"]["disk_free_bytes"] > 0')" True "  and the disk"
if [ -r /proc/pressure/cpu ]; then
	is "$(json 'all(d["container"]["pressure"][x]["some_seconds"] >= 0 for x in ("cpu", "memory", "io"))')" \
	    True "  and the pressure"
else
	skip "  and the pressure" "the kernel has no PSI"
fi
since=$(json 's["web"]["since"]')
like "$since" '^20[0-9-]+T[0-9:.]+Z$' "  since when"
api=$(json 's["api"]["pid"]')
is "$(inside cat "/proc/$api/comm")" sh "  pids as seen inside"
python3 - "$TOP/packaging/hale-status.schema.json" body <<'P' && ok "  all as its JSON Schema says" || nok "  all as its JSON Schema says"
import json, sys
try:
    import jsonschema
except ImportError:
    print("# SKIP no python3-jsonschema"); sys.exit(0)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
jsonschema.validate(json.load(open(sys.argv[2])), schema)
P
for page in /v1/status /v1/services/api /v1/events /metrics /readyz?verbose / ; do
	fetch GET "$page"
	unlike "$body" "topsecret|env-hidden|argv-hidden" "$page: no secret, environment or argv"
done
fetch GET /v1/services/api
is "$code:$(json 'd["name"], d["state"]')" "200:('api', 'up')" "/v1/services/NAME"
fetch GET /v1/services/db
is "$code:$(json 'd["name"], d["health"]')" "200:('db', 'healthy')" "  a dependency"
fetch GET /v1/services/apo
is "$code:$(json 'd["error"]')" '404:no service "apo" (did you mean "api"?)' \
    "  a wrong name suggests the right one"
fetch GET /v1/services/api/nonsense
is "$code" 404 "  nothing is below it"
fetch GET /nonsense
is "$code" 404 "no such page"
fetch DELETE /v1/status
is "$code" 405 "no such method"
fetch POST /v1/status
is "$code" 405 "status is only to be read"
fetch HEAD /v1/status -I
is "$code:$(wc -c <"$T/body")" "200:$(wc -c <"$T/head")" "HEAD has no body"

# ---- events
fetch GET /v1/events
is "$(python3 -c 'import json
e = [json.loads(l) for l in open("body")]
print([(x["from"], x["to"]) for x in e if x["service"] == "job"][-1][1])')" "done" \
    "/v1/events is a JSON object a line"
inside curl -sN --max-time 20 --unix-socket $SOCK 'http://h/v1/events?follow' >ev &
follower=$!
check "?follow begins with what was" wait_for 10 has ev '"service":"job"'
fetch POST /v1/services/web/restart
is "$code:$(json 'd["ok"]')" 200:True "POST restart is answered when it is up again"
check "  and who follows hears of it" wait_for 10 has ev '"service":"web".*"to":"up","why":.*"generation":2'
kill $follower

# ---- deeds
pid_of_web() { inside curl -s --unix-socket $SOCK http://h/v1/services/web >body; json 'd["pid"]'; }
fetch POST /v1/services/web/stop
is "$code:$(pid_of_web)" 200:None "POST stop is answered when it is gone"
fetch POST /v1/services/web/stop
is "$code" 200 "  and again"
fetch POST '/v1/services/web/signal?name=HUP'
is "$code" 409 "a signal to who does not run is a conflict"
fetch POST /v1/services/web/start
is "$code" 200 "POST start"
isnt "$(pid_of_web)" None "  runs it"
wait_for 10 test -e trapped
fetch POST '/v1/services/api/signal?name=HUP'
is "$code" 200 "POST signal"
check "  arrives" wait_for 10 test -s hup
fetch POST '/v1/services/api/reload'
is "$code" 200 "POST reload"
check "  is a SIGHUP" wait_for 10 eval '[ "$(wc -l <hup)" -ge 2 ]'
fetch POST '/v1/services/api/signal?name=NONSENSE'
is "$code" 400 "no such signal"
fetch POST /v1/services/api/signal
is "$code" 400 "a signal without its name"
fetch POST /v1/services/api/dance
is "$code" 404 "no such deed"
fetch POST /v1/services/db/start
is "$code" 409 "a dependency is never started"
fetch POST /v1/services/nobody/start
is "$code" 404 "nor who is not there"
fetch POST /v1/services/lost/start
is "$code" 409 "a start that fails is a conflict"
like "$body" '"error":"' "  with the reason"

# ---- who may
if [ "$real_root" = yes ]; then
	for try in "GET /v1/status 200" "GET /metrics 200" "GET /v1/events 200" \
	    "GET /livez?exclude=crash&exclude=lost 200" "POST /v1/services/web/restart 403" \
	    "POST /v1/services/web/stop 403" "POST /v1/services/web/start 403" \
	    "POST /v1/services/web/reload 403" \
	    "POST /v1/services/web/signal?name=HUP 403"; do
		read -r method page want <<<"$try"
		is "$(as 4242 curl -s -o /dev/null -w '%{http_code}' -X "$method" \
		    --unix-socket $SOCK "http://h$page")" "$want" \
		    "any user: $method $page: $want"
	done
else
	skip "any user" "not root"
fi

# ---- over TCP
tcp() { inside curl -s --max-time 5 -o "$T/body" -w '%{http_code}' "${@:2}" \
    "http://127.0.0.1:10499$1"; }
is "$(tcp '/readyz?exclude=crash&exclude=lost')" 200 "--listen answers"
is "$(tcp /v1/status)" 200 "  with the status"
is "$(tcp /metrics)" 200 "  with metrics"
is "$(tcp '/v1/services/web/restart' -X POST)" 403 "  and does nothing, even for root"
like "$(cat body)" "read-only" "  and says why"
is "$(tcp '/v1/services/web/signal?name=KILL' -X POST)" 403 "  nor sends a signal"
is "$(inside curl -s --max-time 5 -o /dev/null -o /dev/null -w '%{num_connects} ' \
    http://127.0.0.1:10499/readyz http://127.0.0.1:10499/livez)" "1 0 " \
    "connections are kept"

stop_me() { pid1_signal TERM; pid1_wait 20; }
stop_me
is "$rc" 0 "it ends as asked"
check "and the socket is gone" [ ! -e $SOCK ]
cat >bad.yaml <<Y
services: {a: {command: [sleep, "1"]}}
hale: {listen: "nonsense", socket: none}
Y
pid1 run -c bad.yaml
is "$rc" 125 "a listen that is no address is refused"
like "$err" 'ADDR:PORT' "  with what it should be"
done_testing
