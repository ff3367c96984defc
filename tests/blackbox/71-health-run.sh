#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hale run with probes: conditions, restart of an unhealthy service, causes.

. "${BASH_SOURCE%/*}/lib.sh"

cat >h.yaml <<Y
services:
  api:
    command: [sh, -c, "exec sleep 600"]
    restart: always
    restart_policy: {delay: 50ms}
    healthcheck: {file: $T/ok, interval: 100ms, retries: 2, on_unhealthy: restart}
    depends_on: {db: {condition: service_healthy}}
  web:
    command: [sh, -c, "touch $T/web; exec sleep 600"]
    depends_on: {api: {condition: service_healthy}}
    healthcheck: {test: "[ -s $T/uid ] || id -u >$T/uid; id -u; exit 1", interval: 100ms, retries: 2}
    user: "12345"
dependencies:
  db: {file: $T/db, interval: 100ms}
hale: {socket: none, log_level: info}
Y
chmod 777 "$T"
pid1_start run -c h.yaml
sleep 0.5
like "$(cat "$T/err")" "db: unhealthy: file $T/db: no such file" \
    "a dependency that is not there is named"
unlike "$(cat "$T/err")" "api: up" "  and who needs it is not started"
touch db
check "api starts once db is there" \
    wait_for 20 has "$T/err" "api: up"
check "web waits for api's health" [ ! -e web ]
touch ok
check "api is healthy, and says by what" \
    wait_for 20 has "$T/err" "api: healthy: file $T/ok: exists"
check "web starts once api is healthy" \
    wait_for 20 [ -e web ]
check "a command runs as its service, its last line is told" \
    wait_for 20 has "$T/err" "web: unhealthy: exec .*: exit status 1: 12345"
is "$(cat uid)" 12345 "  as that user"
check "on_unhealthy: none leaves it alone" [ "$(grep -c 'web: up' "$T/err")" = 1 ]
rm ok
check "api is unhealthy, and says why" \
    wait_for 20 has "$T/err" "api: unhealthy: file $T/ok: no such file"
check "an unhealthy service is restarted" \
    wait_for 20 eval '[ "$(grep -c "api: up" "$T/err")" -ge 2 ]'
is "$(zombies_of "$pid1")" 0 "no zombies"
pid1_signal TERM
pid1_wait 20
is "$rc" 0 "and it stops as asked"

# ---- the command line
touch up
pid1_start run --health "file://$T/up" --interval 100ms --retries 2 \
    --on-unhealthy shutdown -v -- sh -c 'trap "exit 7" TERM; sleep 600 & wait'
check "--health probes main" wait_for 20 has "$T/err" "main: healthy: file"
rm up
pid1_wait 20
is "$rc" 7 "--on-unhealthy shutdown ends the container, with main's status"
like "$err" "main: unhealthy: file $T/up: no such file" "  and says why"
pid1_start run --health bogus -- sleep 1
pid1_wait 20
is "$rc" 125 "a --health that is no probe is refused"
like "$err" 'health: "bogus" is not a probe' "  by name"

done_testing
