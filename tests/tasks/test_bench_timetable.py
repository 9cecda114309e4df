"""`promo bench timetable`, small: the same way through real workers, on the test's own engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

import config.celery  # noqa: F401  (hints go to its broker)
from promo.services import first_run
from tasks.bench import timetable
from tests.processes import WorkerProcess, environment
from tests.world import World


@pytest.fixture
def connected(world: World) -> Iterator[World]:
    with override_settings(PROMO_FACEBOOK_GRAPH_URL=world.graph_url, REHEARSAL_URL=world.url):
        yield world


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
@pytest.mark.django_db(transaction=True)
def test_what_is_due_at_one_instant_is_measured_until_followers_see_it(
    connected: World, tmp_path: Path
) -> None:
    page = timetable.page()
    timetable.plan(page, 50)
    rows = timetable.prepare(page, 3)
    with WorkerProcess(("publish",), environment(), log=tmp_path / "worker.log"):
        figures = timetable.publish(rows, url=connected.url)
    assert figures["due"] == 3
    assert 0 < figures["handed_out_seconds"] <= figures["lateness_seconds"]["max"] + 1
    assert figures["lateness_seconds"]["max"] == figures["published_seconds"]
    assert figures["statements_per_publication"] > 5
    assert len(connected.posts()) == 4


@pytest.mark.django_db
def test_a_tick_with_planned_rows_is_timed(connected: World) -> None:
    first_run.prepare()
    timetable.plan(timetable.page(), 50)
    told = timetable.tick(50)
    assert told["planned"] == 50
    assert 0 < told["tick_ms"]["p50"] <= told["tick_ms"]["p99"]
