"""Workers are killed with -9 at every point of a publication's way: nothing twice, nothing lost.

The witness is outside: the page's public posts, and the feed that readers of the website get.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Task
from django.db.models import Model
from django.test import Client, override_settings

from config.celery import app
from promo import stops
from promo.models import Attempt, Destination, Publication
from promo.protocol import State
from promo.services import destinations
from tasks import publishing, upkeep
from tests import making
from tests.processes import Hatchery, WorkerProcess, environment, until
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

ROUNDS = 10
SOON = 60.0
"""Seconds: how long the test waits at most. It is done long before, once everything is settled."""

ENDINGS = {Attempt.Event.PUBLISHED, Attempt.Event.FOUND}
LOST_BY = {stops.AFTER_CLAIM: 0, stops.AFTER_MARK: 1, stops.AFTER_ACCEPT: 1, stops.AFTER_SETTLE: 0}
"""How often an answer is lost, at least, by a death at this point."""


@dataclass(frozen=True, slots=True)
class Workers:
    """A healthy worker of the ordinary queue, and a hatchery of doomed ones."""

    hatchery: Hatchery
    folder: Path


@pytest.fixture(scope="module")
def workers(
    connected: World, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("workers")
    short = {
        "PROMO_LEASE": timedelta(seconds=3),
        "PROMO_LONGEST_CALL": timedelta(seconds=2),
        "PROMO_QUIET_PERIOD": timedelta(seconds=3),
        "PROMO_LOOKS": [timedelta(seconds=0.5)],
        "PROMO_HINT_AGAIN": timedelta(seconds=2),
    }
    with (
        override_settings(**short),
        Hatchery(environment(), log=folder / "doomed.log") as hatchery,
        WorkerProcess(("publish",), environment(), log=folder / "healthy.log"),
    ):
        yield Workers(hatchery, folder)


def page(world: World) -> Destination:
    return making.page(world)


def website(world: World) -> Destination:
    return destinations.create(channel="website", name="Strona biblioteki")


def publications(destination: Destination) -> list[Publication]:
    return [
        making.due_publication(destination, title=f"Spotkanie nr {number}")
        for number in range(1, ROUNDS + 1)
    ]


def kill_one_at(
    point: str, rows: Sequence[Model], workers: Workers, *, task: Task = publishing.publish
) -> None:
    """One worker for each row; each is killed when it has come to this point.

    One after the other: a call may take two seconds here, and ten workers that start at once do not
    always get an answer in them.
    """
    for row in rows:
        file, queue = workers.folder / f"{uuid4()}.stopped", f"doomed-{uuid4()}"
        stop = {"PROMO_STOP_AT": point, "PROMO_STOP_FILE": str(file)}
        doomed = workers.hatchery.hatch((queue,), stop)
        task.apply_async((row.pk,), queue=queue)
        until(file.exists, within=SOON, what=f"a worker stopped {point}")
        doomed.kill9()


def settle(rows: list[Publication]) -> None:
    """Tick until everything is settled, as beat would."""
    unsettled = Publication.objects.filter(id__in=[row.pk for row in rows]).exclude(
        state=State.PUBLISHED
    )

    def ticked() -> bool:
        upkeep.hand_out()
        return not unsettled.exists()

    until(ticked, within=SOON, what="everything is published")


def check_ledger(rows: list[Publication], point: str) -> None:
    for row in rows:
        row.refresh_from_db()
        events = [line.event for line in row.ledger.all()]
        assert sum(event in ENDINGS for event in events) == 1, events
        assert events[-1] in ENDINGS
        assert events.count(Attempt.Event.MARKED) == row.attempts
        assert events.count(Attempt.Event.LOST) >= LOST_BY[point]


@pytest.mark.parametrize("point", LOST_BY)
def test_a_killed_worker_costs_no_post_and_doubles_none(
    workers: Workers, world: World, point: str
) -> None:
    rows = publications(page(world))
    kill_one_at(point, rows, workers)
    settle(rows)
    check_ledger(rows, point)
    posts = world.all_posts()
    assert len(posts) == ROUNDS
    assert {post["id"] for post in posts} == {row.remote_id for row in rows}
    for row in rows:
        assert [post["id"] for post in posts if row.marker in post["text"]] == [row.remote_id]


@pytest.mark.parametrize("point", LOST_BY)
def test_a_killed_worker_costs_no_entry_of_the_website_and_doubles_none(
    workers: Workers, world: World, point: str
) -> None:
    rows = publications(website(world))
    kill_one_at(point, rows, workers)
    settle(rows)
    check_ledger(rows, point)
    feed = Client().get("/feeds/rss.xml").content.decode()
    shown = Counter({row.pk: feed.count(f"<title>{row.subject}</title>") for row in rows})
    assert set(shown.values()) == {1}, feed


def test_hints_reach_the_workers_of_this_test() -> None:
    """Otherwise the tests above would wait for a broker of nobody's."""
    assert app.conf.broker_url.startswith("redis+socket://")
