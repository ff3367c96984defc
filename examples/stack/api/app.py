# SPDX-License-Identifier: MIT
"""The API: items in PostgreSQL, a counter in Redis, sums by the worker.

The password comes from hale, in the environment of this service alone.
"""
import os
import sys

import psycopg2
import redis
from flask import Flask, jsonify, request

from tasks import add

app = Flask(__name__)
cache = redis.Redis(host=os.environ.get("REDIS_HOST", "redis"), socket_timeout=5)


def database():
    return psycopg2.connect(
        host=os.environ.get("DB_HOST", "postgres"),
        user="app",
        dbname="app",
        password=os.environ["DB_PASSWORD"],
        connect_timeout=5,
    )


@app.get("/healthz")
def healthz():
    """This process answers. What it needs is probed by hale itself."""
    return "ok\n"


@app.get("/readyz")
def readyz():
    """A request that needs everything would succeed."""
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
    cache.ping()
    return "ok\n"


@app.get("/items")
def items():
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("select id, name from items order by id desc limit 50")
        rows = cursor.fetchall()
    return jsonify(items=[{"id": row[0], "name": row[1]} for row in rows])


@app.post("/items")
def add_item():
    name = str(request.get_json(force=True).get("name", ""))[:200]
    if not name:
        return jsonify(error="name is missing"), 400
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("insert into items (name) values (%s) returning id", (name,))
        row = cursor.fetchone()
    return jsonify(id=row[0], name=name), 201


@app.get("/hits")
def hits():
    return jsonify(hits=cache.incr("hits"), pid=os.getpid())


@app.get("/add/<int:a>/<int:b>")
def sum_of(a, b):
    return jsonify(sum=add.delay(a, b).get(timeout=10))


@app.errorhandler(redis.RedisError)
@app.errorhandler(psycopg2.Error)
def unavailable(error):
    """Why is for whoever reads the log and for hale, not for who asked."""
    why = f"{type(error).__name__}: {' '.join(str(error).split())}"
    print(f"api: {why}", file=sys.stderr)
    if request.remote_addr == "127.0.0.1":
        return f"{why}\n", 503
    return jsonify(error=type(error).__name__), 503
