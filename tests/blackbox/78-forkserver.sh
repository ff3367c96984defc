#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The process that makes the children of network probes: who it is, what it and
# they may do, and what comes of the probes when it is killed, stopped, has no
# room for another, or can't be.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"

if [ "$real_root" != yes ]; then
	skip "the fork server" "not root"
	done_testing
	exit
fi
if [ "$HALE" -ef "$TOP/build/san/hale" ]; then
	skip "powers" "a sanitizer can do with no filter and no stack of ours"
	done_testing
	exit
fi

# It notes who asks, and says yes; on the other port nothing, until told to hang up.
cat >yes.py <<'E2'
import os, socket, threading, time
def hold():
    s = socket.create_server(("127.0.0.1", 10412))
    while True:
        c, _ = s.accept()
        while not os.path.exists("hang-up"):
            time.sleep(0.02)
        c.close()
threading.Thread(target=hold, daemon=True).start()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 10413))
s.listen(64)
while True:
    c, _ = s.accept()
    try:
        c.recv(1000)
        with open("asked", "a") as f:
            f.write("asked\n")
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        pass
    c.close()
E2
: >asked
python3 yes.py &
yes=$!
trap 'kill "$yes"' EXIT
listens() # PORT
{
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
wait_for 30 listens 10413

cat >p.yaml <<E2
services:
  main:
    command: [sleep, "2000"]
    environment: {WORD: {secret: word}}
dependencies:
  there: {http: "http://127.0.0.1:10413/", interval: 50ms, timeout: 2s, retries: 1}
  slow: {tcp: "127.0.0.1:10412", expect: never, timeout: 100s, interval: 1s}
secrets: {word: {file: $T/word}}
hale: {socket: none, log_level: info}
E2
echo 'a word that nobody else says' >word

# By all that there is: of the kernel's list of children one may be missing
# while another ends.
named() # NAME: PID 1's children that are called so
{
	local p
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm")" != "$1" ] ||
			[ "$(status_of "${p##*/}" PPid)" != "$pid1" ] ||
			echo "${p##*/}"
	done 2>/dev/null
}
# It has all the pipes and no socket: a child has that for a moment at most.
has_pipes() # PID
{
	local links
	links=$(find "/proc/$1/fd" -type l -printf '%l\n' 2>/dev/null)
	[ "$(grep -c pipe: <<<"$links")" -ge 2 ] && [[ $links != *socket* ]]
}
server()
{
	local p
	for p in $(named hale-probes); do
		! { has_pipes "$p" && has_pipes "$p"; } ||
			[ "$(status_of "$p" Seccomp)" != 2 ] || echo "$p"
	done
}
child() # the one that waits
{
	local p
	for p in $(named hale-probes); do
		[ "$p" = "$(server)" ] || echo "$p"
	done
}
has_server()
{
	[ "$(server | wc -l)" = 1 ]
}
has_child()
{
	[ "$(child | wc -l)" = 1 ]
}
has_another() # PID: than this
{
	has_server && [ "$(server)" != "$1" ]
}
asked() # N
{
	[ "$(wc -l <asked)" -ge "$1" ]
}
goes_on() # NAME: it is asked, and asked again
{
	check "$1" wait_for 30 asked $(($(wc -l <asked) + 5))
}
powers() # PID
{
	local what
	for what in CapPrm CapEff CapInh CapAmb; do
		printf '%d ' "$((16#$(status_of "$1" "$what")))"
	done
	printf '%s %s %s' "$(status_of "$1" NoNewPrivs)" \
	    "$(status_of "$1" Uid)" "$(status_of "$1" Gid)"
}

pid1_start run -c p.yaml
check "there is one process more" wait_for 30 has_server
check "  and its child, that waits" wait_for 30 has_child
first=$(server) child=$(child)
goes_on "  and the probe that passes is asked all the time"
is "$(powers "$first")" "0 0 0 0 1 65534 65534" \
    "it is nobody, with no capability and no way to one"
is "$(powers "$child")" "0 0 0 0 1 65534 65534" "  and so is its child"
is "$(status_of "$child" PPid)" "$(status_of "$first" PPid)" \
    "  which is PID 1's, as it is itself"
is "$(find "/proc/$child/fd" -type l | wc -l)" 2 \
    "the child has its socket and the pipe for its answer"
is "$(find "/proc/$child/fd" -type l -printf '%l\n' | sed 's/:.*//' | sort |
    tr '\n' ' ')" "pipe socket " "  and nothing else"

# Who reads all of a process's memory finds the secret, or not.
cat >find.py <<'E2'
import re, sys
word, found = b"a word that nobody else says", 0
with open("/proc/%s/maps" % sys.argv[1]) as maps, \
     open("/proc/%s/mem" % sys.argv[1], "rb", 0) as mem:
    for line in maps:
        begin, end, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
        if mode[0] != "r":
            continue
        try:
            mem.seek(int(begin, 16))
            found += mem.read(int(end, 16) - int(begin, 16)).count(word)
        except (OSError, ValueError, OverflowError):
            pass
print("found" if found else "none")
E2
is "$(python3 find.py "$pid1")" found "PID 1 knows the secret"
is "$(python3 find.py "$first")" none "the server does not"
is "$(python3 find.py "$child")" none "nor does its child"

# Somebody has taken the child over: what does the kernel let it do?
cat >take.py <<'E2'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int] + 2 * [ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
pid = int(sys.argv[1])
ATTACH, DETACH, GETREGS, SETREGS, STEP = 16, 17, 12, 13, 9
def ptrace(what, data=None):
    if libc.ptrace(what, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")
ptrace(ATTACH)
os.waitpid(pid, 0x40000000)
old = ctypes.create_string_buffer(27 * 8)
ptrace(GETREGS, old)
# r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip ...
R10, R9, R8, RAX, RDX, RSI, RDI, ORIG, RIP = 7, 8, 9, 10, 12, 13, 14, 15, 16
def call(nr, a=0, b=0, c=0, d=0, e=0):
    regs = list(struct.unpack("27Q", old.raw))
    regs[RIP] -= 2  # the syscall that it waits in
    regs[RAX], regs[ORIG] = nr, 2**64 - 1
    regs[RDI], regs[RSI], regs[RDX], regs[R10], regs[R8] = a, b, c, d, e
    ptrace(SETREGS, ctypes.create_string_buffer(struct.pack("27Q", *regs)))
    ptrace(STEP)
    os.waitpid(pid, 0x40000000)
    new = ctypes.create_string_buffer(27 * 8)
    ptrace(GETREGS, new)
    value = struct.unpack("27q", new.raw)[RAX]
    return "-EPERM" if value == -1 else str(value) if value < 0 else "done"
server = int(sys.argv[2])
for name, args in (
    ("clone", (56, 17)), ("clone with a guess", (56, 17, 0, 0, 0, 12345)),
    ("clone of a thread", (56, 0x10f00)), ("clone3", (435, 0, 0)),
    ("fork", (57,)), ("vfork", (58,)), ("execve", (59, 0, 0, 0)),
    ("kill", (62, server, 9)), ("ptrace", (101, 16, server)),
    ("prlimit", (302, server, 0, 0, 0)), ("getpid, not on the list", (39,)),
    ("close_range", (436, 77, 78, 0)),
):
    print("%s: %s" % (name, call(*args)))
regs = list(struct.unpack("27Q", old.raw))
regs[RIP], regs[RAX], regs[ORIG] = regs[RIP] - 2, regs[ORIG], 2**64 - 1
ptrace(SETREGS, ctypes.create_string_buffer(struct.pack("27Q", *regs)))
ptrace(DETACH)
E2
if [ "$(uname -m)" = x86_64 ]; then
	cat >want <<'E2'
clone: -EPERM
clone with a guess: -EPERM
clone of a thread: -EPERM
clone3: -EPERM
fork: -EPERM
vfork: -EPERM
execve: -EPERM
kill: -EPERM
ptrace: -EPERM
prlimit: -EPERM
getpid, not on the list: -EPERM
close_range: done
E2
	python3 take.py "$child" "$first" >got 2>&1
	is "$(<got)" "$(<want)" "who takes a child over can make no process"
else
	skip "a child that was taken over" "registers of x86_64"
fi

kill -KILL "$first"
check "it is killed" wait_for 30 gone "$first"
goes_on "  and the probe is asked"
check "  and the child that waited still does" [ -e "/proc/$child/fd/0" ]
: >hang-up
check "there is another as soon as its answer was read" \
    wait_for 30 has_another "$first"
check "  which was heard" wait_for 30 has err 'slow: unhealthy: .*closed'

second=$(server)
kill -STOP "$second"
goes_on "it hangs: the probe is asked none the less"
check "  and it was killed for that" wait_for 30 gone "$second"

check "there is one again" wait_for 30 has_server
third=$(server)
setpriv --reuid 65534 --regid 65534 --clear-groups \
    prlimit --pid "$third" --nproc=0:0 || nok "no limit could be set"
goes_on "it has no room for another process: the probe is asked"

for _ in 1 2 3 4 5 6 7 8; do
	wait_for 10 has_server || break
	kill -KILL "$(server)" 2>/dev/null
	wait_for 10 asked $(($(wc -l <asked) + 2)) || break
done
check "killed again and again it is given up" wait_for 30 eval '! has_server'
goes_on "  and PID 1 makes the children itself"
unlike "$(cat "$T/err")" 'there: unhealthy' "nothing of all this was a failure"
pid1_signal TERM
pid1_wait 30
is "$rc" 143 "it stops while one waits"

# A server that is there when all ends holds nobody up.
pid1_start run -c p.yaml
check "there is a server" wait_for 30 has_server
since=$(now_ms)
pid1_signal TERM
pid1_wait 30
is "$rc" 143 "with a server it stops"
check "  at once" [ $(($(now_ms) - since)) -lt 5000 ]

# Who is asked seldom has no process more.
sed -e 's/interval: 50ms/interval: 2s/' -e '/slow:/d' p.yaml >s.yaml
: >asked
pid1_start run -c s.yaml
check "asked every two seconds" wait_for 30 asked 1
check "  by no child that stays" wait_for 10 eval '[ -z "$(named hale-probes)" ]'
pid1_signal TERM
pid1_wait 30

# Without the right to be nobody there is none, and none is missed.
less=-setuid,-setgid
PID1_WRAP=(setpriv --bounding-set "$less" --inh-caps "$less")
: >asked
pid1_start run -c p.yaml
goes_on "without CAP_SETUID the probe is asked"
is "$(server)" "" "  by children of PID 1's own"
pid1_signal TERM
pid1_wait 30
cat >c.yaml <<E2
services:
  main:
    command: [sleep, "2000"]
    healthcheck: {http: "http://127.0.0.1:10413/", interval: 50ms}
    readiness: {http: "http://127.0.0.1:10413/", interval: 100s, headers: {X-Word: {secret: word}}}
secrets: {word: {file: $T/word}}
hale: {socket: none, log_level: info}
E2
: >asked
pid1_start run -c c.yaml
goes_on "  and so is one whose neighbour sends a secret"
pid1_signal TERM
pid1_wait 30
PID1_WRAP=()

# Whoever waits for what main left behind does not wait for it.
sed -e 's/sleep, "2000"/sh, -c, "until [ -e go ]; do sleep 0.05; done"/' \
    -e '/slow:/d' p.yaml >w.yaml
pid1_start run -c w.yaml --wait-children
check "a server, and --wait-children" wait_for 30 has_server
: >go
pid1_wait 30
is "$rc" 0 "main's end is the end"
done_testing
