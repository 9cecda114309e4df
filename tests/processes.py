"""Real Celery workers on the test's own database and Redis, to be killed.

    with WorkerProcess(("publish",), environment(), log=tmp_path / "worker.log"):
        ...
    with Hatchery(environment(), log=tmp_path / "doomed.log") as hatchery:
        doomed = hatchery.hatch(("doomed-1",), {"PROMO_STOP_AT": "after_mark", ...})
        doomed.kill9()

What such processes are to see must be committed: `pytest.mark.django_db(transaction=True)`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
LOOK_EVERY = 0.05
"""Seconds between two looks at something that another process brings about."""

LIGHT = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def environment() -> dict[str, str]:
    """What a process needs to share this test's database, Redis, keys, world and time limits."""
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={host}",
        "REDIS_URL": settings.REDIS_URL,
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "PROMO_ENCRYPTION_KEYS": ",".join(settings.PROMO_ENCRYPTION_KEYS),
        "PROMO_BASE_URL": settings.PROMO_BASE_URL,
        "EMAIL_URL": settings.EMAIL_URL,
        "PROMO_FACEBOOK_GRAPH_URL": settings.PROMO_FACEBOOK_GRAPH_URL,
        "PROMO_FACEBOOK_DIALOG_URL": settings.PROMO_FACEBOOK_DIALOG_URL,
        "PROMO_LEASE_SECONDS": f"{settings.PROMO_LEASE.total_seconds()}",
        "PROMO_LONGEST_CALL_SECONDS": f"{settings.PROMO_LONGEST_CALL.total_seconds()}",
        "PROMO_QUIET_PERIOD_SECONDS": f"{settings.PROMO_QUIET_PERIOD.total_seconds()}",
        "PROMO_LOOK_SECONDS": ",".join(f"{wait.total_seconds()}" for wait in settings.PROMO_LOOKS),
        "PROMO_MAIL_LEASE_SECONDS": f"{settings.PROMO_MAIL_LEASE.total_seconds()}",
        "PROMO_RELAY_LOG": settings.PROMO_RELAY_LOG,
        "PROMO_RELAY_QUIET_SECONDS": f"{settings.PROMO_RELAY_QUIET.total_seconds()}",
        "PROMO_MAIL_WAIT_SECONDS": ",".join(
            f"{wait.total_seconds()}" for wait in settings.PROMO_MAIL_WAITS
        ),
        "PROMO_HINT_AGAIN_SECONDS": f"{settings.PROMO_HINT_AGAIN.total_seconds()}",
    }


def until(
    reached: Callable[[], bool], *, within: float, what: str, every: float = LOOK_EVERY
) -> None:
    """Return as soon as it is so; fail the test after `within` seconds."""
    ends = time.monotonic() + within
    never = threading.Event()
    while not reached():
        assert time.monotonic() < ends, f"after {within:g} s still not so: {what}"
        never.wait(every)


def descendants(pid: int) -> Iterator[int]:
    """Process ids of the children of this process, and of theirs, that still run (Linux)."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


class WorkerProcess:
    """A worker as it is shipped, with children of its own; all of it is one process group."""

    def __init__(self, queues: Sequence[str], environment: Mapping[str, str], *, log: Path) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", *LIGHT]
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [*command, "-Q", ",".join(queues), "--concurrency", "2", "--loglevel", "INFO"],
                cwd=ROOT,
                env={**environment},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill9()

    def kill9(self) -> None:
        """The whole group at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """Warm: it finishes what it is doing. Gives its exit code."""
        self._process.terminate()
        return self._process.wait(timeout=60)


@dataclass(frozen=True, slots=True)
class Doomed:
    """A worker with one process, the leader of its own group."""

    pid: int

    def kill9(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def kill9_alone(self) -> None:
        """One that leads no group of its own."""
        self.tell(signal.SIGKILL)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def has_ended(self) -> bool:
        """Is it dead, be it that nobody has reaped it yet (Linux)?"""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return True
        return stat.rpartition(")")[2].split()[0] == "Z"


class Hatchery:
    """Forks workers from one process that has loaded everything (`tests/hatchery.py`)."""

    def __init__(self, environment: Mapping[str, str], *, log: Path) -> None:
        self._hatched: list[Doomed] = []
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.hatchery"],
                cwd=ROOT,
                env={**environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._hatched:  # the hatchery has not reaped them: no id is anybody else's
            worker.kill9()
        self._process.communicate()

    def hatch(
        self,
        queues: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path | None = None,
        options: Sequence[str] = ("--pool", "solo"),
        ahead: float = 0.0,
    ) -> Doomed:
        """A new worker of these queues with these additions to its environment.

        `ahead` is by how many seconds its own clock is wrong.
        """
        order = {
            "queues": queues,
            "environment": dict(environment),
            "options": options,
            "ahead": ahead,
            "log": str(log or self._log),
        }
        given, answers = self._process.stdin, self._process.stdout
        assert given is not None
        assert answers is not None
        given.write(json.dumps(order) + "\n")
        given.flush()
        worker = Doomed(int(answers.readline()))
        self._hatched.append(worker)
        return worker
