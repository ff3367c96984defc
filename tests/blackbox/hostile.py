#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that behave badly: hostile.py PORT.

One port; what the client gets is chosen by the path of its HTTP request
(/slow, /huge ...).  "ready" on stdout when it listens.
"""
import socket
import struct
import sys
import threading
import time

OK = b"HTTP/1.1 200 OK\r\n"


def slow(c):
    for byte in OK * 1000:
        c.sendall(bytes([byte]))
        time.sleep(0.2)


def endless(c):
    c.sendall(OK + b"\r\n")
    while True:
        c.sendall(b"x" * 65536)


def head(c):
    c.sendall(OK)
    while True:
        c.sendall(b"A: " + b"x" * 65000 + b"\r\n")


def hints(c):
    while True:
        c.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def redirect(location):
    return lambda c: c.sendall(
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
        + location + b"\r\n\r\n")


def send(data):
    return lambda c: c.sendall(data)


PORT = int(sys.argv[1])
BASE = b"127.0.0.1:%d" % PORT
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MODES = {
    "ok": send(OK + b"Content-Length: 2\r\n\r\nok"),
    "warn": send(b"HTTP/1.1 399 ?\r\n\r\n"),
    "bad": send(b"HTTP/1.1 400 ?\r\n\r\n"),
    "early": send(b"HTTP/1.1 199 ?\r\n\r\n"),
    "interim": send(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n"),
    "silent": lambda c: time.sleep(60),
    # in steps: a pause of everybody makes it as much later
    "later": lambda c: ([time.sleep(0.1) for _ in range(15)],
                        c.sendall(OK + b"Content-Length: 2\r\n\r\nok")),
    "close": lambda c: None,
    "reset": reset,
    "slow": slow,
    "endless": endless,
    "head": head,
    "hints": hints,
    "garbage": send(bytes(range(256)) * 300),
    "short": send(OK + b"Content-Length: 100\r\n\r\nx"),
    "chunks": send(CHUNKS + b"2\r\nok\r\n0\r\n\r\n"),
    "badchunk": send(CHUNKS + b"FFFFFFFFFFFFFFFFF\r\n"),
    "status": send(OK),
    "loop": redirect(b"/loop"),
    "same": redirect(b"ok"),
    "absolute": redirect(b"http://" + BASE + b"/ok"),
    "other": redirect(b"http://example.invalid/"),
    "script": redirect(b"javascript:alert(1)"),
    "file": redirect(b"file:///etc/passwd"),
    "nowhere": send(b"HTTP/1.1 302 Found\r\n\r\n"),
    "split": lambda c: [(c.sendall(bytes([b])), time.sleep(0.001))
                        for b in CHUNKS + b"2\r\nok\r\n0\r\n\r\n"],
}


def serve(c):
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        request = c.recv(4096)
        words = request.split(b" ")
        name = words[1][1:].decode(errors="replace") if len(words) > 1 else ""
        if name == "echo":
            c.sendall(OK + b"\r\n" + request)
        elif name.isdigit():
            c.sendall(b"HTTP/1.1 " + name.encode() +
                      b" As asked\r\nContent-Length: 0\r\n\r\n")
        elif name in MODES:
            MODES[name](c)
        else:
            c.sendall(b"+PONG\r\n" if request.startswith(b"PING") else
                      b"a\0b\0c" if len(request) < 10 else
                      b"HTTP/1.1 400 Bad Request\r\n\r\n")
    except OSError:
        pass
    c.close()


listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", PORT))
listener.listen(100)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],),
                     daemon=True).start()
