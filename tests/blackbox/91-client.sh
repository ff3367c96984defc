#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The client's verbs: what they print, how they end, when they give up.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"

touch ok db
chmod 755 "$T"
cat >c.yaml <<Y
services:
  healthy:
    command: [sleep, "1000"]
  api:
    command: [sh, -c, "trap : HUP USR1; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"]
    healthcheck: {file: $T/ok, interval: 100ms, retries: 2, on_unhealthy: none}
    depends_on: {db: {condition: service_healthy}}
dependencies:
  db: {file: $T/db, interval: 100ms, retries: 2}
Y
pid1_start run -c c.yaml
served || nok "no status socket" "$(cat "$T/err")"

# ---- health
hale health --wait=20s
is "$rc:$out" 0:ok "hale health --wait waits until all is well"
hale health
is "$rc:$out" 0:ok "hale health: 0 and ok"
for kind in ready live startup; do
	hale health --kind $kind
	is "$rc:$out" 0:ok "hale health --kind $kind"
done
hale health api --kind=ready
is "$rc:$out" 0:ok "hale health SERVICE"
rm ok
sick() { hale health; [ "$rc" != 0 ]; }
check "an unhealthy service" wait_for 20 sick
is "$rc" 1 "  makes it 1"
like "$out" "^api: unhealthy \(?file $T/ok: no such file" "  and one line says why"
is "$(wc -l <hale.out)" 1 "  just one"
hale health healthy
is "$rc:$out" 0:ok "  but another service is asked for itself"
hale health apo
is "$rc" 1 "a wrong name is 1"
like "$out" 'no service "apo" .did you mean "api"' "  and suggests the right one"
for bad in "--kind nonsense" "--kind" "--nonsense" "a b" "--starting maybe" \
    "--wait=soon"; do
	# shellcheck disable=SC2086 # a list of words
	hale health $bad
	is "$rc" 1 "hale health $bad: 1, never 2"
done
t=$(now_ms)
hale health --wait=400ms
is "$rc" 1 "--wait=DUR gives up"
check "  not before" [ $(($(now_ms) - t)) -ge 400 ]
rm db
hears() { hale health api; [[ $out =~ db:.*no\ such\ file ]]; }
check "what a dependency does to it is said" wait_for 20 hears
touch ok db
check "and it gets well" wait_for 20 eval '! sick'
[ "$real_root" = no ] || is "$(as 4242 "$HALE" health)" ok "any user may ask"

# ---- status
hale status
is "$rc" 0 "hale status: 0"
like "$out" "^hale [0-9.]+, running, healthy, up " "  begins with the whole"
like "$out" "SERVICE +STATE +HEALTH +SINCE +PID +RESTARTS +EXIT +CAUSE" "  has a head"
like "$out" $'\n'"api +up +healthy +[0-9]+ s +[0-9]+ +0 " "  a line for each"
unlike "$out" $'\033' "  no colour but on a terminal"
rm ok
wait_for 20 sick
hale status
is "$(sed -n '/^SERVICE/{n;s/ .*//p}' hale.out)" api "the worst comes first"
like "$out" "api +up +unhealthy.*file $T/ok: no such file" "  with its cause in words"
hale status api
is "$rc:$(grep -c . hale.out)" 0:2 "hale status SERVICE"
hale status apo
is "$rc" 1 "  of that name"
like "$err" 'no service "apo" .did you mean "api"' "  with a suggestion"
hale status --json
is "$rc:$(python3 -c 'import json; print(len(json.load(open("hale.out"))["services"]))')" 0:2 \
    "hale status --json"
hale status api --json
is "$(python3 -c 'import json; print(json.load(open("hale.out"))["name"])')" api "  of one"
hale status --nonsense
is "$rc" 1 "no such option"
tty() { inside env -u NO_COLOR TERM=xterm "$@" script -qec "$HALE status" /dev/null </dev/null; }
like "$(tty)" $'\033\\[31munhealthy' "colour on a terminal"
unlike "$(tty NO_COLOR=1)" $'\033' "  not with NO_COLOR"
unlike "$(tty TERM=dumb)" $'\033' "  not on a dumb one"
narrow() { inside env TERM=xterm script -qec "stty cols $1; $HALE status" /dev/null </dev/null | tr -d '\r'; }
is "$(narrow 72 | awk '{ gsub(/\033\[[0-9]*m/, "") } length > 72')" "" \
    "no line is wider than the terminal"
like "$(narrow 72)" $'\n    file [^\n]*no such' "  a cause has a line of its own then"
hale status
like "$out" $'\n\n'"next: hale restart api\$" "the last line is what to do next"
inside timeout 3 "$HALE" status --watch >watch.out 2>&1 &
check "--watch draws again" wait_for 20 eval '[ "$(grep -c ^SERVICE watch.out)" -ge 2 ]'
wait $!
touch ok
wait_for 20 eval '! sick'

