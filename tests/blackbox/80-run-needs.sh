#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120,SC2238 # arguments may be left out; files are named as commands are
# What happens to those that need a service when it is stopped, restarted or
# dies (scenarios 2-4, 8, 12, 13, 18, 20).
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"
. "$TOP/tests/blackbox/statuslib.sh"

count() # LINE: how often it happened
{
	grep -cx -- "$1" "$T/ev"
}
times() # LINE N: waits until it happened that often
{
	wait_for 20 eval '[ "$(count "'"$1"'")" -ge '"$2"' ]' ||
		nok "no event: $1, $2 times" "$(events)"
}
is_state() # SERVICE STATE
{
	fetch GET "/v1/services/$1"
	[ "$(json 'd["state"]')" = "$2" ]
}
comes() # SERVICE STATE
{
	wait_for 20 is_state "$1" "$2"
}

conf <<'E2'
services:
  db: {command: ./svc db}
  left: {command: ./svc left, depends_on: [db]}
  right: {command: ./svc right, depends_on: [db]}
  apart: {command: ./svc apart}
E2
run_start
served
for name in db left right apart; do event "$name up"; done
hale stop left
is "$rc $(count 'left end') $(count 'db term') $(count 'right term')" '0 1 0 0' \
    "one of two that need it is stopped: the rest stays"
hale start left
times 'left up' 2
hale stop db
check "what is needed is stopped: those that need it are, too" \
    eval 'comes left down && comes right down && comes db down'
before "right end" "db term" "  and before it"
is "$(count 'apart term')" 0 "  nobody else"
hale start db
times 'db up' 2
comes db up
is "$(count 'left up') $(count 'right up')" '2 1' \
    "started again by hand it starts none of them"
hale start right
check "  they are started by hand, too" times 'right up' 2
hale stop db
comes db down
hale start right
times 'db up' 3
times 'right up' 3
is "$rc $(count 'db up') $(count 'right up')" '0 3 3' \
    "who is started by hand starts what it needs"
stop
is "$rc" 0 "and all of it stops"

conf <<'E2'
services:
  db: {command: ./svc db, restart: always, restart_policy: {delay: 10ms}}
  with: {command: ./svc with, depends_on: {db: {condition: service_started, restart: true}}}
  without: {command: ./svc without, depends_on: [db]}
E2
run_start
served
for name in db with without; do event "$name up"; done
hale restart db
times 'db up' 2
times 'with up' 2
is "$(count 'without up') $(count 'without term')" '1 0' \
    "restart: true is restarted with it, others are not"
before "with end" "db term" "  and stopped before it"
db=
for p in $(children_of "$pid1"); do
	tr '\0' ' ' <"/proc/$p/cmdline" | grep -q ' ./svc db ' && db=$p
done
kill -KILL "$db"
times 'db up' 3
comes db up
is "$(count 'with up') $(count 'without up')" '2 1' \
    "it dies and comes back by itself: those that need it stay, as in Compose"
stop
is "$rc" 0 "and they stop"

conf <<'E2'
services:
  job: {command: sh -c 'echo job >>ev', restart: "no"}
  web: {command: ./svc web, depends_on: {job: {condition: service_completed_successfully}}}
E2
run_start
served
event "web up"
hale start job
times job 2
comes job "done"
is "$(count 'web term')" 0 "a job that runs once more does nothing to those that waited"
stop

# A restart of what is needed, asked for while those that need it are stopping.
conf <<'E2'
services:
  db: {command: ./svc db}
  slow: {command: ./svc slow 1, depends_on: [db]}
E2
run_start
served
event "db up"
event "slow up"
inside "$HALE" stop db >/dev/null 2>&1 &
first=$!
event "slow term"
hale restart db
wait $first
times 'db up' 2
comes db up
is "$(count 'db term') $(count 'slow up')" '1 1' \
    "a restart asked for during a stop: down once, up once"
stop
is "$(count 'db up')" 2 "  and no more after the end"

# Stop twice; start while it stops; restart while a restart is pending.
conf <<'E2'
services:
  a: {command: ./svc a 1}
E2
run_start
served
event "a up"
inside "$HALE" stop a >/dev/null 2>&1 &
first=$!
event "a term"
hale stop a
wait $first
is "$rc $(count 'a term') $(count 'a end')" '0 1 1' "stopped twice: asked once"
hale start a
times 'a up' 2
inside "$HALE" stop a >/dev/null 2>&1 &
first=$!
times 'a term' 2
hale start a
wait $first
times 'a up' 3
is "$(sed -n '/a up/,$p' "$T/ev" | tail -n 3 | tr '\n' ' ')" 'a term a end a up ' \
    "started while it stops: once it is down"
stop

conf <<'E2'
services:
  a: {command: ./svc a 4}
E2
run_start
served
event "a up"
is "$(raw '
post = b"POST /v1/services/a/restart HTTP/1.1\r\nConnection: close\r\n\r\n"
first, second = connect(), connect()
first.sendall(post)
while "a term" not in open("'"$T"'/ev").read(): time.sleep(0.01)
second.sendall(post)
print(status(answer(first)), status(answer(second)))')" '200 200' \
    "a restart while another is pending"
times 'a up' 2
is "$(count 'a up') $(count 'a term')" '2 1' "  is the same one"
pid1_signal KILL
pid1_wait

conf <<'E2'
services:
  a: {command: sh -c 'echo a >>ev; exit 1', restart: always, restart_policy: {delay: 60s, max_delay: 60s}, essential: false}
  b: {command: ./svc b}
  c: {command: ./svc c, essential: false, depends_on: {d: {condition: service_ready}}}
  d: {command: sh -c 'echo d >>ev; exit 4', notify: true, essential: false}
E2
run_start
served
event "b up"
check "it dies before it is ready: who waits is told" \
    wait_for 20 has "$T/err" 'c: not started: d failed'
is "$(count 'c up')" 0 "  and never starts"
check "a service in its delay" comes a backoff
hale stop a
is "$rc" 0 "  can be stopped"
check "  and is down at once" is_state a down
is "$(count a)" 1 "  without another start"
hale start a
check "started by hand it does not wait for its delay" times a 2
stop
done_testing
