#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hale exec: a command as that service, and the page that browsers get.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"
[ "$real_root" = yes ] || { skip "hale exec" "not root"; done_testing; }

chmod 755 "$T"
echo -n hunter2 >secret
chmod 600 secret
cat >c.yaml <<Y
services:
  api:
    command: [sleep, "1000"]
    user: "4242:4343"
    cap_add: [NET_BIND_SERVICE]
    sandbox: default
    working_dir: /usr
    umask: "0027"
    ulimits: {nofile: 321}
    environment: {MODE: prod, PASSWORD: {secret: pw}}
  bare: {command: [sleep, "1000"], sandbox: none}
secrets:
  pw: {file: $T/secret}
hale: {log_level: info}
Y
pid1_start run -c c.yaml
served || nok "no status socket" "$(cat "$T/err")"

run_as() { hale exec "$@"; }
run_as api -- sh -c 'exit 7'
is "$rc" 7 "the command's exit status"
run_as api -- sh -c 'kill -KILL $$'
is "$rc" 137 "128 + its signal"
run_as api -- sh -c 'echo out; echo err >&2'
is "$out|$err" "out|err" "its streams are ours"
is "$(echo in | inside "$HALE" exec api -- cat)" in "  stdin too"
run_as api id -u
is "$out" 4242 "the service's user; -- may be left out"
run_as api -- id -G
is "$out" 4343 "  and groups"
run_as api -- pwd
is "$out" /usr "  working directory"
run_as api -- sh -c 'echo $MODE $PASSWORD; umask; ulimit -n'
is "$out" $'prod hunter2\n0027\n321' "  environment with its secret, umask, limits"
fields='^(Uid|Gid|Groups|Cap[A-Z][a-z]+|NoNewPrivs|Seccomp|Seccomp_filters|SigBlk|SigIgn):'
for service in api bare; do
	pid=$(inside "$HALE" status $service --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
	run_as $service -- cat /proc/self/status
	is "$(grep -E "$fields" hale.out)" "$(inside grep -E "$fields" "/proc/$pid/status")" \
	    "$service: ids, capabilities, seccomp and signals are the service's"
done
run_as api -- ls /proc/self/fd
is "$(wc -l <hale.out)" 4 "no other descriptor is passed on"
run_as api -- /no/such/program
is "$rc" 127 "127 not found"
like "$err" "/no/such/program: .*[Nn]o such file" "  explained"
run_as api -- /etc/passwd
is "$rc" 126 "126 not executable"
run_as apo -- id
is "$rc" 125 "no such service"
like "$err" 'did you mean "api"' "  with a suggestion"
run_as api
is "$rc" 125 "usage"
run_as api -- sh -c 'echo "$#"' x "$(printf 'y%.0s' {1..60000})"
is "$rc:$out" 0:1 "a long command"
run_as api -- true "$(printf 'y%.0s' {1..70000})"
is "$rc" 125 "  has its limit"
like "$err" "too long" "  and says so"
as 4244 "$HALE" exec api -- id >as.out 2>&1
is "$?" 125 "other users may not"
fetch POST /v1/services/api/exec
is "$code" 409 "without descriptors there is nothing to run"

# ---- signals, and the client's death
inside "$HALE" exec api -- sh -c 'trap "echo got; exit 5" USR1; echo ready; while :; do sleep 0.1; done' >sig.out &
job=$!
wait_for 10 has sig.out ready
client=$(wait_for 5 pgrep -f 'exec api -- sh -c trap' >/dev/null; pgrep -of "^$HALE exec api -- sh -c trap")
kill -USR1 "$client"
wait $job
is "$?:$(tail -n 1 sig.out)" 5:got "a signal to the client is the command's"
inside "$HALE" exec api -- sleep 777 &
job=$!
wait_for 10 pgrep -x -f 'sleep 777' >/dev/null
client=$(pgrep -of "^$HALE exec api -- sleep 777")
kill -KILL "$client"
check "the client's death kills the command" wait_for 10 eval '! pgrep -x -f "sleep 777"'
wait $job 2>/dev/null
is "$(zombies_of "$pid1")" 0 "  and no zombie is left"

# ---- a terminal
tty=$(inside script -qec "$HALE exec bare -- sh -c 'tty; test -t 0 -a -t 1 && echo terminal; ps -o tty= -p \$\$; stty size'" /dev/null </dev/null | tr -d '\r')
like "$tty" "/dev/pts/[0-9]+" "at a terminal it gets one"
like "$tty" "terminal" "  on both ends"
unlike "$tty" $'\n[?]' "  that controls it"
cat >at-terminal.py <<'P'
import fcntl, os, pty, select, struct, sys, termios, time

def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "screen-256color"
    os.execvp(sys.argv[1], sys.argv[1:])
size(fd, 33, 101)
seen = b""

def until(text):
    global seen
    end = time.monotonic() + 20
    while text not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 4096)
            except OSError:
                break
    print("saw" if text in seen else "did not see", text.decode(), flush=True)
    seen = seen.partition(text)[2]

def say(text):
    os.write(fd, text)

until(b"$ ")
say(b"stty -echo; PS1=; echo $((40 + 2))\n")
until(b"42")
say(b"echo =$TERM=$(stty size)=; stat -c =%u= $(tty); : >$(tty) && echo opened\n")
until(b"=screen-256color=33 101=")
until(b"=4242=")
until(b"opened")
say(b"trap 'echo now $(stty size)' WINCH\n")
say(b"echo trap is set\n")
until(b"trap is set")
size(fd, 44, 120)
say(b"\n")
until(b"now 44 120")
say(b"sh -c 'echo nap; echo ping; exec sleep 1000'; echo after=$?\n")
until(b"nap\r\nping")
say(b"\x03")
say(b"echo gone on\n")
until(b"gone on")
say(b"sleep 1000 & jobs; kill %1; exit 9\n")
_, status = os.waitpid(pid, 0)
print("status", os.waitstatus_to_exitcode(status))
P
inside timeout 100 python3 "$T/at-terminal.py" "$HALE" exec api -- env PS1='$ ' bash --norc --noprofile -i >tty.out 2>&1
is "$(grep '^did\|^Trace' tty.out)" "" "TERM, size, owner, change of size, ^C"
is "$(tail -n 1 tty.out)" "status 9" "  and the exit status"

# ---- many at once; a stop while one runs
for i in 1 2 3 4 5 6 7 8; do
	inside "$HALE" exec bare -- sh -c "sleep 0.2; exit $i" &
	jobs[i]=$!
done
sum=0
for i in 1 2 3 4 5 6 7 8; do
	wait "${jobs[i]}"
	sum=$((sum + $?))
done
is "$sum" 36 "several at a time, each its own status"

fetch GET /
if [ "$code" = 404 ]; then
	skip "GET /" "built with PAGE=none"
else
	is "$code" 200 "GET / is the page"
	like "$(cat head)" "text/html" "  is HTML"
	check "  of 12 kB at most" [ "$(wc -c <body)" -le 12288 ]
	is "$(grep -cE '(src|href)="(https?:)?//' body)" 0 "  needs nothing from elsewhere"
	cmp -s body "$TOP/healthcheck/page.html"
	is $? 0 "  as in its source"
fi
inside "$HALE" exec bare -- sleep 778 &
wait_for 10 pgrep -x -f 'sleep 778' >/dev/null
pid1_signal TERM
pid1_wait 20
is "$rc" 0 "a stop waits for no such command"
done_testing
