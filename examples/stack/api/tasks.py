# SPDX-License-Identifier: MIT
"""The tasks, and how worker and beat show hale that they are alive.

Each touches a file: the worker from its event loop, beat whenever it has
sent a task. `celery inspect ping` would start a Python for every probe.
"""
import os
import pathlib

from celery import Celery, bootsteps
from celery.signals import before_task_publish, beat_init

HEARTBEAT = pathlib.Path(os.environ.get("HEARTBEAT_FILE", "/tmp/heartbeat"))
HOST = os.environ.get("REDIS_HOST", "redis")

app = Celery("tasks", broker=f"redis://{HOST}/0", backend=f"redis://{HOST}/1")
app.conf.update(
    beat_schedule={"tick": {"task": "tasks.tick", "schedule": 1.0}},
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_connect_timeout": 2},
    result_expires=3600,
    worker_hijack_root_logger=False,
)


class Heartbeat(bootsteps.StartStopStep):
    requires = {"celery.worker.components:Timer"}

    def start(self, parent):
        HEARTBEAT.touch()
        parent.timer.call_repeatedly(1.0, HEARTBEAT.touch, priority=10)


app.steps["worker"].add(Heartbeat)


@beat_init.connect
def watch_beat(**_):
    HEARTBEAT.touch()
    before_task_publish.connect(lambda **_: HEARTBEAT.touch(), weak=False)


@app.task
def add(a, b):
    return a + b


@app.task(ignore_result=True)
def tick():
    app.backend.client.incr("ticks")
