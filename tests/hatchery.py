"""`python -m tests.hatchery`: loads Django and Celery once, then forks a worker for each order.

Every one of them is a real worker with a process group of its own, so that it is killed whole. An
order is a line of JSON on standard input; the answer is the worker's process id. The dead are not
reaped while the hatchery lives: their ids must not become somebody else's.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

from config.celery import app
from tests.processes import LIGHT


def main() -> None:
    django.setup()
    app.loader.import_default_modules()
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
    name = f"doomed-{os.getpid()}@localhost"
    app.worker_main(
        ["worker", "--pool", "solo", *LIGHT, "-n", name, "-Q", ",".join(order["queues"])]
    )
    os._exit(0)


if __name__ == "__main__":
    main()
