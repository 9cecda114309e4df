"""A round of posts with a PostgreSQL and a Redis of its own, which may fall, and its own clocks."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import redis
from django.db import connection
from django.db.models import QuerySet
from django.test import override_settings

from config.celery import app
from promo.embedded import Layout, Postgres, Redis, broker_url, redis_url
from promo.models import Attempt, Destination, Heartbeat, Publication
from promo.protocol import UNSENT, State
from promo.services.clock import database_now
from tasks import publishing
from tests.faults.beats import ClockProcess, LoopProcess
from tests.faults.databases import database_of_our_own
from tests.faults.posting import (
    AT_FULL_SIZE,
    FLAWLESS,
    NOT_YET,
    Round,
    a_round,
    plain_posts,
)
from tests.faults.swallowing import Swallower
from tests.processes import Doomed, Hatchery, environment, until
from tests.world import World

EACH = timedelta(seconds=0.1 if AT_FULL_SIZE else 0.2)
"""From one post's time to the next one's: falls take longer than kills."""

A_WHILE = 4.0 if AT_FULL_SIZE else 0.7
"""Seconds for which something is away."""

A_NAP = 3.5
"""Seconds a worker sleeps: longer than its lease, shorter than the quiet period."""

PREFORK = ("--pool", "prefork", "--concurrency", "2")
"""A worker with two children, as it is shipped."""

SOLO = ("--pool", "solo")
HOUR = 3600.0
CLOCKS = (0.0, 0.0, HOUR, -HOUR)
"""What a worker's own clock is wrong by, in seconds."""

SMALL = {"max_connections": "30", "min_wal_size": "32MB", "max_wal_size": "64MB"}
"""A PostgreSQL that can be filled."""

SOON = 120.0
"""Seconds that what follows may take at most; it takes far less."""

STRICTLY = (
    *FLAWLESS,
    "too early",
    "calls without a mark",
    "otherwise worded",
    "out though dropped",
)
"""Columns that must be nothing."""


def unsent() -> QuerySet[Publication]:
    """What is due now or in a moment."""
    return Publication.objects.filter(state__in=UNSENT, due_at__lt=database_now() + NOT_YET / 2)


@dataclass(frozen=True, slots=True)
class Zombie:
    """A worker that sleeps at a named stop while `file` says so."""

    worker: Doomed
    file: Path

    def wakes(self) -> None:
        """It does what it was about to do, then it ends."""
        self.file.write_text("")
        self.worker.tell(signal.SIGTERM)
        until(self.worker.has_ended, within=SOON, what="the zombie has ended")


