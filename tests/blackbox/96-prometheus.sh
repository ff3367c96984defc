#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A real Prometheus scrapes a real hale.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"
command -v prometheus >/dev/null || {
	skip "a real Prometheus" "no prometheus"
	done_testing
}

touch ok
cat >c.yaml <<Y
services:
  api: {command: [sleep, "1000"], healthcheck: {file: $T/ok, interval: 200ms}}
  "b-2": {command: [sleep, "1000"]}
hale: {listen: "127.0.0.1:10497"}
Y
cat >p.yaml <<Y
global: {scrape_interval: 1s}
scrape_configs: [{job_name: hale, static_configs: [{targets: ["127.0.0.1:10497"]}]}]
Y
pid1_start run -c c.yaml
served
prometheus --config.file=p.yaml --storage.tsdb.path="$T/tsdb" \
    --web.listen-address=127.0.0.1:10496 >prometheus.log 2>&1 &
server=$!
value() { # QUERY
	curl -s -g --max-time 5 -G --data-urlencode "query=$1" \
	    http://127.0.0.1:10496/api/v1/query |
		python3 -c 'import json, sys
r = json.load(sys.stdin)["data"]["result"]
print(r[0]["value"][1] if r else "none")'
}
scraped() { [ "$(value 'up{job="hale"}')" = 1 ] && [ "$(value 'hale_probe_success{service="api"}')" = 1 ]; }
check "it scrapes" wait_for 60 scraped
is "$(value 'sum(hale_service_up)')" 2 "  both services are up"
is "$(value 'hale_healthy')" 1 "  and well"
is "$(value 'hale_service_restarts_total{service="b-2"}')" 0 "  with their labels"
rm ok
check "a failing probe is seen" wait_for 60 eval \
    '[ "$(value "hale_probe_success{service=\"api\"}")" = 0 ]'
kill $server
wait $server 2>/dev/null
pid1_signal TERM
pid1_wait 20
is "$rc" 0 "it ends as asked"
done_testing
