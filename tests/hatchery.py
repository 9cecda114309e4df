"""`python -m tests.hatchery`: loads Django and Celery once, then forks a worker for each order.

Every one of them is a real worker with a process group of its own, so that it is killed whole. An
order is a line of JSON on standard input; the answer is the worker's process id. The dead are not
reaped while the hatchery lives: their ids must not become somebody else's.

A worker reads the settings anew from its order's environment: one hatchery serves many tests. An
order's `options` go to Celery, and `ahead` seconds are what the worker's own clock is wrong by.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module, reload
from typing import Any

import django
import time_machine
from django.conf import settings
from django.db import connections

from config.celery import app
from tests.processes import LIGHT

# What a worker loads after the fork would be loaded by each of them: most of its time.
LOADED_FIRST = (
    "celery.bin.celery",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.strategy",
    "kombu.transport.redis",
    *settings.PROMO_CHANNELS,
)


def main() -> None:
    django.setup()
    app.loader.import_default_modules()
    for name in LOADED_FIRST:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _work(order: dict[str, Any]) -> None:
    """Be a worker until the end of this process."""
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, source in enumerate((nothing, log, log)):
        os.dup2(source, number)
    os.environ.update(order["environment"])
    _read_settings_anew()
    if order["ahead"]:
        time_machine.travel(time.time() + order["ahead"], tick=True).start()
    name = f"doomed-{os.getpid()}@localhost"
    app.worker_main(
        ["-q", "worker", *order["options"], *LIGHT, "-n", name, "-Q", ",".join(order["queues"])]
    )
    os._exit(0)


def _read_settings_anew() -> None:
    module = reload(import_module(os.environ["DJANGO_SETTINGS_MODULE"]))
    for name in filter(str.isupper, dir(module)):
        setattr(settings, name, getattr(module, name))
    connections.settings["default"].update(settings.DATABASES["default"])  # nobody is connected
    app.conf.broker_url = settings.CELERY_BROKER_URL


if __name__ == "__main__":
    main()