@dataclass
class Stage:
    """Everything that can fall, and the count of what came of it."""

    posts: Round
    postgres: Postgres
    broker: Redis
    way: Swallower
    """To Redis, for everybody but this process."""
    folder: Path
    clocks: list[ClockProcess] = field(default_factory=list)
    later: list[threading.Timer] = field(default_factory=list)
    ended: int = 0
    """Workers that ended by themselves, as a supervisor would find them."""
    refused_drops: int = 0
    zombies: list[Zombie] = field(default_factory=list)

    @property
    def chance(self) -> random.Random:
        return self.posts.chance

    def wait(self, seconds: float = A_WHILE) -> None:
        threading.Event().wait(seconds)

    def tick(self) -> None:
        """What a supervisor does: the clocks tick by themselves."""
        for worker in [one for one in self.posts.workers if one.has_ended()]:
            self.ended += 1
            self.posts.workers.remove(worker)
            self.posts.workers.append(self.posts.hatch())
        assert all(clock.is_alive() for clock in self.clocks), "a clock has stopped by itself"

    def until(self, reached: Callable[[], bool], *, what: str, every: float = 0.05) -> None:
        """Wait for it as a supervisor would: who ends by himself is replaced."""

        def supervised() -> bool:
            self.tick()
            return reached()

        until(supervised, within=SOON, what=what, every=every)

    def let_workers_differ(self) -> None:
        """From now on: with children or without, with a right clock or a wrong one."""
        hatch, chance = self.posts.hatch, self.chance

        def any_kind(**more: Any) -> Doomed:
            kind = {"options": chance.choice([SOLO, PREFORK]), "ahead": chance.choice(CLOCKS)}
            return hatch(**kind | more)

        self.posts.hatch = any_kind

    def sleeps(self, worker: Doomed, *, seconds: float = A_NAP) -> None:
        """Have it sleep from now on; it wakes up by itself."""
        worker.tell(signal.SIGSTOP)
        self.later.append(threading.Timer(seconds, worker.tell, [signal.SIGCONT]))
        self.later[-1].start()

    def hint(self, *publication_ids: int) -> None:
        """Hints, as anybody may give them at any time."""
        with app.connection_for_write(broker_url(self.broker.layout.home)) as line:
            producer = app.amqp.Producer(line)
            for publication_id in publication_ids:
                publishing.publish.apply_async((publication_id,), producer=producer)

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(redis_url(self.broker.layout.home), socket_timeout=10)

    @contextmanager
    def another_connection(self) -> Iterator[psycopg.Connection]:
        """Somebody else's connection to the database, with a transaction of its own."""
        told = connection.settings_dict
        with psycopg.connect(host=told["HOST"], user=told["USER"], dbname=told["NAME"]) as other:
            yield other
            other.rollback()

    def run(self, *, kills: int, falls: list[Callable[[Stage], None]]) -> None:
        """Publish all, while workers are killed and everything named falls."""
        self.posts.run(kills=kills, falls=[partial(fall, self) for fall in falls])

    def stopped_at(self, point: str) -> Zombie | None:
        """Another worker, once it has come to this named stop; None: nothing was left for it."""
        file = self.folder / f"{uuid4()}.stopped"
        told = {"PROMO_STOP_AT": point, "PROMO_STOP_FILE": str(file)}
        zombie = Zombie(self.posts.hatch(environment=told, options=SOLO), file)
        self.until(lambda: file.exists() or not unsent().exists(), what="a worker stopped")
        if file.exists():
            return zombie
        zombie.worker.kill9()
        return None

    def errors(self) -> int:
        """Lines of the workers' log that an operator would have to read."""
        log = (self.folder / "workers.log").read_text(encoding="utf-8")
        return sum(" ERROR " in line for line in log.splitlines())

    def creates(self) -> int:
        """How many times a post was asked for."""
        calls = [call for call in self.posts.world.calls() if call["method"] == "POST"]
        return sum(call["path"].endswith("/feed") for call in calls)

    def columns(self) -> dict[str, int]:
        """For the sheet of figures."""
        columns = self.posts.columns()
        rows = self.posts.rows
        public = self.posts.world.posts()
        out = {row.marker: [one for one in public if row.marker in one["text"]] for row in rows}
        marks = Attempt.objects.filter(event=Attempt.Event.MARKED).count()
        dropped = [row for row in rows if row.state == State.CANCELLED]
        return {
            **columns,
            "dropped": len(dropped),
            "out though dropped": sum(bool(out[row.marker]) for row in dropped),
            "too early": sum(
                datetime.fromisoformat(post["public_at"]) < row.planned_at - CUT_OFF
                for row in rows
                for post in out[row.marker]
            ),
            "otherwise worded": sum(
                post["text"] != row.message.text for row in rows for post in out[row.marker]
            ),
            "calls without a mark": max(self.creates() - marks, 0),
            "too late to drop": self.refused_drops,
            "workers that ended": self.ended,
        }


CUT_OFF = timedelta(seconds=1)
"""The page tells its times in whole seconds."""


@contextmanager
def a_stage(
    hatchery: Hatchery,
    world: World,
    folder: Path,
    *,
    chance: random.Random,
    make: Callable[[Destination], list[Publication]] = plain_posts,
) -> Iterator[Stage]:
    """These posts, and one clock, `promo tick --loop`."""
    layout = Layout(folder / "redis")
    own = Redis(layout, settings={"appendonly": "no"})
    own.start()
    address = layout.redis_socket.with_name("way.sock")
    told = {"REDIS_URL": f"unix://{address}", "CELERY_BROKER_URL": f"redis+socket://{address}"}
    try:
        with (
            Swallower(str(address), behind=str(layout.redis_socket)) as way,
            database_of_our_own(folder / "home", settings=SMALL) as postgres,
            override_settings(**told),
            a_round(hatchery, world, folder, chance=chance, make=make) as posts,
            LoopProcess(environment(), folder=folder) as loop,
        ):
            stage = Stage(posts, postgres, own, way, folder, [loop])
            posts.each, posts.tick = EACH, stage.tick
            until(Heartbeat.objects.exists, within=SOON, what="the clock ticks")
            try:
                yield stage
            finally:
                for one in stage.later:
                    one.join()
    finally:
        own.stop()
