# SPDX-License-Identifier: MIT
#
# load.py URL CA STOP: clients that ask the front end, and the API as often as
# the proxy's rate limit lets them, each time by a connection of its own; until
# the file STOP is there. What each answer was is written on stdout at once:
# its status, or why there is none.

import concurrent.futures
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

base, authority, stop = sys.argv[1:4]
CLIENTS = 4
API_PAUSE_S = CLIENTS / 30  # the proxy allows 50 a second
trust = ssl.create_default_context(cafile=authority)


def ask(path):
    try:
        with urllib.request.urlopen(base + path, timeout=30, context=trust) as answer:
            answer.read()
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return f"none: {error}"


def client(number):
    due = 0
    while not os.path.exists(stop):
        paths = ["/", "/app.js"]
        if time.monotonic() >= due:
            due = time.monotonic() + API_PAUSE_S
            paths.append("/api/items" if number % 2 else "/api/hits")
        for path in paths:
            # one write a line, whoever else writes
            os.write(1, f"{ask(path)} {path}\n".encode())


with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
    list(pool.map(client, range(CLIENTS)))