# ---- deeds
pid_of() { hale status "$1" --json; python3 -c 'import json; print(json.load(open("hale.out"))["pid"])'; }
before=$(pid_of api)
hale restart api
is "$rc" 0 "hale restart"
like "$out" "restart api: up" "  says the outcome"
isnt "$(pid_of api)" "$before" "  is another process"
hale stop api
is "$rc:$(pid_of api)" 0:None "hale stop"
hale reload api
is "$rc" 1 "hale reload of what does not run"
hale signal HUP api
is "$rc" 1 "hale signal to what does not run"
like "$err" "signal api: it is not running" "  says so"
hale start api
is "$rc" 0 "hale start"
hale reload api
is "$rc" 0 "hale reload"
hale signal SIGUSR1 api
is "$rc" 0 "hale signal"
hale signal NONSENSE api
is "$rc" 1 "no such signal"
hale restart apo
is "$rc" 1 "no such service"
like "$err" 'did you mean "api"' "  with a suggestion"
hale stop db
is "$rc" 1 "a dependency can't be stopped"
hale stop
is "$rc" 1 "usage"
hale stop 'a b/../c?'
is "$rc" 1 "a name that is none"
if [ "$real_root" = yes ]; then
	as 4242 "$HALE" restart api >as.out 2>as.err
	is "$?" 1 "other users may not"
	like "$(cat as.err)" "only root and the user that PID 1 runs as" "  and hear why"
fi

# ---- events and metrics
hale events
is "$rc" 0 "hale events"
like "$out" "api: stopping -> down " "  in words"
hale events --json
is "$(python3 -c 'import json
for l in open("hale.out"): json.loads(l)
print("fine")')" fine "hale events --json"
inside timeout 20 "$HALE" events --follow >follow.out &
check "hale events --follow" wait_for 10 has follow.out "api: .* -> up"
hale restart healthy
check "  tells what happens" wait_for 10 has follow.out "healthy: .* -> down|healthy: .*starting -> up"
hale metrics
is "$rc" 0 "hale metrics"
like "$out" 'hale_service_up\{service="api"\} 1' "  in Prometheus' format"
if command -v promtool >/dev/null; then
	promtool check metrics <hale.out >promtool.out 2>&1
	is "$?:$(cat promtool.out)" 0: "  as promtool likes it"
else
	skip "promtool check metrics" "no promtool (prometheus)"
fi
hale inspect api
is "$rc" 0 "hale inspect SERVICE"
like "$out" "pid $(pid_of api)" "  finds it by name"
hale inspect apo
is "$rc" 1 "  or not"

# ---- help
for verb in $("$HALE" --help | awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }'); do
	hale "$verb" --help
	is "$rc:${out%% *}:$err" 0:hale: "hale $verb --help"
	is "$out" "$("$HALE" "$verb" -h)$("$HALE" help nonsense 2>/dev/null)" "  is its -h"
	is "$out" "$("$HALE" help "$verb")" "  and hale help $verb"
done
hale status api --help
is "$rc" 0 "also behind other words"
hale exec api ls --help
like "$out" "Usage: ls|list directory" "  but not those of a command"

# ---- giving up
kill -STOP "$pid1"
t=$(now_ms)
hale health
t=$(($(now_ms) - t))
is "$rc" 1 "PID 1 is stopped: 1"
like "$out" "does not answer in time" "  and says so"
check "  after a second ($t ms)" [ "$t" -ge 900 ]
check "  and not much later" [ "$t" -lt 5000 ]
raw 'k = [connect() for i in range(128)]
print("full")
sys.stdout.flush()
time.sleep(6)' >full.out &
wait_for 10 eval '[ "$(wc -c <full.out)" -gt 0 ] || sleep 0.3'
t=$(now_ms)
hale health
is "$rc" 1 "also when not even the queue has room"
check "  in time" [ $(($(now_ms) - t)) -lt 5000 ]
kill -CONT "$pid1"
check "afterwards all is well" wait_for 20 eval '! sick'
wait $! 2>/dev/null

pid1_signal TERM
pid1_wait 20
is "$rc" 0 "it ends as asked"

# ---- nobody there
pid1_start -- sleep 1000
hale health
is "$rc" 1 "a plain command has no status: 1"
is "$(cat hale.out hale.err | wc -l)" 1 "  said in one line"
like "$out" "no status socket" "  this"
for verb in status "restart x" events metrics; do
	# shellcheck disable=SC2086 # a list of words
	hale $verb
	is "$rc" 1 "hale $verb: 1"
	is "$(cat hale.out hale.err | wc -l)" 1 "  one line"
done
# Somebody else at the usual place is not trusted.
raw 'import http.server, socketserver
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok\n")
    def log_message(self, *a): pass
    def address_string(self): return ""
s = socketserver.UnixStreamServer("'$SOCK'", H)
s.timeout = 20
# Two come from one who does not trust us: `hale health` looks twice.
for i in range(3): s.handle_request()' &
wait_for 10 test -S $SOCK
hale health
is "$rc" 1 "a server that is not PID 1 is not trusted"
like "$out" "not PID 1" "  and named so"
is "$(inside env HALE_SOCKET=$SOCK "$HALE" health)" ok "  unless HALE_SOCKET names it"
pid1_signal KILL
pid1_wait 10
done_testing
