# SPDX-License-Identifier: MIT
"""An MTProto server's stand-in: the first step of its handshake, for real.

The abridged transport (0xef, then packets whose first byte is their length in
words) and req_pq_multi -> resPQ. Tells hale by sd_notify that it is ready and,
from the event loop that serves, that it is alive.
"""
import asyncio
import os
import signal
import socket
import struct
import time

REQ_PQ_MULTI = 0xBE7E8EF1
RES_PQ = 0x05162463
VECTOR = 0x1CB5C415
PQ = 0x17ED48941A08F981.to_bytes(8, "big")


def notify(text):
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(text.encode(), "\0" + path[1:] if path[0] == "@" else path)


def reply(packet):
    """The answer to one unencrypted message, or None."""
    if len(packet) < 40:
        return None
    key, _, length, word = struct.unpack_from("<qqiI", packet)
    if key or length != 20 or word != REQ_PQ_MULTI:
        return None
    body = struct.pack("<I", RES_PQ) + packet[24:40] + os.urandom(16)
    body += bytes([len(PQ)]) + PQ + b"\0" * 3 + struct.pack("<IiQ", VECTOR, 1, 1)
    return struct.pack("<qqi", 0, int(time.time()) << 32 | 1, len(body)) + body


async def serve(reader, writer):
    try:
        if await reader.readexactly(1) != b"\xef":
            return
        while True:
            words = (await reader.readexactly(1))[0]
            if words >= 0x7F:
                words = int.from_bytes(await reader.readexactly(3), "little")
            answer = words <= 1024 and reply(await reader.readexactly(words * 4))
            if not answer:
                return
            writer.write(bytes([len(answer) // 4]) + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    server = await asyncio.start_server(serve, "0.0.0.0", 10500)
    notify("READY=1\nSTATUS=serving on 10500")
    # four in the time allowed: one that comes late does no harm
    pause = int(os.environ.get("WATCHDOG_USEC", "20000000")) / 4e6
    while not end.is_set():
        notify("WATCHDOG=1")
        try:
            await asyncio.wait_for(end.wait(), pause)
        except asyncio.TimeoutError:
            pass
    notify("STOPPING=1")
    server.close()


asyncio.run(main())
