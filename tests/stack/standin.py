#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the migration page calls gunicorn, celery, api and migrate: writes to
/seen/NAME how it was started and what signals it gets, and serves what its
name asks for: /seen/open lets gunicorn answer on port 8000.
"""
import http.server
import os
import pathlib
import signal
import socket
import sys
import threading
import time

NAME = os.path.basename(sys.argv[0])
SEEN = pathlib.Path("/seen")


def say(text):
    with open(SEEN / NAME, "a", encoding="utf-8") as out:
        out.write(text + "\n")


def status(*names):
    lines = pathlib.Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return ",".join(line.split(":")[1].strip() for line in lines if line.split(":")[0] in names)


def database():
    try:
        socket.create_connection(("db", 5432), 2).close()
        return "open"
    except OSError:
        return "closed"


def ended(number, _):
    say(f"signal {signal.Signals(number).name}")
    os._exit({signal.SIGUSR2: 3}.get(number, 0))


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


for word in ("TERM", "QUIT", "INT", "USR1", "USR2"):
    signal.signal(getattr(signal, "SIG" + word), ended)
say(
    f"start {' '.join(sys.argv[1:])} uid={os.getuid()} gid={os.getgid()}"
    f" groups={sorted({os.getgid(), *os.getgroups()})} home={os.environ.get('HOME')} mode={os.environ.get('MODE')}"
)
say(f"caps {status('CapPrm', 'CapEff', 'CapBnd')} nnp {status('NoNewPrivs')}")
if NAME == "api":
    say(f"db {database()}")
if NAME in ("api", "migrate"):
    sys.exit(0)
if NAME == "gunicorn":
    while not (SEEN / "open").exists():
        time.sleep(0.05)
    http.server.ThreadingHTTPServer.allow_reuse_address = True
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
while True:
    signal.pause()
