# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119,SC2120,SC2034,SC2154 # for who sources it
#
# For the tests of the status socket: a private /run and /dev/shm, clients that
# run where hale is PID 1, and answers taken apart.  Source it after lib.sh.

mount -t tmpfs -o mode=755 tmpfs /run && mount -t tmpfs -o mode=1777 tmpfs /dev/shm || {
	echo "not ok - no private /run"
	exit 1
}
SOCK=/run/hale.sock

inside() # COMMAND...: beside hale, in its namespaces; no HALE_SOCKET
{
	nsenter -t "$pid1" -p -m -- "$@"
}

as()    # UID COMMAND...: the same, as that user
{
	local uid=$1
	shift
	inside setpriv --reuid "$uid" --regid "$uid" --clear-groups -- "$@"
}

hale()  # ARG...: the client; sets rc, out, err
{
	inside timeout -k 2 20 "$HALE" "$@" >"$T/hale.out" 2>"$T/hale.err" \
	    </dev/null
	rc=$?
	out=$(<"$T/hale.out") err=$(<"$T/hale.err")
}

fetch() # METHOD PATH [CURL-OPTION...]: over the socket; sets code, body
{
	local method=$1 path=$2
	shift 2
	code=$(inside curl -s -g --max-time 10 --unix-socket "$SOCK" -X "$method" \
	    -o "$T/body" -D "$T/head" -w '%{http_code}' "$@" "http://h$path")
	body=$(tr -d '\0' <"$T/body")
	body=${body%$'\n'}
}

json()  # PYTHON-EXPRESSION: over the last body, as d
{
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
s = {x["name"]: x for x in d.get("services", []) + d.get("dependencies", [])}
print(eval(sys.argv[2]))' "$T/body" "$1" 2>&1
}

served() # waits until the socket answers
{
	wait_for 20 inside "$HALE" metrics >/dev/null
}

raw()   # PYTHON...: with `s` a fresh connection to the socket; prints what it prints
{
	inside timeout -k 2 30 python3 -c '
import socket, sys, time, os, errno, struct
def connect(path="'"$SOCK"'"):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(15)
    s.connect(path)
    return s
def answer(s):
    data = b""
    try:
        while True:
            got = s.recv(65536)
            if not got: break
            data += got
    except (socket.timeout, ConnectionResetError): pass
    return data
def ask(text):
    s = connect()
    s.sendall(text if isinstance(text, bytes) else text.encode())
    return answer(s)
def status(data):
    return data.split(b" ")[1].decode() if data.startswith(b"HTTP/") else repr(data[:40])
'"$1" 2>&1
}

rss_kb() # of PID 1
{
	status_of "$pid1" VmRSS
}
