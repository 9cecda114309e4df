"""The outside world and the clock of the fault tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tests import first_rows
from tests.driving import Clock, Watch
from tests.faults.figures import figures
from tests.faults.posting import Round, a_round
from tests.faults.sending import chance_of, small_batches
from tests.processes import Hatchery, environment
from tests.world import World

__all__ = ["figures", "small_batches"]

first_rows.come_back()


@pytest.fixture(scope="session")
def hatchery(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hatchery]:
    """For all of them: loading everything takes seconds, a worker forked from it half of one."""
    log = tmp_path_factory.mktemp("hatchery") / "hatchery.log"
    with Hatchery(environment(), log=log) as one:
        yield one


@pytest.fixture(scope="module")
def connected(rehearsal: World) -> Iterator[World]:
    """Everything that leaves us goes to the rehearsal world."""
    with override_settings(
        PROMO_FACEBOOK_GRAPH_URL=rehearsal.graph_url,
        EMAIL_URL=f"smtp://{rehearsal.host}:{rehearsal.smtp_port}",
    ):
        yield rehearsal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(connected: World, world: World, clock: Clock) -> Watch:
    return Watch(clock, world)


@pytest.fixture
def posts(
    turn: int, hatchery: Hatchery, connected: World, world: World, tmp_path: Path
) -> Iterator[Round]:
    """A round of posts, for a test that runs in ROUNDS."""
    with a_round(hatchery, world, tmp_path, chance=chance_of(turn)) as one:
        yield one
