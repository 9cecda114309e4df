"""`promo tick`, the clock beside beat: it reaches the same workers, and outlives the broker."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from promo.models import Publication
from promo.protocol import State
from promo.services import destinations, publishing
from tests import making
from tests.processes import ROOT, WorkerProcess, environment, until
from tests.world import World

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

COMMAND = [sys.executable, "-m", "promo.cli", "tick"]


@pytest.fixture
def row(connected: World) -> Publication:
    website = destinations.create(channel="website", name="Strona biblioteki")
    return making.due_publication(website)


def is_out(row: Publication) -> bool:
    row.refresh_from_db()
    return row.state == State.PUBLISHED


@contextmanager
def ticking(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "--loop", "--every", "0.2"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_tick_by_hand_reaches_the_worker(row: Publication, tmp_path: Path) -> None:
    with WorkerProcess(("publish",), environment(), log=tmp_path / "worker.log"):
        subprocess.run(COMMAND, cwd=ROOT, env=environment(), check=True, timeout=60)
        until(lambda: is_out(row), within=60, what="it is published")


def test_the_loop_publishes_without_beat_and_ends_when_it_is_told(
    row: Publication, tmp_path: Path
) -> None:
    with (
        WorkerProcess(("publish",), environment(), log=tmp_path / "worker.log") as worker,
        ticking(environment()) as loop,
    ):
        until(lambda: is_out(row), within=60, what="it is published")
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(timeout=60) == 0
        assert worker.stop() == 0


def test_the_loop_outlives_a_broker_that_is_gone_and_loses_nothing(
    row: Publication, tmp_path: Path
) -> None:
    nowhere = {"CELERY_BROKER_URL": f"redis+socket://{tmp_path}/redis.sock"}
    with ticking(environment() | nowhere) as loop:
        assert loop.stderr is not None
        told = " WARNING tasks.management.commands.tick "
        assert next(line for line in loop.stderr if told in line)
        assert loop.poll() is None
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(timeout=60) == 0
    row.refresh_from_db()
    assert row.state == State.PLANNED
    assert row.hinted_at is not None
    assert publishing.hand_out(now=timezone.now() + timedelta(minutes=2)) == [row.pk]
