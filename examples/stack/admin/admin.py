# SPDX-License-Identifier: MIT
"""A small admin page: the tables, and the health of every service with its
cause, as hale tells it on each service's listener. Read-only; profile admin.
"""
import html
import json
import os
import urllib.request

import psycopg2
from flask import Flask

app = Flask(__name__)
SERVICES = os.environ.get(
    "SERVICES", "postgres redis api worker beat bot mtproto frontend proxy"
).split()


def table(head, rows):
    def line(cells, tag):
        cells = "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells)
        return f"<tr>{cells}</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


def health(name):
    try:
        with urllib.request.urlopen(f"http://{name}:9110/v1/status", timeout=2) as answer:
            status = json.load(answer)
    except (OSError, ValueError) as error:
        return name, "unknown", str(error), "", ""
    hale, service = status["hale"], status["services"][-1]
    return name, hale["health"], hale.get("cause") or "", service["restarts"], service["since"]


def tables():
    connection = psycopg2.connect(
        host=os.environ.get("DB_HOST", "postgres"),
        user="app",
        dbname="app",
        password=os.environ["DB_PASSWORD"],
        connect_timeout=2,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select relname, n_live_tup, pg_size_pretty(pg_total_relation_size(relid)) "
            "from pg_stat_user_tables order by relname"
        )
        return cursor.fetchall()


@app.get("/")
def page():
    try:
        data = table(("table", "rows", "size"), tables())
    except psycopg2.Error as error:
        data = f"<p>{html.escape(str(error))}</p>"
    services = table(
        ("service", "health", "cause", "restarts", "since"), map(health, SERVICES)
    )
    return f"<!doctype html><title>admin</title><h1>Services</h1>{services}<h1>Database</h1>{data}"


@app.get("/healthz")
def healthz():
    return "ok\n"
