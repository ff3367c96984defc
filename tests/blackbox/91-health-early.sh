#!/bin/bash
# SPDX-License-Identifier: MIT
#
# `hale health` has two ways: one before the C library for the plain command line,
# one for all else. Both say and end the same, whatever they meet.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/statuslib.sh"

touch ok
chmod 755 "$T"
cat >c.yaml <<Y
services:
  well: {command: [sleep, "1000"]}
  api:
    command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"]
    healthcheck: {file: $T/ok, interval: 100ms, retries: 2, on_unhealthy: none}
    stop_grace_period: 20s
    drain: 8s
  slow:
    command: [sleep, "1000"]
    healthcheck: {file: $T/never, interval: 100ms, start_period: 1h}
Y

# `--starting fail` is the default: it asks for the same in the other way.
ask()   # NAME WANT [WORD...]: WANT is "STATUS:LINE", a regular expression
{
	local name=$1 want=$2 early
	shift 2
	"${beside[@]}" "$HALE" health "$@" >a.out 2>a.err </dev/null
	early="$?:$(sed -E 's/for [0-9]+ s/for N s/' a.out a.err)"
	like "$early" "^$want\$" "$name"
	"${beside[@]}" "$HALE" health "$@" --starting fail >b.out 2>b.err </dev/null
	is "$early" "$?:$(sed -E 's/for [0-9]+ s/for N s/' b.out b.err)" "  the same both ways"
}
beside=(inside)
near()  # PATH COMMAND...: with HALE_SOCKET
{
	local path=$1
	shift
	inside env HALE_SOCKET="$path" "$@"
}

pid1_start run -c c.yaml
served || nok "no status socket" "$(cat "$T/err")"
check "it comes up" wait_for 20 eval '[ "$(inside "$HALE" health api)" = ok ]'
ask "all of it, one of it is starting" "1:slow: starting .*file $T/never.*"
ask "a service" "0:ok" well
ask "one that is starting" "1:slow: starting .*" slow
ask "a wrong name" '1:no service "wel" \(did you mean "well"\?\)' wel
ask "a name that nothing is like" '1:no service "zzzzzzzzz"' zzzzzzzzz
ask "no name at all" ".*" ""
ask "a name of blanks" ".*" "a b"
ask "a name of the longest" "1:.*no service.*" "$(printf 'n%.0s' {1..100})"
ask "a longer one" "1:.*" "$(printf 'n%.0s' {1..101})"
ask "a name too long for a path" "1:.*" "$(printf 'n%.0s' {1..3000})"
ask "an option" "1:hale: health: unknown option --nonsense" --nonsense
ask "a dash" ".*" -
ask "two names" "1:hale: health: one SERVICE at most.*" well api
rm ok
wait_for 20 eval '! inside "$HALE" health api >/dev/null'
ask "an unhealthy one" "1:api: unhealthy \(file $T/ok: no such file.*for N s\)" api
ask "all of it, one is unhealthy" "1:api: unhealthy .*"
beside=(near "$SOCK")
ask "HALE_SOCKET names it" "0:ok" well
beside=(near "")
ask "an empty HALE_SOCKET is none" "0:ok" well
beside=(near /nosuch/socket)
ask "HALE_SOCKET names nothing" "1:/nosuch/socket \(HALE_SOCKET\): No such file or directory"
beside=(near "$T/c.yaml")
ask "HALE_SOCKET names a file" "1:$T/c.yaml \(HALE_SOCKET\): Connection refused"
beside=(near "/$(printf 'n%.0s' {1..200})")
ask "HALE_SOCKET is too long" "1:/n+ \(HALE_SOCKET\): (File ?name too long)"
beside=(inside)
if [ "$real_root" = yes ]; then
	beside=(as 4242)
	ask "any user" "0:ok" well
	beside=(inside)
