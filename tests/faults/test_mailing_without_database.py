"""PostgreSQL is restarted and killed in the middle of an issue, again and again.

It is a server of this test's own, as it is shipped: a commit is on the disk before it is answered.
"""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from promo.embedded import Layout, Postgres
from promo.embedded.postgres import postgres_binary
from promo.models import Subscriber
from promo.services import mailings
from tests.faults.test_mailing_killed import (
    QUEUE,
    READERS,
    SOON,
    finish,
    is_over,
    listed,
    started,
    went_on,
    workshop,
)
from tests.processes import Doomed, descendants, until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

ROUNDS = 10
"""Restarts, and as many kills."""


@pytest.fixture
def engine(transactional_db: None, tmp_path: Path) -> Iterator[Postgres]:
    """A server of our own with the same tables, which this process and its workers talk to."""
    layout = Layout(tmp_path / "home")
    own = Postgres(layout)
    own.start()
    shared = dict(connection.settings_dict)
    program = postgres_binary().with_name
    source = ["-h", str(shared["HOST"]), "-U", str(shared["USER"]), str(shared["NAME"])]
    dump = subprocess.run([program("pg_dump"), *source], capture_output=True, check=True).stdout
    target = ["-h", str(layout.postgres_sockets), "-U", "promo", "promo"]
    subprocess.run(
        [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", *target],
        input=dump,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    connection.close()
    connection.settings_dict.update(HOST=str(layout.postgres_sockets), USER="promo", NAME="promo")
    try:
        yield own
    finally:
        connection.close()
        connection.settings_dict.update(shared)
        own.stop()


def restart(engine: Postgres) -> None:
    connection.close()
    engine.stop()
    engine.start()


def kill(engine: Postgres) -> None:
    """Every process of it at once, without a word."""
    connection.close()
    pid = engine.pid
    assert pid is not None
    for one in (pid, *descendants(pid)):
        Doomed(one).kill9_alone()
    restart(engine)


@pytest.mark.parametrize("fall", [restart, kill])
def test_a_database_that_falls_in_the_middle_costs_nobody_the_issue(
    fall: object, engine: Postgres, tmp_path: Path
) -> None:
    assert callable(fall)
    chance = random.Random()
    never = threading.Event()
    falls = 0
    with workshop(tmp_path, delay=20) as (sink, hatchery):
        mailing = started("leave")
        worker = hatchery.hatch((QUEUE,), {})
        while falls < ROUNDS and not is_over(mailing):
            due = mailings.progress(mailing)["due"]
            until(lambda due=due: went_on(mailing, due), within=SOON, what="it goes on")
            never.wait(chance.uniform(0.0, 0.3))
            fall(engine)
            falls += 1
        finish(mailing)
        worker.kill9()
        taken = sink.taken()
    assert falls >= 5, "otherwise nothing was tested"
    assert set(taken) == set(Subscriber.objects.values_list("email", flat=True))
    assert set(taken.values()) == {1}
    assert not listed("unknown"), "the worker lives: it knows what became of every mail"
    assert mailings.standing(mailing).total() == READERS
