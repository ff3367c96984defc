# SPDX-License-Identifier: MIT
"""What the examples of the documents take for granted: whoever answers at the
ports and sockets that they name.  world.py PORT...: prints "ready", then serves
until it is killed.  TLS is served with /etc/tls/cert.pem.
"""
import os
import socket
import ssl
import sys
import threading

HTTP = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
GREETINGS = {25: b"220 mail ready\r\n",
             3306: b"J\0\0\0\n8.0\0mysql_native_password\0"}
ANSWERS = {5432: b"R\0\0\0\x08\0\0\0\0", 6379: b"+PONG\r\n",
           11211: b"VERSION 1.6\r\n"}
TLS = (443, 8443)


def talk(client, port):
    with client:
        client.settimeout(10)
        if port in GREETINGS:
            client.sendall(GREETINGS[port])
        while port in ANSWERS and client.recv(4096):
            client.sendall(ANSWERS[port])
        if port not in GREETINGS and client.recv(4096):
            client.sendall(HTTP)
        client.shutdown(socket.SHUT_WR)
        client.recv(1)


def attempt(client, port, context):
    try:
        talk(context.wrap_socket(client, server_side=True) if context
             else client, port)
    except OSError:
        pass  # whoever asked is gone


def serve(listener, port):
    context = None
    if port in TLS:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/etc/tls/cert.pem", "/etc/tls/key.pem")
    while True:
        client = listener.accept()[0]
        threading.Thread(target=attempt, daemon=True,
                         args=(client, port, context)).start()


def listen(address, family=socket.AF_INET):
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(64)
    threading.Thread(target=serve, daemon=True, args=(
        listener, address[1] if family == socket.AF_INET else 0)).start()


def main():
    for port in map(int, sys.argv[1:]):
        listen(("127.0.0.1", port))
    listen("/run/app.sock", socket.AF_UNIX)
    os.chmod("/run/app.sock", 0o777)
    print("ready", flush=True)
    threading.Event().wait()


main()
