"""How Redis and PostgreSQL fall while posts go out. Each takes the stage, and puts it right again.

The numbers are those of the sheet of faults (docs/fault-tests.md).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

import psycopg
import pytest
import redis
from django.db import connection

from promo import stops
from promo.embedded import Redis
from tests.faults import databases
from tests.faults.stage import A_WHILE, Stage, unsent
from tests.processes import Doomed

Fall = Callable[[Stage], None]


def redis_flushed(stage: Stage) -> None:
    for _time in range(10):
        stage.client().flushall()
        stage.wait(A_WHILE / 10)


def redis_killed(stage: Stage) -> None:
    with away(stage.broker):
        pass


def redis_away(stage: Stage) -> None:
    with away(stage.broker):
        stage.wait()


@contextmanager
def away(engine: Redis) -> Iterator[None]:
    """Killed with -9, with nothing on the disk; it comes back empty."""
    pid = engine.pid
    assert pid is not None
    Doomed(pid).kill9_alone()
    engine.stop()  # only its lock is left to be given back
    yield
    engine.start()


def redis_full(stage: Stage) -> None:
    """It answers every write with OOM."""
    client = stage.client()
    client.config_set("maxmemory", "1")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.set("more", "1")
    stage.wait()
    client.config_set("maxmemory", "0")


def redis_stopped(stage: Stage) -> None:
    """It takes connections and bytes, and never answers."""
    pid = stage.broker.pid
    assert pid is not None
    Doomed(pid).tell(signal.SIGSTOP)
    try:
        stage.wait(A_WHILE * 3)  # longer than the clients wait
    finally:
        Doomed(pid).tell(signal.SIGCONT)


def postgres_restarted(stage: Stage) -> None:
    databases.restart(stage.postgres)


def postgres_killed(stage: Stage) -> None:
    databases.kill(stage.postgres)


def postgres_away(stage: Stage) -> None:
    """Nothing is sent meanwhile but what a worker had marked before, one at most for each."""
    connection.close()
    stage.postgres.stop()
    before = stage.creates()
    stage.wait()
    assert stage.creates() <= before + len(stage.posts.workers)
    stage.postgres.start()


def rows_locked(stage: Stage) -> None:
    """Somebody's transaction holds what a dead worker had claimed, and a due one: others go on."""
    doomed = stage.stopped_at(stops.AFTER_CLAIM)
    if doomed is None:
        return
    with stage.another_connection() as other:
        found = other.execute(LOCK, {"owner": f"%:{doomed.worker.pid}"}).fetchall()
        held = [row_id for (row_id,) in found]
        doomed.worker.kill9()
        a_few_go_on(stage, but=held)


LOCK = """
SELECT id FROM promo_publication WHERE owner LIKE %(owner)s
OR id = (SELECT max(id) FROM promo_publication WHERE state = 'planned')
OR id = (SELECT max(id) FROM promo_publication WHERE state = 'unknown')
FOR UPDATE
"""


def connections_half_open(stage: Stage) -> None:
    """No byte arrives any more, and nobody is told: the same workers find another way."""
    assert stage.way.swallow()
    a_few_go_on(stage)


def a_few_go_on(stage: Stage, *, but: Sequence[int] = ()) -> None:
    """The next ones go out, but these."""
    due = unsent().exclude(pk__in=but).order_by("due_at").values_list("pk", flat=True)
    others = unsent().filter(pk__in=list(due[:A_FEW]))
    stage.until(lambda: not others.exists(), what="the others go on")


A_FEW = 10


def no_connection_left(stage: Stage) -> None:
    """Somebody takes every connection that the server has to give, also the administrator's."""
    told = connection.settings_dict
    with ExitStack() as taken:
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(
                    psycopg.connect(host=told["HOST"], user=told["USER"], dbname=told["NAME"])
                )
        stage.wait()


REDIS: Mapping[str, Fall] = {
    "8: Redis flushed": redis_flushed,
    "9: Redis killed": redis_killed,
    "10: Redis away": redis_away,
    "11: Redis full": redis_full,
    "12: connections to Redis half open": connections_half_open,
    "13: Redis stopped": redis_stopped,
}
POSTGRES: Mapping[str, Fall] = {
    "14: PostgreSQL restarted": postgres_restarted,
    "15: PostgreSQL killed": postgres_killed,
    "16: PostgreSQL away": postgres_away,
    "17: rows locked": rows_locked,
    "18: no connection left": no_connection_left,
}
