#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What follows from health: on_unhealthy: exec, a pause of all there is, secrets
# in a probe's headers and nowhere else, how many probes run at a time.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have "$PYTHON" python3 || { done_testing; exit; }
chmod 777 "$T"
port=$(free_port)

descendants() # PID: of all generations
{
	local child
	for child in $(children_of "$1"); do
		echo "$child"
		descendants "$child"
	done
}

says() { wait_for 20 has "$T/err" "$1"; }

said() # TIMES TEXT
{
	[ "$(grep -c -- "$2" "$T/err")" -ge "$1" ]
}

# ---- on_unhealthy: exec
cat >"$T/tell" <<'EOF'
#!/bin/sh
id -u >>told
echo "told by $$"
[ ! -e fail ] || exit 3
EOF
chmod 755 "$T/tell"
cat >a.yaml <<EOF
services:
  api:
    command: [sleep, "600"]
    user: "12345"
    healthcheck:
      file: $T/ok
      interval: 50ms
      retries: 2
      on_unhealthy: exec
      on_unhealthy_exec: $T/tell
    working_dir: $T
hale: {socket: none, log_level: info}
EOF
touch ok
: >told
chmod 666 told
pid1_start run -c a.yaml
check "healthy at first" says "api: healthy"
is "$(cat told)" '' "nobody is told of health"
rm ok
check "on_unhealthy: exec runs its command" \
    says "api: on_unhealthy: $T/tell: exit status 0"
is "$(cat told)" 12345 "  once, as the service's user"
touch ok
check "healthy again" wait_for 20 said 2 "api: healthy"
touch fail
rm ok
check "it runs again; its failure and last words are told" \
    says "api: on_unhealthy: $T/tell: exit status 3: told by"
is "$(grep -c 'api: up' "$T/err")" 1 "  and nobody is restarted"
is "$(zombies_of "$pid1")" 0 "no zombies"
pid1_signal TERM
pid1_wait 20
is "$rc" 0 "it stops as asked"

cat >b.yaml <<EOF
services:
  api: {command: [sleep, "1"], healthcheck: {file: /x, on_unhealthy: exec}}
EOF
plain check b.yaml
is "$rc" 1 "on_unhealthy: exec without a command is refused"
like "$out$err" "on_unhealthy_exec go together" "  and why"

# ---- all of it stands still, and nobody is blamed
cat >c.yaml <<EOF
services:
  web:
    command: [$PYTHON, $TOP/tests/blackbox/hostile.py, "$port"]
    restart: always
    logging: {prefix: false}
    startup: {http: "http://127.0.0.1:$port/ok", interval: 50ms, retries: 1000}
    liveness:
      # Somebody always waits for an answer when all is stopped.
      http: http://127.0.0.1:$port/later
      interval: 50ms
      timeout: 4s
      retries: 1
      on_unhealthy: restart
hale: {socket: $T/hale.sock, log_level: info}
EOF
pid1_start run -c c.yaml
check "a service that one failure would restart" \
    says "web: healthy: .*status 200"
pause=6 # more than the timeout and what counts as load; LONG=1: 60 s
[ -z "${LONG:-}" ] || pause=60
asking() # a probe waits for its answer
{
	local child
	for child in $(descendants "$pid1"); do
		[ "/proc/$child/exe" -ef "$PID1_EXE" ] &&
			[ "$(status_of "$child" Seccomp)" = 2 ] && return 0
	done
	return 1
}
[ "$HALE" -ef "$TOP/build/hale" ] || asking() { :; }
for i in 1 2; do
	wait_for 20 asking || nok "a probe is under way"
	mapfile -t all < <(echo "$pid1"; descendants "$pid1")
	kill -STOP "${all[@]}" 2>/dev/null
	sleep "$pause"
	kill -CONT "${all[@]:1}" 2>/dev/null
	kill -CONT "$pid1"
	sleep 0.$((RANDOM % 10))
done
is "$(grep -c 'web: up' "$T/err")" 1 "two pauses of $pause s restart nobody"
like "$(HALE_SOCKET=$T/hale.sock "$HALE" status --json)" \
    'not counted after a pause: timed out' "  what failed for them is shown"
unlike "$(cat "$T/err")" "unhealthy" "  and change no verdict"
pid1_signal TERM
pid1_wait 20

