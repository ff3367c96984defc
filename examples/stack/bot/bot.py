# SPDX-License-Identifier: MIT
"""A bot's stand-in: takes messages from Redis, answers, touches a heartbeat.

    redis-cli rpush bot:in 'echo hello'      ->  bot:out gets 'hello'
    redis-cli rpush bot:in 'remember 64'     ->  holds 64 MB from now on
"""
import os
import pathlib
import signal
import sys
import time

import redis

heartbeat = pathlib.Path(os.environ.get("HEARTBEAT_FILE", "/tmp/heartbeat"))
memory = []


def answer(message):
    word, _, rest = message.partition(" ")
    if word == "echo":
        return rest
    if word == "remember" and rest.isdigit():
        memory.extend(os.urandom(1 << 20) for _ in range(int(rest)))
        return f"remember {len(memory)} MB"
    return f"unknown word {word}"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cache = redis.Redis(host=os.environ.get("REDIS_HOST", "redis"), socket_timeout=5)
    print("bot: up", flush=True)
    while True:
        heartbeat.touch()
        try:
            item = cache.blpop("bot:in", timeout=1)
            if item:
                cache.rpush("bot:out", answer(item[1].decode(errors="replace")))
        except redis.RedisError as error:
            print(f"bot: {error}", file=sys.stderr, flush=True)
            time.sleep(1)


main()