fi
inside "$HALE" health well >&- 2>&-
is $? 0 "the answer counts though nobody can read it"
inside "$HALE" health api >/dev/full
is $? 1 "  nor store it"
if command -v strace >/dev/null && inside strace -o "$T/trace" "$HALE" health well \
    >/dev/null 2>&1; then
	is "$(grep -cE 'arch_prctl|set_tid_address|mmap|brk' trace)" 0 "no C library is started for it"
	check "  ten system calls do" [ "$(wc -l <trace)" -le 12 ]
else
	skip "no C library is started for it" "no strace, or it may not trace"
fi
kill -STOP "$pid1"
t=$(now_ms)
ask "PID 1 does not run" "1:hale does not answer in time" well
t=$(($(now_ms) - t))
check "  both gave up after a second each ($t ms)" [ $t -ge 1800 ]
kill -CONT "$pid1"
pid1_signal TERM
wait_for 10 eval '[[ "$(inside "$HALE" health well)" == *"(down"* ]]'
ask "on its way down" "1:.*" well
pid1_signal KILL
pid1_wait 20

# ---- servers that are none of ours
server=
serve() # PYTHON-BYTES [HOW [TIMES]]: that many get the answer, and are closed
{
	wait "$server" 2>/dev/null
	rm -f fake
	raw '
l = socket.socket(socket.AF_UNIX); l.bind("'"$T"'/new"); l.listen(4); l.settimeout(20)
os.rename("'"$T"'/new", "'"$T"'/fake")
text = '"$1"'
for i in range('"${3:-2}"'):
    c, _ = l.accept(); c.settimeout(10)
    try:
        c.recv(4096)
        '"${2:-c.sendall(text)}"'
    except OSError: pass
    c.close()' >serve.out &
	server=$!
	wait_for 10 test -S fake
}
pid1_start -- sleep 1000
ask "a plain command has no status" "1:no status socket: .*"
beside=(near "$T/fake")
serve 'b"HTTP/1.1 200 OK\r\n\r\nfine\nmore\n"'
ask "the first line is enough" 0:fine
serve 'b"HTTP/1.0 503 No\r\nContent-Length: 6\r\n\r\nunwell"'
ask "a line without an end" 1:unwell
serve 'b"HTTP/1.1 200 OK\r\n\r\n"'
ask "no line at all" 0:
serve 'b""'
ask "no answer" "1:hale's answer was cut off"
serve 'b"HTTP/1.1 200 OK\r\nA: b\r\n"'
ask "half a head" "1:hale's answer was cut off"
serve 'b"SSH-2.0-OpenSSH\r\n\r\nhello\n"'
ask "another language" "1:hale's answer was cut off"
serve 'b"HTTP/1.1 503 No\r\n\r\n" + b"y" * 5000 + b"\n"'
ask "a line that is too long" "1:y{511}"
serve 'b"HTTP/1.1 200 OK\r\n\r\nslow\n"' 'for b in text: c.sendall(bytes([b]))'
ask "byte by byte" 0:slow
serve 'b""' 'time.sleep(2.5)'
ask "silence" "1:hale does not answer in time"
wait "$server" 2>/dev/null
beside=(inside)
rm -f $SOCK
inside python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("'$SOCK'")'
ask "a socket that nobody listens on" "1:no status socket: .*"
rm -f $SOCK
ln -sf "$T/fake" $SOCK
# Both ways in turn, then the other one.
serve 'b"HTTP/1.1 200 OK\r\n\r\nok\n"' '' 3
ask "a stranger at the usual place" "1:the server at the status socket is not PID 1.*"
pid1_signal KILL
pid1_wait 10
wait "$server" 2>/dev/null

# ---- the other place
mount -t tmpfs -o ro tmpfs /run
pid1_start run -c c.yaml
wait_for 20 eval 'inside "$HALE" health well >/dev/null'
ask "in /dev/shm, where /run is read-only" 0:ok well
pid1_signal KILL
pid1_wait 10
done_testing