# ---- secrets in headers
secret=correct-horse-$$
other=battery-staple-$$
printf '%s\n' "$secret" >key
printf '%s\n' "$other" >key2
cat >d.yaml <<EOF
services:
  web:
    command: [$PYTHON, $TOP/tests/blackbox/hostile.py, "$port"]
    logging: {prefix: false}
    environment: {TOKEN: {secret: other}}
    healthcheck:
      http: http://127.0.0.1:$port/echo
      headers: {Authorization: {secret: key}}
      expect_body: $secret
      interval: 100ms
      retries: 1000
    liveness:
      http: http://127.0.0.1:$port/silent
      headers: {Authorization: {secret: key}}
      interval: 100ms
      timeout: 1h
secrets:
  key: {file: $T/key}
  other: {file: $T/key2}
hale: {socket: $T/hale.sock, log_level: info}
EOF
cat >knows.py <<'EOF'
import re, sys
want, found = sys.argv[2].encode(), False
with open("/proc/%s/maps" % sys.argv[1]) as maps, \
        open("/proc/%s/mem" % sys.argv[1], "rb", 0) as mem:
    for line in maps:
        m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if m:
            mem.seek(int(m[1], 16))
            try:
                found |= want in mem.read(int(m[2], 16) - int(m[1], 16))
            except OSError:
                pass
sys.exit(not found)
EOF
knows() # PID TEXT: its writable memory holds it
{
	"$PYTHON" knows.py "$1" "$2" 2>/dev/null
}
silent_child() # sets child: the probe that waits for an answer
{
	for child in $(children_of "$pid1"); do
		[ "/proc/$child/exe" -ef "$PID1_EXE" ] &&
			ss -tnp 2>/dev/null | grep -q "pid=$child," &&
			return 0
	done
	return 1
}
lacks() { ! knows "$@"; }
pid1_start run -c d.yaml
check "a secret is sent in a header" says "web: healthy: .*status 200"
if [ "$real_root" = yes ] && command -v ss >/dev/null && knows "$pid1" "$other"; then
	check "PID 1 knows both" knows "$pid1" "$secret"
	check "there is a probe that waits" wait_for 20 silent_child
	check "  its child knows the secret that it sends" \
	    knows "$child" "$secret"
	check "  and no other" lacks "$child" "$other"
else
	skip "the memory of a probe's child" "needs root and ss"
fi
unlike "$(HALE_SOCKET=$T/hale.sock "$HALE" status --json)" "$other" \
    "no secret is in the status"
unlike "$(cat "$T/err")" "$secret" "nor in the log"
unlike "$("$HALE" config d.yaml)" "$other" "nor in the config"
pid1_signal TERM
pid1_wait 20
sed -i 's/{secret: key}/{secret: kee}/' d.yaml
plain check d.yaml
is "$rc" 1 "an unknown secret in a header is refused"
like "$out$err" 'unknown secret "kee" \(did you mean "key"\?\)' "  by name"

# ---- how many at a time
{
	echo 'services: {main: {command: [sleep, "600"]}}'
	echo 'hale: {socket: none, log_level: info, probes_at_once: 2}'
	echo 'dependencies:'
	for i in 1 2 3 4 5 6; do
		echo "  d$i:"
		echo "    interval: 100s"
		echo "    test: echo b >>$T/runs; sleep 0.3; echo e >>$T/runs"
	done
} >e.yaml
: >runs
chmod 666 runs
all_ran() { [ "$(grep -c e runs)" = 6 ]; }
pid1_start run -c e.yaml
check "all are asked in the end" wait_for 20 all_ran
is "$(awk '/b/ { n++ } /e/ { n-- } n > most { most = n } END { print most }' \
    runs)" 2 "hale.probes_at_once bounds how many run at a time"
pid1_signal TERM
pid1_wait 20

# ---- warnings
"$PYTHON" "$TOP/tests/blackbox/hostile.py" "$port" >"$T/server" &
wait_for 20 has "$T/server" ready || nok "the server starts"
u=http://127.0.0.1:$port
passes "$u/bad#warn_status=400-499"
like "$out" "warning: status 400" "  with a warning"
passes "$u/other"
like "$out" "warning: status 302, not followed to http" \
    "a redirect to another host is a warning"
fails "status 400" "$u/bad#warn_status=429"

done_testing
